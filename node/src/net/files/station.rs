//! Relays that transfers go over: connected to or being so, and waited at or not.

use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::transport::ListenerId,
    multiaddr::Protocol,
    swarm::{
        ConnectionId,
        dial_opts::{DialOpts, PeerCondition},
    },
};

use crate::core::sorted::SortedMap;
use crate::net::{bundle::Bundle, client::RelayAddress, transport};

/// Relays by what is known of them.
#[derive(Default)]
pub(super) struct Stations {
    known: SortedMap<PeerId, Vec<Multiaddr>>,
    open: SortedMap<PeerId, Station>,
}

enum Station {
    Dialling(ConnectionId),
    Connected,
    /// A reservation is asked for.
    Listening(ListenerId),
    /// Others can come here now.
    Reserved(ListenerId),
}

impl Stations {
    pub(super) fn set_known(&mut self, relays: Vec<RelayAddress>) {
        let usable = |addresses: Vec<Multiaddr>| -> Vec<Multiaddr> {
            let usable = addresses.into_iter().filter(|address| transport::carrier(address).is_some());
            // A circuit's address goes on after the relay's own.
            usable.map(|address| address.iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect()).collect()
        };
        self.known = relays.into_iter().map(|relay| (relay.peer, usable(relay.addresses))).collect();
        self.known.retain(|_, addresses| !addresses.is_empty());
    }

    /// Forgets every connection: the swarm is a new one.
    pub(super) fn reset(&mut self) {
        self.open.clear();
    }

    /// Connects to a relay unless that is done or under way; false if it cannot be.
    pub(super) fn connect(&mut self, swarm: &mut Swarm<Bundle>, relay: PeerId) -> bool {
        if self.open.contains_key(&relay) {
            return true;
        }
        let Some(addresses) = self.known.get(&relay) else { return false };
        // All paths at once: the first that answers is kept.
        let dial = DialOpts::peer_id(relay).addresses(addresses.clone()).condition(PeerCondition::Always).build();
        let connection = dial.connection_id();
        if swarm.dial(dial).is_err() {
            return false;
        }
        self.open.insert(relay, Station::Dialling(connection));
        true
    }

    pub(super) fn is_connected(&self, relay: &PeerId) -> bool {
        self.open.get(relay).is_some_and(|station| !matches!(station, Station::Dialling(_)))
    }

    pub(super) fn is_reserved(&self, relay: &PeerId) -> bool {
        matches!(self.open.get(relay), Some(Station::Reserved(_)))
    }

    /// Asks a connected relay to let others come here over it; false if that is impossible.
    pub(super) fn listen(&mut self, swarm: &mut Swarm<Bundle>, relay: PeerId) -> bool {
        let Some(station @ Station::Connected) = self.open.get_mut(&relay) else { return true };
        let address = self.known.get(&relay).and_then(|addresses| addresses.first());
        let Some(address) = address.map(|address| circuit(address, relay)) else { return false };
        let Ok(listener) = swarm.listen_on(address) else { return false };
        *station = Station::Listening(listener);
        true
    }

    /// The address of `peer` over a relay.
    pub(super) fn address(&self, relay: PeerId, peer: PeerId) -> Option<Multiaddr> {
        let address = self.known.get(&relay)?.first()?;
        Some(circuit(address, relay).with(Protocol::P2p(peer)))
    }

    /// A connection is there; true if it is to a relay that was dialled.
    pub(super) fn connected(&mut self, relay: &PeerId) -> bool {
        match self.open.get_mut(relay) {
            Some(station @ Station::Dialling(_)) => {
                *station = Station::Connected;
                true
            }
            _ => false,
        }
    }

    /// A reservation is there: at which relay.
    pub(super) fn reserved(&mut self, listener: ListenerId) -> Option<PeerId> {
        for (relay, station) in &mut self.open {
            if matches!(station, Station::Listening(id) if *id == listener) {
                *station = Station::Reserved(listener);
                return Some(*relay);
            }
        }
        None
    }

    /// A reservation has ended or was refused: at which relay.
    pub(super) fn unreserved(&mut self, listener: ListenerId) -> Option<PeerId> {
        for (relay, station) in &mut self.open {
            if matches!(station, Station::Listening(id) | Station::Reserved(id) if *id == listener) {
                *station = Station::Connected;
                return Some(*relay);
            }
        }
        None
    }

    /// A dial has failed: to which relay.
    pub(super) fn failed(&mut self, connection: ConnectionId) -> Option<PeerId> {
        let dialled = |station: &Station| matches!(station, Station::Dialling(id) if *id == connection);
        let relay = self.open.iter().find(|(_, station)| dialled(station)).map(|(relay, _)| *relay)?;
        self.open.remove(&relay);
        Some(relay)
    }

    /// The connection to a relay is gone, or is to be given up.
    pub(super) fn lost(&mut self, relay: &PeerId) -> bool {
        self.open.remove(relay).is_some()
    }
}

fn circuit(address: &Multiaddr, relay: PeerId) -> Multiaddr {
    address.clone().with(Protocol::P2p(relay)).with(Protocol::P2pCircuit)
}
