//! A browser's leaf: WebTransport, then WebSocket.

use futures::future::Either;
use libp2p::{
    Transport,
    core::{muxing::StreamMuxerBox, transport::OrTransport, upgrade::Version},
    identity::Keypair,
    noise, yamux,
};
use libp2p_webtransport_websys as webtransport;

use super::{Carrier, LeafTransport, websocket_wasm};

pub(super) const CARRIERS: &[Carrier] = &[Carrier::WebTransport, Carrier::WebSocket];

pub(super) fn leaf(keypair: &Keypair) -> Result<LeafTransport, noise::Error> {
    // The order matters: a transport that does not know an address hands it on, and WebTransport refuses all but its own.
    let webtransport = webtransport::Transport::new(webtransport::Config::new(keypair)).boxed();
    let websocket = websocket_wasm::Transport
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(keypair)?)
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    Ok(OrTransport::new(webtransport, websocket)
        .map(|either, _| match either {
            Either::Left(connection) | Either::Right(connection) => connection,
        })
        .boxed())
}
