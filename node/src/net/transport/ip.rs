//! The IP address that a multiaddr begins with.

use std::net::IpAddr;

use libp2p::{Multiaddr, multiaddr::Protocol};

/// The address in `/ip4/..` or `/ip6/..`, whatever follows; `None` if it begins with anything else, as a name.
pub fn leading(addr: &Multiaddr) -> Option<IpAddr> {
    match addr.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_only_at_the_beginning() {
        let leading = |text: &str| leading(&text.parse().unwrap());
        assert_eq!(leading("/ip4/192.0.2.7/tcp/1"), Some([192, 0, 2, 7].into()));
        assert_eq!(leading("/ip6/::1/udp/1/quic-v1"), Some(std::net::Ipv6Addr::LOCALHOST.into()));
        assert_eq!(leading("/dns4/a.example/tcp/1"), None);
        assert_eq!(leading("/tcp/1/ip4/192.0.2.7"), None);
    }
}
