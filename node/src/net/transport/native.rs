//! A native leaf: TCP.

use libp2p::{Transport, core::muxing::StreamMuxerBox, core::upgrade::Version, identity::Keypair, noise, tcp, yamux};

use super::{Carrier, LeafTransport};

pub(super) const CARRIERS: &[Carrier] = &[Carrier::Tcp];

pub(super) fn leaf(keypair: &Keypair) -> Result<LeafTransport, noise::Error> {
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(keypair)?)
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    Ok(tcp.boxed())
}
