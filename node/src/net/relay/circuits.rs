//! Circuits: a relay copies bytes between two of its leaves, which have sealed them end to end (libp2p specifications, circuit
//! relay v2).
//!
//! How many, how long and how much is the relay behaviour's to enforce; who has one is kept here, for a leaf with a circuit is
//! not idle. How fast a circuit may be is `shaping`'s.

use std::collections::BTreeMap;

use libp2p::{Multiaddr, PeerId, relay};

use super::{CircuitLimits, gatekeeper::ip_of};
use crate::{
    core::{
        rate_limit::{Rate, RateLimiter},
        subnet::Subnet,
    },
    net::runtime::Clock,
};

/// Networks whose circuits are counted (chosen: more than a relay has connections).
const MAX_SUBNETS: usize = 10_000;

/// The relay behaviour within `limits`.
pub(super) fn behaviour(relay: PeerId, limits: CircuitLimits, clock: Clock) -> relay::Behaviour {
    let mut config = relay::Config {
        max_reservations: limits.reservations,
        max_reservations_per_peer: 1,
        reservation_rate_limiters: Vec::new(),
        max_circuits: limits.circuits,
        max_circuits_per_peer: limits.circuits_per_peer,
        max_circuit_duration: limits.duration,
        max_circuit_bytes: limits.bytes,
        circuit_src_rate_limiters: Vec::new(),
        ..relay::Config::default()
    };
    config.reservation_rate_limiters.push(Box::new(per_subnet(limits.reservation_rate, clock)));
    config.circuit_src_rate_limiters.push(Box::new(per_subnet(limits.circuit_rate, clock)));
    let mut behaviour = relay::Behaviour::new(relay, config);
    // Its leaves have found it: whether it knows under which address does not matter.
    behaviour.set_status(Some(relay::Status::Enable));
    behaviour
}

fn per_subnet(rate: Rate, clock: Clock) -> impl FnMut(PeerId, &Multiaddr, std::time::Instant) -> bool {
    let mut limiter: RateLimiter<Subnet> = RateLimiter::new(rate, MAX_SUBNETS);
    move |_, address, _| limiter.allow(&ip_of(address).into(), clock.now())
}

/// Which leaves have circuits. Bounded by what the behaviour accepts.
#[derive(Debug, Default)]
pub(super) struct Circuits(BTreeMap<PeerId, usize>);

impl Circuits {
    /// How many circuits there are.
    pub(super) fn len(&self) -> usize {
        self.0.values().sum::<usize>() / 2
    }

    /// Whether a leaf has one.
    pub(super) fn has(&self, peer: &PeerId) -> bool {
        self.0.contains_key(peer)
    }

    /// Takes note of an event; gives the two leaves whose circuit has ended.
    pub(super) fn handle(&mut self, event: &relay::Event) -> Option<[PeerId; 2]> {
        match event {
            relay::Event::CircuitReqAccepted { src_peer_id, dst_peer_id } => {
                for peer in [src_peer_id, dst_peer_id] {
                    *self.0.entry(*peer).or_default() += 1;
                }
                None
            }
            relay::Event::CircuitClosed { src_peer_id, dst_peer_id, error } => {
                tracing::debug!(?error, "a circuit has ended");
                let ends = [*src_peer_id, *dst_peer_id];
                ends.iter().for_each(|peer| self.ended(peer));
                Some(ends)
            }
            _ => None,
        }
    }

    fn ended(&mut self, peer: &PeerId) {
        if let Some(count) = self.0.get_mut(peer) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_has_a_circuit_until_its_last_one_ends() {
        let [one, two, three] = [PeerId::random(), PeerId::random(), PeerId::random()];
        let mut circuits = Circuits::default();
        let accepted = |src_peer_id, dst_peer_id| relay::Event::CircuitReqAccepted { src_peer_id, dst_peer_id };
        let closed = |src_peer_id, dst_peer_id| relay::Event::CircuitClosed { src_peer_id, dst_peer_id, error: None };
        assert_eq!(circuits.handle(&accepted(one, two)), None);
        circuits.handle(&accepted(one, three));
        assert_eq!(circuits.len(), 2);
        assert_eq!(circuits.handle(&closed(one, two)), Some([one, two]));
        assert_eq!((circuits.has(&one), circuits.has(&two), circuits.len()), (true, false, 1));
        circuits.handle(&closed(one, three));
        circuits.handle(&closed(one, three));
        assert_eq!((circuits.has(&one), circuits.len()), (false, 0));
    }
}
