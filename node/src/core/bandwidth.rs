//! How fast a relay copies the bytes of circuits: fair shares of what it has, by address.
//!
//! Whoever wants to pass bytes on reserves room for them and is told how long to wait. Everybody who has passed something on
//! lately has the same share, whether over one circuit or over twenty. A share that is not used is not given to others: so the
//! total is never exceeded, without a queue of all.

use std::{collections::BTreeMap, time::Duration};

use crate::core::time::Timestamp;

/// How much may be copied, in bytes per second. What comes in and what goes out counts, each for the address it comes from or
/// goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandwidthLimits {
    /// For all addresses together.
    pub total: u64,
    /// For one address, when there are few.
    pub per_address: u64,
}

/// How long an address counts after its last reservation. Chosen: a stream that flows reserves many times a second.
const LINGER: Duration = Duration::from_secs(1);

/// How often it is looked who counts no more.
const COUNT_EVERY: Duration = Duration::from_millis(100);

/// What may be passed on at once after a silence, as a part of what may be in a second (chosen: timers are no finer than some
/// milliseconds, so with less the share would not be reached).
const BURST: u64 = 10;

/// Who has reserved how much. Bounded by those that the caller lets reserve, for each is forgotten after [`LINGER`].
#[derive(Clone, Debug)]
pub struct Bandwidth<K> {
    limits: BandwidthLimits,
    users: BTreeMap<K, User>,
    counted_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct User {
    /// Bytes that were reserved and, at the share's speed, are not passed on yet.
    owed: u64,
    settled_at: Timestamp,
}

impl<K: Ord + Clone> Bandwidth<K> {
    /// Nobody has reserved anything.
    pub const fn new(limits: BandwidthLimits) -> Self {
        Self { limits, users: BTreeMap::new(), counted_at: Timestamp::from_millis(0) }
    }

    /// Reserves room for `bytes`; how long to wait before they are passed on. What was reserved is counted even if it is not used.
    pub fn reserve(&mut self, key: &K, bytes: u64, now: Timestamp) -> Duration {
        if now.since(self.counted_at) >= COUNT_EVERY {
            self.counted_at = now;
            let share = self.share();
            self.users.retain(|_, user| now.since(user.settled_at) < LINGER || user.owes(share, now) > 0);
        }
        self.users.entry(key.clone()).or_insert(User { owed: 0, settled_at: now });
        let share = self.share();
        let Some(user) = self.users.get_mut(key) else { return Duration::ZERO };
        user.owed = user.owes(share, now).saturating_add(bytes);
        user.settled_at = user.settled_at.max(now);
        let late = user.owed.saturating_sub(share / BURST);
        Duration::from_millis(late.saturating_mul(MILLIS) / share)
    }

    /// What each may pass on in a second.
    fn share(&self) -> u64 {
        let users = u64::try_from(self.users.len()).unwrap_or(u64::MAX).max(1);
        (self.limits.total / users).min(self.limits.per_address).max(1)
    }
}

impl User {
    fn owes(&self, share: u64, now: Timestamp) -> u64 {
        let passed = u64::try_from(now.since(self.settled_at).as_millis()).unwrap_or(u64::MAX);
        self.owed.saturating_sub(passed.saturating_mul(share) / MILLIS)
    }
}

const MILLIS: u64 = 1_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: BandwidthLimits = BandwidthLimits { total: 1_000_000, per_address: 400_000 };
    const PIECE: u64 = 1_000;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    /// Lets streams (each of the address it is listed under) pass on as much as they may from `from` for `millis`; bytes by address.
    fn run(bandwidth: &mut Bandwidth<u8>, streams: &[u8], from: u64, millis: u64) -> BTreeMap<u8, u64> {
        let mut due: Vec<u64> = vec![from; streams.len()];
        let mut passed = BTreeMap::new();
        for now in from..from + millis {
            for (stream, address) in streams.iter().enumerate() {
                while due[stream] <= now {
                    let wait = bandwidth.reserve(address, PIECE, at(now));
                    due[stream] = now + u64::try_from(wait.as_millis()).unwrap();
                    if due[stream] < from + millis {
                        *passed.entry(*address).or_default() += PIECE;
                    }
                }
            }
        }
        passed
    }

    #[test]
    fn one_address_alone_has_no_more_than_an_address_may() {
        let mut bandwidth = Bandwidth::new(LIMITS);
        let passed = run(&mut bandwidth, &[1], 0, 10_000)[&1];
        assert!((3_900_000..=4_050_000).contains(&passed), "{passed}");
    }

    #[test]
    fn many_circuits_of_one_address_have_no_more_than_one_of_another() {
        let mut bandwidth = Bandwidth::new(BandwidthLimits { total: 500_000, ..LIMITS });
        let mut streams = vec![1; 20];
        streams.push(2);
        let passed = run(&mut bandwidth, &streams, 0, 10_000);
        assert!(passed.values().all(|bytes| (2_400_000..=2_560_000).contains(bytes)), "{passed:?}");
    }

    #[test]
    fn who_stops_leaves_the_share_to_the_others_a_second_later() {
        let mut bandwidth = Bandwidth::new(BandwidthLimits { total: 400_000, ..LIMITS });
        run(&mut bandwidth, &[1, 2], 0, 1_000);
        let passed = run(&mut bandwidth, &[1], 2_100, 1_000)[&1];
        assert!((380_000..=450_000).contains(&passed), "{passed}");
        assert_eq!(bandwidth.users.len(), 1);
    }

    proptest! {
        #[test]
        fn all_together_pass_on_no_more_than_the_total(
            streams in prop::collection::vec(0_u8..6, 1..12),
            total in 50_000_u64..2_000_000,
        ) {
            let mut bandwidth = Bandwidth::new(BandwidthLimits { total, per_address: 400_000 });
            let passed: u64 = run(&mut bandwidth, &streams, 0, 3_000).values().sum();
            // While they come one after the other, the first have a burst of a larger share; each may be a piece ahead.
            let slack = total / BURST * 3 + 12 * PIECE;
            prop_assert!(passed <= 3 * total + slack, "{} of {}", passed, total);
        }
    }
}
