//! A browser's leaf: WebTransport, then WebSocket.

use futures::future::Either;
use libp2p::{
    Transport,
    core::transport::{OrTransport, timeout::TransportTimeout},
    identity::Keypair,
    noise,
};
use libp2p_webtransport_websys as webtransport;

use super::{
    Carrier, LeafTransport,
    secured::{HANDSHAKE_TIMEOUT, secured},
    websocket_wasm,
};

pub(super) const CARRIERS: &[Carrier] = &[Carrier::WebTransport, Carrier::WebSocket];

pub(super) fn leaf(keypair: &Keypair) -> Result<LeafTransport, noise::Error> {
    // The order matters: a transport that does not know an address hands it on, and WebTransport refuses all but its own.
    let webtransport = webtransport::Transport::new(webtransport::Config::new(keypair)).boxed();
    let webtransport = TransportTimeout::new(webtransport, HANDSHAKE_TIMEOUT);
    Ok(OrTransport::new(webtransport, secured(websocket_wasm::Transport, keypair)?)
        .map(|either, _| match either {
            Either::Left(connection) | Either::Right(connection) => connection,
        })
        .boxed())
}
