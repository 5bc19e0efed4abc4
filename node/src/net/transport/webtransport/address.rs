//! Multiaddrs of WebTransport.

use std::net::SocketAddr;

use libp2p::{
    Multiaddr,
    multiaddr::{Protocol, multihash::Multihash},
};

use crate::net::transport::ip;

/// SHA-256 of a certificate, as a multihash.
pub type CertHash = Multihash<64>;

/// `/ip4|ip6/../udp/../quic-v1/webtransport` of a socket.
pub(super) fn of_socket(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Udp(socket.port())).with(Protocol::QuicV1).with(Protocol::WebTransport)
}

/// The same with the hashes of the certificates that will be shown there.
pub(super) fn with_hashes(socket: SocketAddr, hashes: &[CertHash]) -> Multiaddr {
    hashes.iter().fold(of_socket(socket), |addr, hash| addr.with(Protocol::Certhash(*hash)))
}

/// The socket to bind for `/ip4|ip6/../udp/../quic-v1/webtransport`; `None` for any other address.
pub(super) fn to_listen(addr: &Multiaddr) -> Option<SocketAddr> {
    let ip = ip::leading(addr)?;
    let mut parts = addr.iter().skip(1);
    let Protocol::Udp(port) = parts.next()? else { return None };
    match (parts.next()?, parts.next()?, parts.next()) {
        (Protocol::QuicV1, Protocol::WebTransport, None) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_webtransport_address_without_hashes_can_be_listened_on() {
        let socket = SocketAddr::from(([127, 0, 0, 1], 4_000));
        assert_eq!(to_listen(&of_socket(socket)), Some(socket));
        let hash = CertHash::wrap(0x12, &[7; 32]).unwrap();
        assert_eq!(to_listen(&with_hashes(socket, &[hash])), None);
        assert_eq!(to_listen(&"/ip4/127.0.0.1/udp/4000/quic/webtransport".parse().unwrap()), None);
        assert_eq!(to_listen(&"/ip4/127.0.0.1/udp/4000/quic-v1".parse().unwrap()), None);
    }
}
