//! How many signals may pass between two devices: a token bucket for each direction.

use std::time::Duration;

use crate::core::time::Timestamp;

/// A token bucket. One signal costs one token.
pub(super) struct Budget {
    /// Time it takes to earn one token.
    period: Duration,
    /// Most tokens that are kept.
    capacity: u32,
    tokens: u32,
    /// When the tokens were last counted.
    counted: Timestamp,
}

impl Budget {
    /// What we send: with a full bucket never over 60 in any minute, which is what receivers allow.
    pub(super) fn for_sending(now: Timestamp) -> Self {
        Self::new(20, Duration::from_millis(1_500), now)
    }

    /// What we accept from one device: 60 a minute, and as many at once.
    pub(super) fn for_receiving(now: Timestamp) -> Self {
        Self::new(60, Duration::from_secs(1), now)
    }

    fn new(capacity: u32, period: Duration, now: Timestamp) -> Self {
        Self { period, capacity, tokens: capacity, counted: now }
    }

    /// Pays for one signal.
    ///
    /// # Errors
    /// The time when the next token is there.
    pub(super) fn spend(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.earn(now);
        if self.tokens == 0 {
            return Err(self.counted.after(self.period));
        }
        self.tokens -= 1;
        Ok(())
    }

    fn earn(&mut self, now: Timestamp) {
        let earned = now.since(self.counted).as_millis() / self.period.as_millis().max(1);
        let earned = u32::try_from(earned).unwrap_or(u32::MAX);
        self.tokens = self.tokens.saturating_add(earned).min(self.capacity);
        self.counted = if self.tokens == self.capacity { now } else { self.counted.after(self.period * earned) };
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use crate::core::time::Timestamp;

    #[test]
    fn no_minute_sees_more_than_sixty_signals_sent() {
        let mut budget = Budget::for_sending(Timestamp::from_millis(0));
        let sent: Vec<u64> =
            (0..300_000).step_by(10).filter(|ms| budget.spend(Timestamp::from_millis(*ms)).is_ok()).collect();
        let busiest =
            sent.iter().map(|from| sent.iter().filter(|at| (*from..from + 60_000).contains(at)).count()).max();
        assert!(busiest.is_some_and(|most| (55..=60).contains(&most)), "{busiest:?}");
    }

    #[test]
    fn a_refusal_tells_when_the_next_signal_may_go() {
        let mut budget = Budget::for_sending(Timestamp::from_millis(0));
        let refusal = (0..).find_map(|_| budget.spend(Timestamp::from_millis(7)).err()).expect("a bucket has an end");
        assert!(budget.spend(refusal).is_ok());
        assert!(budget.spend(refusal).is_err());
    }
}
