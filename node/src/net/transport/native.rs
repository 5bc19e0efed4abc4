//! A native leaf: TCP and WebSocket.

use libp2p::{Transport, identity::Keypair, noise, tcp};

use super::{Carrier, LeafTransport, secured::secured, websocket::WsTransport};

pub(super) const CARRIERS: &[Carrier] = &[Carrier::Tcp, Carrier::WebSocket];

pub(super) fn leaf(keypair: &Keypair) -> Result<LeafTransport, noise::Error> {
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true));
    secured(WsTransport::dialer().or_transport(tcp), keypair)
}
