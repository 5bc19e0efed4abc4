//! A relay's transports and listeners.

use libp2p::{
    Multiaddr, PeerId, Swarm, Transport, TransportError,
    core::{muxing::StreamMuxerBox, transport::Boxed},
    identity::Keypair,
    multiaddr::Protocol,
    tcp,
};

use super::{IdentityError, RelayConfig, RelayError, behaviour::RelayBehaviour, gatekeeper::ip_of, shaping::Shaping};
use crate::net::transport::{
    secured::secured,
    websocket::{self, WsAcceptor},
    webtransport::{CertificateRing, FileStore, RingError, WebTransport, unix_now_s},
};

/// WebTransport, WebSocket and TCP, and where a web server hands over its WebSockets.
pub(super) fn transport(
    keypair: &Keypair,
    config: &RelayConfig,
    shaping: &Shaping,
) -> Result<(Boxed<(PeerId, StreamMuxerBox)>, WsAcceptor), RelayError> {
    let path = config.data_dir.join(CERTIFICATES);
    let ring = CertificateRing::open(Box::new(FileStore(path.clone())), unix_now_s()).map_err(|error| match error {
        RingError::LocalDisk(error) => IdentityError::LocalDisk(path, error),
        RingError::Certificate(_) => IdentityError::LocalCrypto,
    })?;
    let max_pending = config.limits.admission.pending as usize;
    let webtransport = WebTransport::new(keypair.clone(), ring, max_pending)
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)));
    let (websocket, acceptor) = websocket::incoming();
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true));
    // Each takes the addresses of its own kind and hands on the others.
    let streams = secured(websocket.or_transport(tcp), keypair)
        .map_err(|_| RelayError::Setup("the key cannot sign a handshake"))?;
    let shaping = shaping.clone();
    let transport = webtransport.or_transport(streams).map(move |either, endpoint| {
        let (peer, muxer) = either.into_inner();
        (peer, shaping.shape(peer, ip_of(endpoint.get_remote_address()).into(), muxer))
    });
    let transport = transport.boxed();
    Ok((transport, acceptor))
}

/// Listens on every address of `config`; how many listeners there are.
pub(super) fn listen(swarm: &mut Swarm<RelayBehaviour>, config: &RelayConfig) -> Result<usize, RelayError> {
    for addr in &config.listen {
        let mut result = swarm.listen_on(addr.clone());
        if result.is_err() && config.any_port {
            result = swarm.listen_on(with_any_port(addr));
        }
        result.map_err(|error| RelayError::Listen(addr.clone(), reason(error)))?;
    }
    Ok(config.listen.len())
}

const CERTIFICATES: &str = "webtransport.certificates";

fn with_any_port(addr: &Multiaddr) -> Multiaddr {
    addr.iter()
        .map(|part| match part {
            Protocol::Tcp(_) => Protocol::Tcp(0),
            Protocol::Udp(_) => Protocol::Udp(0),
            other => other,
        })
        .collect()
}

fn reason(error: TransportError<std::io::Error>) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        TransportError::Other(error) => error.into(),
        TransportError::MultiaddrNotSupported(_) => "no transport takes this kind of address".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_port_changes_the_port_and_nothing_else() {
        let taken: Multiaddr = "/ip4/127.0.0.1/udp/8080/quic-v1/webtransport".parse().unwrap();
        assert_eq!(with_any_port(&taken).to_string(), "/ip4/127.0.0.1/udp/0/quic-v1/webtransport");
    }
}
