//! Whether the relay is still there, by what is heard from it.
//!
//! Pings are answered within a round trip, so silence for longer than a ping's interval and patience means that the relay or the
//! way to it is gone. The ping protocol's own verdict comes too late for this: it forgives a first failure, and the stream for
//! the next try is given ten seconds (measured: 22 s until it tells).

use std::time::Duration;

use crate::core::time::Timestamp;

use super::behaviour::{PING_INTERVAL, PING_PATIENCE};

/// A check that comes this much later than asked for says nothing: the page slept, and pings with it.
const OVERSLEPT: Duration = Duration::from_secs(2);

/// Watches one connection.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    deadline: Option<Timestamp>,
}

impl Liveness {
    /// Something came from the relay.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.deadline = Some(now.after(PING_INTERVAL + PING_PATIENCE));
    }

    /// There is no connection any more.
    pub(super) fn disconnected(&mut self) {
        self.deadline = None;
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Whether the relay has been silent for too long. True once.
    pub(super) fn is_dead(&mut self, now: Timestamp) -> bool {
        match self.deadline {
            Some(deadline) if now >= deadline.after(OVERSLEPT) => {
                self.deadline = Some(now.after(PING_PATIENCE));
                false
            }
            Some(deadline) if now >= deadline => {
                self.deadline = None;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn silence_is_death_after_interval_and_patience() {
        let mut liveness = Liveness::default();
        liveness.heard(at(1_000));
        assert!(!liveness.is_dead(at(8_999)));
        assert!(liveness.is_dead(at(9_000)));
        assert_eq!((liveness.is_dead(at(9_001)), liveness.poll_timeout()), (false, None));
    }

    #[test]
    fn a_page_that_slept_gives_the_relay_another_chance() {
        let mut liveness = Liveness::default();
        liveness.heard(at(0));
        assert!(!liveness.is_dead(at(60_000)));
        assert!(!liveness.is_dead(at(63_999)));
        assert!(liveness.is_dead(at(64_000)));
    }
}
