//! Which topics a relay follows: those its leaves subscribe to, within caps.
//!
//! Pure bookkeeping: peers `P` and topics `T` are opaque. Whether a topic's name is a valid one is decided before, by whoever
//! reads it. Other relays are not leaves: two relays that followed each other's topics would never let go of them.
//!
//! Drive: one `handle_*`, then [`poll_command`](Mirror::poll_command) until it is `None`, then
//! [`handle_timeout`](Mirror::handle_timeout) at [`poll_timeout`](Mirror::poll_timeout).

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use crate::core::{
    rate_limit::{Rate, RateLimiter},
    subnet::Subnet,
    time::Timestamp,
};

/// How much a relay follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorLimits {
    /// Topics at all.
    pub topics: usize,
    /// Topics of one leaf.
    pub topics_per_peer: usize,
    /// Subscriptions of all leaves of one [`Subnet`] together.
    pub subscriptions_per_subnet: usize,
    /// How often one leaf may change what it subscribes to.
    pub changes: Rate,
    /// How often the leaves of one [`Subnet`] together may make the relay follow a topic that it does not: it tells all its peers.
    pub follows: Rate,
    /// How long a topic is followed after its last subscriber has left.
    pub linger: Duration,
}

/// What the relay must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorCommand<P, T> {
    /// Subscribe to the topic.
    Follow(T),
    /// Unsubscribe from the topic.
    Unfollow(T),
    /// Close the connections of a leaf that keeps to no limit.
    Disconnect(P),
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Mirror<P, T> {
    limits: MirrorLimits,
    changes: RateLimiter<P>,
    follows: RateLimiter<Subnet>,
    peers: BTreeMap<P, Peer<T>>,
    subnets: BTreeMap<Subnet, usize>,
    topics: BTreeMap<T, Topic>,
    /// Topics nobody subscribes to any more, by the time they are let go.
    lingering: BTreeSet<(Timestamp, T)>,
    /// Topics that never carried a valid frame, oldest first: the first to go when there is no room.
    unproven: BTreeSet<(Timestamp, T)>,
    commands: VecDeque<MirrorCommand<P, T>>,
}

#[derive(Clone, Debug)]
struct Peer<T> {
    subnet: Subnet,
    is_relay: bool,
    topics: BTreeSet<T>,
}

#[derive(Clone, Debug)]
struct Topic {
    subscribers: usize,
    since: Timestamp,
    proven: bool,
    ends: Option<Timestamp>,
}

impl<P: Ord + Clone, T: Ord + Clone> Mirror<P, T> {
    /// Follows nothing.
    pub const fn new(limits: MirrorLimits) -> Self {
        Self {
            limits,
            changes: RateLimiter::new(limits.changes, MAX_PEERS),
            follows: RateLimiter::new(limits.follows, MAX_PEERS),
            peers: BTreeMap::new(),
            subnets: BTreeMap::new(),
            topics: BTreeMap::new(),
            lingering: BTreeSet::new(),
            unproven: BTreeSet::new(),
            commands: VecDeque::new(),
        }
    }

    /// A peer has connected; until this is called, what it subscribes to is ignored.
    pub fn handle_connected(&mut self, peer: P, subnet: Subnet) {
        self.peers.entry(peer).or_insert(Peer { subnet, is_relay: false, topics: BTreeSet::new() });
    }

    /// The peer turned out to be another relay: its subscriptions stop counting.
    pub fn handle_relay(&mut self, peer: &P, now: Timestamp) {
        let Some(entry) = self.peers.get_mut(peer) else { return };
        entry.is_relay = true;
        for topic in std::mem::take(&mut entry.topics) {
            self.release(peer, &topic, now);
        }
    }

    /// The last connection of the peer is gone.
    pub fn handle_disconnected(&mut self, peer: &P, now: Timestamp) {
        let Some(entry) = self.peers.get_mut(peer) else { return };
        for topic in std::mem::take(&mut entry.topics) {
            self.release(peer, &topic, now);
        }
        self.peers.remove(peer);
    }

    /// The peer subscribes to a topic whose name is valid.
    pub fn handle_subscribed(&mut self, peer: &P, topic: &T, now: Timestamp) {
        let Some(entry) = self.peers.get(peer).filter(|entry| !entry.is_relay && !entry.topics.contains(topic)) else {
            return;
        };
        let (subnet, subscriptions) = (entry.subnet, entry.topics.len());
        if !self.change(peer, now)
            || subscriptions >= self.limits.topics_per_peer
            || self.subnets.get(&subnet).copied().unwrap_or(0) >= self.limits.subscriptions_per_subnet
            || !self.may_follow(peer, subnet, topic, now)
            || !self.follow(topic, now)
        {
            return;
        }
        *self.subnets.entry(subnet).or_default() += 1;
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.topics.insert(topic.clone());
        }
    }

    /// The peer unsubscribes from a topic.
    pub fn handle_unsubscribed(&mut self, peer: &P, topic: &T, now: Timestamp) {
        if self.peers.get_mut(peer).is_some_and(|entry| entry.topics.remove(topic)) {
            self.release(peer, topic, now);
            self.change(peer, now);
        }
    }

    /// A frame of the topic was valid: somebody who can derive its key is there.
    pub fn handle_valid_frame(&mut self, topic: &T) {
        if let Some(entry) = self.topics.get_mut(topic).filter(|entry| !entry.proven) {
            entry.proven = true;
            self.unproven.remove(&(entry.since, topic.clone()));
        }
    }

    /// Lets go of topics whose time is up.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some((_, topic)) = self.lingering.first().filter(|(ends, _)| *ends <= now).cloned() {
            self.drop_topic(&topic);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.lingering.first().map(|(ends, _)| *ends)
    }

    /// The next thing to do.
    pub fn poll_command(&mut self) -> Option<MirrorCommand<P, T>> {
        self.commands.pop_front()
    }

    /// How many topics are followed.
    pub fn topics(&self) -> usize {
        self.topics.len()
    }

    fn change(&mut self, peer: &P, now: Timestamp) -> bool {
        let allowed = self.changes.allow(peer, now);
        self.disconnect_unless(allowed, peer)
    }

    /// Whether `topic` is followed already, or one more may be for this place. A leaf that is told no would wait in vain, so it is
    /// disconnected and can come back later.
    fn may_follow(&mut self, peer: &P, subnet: Subnet, topic: &T, now: Timestamp) -> bool {
        let allowed = self.topics.contains_key(topic) || self.follows.allow(&subnet, now);
        self.disconnect_unless(allowed, peer)
    }

    fn disconnect_unless(&mut self, allowed: bool, peer: &P) -> bool {
        if !allowed && self.commands.len() < MAX_COMMANDS {
            self.commands.push_back(MirrorCommand::Disconnect(peer.clone()));
        }
        allowed
    }

    /// Counts one more subscriber of `topic`; false if there is no room for it.
    fn follow(&mut self, topic: &T, now: Timestamp) -> bool {
        if let Some(entry) = self.topics.get_mut(topic) {
            entry.subscribers += 1;
            if let Some(ends) = entry.ends.take() {
                self.lingering.remove(&(ends, topic.clone()));
            }
            return true;
        }
        if self.topics.len() >= self.limits.topics && !self.make_room() {
            return false;
        }
        self.topics.insert(topic.clone(), Topic { subscribers: 1, since: now, proven: false, ends: None });
        self.unproven.insert((now, topic.clone()));
        self.commands.push_back(MirrorCommand::Follow(topic.clone()));
        true
    }

    fn release(&mut self, peer: &P, topic: &T, now: Timestamp) {
        if let Some(entry) = self.peers.get(peer) {
            decrement(&mut self.subnets, entry.subnet);
        }
        let Some(entry) = self.topics.get_mut(topic) else { return };
        entry.subscribers = entry.subscribers.saturating_sub(1);
        if entry.subscribers == 0 && entry.ends.is_none() {
            let ends = now.after(self.limits.linger);
            entry.ends = Some(ends);
            self.lingering.insert((ends, topic.clone()));
        }
    }

    /// Drops a topic that nobody uses, or else the oldest without a valid frame.
    fn make_room(&mut self) -> bool {
        let Some((_, topic)) = self.lingering.first().or_else(|| self.unproven.first()).cloned() else {
            return false;
        };
        self.drop_topic(&topic);
        true
    }

    fn drop_topic(&mut self, topic: &T) {
        let Some(entry) = self.topics.remove(topic) else { return };
        if entry.subscribers > 0 {
            // Rare: only a full relay drops a topic that has subscribers. They must not be counted if it comes back.
            for peer in self.peers.values_mut() {
                if peer.topics.remove(topic) {
                    decrement(&mut self.subnets, peer.subnet);
                }
            }
        }
        if let Some(ends) = entry.ends {
            self.lingering.remove(&(ends, topic.clone()));
        }
        if !entry.proven {
            self.unproven.remove(&(entry.since, topic.clone()));
        }
        self.commands.push_back(MirrorCommand::Unfollow(topic.clone()));
    }
}

fn decrement(subnets: &mut BTreeMap<Subnet, usize>, subnet: Subnet) {
    if let Some(count) = subnets.get_mut(&subnet) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            subnets.remove(&subnet);
        }
    }
}

/// Peers whose changes are remembered (chosen: more than a relay has connections).
const MAX_PEERS: usize = 10_000;

/// Commands that may wait for the relay; it drains them after every call, so this is never near.
const MAX_COMMANDS: usize = 1_024;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    const LIMITS: MirrorLimits = MirrorLimits {
        topics: 3,
        topics_per_peer: 2,
        subscriptions_per_subnet: 4,
        changes: Rate { burst: 20, interval: Duration::from_secs(1) },
        follows: Rate { burst: 20, interval: Duration::from_secs(1) },
        linger: Duration::from_secs(60),
    };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1_000)
    }

    fn mirror(peers: u8) -> Mirror<u8, u8> {
        let mut mirror = Mirror::new(LIMITS);
        for peer in 0..peers {
            mirror.handle_connected(peer, Subnet::from(IpAddr::from([192, 0, 2, peer / 3])));
        }
        mirror
    }

    fn commands(mirror: &mut Mirror<u8, u8>) -> Vec<MirrorCommand<u8, u8>> {
        std::iter::from_fn(|| mirror.poll_command()).collect()
    }

    #[test]
    fn a_topic_is_followed_once_and_let_go_a_while_after_the_last_leaf_left() {
        let mut mirror = mirror(2);
        mirror.handle_subscribed(&0, &7, at(0));
        mirror.handle_subscribed(&1, &7, at(0));
        assert_eq!(commands(&mut mirror), [MirrorCommand::Follow(7)]);
        mirror.handle_unsubscribed(&0, &7, at(1));
        mirror.handle_disconnected(&1, at(2));
        assert_eq!(mirror.poll_timeout(), Some(at(62)));
        mirror.handle_timeout(at(61));
        assert_eq!(commands(&mut mirror), []);
        mirror.handle_timeout(at(62));
        assert_eq!(commands(&mut mirror), [MirrorCommand::Unfollow(7)]);
    }

    #[test]
    fn a_leaf_that_comes_back_in_time_keeps_the_topic() {
        let mut mirror = mirror(1);
        mirror.handle_subscribed(&0, &7, at(0));
        mirror.handle_unsubscribed(&0, &7, at(1));
        mirror.handle_subscribed(&0, &7, at(2));
        mirror.handle_timeout(at(1_000));
        assert_eq!(commands(&mut mirror), [MirrorCommand::Follow(7)]);
        assert_eq!(mirror.poll_timeout(), None);
    }

    #[test]
    fn one_leaf_and_one_place_have_a_share_and_no_more() {
        let mut mirror = mirror(3);
        for (peer, topic) in [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1)] {
            mirror.handle_subscribed(&peer, &topic, at(0));
        }
        assert_eq!(commands(&mut mirror), [MirrorCommand::Follow(1), MirrorCommand::Follow(2)]);
        assert_eq!(mirror.subnets.values().sum::<usize>(), 4);
    }

    #[test]
    fn when_it_is_full_topics_without_a_valid_frame_go_first_and_proven_ones_stay() {
        let mut mirror = mirror(9);
        for (peer, topic) in [(0, 1), (3, 2), (6, 3)] {
            mirror.handle_subscribed(&peer, &topic, at(u64::from(topic)));
        }
        mirror.handle_valid_frame(&1);
        commands(&mut mirror);
        mirror.handle_subscribed(&6, &9, at(5));
        assert_eq!(commands(&mut mirror), [MirrorCommand::Unfollow(2), MirrorCommand::Follow(9)]);
        mirror.handle_valid_frame(&3);
        mirror.handle_valid_frame(&9);
        mirror.handle_subscribed(&7, &10, at(6));
        assert_eq!(commands(&mut mirror), []);
        assert_eq!(mirror.topics(), 3);
    }

    #[test]
    fn a_relay_is_no_leaf() {
        let mut mirror = mirror(1);
        mirror.handle_subscribed(&0, &1, at(0));
        mirror.handle_relay(&0, at(1));
        mirror.handle_subscribed(&0, &2, at(1));
        mirror.handle_timeout(at(61));
        assert_eq!(commands(&mut mirror), [MirrorCommand::Follow(1), MirrorCommand::Unfollow(1)]);
    }

    #[test]
    fn a_leaf_that_changes_without_end_is_disconnected() {
        let mut mirror = mirror(1);
        for _ in 0..11 {
            mirror.handle_subscribed(&0, &1, at(0));
            mirror.handle_unsubscribed(&0, &1, at(0));
        }
        assert!(commands(&mut mirror).contains(&MirrorCommand::Disconnect(0)));
    }

    #[test]
    fn one_place_makes_the_relay_follow_only_so_many_new_topics_a_while() {
        let follows = Rate { burst: 2, interval: Duration::from_secs(10) };
        let mut mirror = Mirror::new(MirrorLimits { follows, topics: 100, ..LIMITS });
        for peer in 0..4 {
            mirror.handle_connected(peer, Subnet::from(IpAddr::from([192, 0, 2, peer / 3])));
        }
        for (peer, topic) in [(0, 1), (1, 2), (2, 3), (2, 1), (3, 4)] {
            mirror.handle_subscribed(&peer, &topic, at(0));
        }
        let expected = [
            MirrorCommand::Follow(1),
            MirrorCommand::Follow(2),
            // The third new topic of the place; what is followed already costs nothing, and other places have their own share.
            MirrorCommand::Disconnect(2),
            MirrorCommand::Follow(4),
        ];
        assert_eq!(commands(&mut mirror), expected);
        mirror.handle_subscribed(&2, &3, at(10));
        assert_eq!(commands(&mut mirror), [MirrorCommand::Follow(3)]);
    }

    proptest! {
        #[test]
        fn caps_hold_and_nothing_leaks(steps in proptest::collection::vec((0_u8..6, 0_u8..12, 0_u8..8, 0_u64..90), 0..200)) {
            let mut mirror = mirror(12);
            let mut followed = BTreeSet::new();
            let mut seconds = 0;
            for (step, peer, topic, wait) in steps {
                seconds += wait;
                let now = at(seconds);
                match step {
                    0 | 1 => mirror.handle_subscribed(&peer, &topic, now),
                    2 => mirror.handle_unsubscribed(&peer, &topic, now),
                    3 => mirror.handle_disconnected(&peer, now),
                    4 => mirror.handle_valid_frame(&topic),
                    _ => mirror.handle_timeout(now),
                }
                for command in commands(&mut mirror) {
                    match command {
                        MirrorCommand::Follow(topic) => prop_assert!(followed.insert(topic)),
                        MirrorCommand::Unfollow(topic) => prop_assert!(followed.remove(&topic)),
                        MirrorCommand::Disconnect(_) => {}
                    }
                }
                prop_assert!(followed.len() <= LIMITS.topics);
                prop_assert_eq!(followed.len(), mirror.topics());
                prop_assert!(mirror.subnets.values().all(|count| *count <= LIMITS.subscriptions_per_subnet));
            }
            for peer in 0..12 {
                mirror.handle_disconnected(&peer, at(seconds));
            }
            mirror.handle_timeout(at(seconds + 60));
            prop_assert_eq!(mirror.topics(), 0);
            prop_assert!(mirror.subnets.is_empty() && mirror.lingering.is_empty() && mirror.unproven.is_empty());
        }
    }
}
