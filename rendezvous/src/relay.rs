//! What this server tells of its embedded relay: addresses, certificate hashes, TURN.
//!
//! The relay itself is the node crate's. Which host a client is told is [`crate::core::advertise`]'s rule.

use std::{io, sync::Arc};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use milanio_node::{
    core::{time::RoomTime, turn_quota::TurnLimits},
    net::{
        relay::{Relay, RelayConfig, RelayError, RelayHandle, RelayLimits, RelayStats},
        transport::websocket::WsAcceptor,
        turn::{TurnConfig, TurnDesk, TurnHandle},
    },
    wire::turn::TurnCredential,
};
use tokio::sync::watch;

use crate::{
    api::{RelayEntry, RelaysAnswer, TurnGrant},
    config::{LimitsName, Settings},
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
    /// Other relays that clients are told of.
    pub others: Vec<RelayEntry>,
    /// Its TURN server, if it has one.
    pub turn: Option<Arc<TurnDesk>>,
}

/// Why the relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedRelayError {
    /// The relay itself.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// Its TURN server.
    #[error("cannot listen for TURN: {0}")]
    Turn(io::Error),
    /// An address of another relay does not say which relay it is.
    #[error("--relay {0}: the address must end in /p2p/ and the relay's peer id")]
    Unnamed(Multiaddr),
}

/// The relay inside this server.
pub struct EmbeddedRelay {
    relay: RelayHandle,
    turn: TurnHandle,
    others: Vec<RelayEntry>,
}

impl EmbeddedRelay {
    /// Starts it beside an HTTP server at `http_port`: WebTransport listens on UDP at that number and TURN at the next, or at
    /// free ones.
    pub async fn start(settings: &Settings, http_port: u16) -> Result<Self, EmbeddedRelayError> {
        let listen = Multiaddr::from(settings.bind)
            .with(Protocol::Udp(http_port))
            .with(Protocol::QuicV1)
            .with(Protocol::WebTransport);
        let others = entries(&settings.relay)?;
        let (limits, turn_limits) = match settings.limits {
            LimitsName::Standard => (RelayLimits::default(), TurnLimits::default()),
            LimitsName::Lab => (RelayLimits::lab(), TurnLimits::lab()),
        };
        let turn = TurnHandle::start(TurnConfig {
            bind: settings.bind,
            port: http_port.checked_add(1).unwrap_or(0),
            any_port: true,
            external: settings.external_ip,
            limits: turn_limits,
        });
        let turn = turn.await.map_err(EmbeddedRelayError::Turn)?;
        let config = RelayConfig {
            listen: vec![listen],
            any_port: true,
            limits,
            peers: settings.peer.clone(),
            turn: Some(turn.desk()),
            ..RelayConfig::new(settings.data.join("relay"))
        };
        Ok(Self { relay: Relay::start(config).await?, turn, others })
    }

    /// Where it is.
    pub fn directory(&self) -> Directory {
        let (peer, listening, sockets) = (self.relay.peer_id(), self.relay.addresses(), self.relay.ws());
        Directory { peer, listening, sockets, others: self.others.clone(), turn: Some(self.turn.desk()) }
    }

    /// What it holds.
    pub fn stats(&self) -> watch::Receiver<RelayStats> {
        self.relay.stats()
    }

    /// Says goodbye to its clients and stops.
    pub async fn stop(self) {
        self.relay.shutdown().await;
        self.turn.shutdown().await;
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
        let own = RelayEntry { peer, addrs };
        let relays = std::iter::once(own).chain(self.others.iter().cloned()).collect();
        RelaysAnswer { now_ms, relays, turn: self.turn_urls(site) }
    }

    /// Credentials for a client that found this server at `site`.
    pub fn turn_grant(&self, site: &Site, now_ms: u64) -> Option<TurnGrant> {
        let credential = self.turn.as_ref()?.grant(self.turn_urls(site), RoomTime::from_millis(now_ms))?;
        let TurnCredential { urls, username, credential, expires } = credential;
        Some(TurnGrant { peer: self.peer.to_base58(), urls, username, credential, expires_s: expires.as_secs() })
    }

    fn turn_urls(&self, site: &Site) -> Vec<String> {
        self.turn.as_ref().map(|turn| site.turn(turn.port())).unwrap_or_default()
    }
}

// Addresses of other relays, by relay, in the order in which they were given.
fn entries(addresses: &[Multiaddr]) -> Result<Vec<RelayEntry>, EmbeddedRelayError> {
    let mut entries: Vec<RelayEntry> = Vec::new();
    for address in addresses {
        let Some(Protocol::P2p(peer)) = address.iter().last() else {
            return Err(EmbeddedRelayError::Unnamed(address.clone()));
        };
        let peer = peer.to_base58();
        match entries.iter_mut().find(|entry| entry.peer == peer) {
            Some(entry) => entry.addrs.push(address.to_string()),
            None => entries.push(RelayEntry { peer, addrs: vec![address.to_string()] }),
        }
    }
    Ok(entries)
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
        let named: Multiaddr = format!("/dns4/relay.example/tcp/443/tls/ws/p2p/{peer}").parse().unwrap();
        let [other] = &entries(std::slice::from_ref(&named)).unwrap()[..] else { panic!("one relay") };
        let other = other.clone();
        assert_eq!(other.addrs, [named.to_string()]);
        assert!(entries(&["/ip4/192.0.2.1/tcp/1".parse().unwrap()]).is_err(), "no peer id");
        let directory = Directory { peer, listening, sockets, others: vec![other.clone()], turn: None };
        let answer = directory.answer(&Site::parse("meet.example", true).unwrap(), 5);
        let webtransport = LISTENING.replace("ip4/127.0.0.1", "dns4/meet.example");
        let addrs = vec![format!("{webtransport}/p2p/{peer}"), format!("/dns4/meet.example/tcp/443/tls/ws/p2p/{peer}")];
        let relays = vec![RelayEntry { peer: peer.to_base58(), addrs }, other];
        assert_eq!(answer, RelaysAnswer { now_ms: 5, relays, turn: Vec::new() });
    }
}
