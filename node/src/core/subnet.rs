//! The unit in which addresses are limited: what one household, office or phone is given.

use std::net::IpAddr;

/// An IPv4 address or an IPv6 /64 (RFC 6177: a site gets at least that much, so a whole address would be no limit).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subnet {
    /// One IPv4 address.
    V4([u8; 4]),
    /// The first 64 bits of an IPv6 address.
    V6([u8; 8]),
}

impl From<IpAddr> for Subnet {
    fn from(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip.octets()),
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, f, g, h, ..] = ip.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

impl std::fmt::Debug for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address is personal data: it does not slip into a log by being part of something that is printed.
        f.write_str(match self {
            Self::V4(_) => "Subnet(v4)",
            Self::V6(_) => "Subnet(v6)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(text: &str) -> Subnet {
        Subnet::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn a_mapped_address_is_the_address_it_maps() {
        assert_eq!(subnet("::ffff:192.0.2.1"), subnet("192.0.2.1"));
    }

    #[test]
    fn neighbours_in_a_64_are_one_and_in_two_are_two() {
        assert_eq!(subnet("2001:db8::1"), subnet("2001:db8::2"));
        assert_ne!(subnet("2001:db8:0:1::1"), subnet("2001:db8:0:2::1"));
    }
}
