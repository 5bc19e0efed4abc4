//! The text form of relay addresses, as far as relays of ours have any. Multiaddr's own reader knows dozens of kinds and encodings, of
//! which a browser would load every one.

use std::borrow::Cow;

use data_encoding::BASE64URL_NOPAD;
use libp2p::{
    Multiaddr,
    multiaddr::{Protocol, multihash::Multihash},
};

/// What a text in base64url begins with (multibase).
const BASE64_URL: char = 'u';

/// Reads an address like `/ip4/192.0.2.1/udp/443/quic-v1/webtransport/certhash/u...`; `None` if it has a kind of part that no
/// transport here dials.
pub(super) fn parse(text: &str) -> Option<Multiaddr> {
    let mut words = text.strip_prefix('/')?.split('/');
    let mut address = Multiaddr::empty();
    while let Some(word) = words.next() {
        let mut value = || words.next();
        let part = match word {
            "ip4" => Protocol::Ip4(value()?.parse().ok()?),
            "ip6" => Protocol::Ip6(value()?.parse().ok()?),
            "dns" => Protocol::Dns(Cow::Borrowed(value()?)),
            "dns4" => Protocol::Dns4(Cow::Borrowed(value()?)),
            "dns6" => Protocol::Dns6(Cow::Borrowed(value()?)),
            "tcp" => Protocol::Tcp(value()?.parse().ok()?),
            "udp" => Protocol::Udp(value()?.parse().ok()?),
            "quic-v1" => Protocol::QuicV1,
            "webtransport" => Protocol::WebTransport,
            "certhash" => Protocol::Certhash(hash(value()?)?),
            "tls" => Protocol::Tls,
            "ws" => Protocol::Ws(Cow::Borrowed("/")),
            "wss" => Protocol::Wss(Cow::Borrowed("/")),
            "p2p" => Protocol::P2p(value()?.parse().ok()?),
            _ => return None,
        };
        address.push(part);
    }
    Some(address)
}

fn hash(text: &str) -> Option<Multihash<64>> {
    let bytes = BASE64URL_NOPAD.decode(text.strip_prefix(BASE64_URL)?.as_bytes()).ok()?;
    Multihash::from_bytes(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_libp2p_writes() {
        let peer = "12D3KooWR7EfNv5SLtgjMRjUwR8AvNu3hP4fLrtSa9fmHHXKYWNG";
        let hash = "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g";
        for text in [
            &format!("/ip4/192.0.2.1/udp/443/quic-v1/webtransport/certhash/{hash}/certhash/{hash}/p2p/{peer}"),
            "/ip6/2001:db8::1/tcp/4001",
            "/dns/relay.example/tcp/443/tls/ws",
            "/dns4/relay.example/tcp/443/wss",
            &format!("/dns6/relay.example/tcp/80/ws/p2p/{peer}"),
        ] {
            let expected: Multiaddr = text.parse().expect("an address");
            assert_eq!(parse(text).as_ref(), Some(&expected));
            assert_eq!(parse(&expected.to_string()), Some(expected));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let none = ["ip4/192.0.2.1", "/", "/ip4", "/ip4/x", "/tcp/65536", "/onion3/x", "/certhash/u!", "/certhash/z1"];
        for text in none {
            assert_eq!(parse(text), None, "{text}");
        }
        let cut = "/ip4/192.0.2.1/udp/443/quic-v1/webtransport/certhash/uEiDDq4_xNyDorZBH3TlGazyJ";
        assert_eq!(parse(cut), None);
    }
}
