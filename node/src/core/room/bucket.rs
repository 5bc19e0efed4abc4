//! A token bucket on virtual time: how often something may happen.

use std::time::Duration;

use super::limits::Rate;
use crate::core::time::Timestamp;

/// Counts down what may still happen at once; fills up again as time passes.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: Rate,
    tokens: u32,
    /// When `tokens` was right; moves in whole steps of `rate.every`.
    counted_at: Timestamp,
}

impl Bucket {
    /// A full bucket.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        Self { rate, tokens: rate.burst, counted_at: now }
    }

    /// Takes one token; false when there is none.
    pub fn take(&mut self, now: Timestamp) -> bool {
        self.fill(now);
        let had = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        had
    }

    /// When the next token can be taken: `now` if there is one.
    pub fn ready_at(&mut self, now: Timestamp) -> Timestamp {
        self.fill(now);
        if self.tokens > 0 { now } else { self.counted_at.after(self.step()) }
    }

    fn fill(&mut self, now: Timestamp) {
        let step_millis = self.step().as_millis() as u64;
        let steps = now.since(self.counted_at).as_millis() as u64 / step_millis;
        let missing = u64::from(self.rate.burst - self.tokens.min(self.rate.burst));
        if steps >= missing {
            self.tokens = self.rate.burst;
            self.counted_at = now;
        } else {
            self.tokens += steps as u32;
            self.counted_at = self.counted_at.after(Duration::from_millis(steps * step_millis));
        }
    }

    /// At least a millisecond, the grain of [`Timestamp`].
    fn step(&self) -> Duration {
        self.rate.every.max(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(1) };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_burst_passes_and_then_one_per_step() {
        let mut bucket = Bucket::new(RATE, at(0));
        assert_eq!(
            [bucket.take(at(0)), bucket.take(at(0)), bucket.take(at(0)), bucket.take(at(0))],
            [true, true, true, false]
        );
        assert_eq!(bucket.ready_at(at(0)), at(1_000));
        assert!(!bucket.take(at(999)));
        assert!(bucket.take(at(1_000)));
        assert!(!bucket.take(at(1_999)));
        assert!(bucket.take(at(2_000)));
    }

    #[test]
    fn a_long_pause_fills_it_to_the_brim_and_not_further() {
        let mut bucket = Bucket::new(RATE, at(0));
        let taken = (0..10).filter(|_| bucket.take(at(3_600_000))).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn fractions_of_a_step_are_not_lost() {
        let mut bucket = Bucket::new(RATE, at(0));
        for _ in 0..3 {
            bucket.take(at(0));
        }
        let taken = (0..=30).filter(|tenth| bucket.take(at(tenth * 100))).count();
        assert_eq!(taken, 3);
    }
}
