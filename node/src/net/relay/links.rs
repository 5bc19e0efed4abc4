//! Connections to the other relays: dialled again after a while, for as long as the relay runs.

use std::{collections::BTreeMap, time::Duration};

use libp2p::{Multiaddr, PeerId};

use crate::core::time::Timestamp;

/// Which relays to dial, and when. Pure.
#[derive(Clone, Debug)]
pub(super) struct Links {
    links: Vec<Link>,
    /// Whom a dialled address turned out to be.
    known: BTreeMap<PeerId, usize>,
}

#[derive(Clone, Debug)]
struct Link {
    address: Multiaddr,
    state: LinkState,
    failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkState {
    Due(Timestamp),
    Dialling,
    Connected,
}

impl Links {
    /// All are due at once.
    pub(super) fn new(addresses: &[Multiaddr], now: Timestamp) -> Self {
        let link = |address: &Multiaddr| Link { address: address.clone(), state: LinkState::Due(now), failures: 0 };
        Self { links: addresses.iter().map(link).collect(), known: BTreeMap::new() }
    }

    /// The next one to dial, by its number and address.
    pub(super) fn poll_dial(&mut self, now: Timestamp) -> Option<(usize, Multiaddr)> {
        let is_due = |link: &Link| matches!(link.state, LinkState::Due(at) if at <= now);
        let number = self.links.iter().position(is_due)?;
        let link = self.links.get_mut(number)?;
        link.state = LinkState::Dialling;
        Some((number, link.address.clone()))
    }

    /// The dial of `number` led to `peer`.
    pub(super) fn handle_connected(&mut self, number: usize, peer: PeerId) {
        if let Some(link) = self.links.get_mut(number) {
            (link.state, link.failures) = (LinkState::Connected, 0);
            self.known.insert(peer, number);
        }
    }

    /// The dial of `number` failed.
    pub(super) fn handle_failed(&mut self, number: usize, now: Timestamp) {
        if let Some(link) = self.links.get_mut(number).filter(|link| link.state == LinkState::Dialling) {
            link.failures = link.failures.saturating_add(1);
            link.state = LinkState::Due(now.after(wait(link.failures)));
        }
    }

    /// The last connection with `peer` is gone.
    pub(super) fn handle_disconnected(&mut self, peer: &PeerId, now: Timestamp) {
        if let Some(link) = self.known.remove(peer).and_then(|number| self.links.get_mut(number)) {
            link.state = LinkState::Due(now.after(wait(1)));
        }
    }
}

/// After the first failure, and at most. People on both sides wait for it: what divided two relays for half a minute must not divide
/// them for longer than they take to notice. Measured: with a minute at most, rooms were together again 4 to more than 15 s after, with
/// five seconds still once in four runs on a busy machine; a dial into the void takes ten seconds besides. Three seconds are twenty
/// dials a minute, which every relay lets one address have.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The wait after this many failures in a row: doubled each time.
fn wait(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(6)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1_000)
    }

    fn links() -> Links {
        Links::new(&["/ip4/127.0.0.1/tcp/1".parse().unwrap()], at(0))
    }

    #[test]
    fn a_relay_that_does_not_answer_is_dialled_ever_less_often_but_always_again() {
        let mut links = links();
        let mut waits = Vec::new();
        let mut now = 0;
        for _ in 0..9 {
            let (number, _) = links.poll_dial(at(now)).unwrap();
            assert_eq!(links.poll_dial(at(now)), None);
            links.handle_failed(number, at(now));
            let due = (0..).find(|wait| links.clone().poll_dial(at(now + wait)).is_some()).unwrap();
            waits.push(due);
            now += due;
        }
        assert_eq!(waits, [1, 2, 3, 3, 3, 3, 3, 3, 3]);
    }

    #[test]
    fn a_lost_relay_is_dialled_again_after_a_second() {
        let mut links = links();
        let peer = PeerId::random();
        let (number, _) = links.poll_dial(at(0)).unwrap();
        links.handle_connected(number, peer);
        assert_eq!(links.poll_dial(at(9)), None);
        links.handle_disconnected(&peer, at(10));
        assert_eq!(links.poll_dial(at(10)), None);
        assert!(links.poll_dial(at(11)).is_some());
    }
}
