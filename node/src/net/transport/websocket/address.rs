//! Multiaddrs of WebSockets: what can be listened on, what can be dialled.

use std::net::SocketAddr;

use libp2p::{Multiaddr, multiaddr::Protocol};

use crate::net::transport::ip;

/// `/ip4|ip6/../tcp/../ws` of a socket.
pub(super) fn of_socket(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port())).with(Protocol::Ws("/".into()))
}

/// The socket to bind for `/ip4|ip6/../tcp/../ws`; `None` for any other address.
pub(super) fn to_listen(addr: &Multiaddr) -> Option<SocketAddr> {
    let ip = ip::leading(addr)?;
    let mut parts = addr.iter().skip(1);
    let Protocol::Tcp(port) = parts.next()? else { return None };
    match (parts.next()?, parts.next()) {
        (Protocol::Ws(_), None) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// The host and port to connect to for `/ip4|ip6|dns|dns4|dns6/../tcp/../ws[/p2p/..]`; `None` for any other address.
pub(super) fn to_dial(addr: &Multiaddr) -> Option<(String, u16)> {
    let mut parts = addr.iter();
    let host = match parts.next()? {
        Protocol::Ip4(ip) => ip.to_string(),
        Protocol::Ip6(ip) => ip.to_string(),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => name.into_owned(),
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else { return None };
    let Protocol::Ws(_) = parts.next()? else { return None };
    match (parts.next(), parts.next()) {
        (None | Some(Protocol::P2p(_)), None) => Some((host, port)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_a_plain_websocket_address_can_be_listened_on() {
        assert_eq!(to_listen(&addr("/ip4/127.0.0.1/tcp/80/ws")), Some(([127, 0, 0, 1], 80).into()));
        for other in [
            "/ip4/127.0.0.1/tcp/80",
            "/ip4/127.0.0.1/udp/80",
            "/dns4/a.example/tcp/80/ws",
            "/ip4/127.0.0.1/tcp/1/tls/ws",
        ] {
            assert_eq!(to_listen(&addr(other)), None, "{other}");
        }
    }

    #[test]
    fn names_can_be_dialled_and_circuits_cannot() {
        assert_eq!(to_dial(&addr("/dns4/a.example/tcp/80/ws")), Some(("a.example".into(), 80)));
        let peer = libp2p::PeerId::random();
        assert!(to_dial(&addr(&format!("/ip4/127.0.0.1/tcp/80/ws/p2p/{peer}"))).is_some());
        assert_eq!(to_dial(&addr(&format!("/ip4/127.0.0.1/tcp/80/ws/p2p/{peer}/p2p-circuit"))), None);
        assert_eq!(to_dial(&addr("/dns4/a.example/tcp/443/tls/ws")), None);
    }

    #[test]
    fn a_socket_has_the_address_it_listens_on() {
        let socket = SocketAddr::from(([127, 0, 0, 1], 8080));
        assert_eq!(to_listen(&of_socket(socket)), Some(socket));
    }
}
