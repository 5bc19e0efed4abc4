//! Who may connect to a relay: how many at all, how many from one place, how fast.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::core::{
    rate_limit::{Rate, RateLimiter},
    subnet::Subnet,
    time::Timestamp,
};

/// How many connections a relay takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Established connections.
    pub established: u32,
    /// Established connections from one [`Subnet`].
    pub established_per_subnet: u32,
    /// Established connections with one peer.
    pub established_per_peer: u32,
    /// Connections whose handshake is under way.
    pub pending: u32,
    /// The same from one [`Subnet`].
    pub pending_per_subnet: u32,
    /// How often one [`Subnet`] may try.
    pub attempts: Rate,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The relay has as many connections as it takes.
    #[error("the relay is full")]
    RelayFull,
    /// Too many handshakes are under way.
    #[error("too many handshakes are under way")]
    RelayBusy,
    /// There are too many connections from the same place.
    #[error("too many connections from one network")]
    SubnetFull,
    /// There were too many attempts from the same place.
    #[error("too many attempts from one network")]
    SubnetTooFast,
    /// The same peer is connected often enough.
    #[error("the peer is connected already")]
    PeerFull,
}

/// Counts connections. `C` names a connection and `P` a peer.
///
/// Drive: [`attempt`](Self::attempt), then either [`establish`](Self::establish) or [`end`](Self::end); an established one is
/// [`end`](Self::end)ed too. All three may be called for connections that are unknown or were refused.
#[derive(Clone, Debug)]
pub struct Admission<C, P> {
    limits: AdmissionLimits,
    attempts: RateLimiter<Subnet>,
    connections: BTreeMap<C, Connection<P>>,
    established: u32,
    pending_of: BTreeMap<Subnet, u32>,
    established_of: BTreeMap<Subnet, u32>,
    peers: BTreeMap<P, u32>,
}

#[derive(Clone, Debug)]
struct Connection<P> {
    subnet: Subnet,
    /// The peer, once it is established.
    peer: Option<P>,
}

impl<C: Ord + Clone, P: Ord + Clone> Admission<C, P> {
    /// Nobody is connected.
    pub const fn new(limits: AdmissionLimits) -> Self {
        Self {
            limits,
            attempts: RateLimiter::new(limits.attempts, MAX_SUBNETS),
            connections: BTreeMap::new(),
            established: 0,
            pending_of: BTreeMap::new(),
            established_of: BTreeMap::new(),
            peers: BTreeMap::new(),
        }
    }

    /// Somebody at `subnet` begins to connect.
    pub fn attempt(&mut self, connection: C, subnet: Subnet, now: Timestamp) -> Result<(), Refusal> {
        let pending = self.connections.len().saturating_sub(self.established as usize);
        if self.established >= self.limits.established {
            return Err(Refusal::RelayFull);
        }
        if pending >= self.limits.pending as usize {
            return Err(Refusal::RelayBusy);
        }
        if count(&self.established_of, &subnet) >= self.limits.established_per_subnet
            || count(&self.pending_of, &subnet) >= self.limits.pending_per_subnet
        {
            return Err(Refusal::SubnetFull);
        }
        if !self.attempts.allow(&subnet, now) {
            return Err(Refusal::SubnetTooFast);
        }
        *self.pending_of.entry(subnet).or_default() += 1;
        self.connections.insert(connection, Connection { subnet, peer: None });
        Ok(())
    }

    /// The handshake is done and the connection is with `peer`.
    pub fn establish(&mut self, connection: &C, peer: P) -> Result<(), Refusal> {
        if count(&self.peers, &peer) >= self.limits.established_per_peer {
            return Err(Refusal::PeerFull);
        }
        let Some(entry) = self.connections.get_mut(connection).filter(|entry| entry.peer.is_none()) else {
            return Ok(());
        };
        if self.established >= self.limits.established {
            return Err(Refusal::RelayFull);
        }
        if count(&self.established_of, &entry.subnet) >= self.limits.established_per_subnet {
            return Err(Refusal::SubnetFull);
        }
        decrement(&mut self.pending_of, &entry.subnet);
        *self.established_of.entry(entry.subnet).or_default() += 1;
        *self.peers.entry(peer.clone()).or_default() += 1;
        self.established += 1;
        entry.peer = Some(peer);
        Ok(())
    }

    /// The connection is over, whether it was established or not.
    pub fn end(&mut self, connection: &C) {
        let Some(entry) = self.connections.remove(connection) else { return };
        match entry.peer {
            None => decrement(&mut self.pending_of, &entry.subnet),
            Some(peer) => {
                decrement(&mut self.established_of, &entry.subnet);
                decrement(&mut self.peers, &peer);
                self.established = self.established.saturating_sub(1);
            }
        }
    }

    /// How many are connected.
    pub const fn established(&self) -> u32 {
        self.established
    }
}

/// Places whose attempts are remembered.
const MAX_SUBNETS: usize = 100_000;

fn count<K: Ord>(counts: &BTreeMap<K, u32>, key: &K) -> u32 {
    counts.get(key).copied().unwrap_or(0)
}

fn decrement<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use super::*;

    const LIMITS: AdmissionLimits = AdmissionLimits {
        established: 4,
        established_per_subnet: 2,
        established_per_peer: 1,
        pending: 3,
        pending_per_subnet: 2,
        attempts: Rate { burst: 5, interval: Duration::from_secs(1) },
    };
    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn place(last: u8) -> Subnet {
        Subnet::from(IpAddr::from([192, 0, 2, last]))
    }

    fn admission() -> Admission<u32, u32> {
        Admission::new(LIMITS)
    }

    #[test]
    fn pending_handshakes_are_counted_at_all_and_per_place() {
        let mut admission = admission();
        assert_eq!(admission.attempt(1, place(1), NOW), Ok(()));
        assert_eq!(admission.attempt(2, place(1), NOW), Ok(()));
        assert_eq!(admission.attempt(3, place(1), NOW), Err(Refusal::SubnetFull));
        assert_eq!(admission.attempt(4, place(2), NOW), Ok(()));
        assert_eq!(admission.attempt(5, place(3), NOW), Err(Refusal::RelayBusy));
        admission.end(&1);
        assert_eq!(admission.attempt(6, place(3), NOW), Ok(()));
    }

    #[test]
    fn established_connections_are_counted_at_all_per_place_and_per_peer() {
        let mut admission = admission();
        for (connection, last) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
            assert_eq!(admission.attempt(connection, place(last), NOW), Ok(()));
            assert_eq!(admission.establish(&connection, connection), Ok(()));
        }
        assert_eq!(admission.attempt(5, place(3), NOW), Err(Refusal::RelayFull));
        admission.end(&4);
        assert_eq!(admission.attempt(5, place(1), NOW), Err(Refusal::SubnetFull));
        assert_eq!(admission.attempt(6, place(3), NOW), Ok(()));
        assert_eq!(admission.establish(&6, 1), Err(Refusal::PeerFull));
        assert_eq!(admission.established(), 3);
    }

    #[test]
    fn attempts_that_come_too_fast_are_refused() {
        let mut admission = admission();
        for connection in 0..5 {
            assert_eq!(admission.attempt(connection, place(1), NOW), Ok(()));
            admission.end(&connection);
        }
        assert_eq!(admission.attempt(5, place(1), NOW), Err(Refusal::SubnetTooFast));
        assert_eq!(admission.attempt(5, place(1), NOW.after(Duration::from_secs(1))), Ok(()));
    }

    #[test]
    fn nothing_is_left_when_everybody_is_gone() {
        let mut admission = admission();
        for connection in 0..3 {
            admission.attempt(connection, place(connection as u8), NOW).unwrap();
        }
        admission.establish(&0, 0).unwrap();
        for connection in 0..3 {
            admission.end(&connection);
            admission.end(&connection);
        }
        assert!(admission.connections.is_empty() && admission.peers.is_empty());
        assert!(admission.pending_of.is_empty() && admission.established_of.is_empty());
        assert_eq!(admission.established(), 0);
    }
}
