//! How often something may happen per key: a bounded map of token buckets.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::core::time::Timestamp;

/// A bucket's size and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once, after a long silence.
    pub burst: u32,
    /// How long until one more is allowed.
    pub interval: Duration,
}

/// Token buckets by key; a key that was never seen, or not for long, has a full one.
///
/// At most `capacity` keys are remembered. When there are more, the one that was used longest ago is forgotten.
#[derive(Clone, Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    capacity: usize,
    /// When the bucket of a key will be full again: one number says as much as tokens and a time.
    full_at: BTreeMap<K, Timestamp>,
    order: BTreeSet<(Timestamp, K)>,
}

impl<K: Ord + Clone> RateLimiter<K> {
    /// No key has been seen yet.
    pub const fn new(rate: Rate, capacity: usize) -> Self {
        Self { rate, capacity, full_at: BTreeMap::new(), order: BTreeSet::new() }
    }

    /// Takes one token of `key`; false if there is none.
    pub fn allow(&mut self, key: &K, now: Timestamp) -> bool {
        self.forget_full(now);
        let full_at = self.full_at.get(key).copied().unwrap_or(now).max(now);
        let after = full_at.after(self.rate.interval);
        if after.since(now) > self.rate.interval * self.rate.burst {
            return false;
        }
        if let Some(previous) = self.full_at.insert(key.clone(), after) {
            self.order.remove(&(previous, key.clone()));
        }
        self.order.insert((after, key.clone()));
        if self.full_at.len() > self.capacity {
            self.forget_first();
        }
        true
    }

    fn forget_full(&mut self, now: Timestamp) {
        while self.order.first().is_some_and(|(full_at, _)| *full_at <= now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, key)) = self.order.pop_first() {
            self.full_at.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, interval: Duration::from_secs(10) };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_burst_passes_and_then_one_an_interval() {
        let mut limiter = RateLimiter::new(RATE, 10);
        let allowed = (0..5).filter(|_| limiter.allow(&1, at(0))).count();
        assert_eq!(allowed, 3);
        assert!(!limiter.allow(&1, at(9)));
        assert!(limiter.allow(&1, at(10)));
        assert!(!limiter.allow(&1, at(10)));
    }

    #[test]
    fn keys_do_not_share_a_bucket() {
        let mut limiter = RateLimiter::new(Rate { burst: 1, ..RATE }, 10);
        assert!(limiter.allow(&1, at(0)));
        assert!(limiter.allow(&2, at(0)));
        assert!(!limiter.allow(&1, at(0)));
    }

    #[test]
    fn no_more_keys_than_the_capacity_are_remembered() {
        let mut limiter = RateLimiter::new(RATE, 10);
        for key in 0..1_000 {
            limiter.allow(&key, at(0));
        }
        assert_eq!(limiter.full_at.len(), 10);
        assert_eq!(limiter.order.len(), 10);
        limiter.allow(&0, at(1_000));
        assert_eq!(limiter.full_at.len(), 1);
    }
}
