//! Under which addresses a listener can be reached, so that it can say so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The addresses of a listener bound to `bound`: itself, or if it is bound to all interfaces, the loopback address and the one
/// this machine uses towards the outside.
pub fn reachable_at(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    let (loopback, any, outside): (IpAddr, IpAddr, IpAddr) = match bound {
        IpAddr::V4(_) => (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED.into(), OUTSIDE_V4.into()),
        IpAddr::V6(_) => (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::UNSPECIFIED.into(), OUTSIDE_V6.into()),
    };
    let mut addresses = vec![loopback];
    addresses.extend(source_towards(any, outside).filter(|ip| *ip != loopback));
    addresses
}

// Documentation addresses (RFC 5737, RFC 3849): only their route is looked up, no packet is sent.
const OUTSIDE_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const OUTSIDE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

fn source_towards(any: IpAddr, outside: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(outside, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_address_is_itself() {
        let ip = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(reachable_at(ip), vec![ip]);
    }

    #[test]
    fn all_interfaces_include_the_loopback_one() {
        let addresses = reachable_at(Ipv4Addr::UNSPECIFIED.into());
        assert_eq!(addresses.first(), Some(&Ipv4Addr::LOCALHOST.into()));
        assert!(addresses.iter().all(|ip| !ip.is_unspecified()));
    }
}
