//! What this server tells of its embedded relay: addresses, certificate hashes, TURN.
//!
//! The relay itself is the node crate's. Which host a client is told is [`crate::core::advertise`]'s rule.

use std::sync::Arc;

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use milanio_node::net::{
    relay::{Relay, RelayConfig, RelayError, RelayHandle, RelayLimits},
    transport::websocket::WsAcceptor,
};
use tokio::sync::watch;

use crate::{
    api::{RelayEntry, RelaysAnswer, TurnGrant},
    config::{LimitsName, RunOptions},
    core::advertise::Site,
};

/// Where the relay is.
pub struct Directory {
    /// Its peer id.
    pub peer: PeerId,
    /// The addresses it listens on at the moment; they change when a certificate does.
    pub listening: watch::Receiver<Vec<Multiaddr>>,
    /// Takes WebSockets that came in over HTTP.
    pub sockets: WsAcceptor,
    /// Its TURN server, if it has one.
    pub turn: Option<Arc<dyn TurnDesk>>,
}

/// Hands out TURN credentials.
pub trait TurnDesk: Send + Sync {
    /// The port it listens on, UDP and TCP.
    fn port(&self) -> u16;

    /// Credentials that are good for some minutes from `now_ms`, with `urls` to use them at.
    fn grant(&self, urls: Vec<String>, now_ms: u64) -> TurnGrant;
}

/// The relay inside this server.
pub struct EmbeddedRelay {
    relay: RelayHandle,
}

impl EmbeddedRelay {
    /// Starts it beside an HTTP server at `http_port`: WebTransport listens on UDP at that number, or at a free one.
    pub async fn start(options: &RunOptions, http_port: u16) -> Result<Self, RelayError> {
        let listen = Multiaddr::from(options.bind)
            .with(Protocol::Udp(http_port))
            .with(Protocol::QuicV1)
            .with(Protocol::WebTransport);
        let limits = match options.limits {
            LimitsName::Standard => RelayLimits::default(),
            LimitsName::Lab => RelayLimits::lab(),
        };
        let config = RelayConfig {
            listen: vec![listen],
            any_port: true,
            limits,
            ..RelayConfig::new(options.data.join("relay"))
        };
        Ok(Self { relay: Relay::start(config).await? })
    }

    /// Where it is.
    pub fn directory(&self) -> Directory {
        let (peer, listening, sockets) = (self.relay.peer_id(), self.relay.addresses(), self.relay.ws());
        Directory { peer, listening, sockets, turn: None }
    }

    /// Says goodbye to its clients and stops.
    pub async fn stop(self) {
        self.relay.shutdown().await;
    }
}

impl Directory {
    /// The relay list for a client that found this server at `site`, at `now_ms` (milliseconds since the Unix epoch).
    pub fn answer(&self, site: &Site, now_ms: u64) -> RelaysAnswer {
        let peer = self.peer.to_base58();
        let mut addrs: Vec<String> = Vec::new();
        for (port, certhashes) in self.listening.borrow().iter().filter_map(webtransport) {
            let address = format!("{}/p2p/{peer}", site.webtransport(port, &certhashes));
            if !addrs.contains(&address) {
                addrs.push(address);
            }
        }
        addrs.push(format!("{}/p2p/{peer}", site.websocket()));
        RelaysAnswer { now_ms, relays: vec![RelayEntry { peer, addrs }], turn: self.turn_urls(site) }
    }

    /// Credentials for a client that found this server at `site`.
    pub fn turn_grant(&self, site: &Site, now_ms: u64) -> Option<TurnGrant> {
        self.turn.as_ref().map(|turn| turn.grant(self.turn_urls(site), now_ms))
    }

    fn turn_urls(&self, site: &Site) -> Vec<String> {
        self.turn.as_ref().map(|turn| site.turn(turn.port())).unwrap_or_default()
    }
}

// The UDP port and certificate hashes of a WebTransport address.
fn webtransport(address: &Multiaddr) -> Option<(u16, Vec<String>)> {
    let (mut port, mut is_webtransport, mut hashes) = (None, false, Vec::new());
    for part in address {
        match part {
            Protocol::Udp(number) => port = Some(number),
            Protocol::WebTransport => is_webtransport = true,
            // Written as the multiaddr text form does: the part after `/certhash/`.
            Protocol::Certhash(_) => hashes.extend(part.to_string().rsplit('/').next().map(str::to_owned)),
            _ => {}
        }
    }
    port.filter(|_| is_webtransport).map(|port| (port, hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTENING: &str = "/ip4/127.0.0.1/udp/8080/quic-v1/webtransport/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g/certhash/uEiDH0nnVvDrJm1bLBZy0PXbHQi0lCJlUUQ2mcqv1HWLXWQ";

    #[test]
    fn a_client_is_told_the_host_it_knows_with_the_relays_ports_and_hashes() {
        let (_keep, listening) =
            watch::channel(vec!["/ip4/127.0.0.1/tcp/9".parse().unwrap(), LISTENING.parse().unwrap()]);
        let (_transport, sockets) = milanio_node::net::transport::websocket::incoming();
        let peer = PeerId::random();
        let directory = Directory { peer, listening, sockets, turn: None };
        let answer = directory.answer(&Site::parse("meet.example", true).unwrap(), 5);
        let webtransport = LISTENING.replace("ip4/127.0.0.1", "dns4/meet.example");
        let addrs = vec![format!("{webtransport}/p2p/{peer}"), format!("/dns4/meet.example/tcp/443/tls/ws/p2p/{peer}")];
        let relays = vec![RelayEntry { peer: peer.to_base58(), addrs }];
        assert_eq!(answer, RelaysAnswer { now_ms: 5, relays, turn: Vec::new() });
    }
}
