//! How a leaf reaches relays: one transport that takes every kind of relay address this platform can dial.
//!
//! A browser dials WebTransport and WebSocket; a native leaf TCP and WebSocket. Addresses route themselves: each part takes
//! its own kind and hands on what it does not know. The listeners of relays are not here.

use libp2p::{
    Multiaddr, PeerId, core::muxing::StreamMuxerBox, core::transport::Boxed, identity::Keypair, multiaddr::Protocol,
};

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[path = "transport/native.rs"]
mod imp;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
#[path = "transport/wasm.rs"]
mod imp;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub mod ip;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub mod local_addresses;
pub mod secured;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub mod websocket;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod websocket_wasm;
#[cfg(feature = "relay")]
pub mod webtransport;

pub use crate::core::dial::Carrier;

/// Where on a relay's HTTP port the WebSocket is.
pub const WEBSOCKET_PATH: &str = "/p2p";

/// An authenticated, multiplexed connection to the peer it names.
pub type LeafTransport = Boxed<(PeerId, StreamMuxerBox)>;

/// The transport of a leaf with this key.
///
/// # Errors
/// If the Noise handshake cannot use the key.
pub fn leaf(keypair: &Keypair) -> Result<LeafTransport, libp2p::noise::Error> {
    imp::leaf(keypair)
}

/// What kind of connection an address leads to; `None` if a leaf on this platform cannot dial it.
pub fn carrier(address: &Multiaddr) -> Option<Carrier> {
    let mut found = None;
    for part in address {
        match part {
            Protocol::P2pCircuit | Protocol::WebRTCDirect | Protocol::WebRTC => return None,
            Protocol::WebTransport => found = Some(Carrier::WebTransport),
            Protocol::Ws(_) | Protocol::Wss(_) => found = Some(Carrier::WebSocket),
            Protocol::Tcp(_) if found.is_none() => found = Some(Carrier::Tcp),
            _ => {}
        }
    }
    found.filter(|carrier| imp::CARRIERS.contains(carrier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrier_of(address: &str) -> Option<Carrier> {
        carrier(&address.parse().expect("a valid multiaddr"))
    }

    #[test]
    fn addresses_tell_their_carrier() {
        assert_eq!(carrier_of("/ip4/127.0.0.1/tcp/4001"), Some(Carrier::Tcp));
        assert_eq!(
            carrier_of("/ip6/::1/tcp/4001/p2p/12D3KooWR7EfNv5SLtgjMRjUwR8AvNu3hP4fLrtSa9fmHHXKYWNG"),
            Some(Carrier::Tcp)
        );
    }

    #[test]
    fn what_this_platform_cannot_dial_has_no_carrier() {
        assert_eq!(carrier_of("/ip4/127.0.0.1/udp/8080/quic-v1/webtransport"), None);
        assert_eq!(carrier_of("/ip4/127.0.0.1/udp/8080/webrtc-direct"), None);
        assert_eq!(carrier_of("/ip4/127.0.0.1/udp/8080"), None);
    }
}
