//! Which addresses a client is told, by the name under which it found this server.
//!
//! A server does not know its public address, but whoever has just asked it does: it is in the request's `Host`. Left out:
//! certificates and ports in use (given), and any look-up of names (the client's).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// A host as clients name it: an address, or a DNS name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An IP address literal.
    Ip(IpAddr),
    /// A DNS name in lower case, at most 253 characters of letters, digits, `-` and `.`.
    Name(String),
}

/// Where a client reached the HTTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The host.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
    /// Over TLS.
    pub secure: bool,
}

impl Site {
    /// Reads an `authority` (RFC 3986 section 3.2, without user information), such as the value of a `Host` header.
    /// None if it is not one. `localhost` is 127.0.0.1, where this server listens.
    pub fn parse(authority: &str, secure: bool) -> Option<Self> {
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) = rest.split_once(']')?;
                (Host::Ip(IpAddr::V6(address.parse().ok()?)), rest.strip_prefix(':').or(rest.is_empty().then_some(""))?)
            }
            None => {
                let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
                (Host::parse(host)?, port)
            }
        };
        let port = match port {
            "" => {
                if secure {
                    443
                } else {
                    80
                }
            }
            digits => digits.parse().ok().filter(|port| *port != 0)?,
        };
        Some(Self { host, port, secure })
    }

    /// The socket address, if the client named the host by its address.
    pub const fn socket(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Ip(address) => Some(SocketAddr::new(address, self.port)),
            Host::Name(_) => None,
        }
    }

    /// The multiaddr of the relay's WebSocket listener, without peer.
    pub fn websocket(&self) -> String {
        let scheme = if self.secure { "tls/ws" } else { "ws" };
        format!("/{}/tcp/{}/{scheme}", self.host.multiaddr(), self.port)
    }

    /// The multiaddr of the relay's WebTransport listener at UDP `port`, without peer. `certhashes`: in multibase, current first.
    pub fn webtransport(&self, port: u16, certhashes: &[String]) -> String {
        let hashes: String = certhashes.iter().map(|hash| format!("/certhash/{hash}")).collect();
        format!("/{}/udp/{port}/quic-v1/webtransport{hashes}", self.host.multiaddr())
    }

    /// The STUN and TURN addresses (RFC 7064, RFC 7065) of a server that listens at `port` on UDP and TCP.
    pub fn turn(&self, port: u16) -> Vec<String> {
        let host = &self.host;
        vec![
            format!("stun:{host}:{port}"),
            format!("turn:{host}:{port}?transport=udp"),
            format!("turn:{host}:{port}?transport=tcp"),
        ]
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Ip(IpAddr::V4(address)));
        }
        let name = text.to_ascii_lowercase();
        if name == "localhost" {
            return Some(Self::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        (name.len() <= 253 && name.split('.').all(label)).then_some(Self::Name(name))
    }

    fn multiaddr(&self) -> String {
        match self {
            Self::Ip(IpAddr::V4(address)) => format!("ip4/{address}"),
            Self::Ip(IpAddr::V6(address)) => format!("ip6/{address}"),
            Self::Name(name) => format!("dns4/{name}"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn localhost_is_told_the_loopback_address() {
        let site = Site::parse("localhost:8080", false).unwrap();
        assert_eq!(site.websocket(), "/ip4/127.0.0.1/tcp/8080/ws");
        let hashes = ["uEiA".to_owned(), "uEiB".to_owned()];
        assert_eq!(
            site.webtransport(8080, &hashes),
            "/ip4/127.0.0.1/udp/8080/quic-v1/webtransport/certhash/uEiA/certhash/uEiB"
        );
        assert_eq!(site.turn(8081)[1], "turn:127.0.0.1:8081?transport=udp");
    }

    #[test]
    fn a_name_and_an_address_are_told_themselves() {
        assert_eq!(Site::parse("Meet.Example", true).unwrap().websocket(), "/dns4/meet.example/tcp/443/tls/ws");
        assert_eq!(Site::parse("192.0.2.7", false).unwrap().websocket(), "/ip4/192.0.2.7/tcp/80/ws");
        let six = Site::parse("[2001:db8::1]:8443", true).unwrap();
        assert_eq!(six.websocket(), "/ip6/2001:db8::1/tcp/8443/tls/ws");
        assert_eq!(six.turn(3478)[0], "stun:[2001:db8::1]:3478");
    }

    #[test]
    fn what_is_no_authority_is_refused() {
        for text in
            ["", ":80", "a b", "a/b", "a_b", "host:0", "host:99999", "[::1", "[::1]x", "a..b", "user@host", "-:x"]
        {
            assert_eq!(Site::parse(text, false), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_host_header_panics_or_smuggles_a_component(text in "\\PC{0,60}") {
            if let Some(site) = Site::parse(&text, false) {
                prop_assert_eq!(site.websocket().matches('/').count(), 5);
            }
        }
    }
}
