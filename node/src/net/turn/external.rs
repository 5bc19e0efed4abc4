//! The address that relayed candidates carry: what the operator says, or what this machine can find out by itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// The address under which others reach a server that is bound to `bind`, as far as this machine can know.
///
/// For a server on all addresses that is where its packets to the world come from: connecting a UDP socket looks that up in the
/// routing table and sends nothing. Behind NAT it is wrong, and the operator has to tell.
pub fn reachable(bind: IpAddr) -> IpAddr {
    if !bind.is_unspecified() {
        return bind;
    }
    // Addresses for documentation (RFC 5737, RFC 3849): routed like any other.
    let (loopback, elsewhere) = match bind {
        IpAddr::V4(_) => (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from([192, 0, 2, 1])),
        IpAddr::V6(_) => (IpAddr::from(Ipv6Addr::LOCALHOST), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])),
    };
    let looked_up = UdpSocket::bind((bind, 0)).and_then(|socket| {
        socket.connect((elsewhere, 9))?;
        socket.local_addr()
    });
    looked_up.map_or(loopback, |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_one_address_is_reached_there_and_one_on_all_at_none_of_them() {
        let one = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(reachable(one), one);
        for all in [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)] {
            let found = reachable(all);
            assert!(!found.is_unspecified() && found.is_ipv4() == all.is_ipv4(), "{found}");
        }
    }
}
