//! Room time for one run: what relays tell of it, and why it never goes back to what was heard already.
//!
//! A relay says what time it is, and could lie: turned back, a clock would take stored frames for new ones. So what was told
//! first in a run (the site's time, before any relay is dialled) is the least, and the time at which others were heard is never
//! left behind either. A relay that runs ahead only makes this device deaf, until another tells better.

use crate::core::time::{ClockOffset, RoomTime, Timestamp};

/// What room time it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoomClock {
    /// What was told first.
    first: Option<ClockOffset>,
    /// What holds now; never behind `first`.
    offset: ClockOffset,
    /// The latest time at which somebody else was heard.
    heard: RoomTime,
}

impl RoomClock {
    /// Room time is local time plus `offset`, says somebody.
    pub fn tell(&mut self, offset: ClockOffset) {
        let first = *self.first.get_or_insert(offset);
        self.offset = offset.max(first);
    }

    /// Somebody else was heard now.
    pub fn hear(&mut self, now: Timestamp) {
        self.heard = self.at(now);
    }

    /// Room time at this moment.
    pub fn at(&self, now: Timestamp) -> RoomTime {
        now.in_room(self.offset).max(self.heard)
    }

    /// How far room time is from local time.
    pub fn offset(&self) -> ClockOffset {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn local(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn offset(minutes: u64) -> ClockOffset {
        ClockOffset::between(local(0), RoomTime::from_millis(minutes * MINUTE))
    }

    fn minutes(clock: &RoomClock, now: u64) -> u64 {
        clock.at(local(now)).as_millis() / MINUTE
    }

    #[test]
    fn what_is_told_first_is_taken_whole() {
        let mut clock = RoomClock::default();
        assert_eq!(minutes(&clock, 70 * MINUTE), 70);
        clock.tell(ClockOffset::between(local(70 * MINUTE), RoomTime::from_millis(10 * MINUTE)));
        assert_eq!(minutes(&clock, 70 * MINUTE), 10);
    }

    #[test]
    fn later_words_do_not_turn_it_back_behind_the_first() {
        let mut clock = RoomClock::default();
        clock.tell(offset(10));
        clock.tell(offset(5));
        assert_eq!(minutes(&clock, 0), 10);
        clock.tell(offset(60));
        assert_eq!(minutes(&clock, 0), 60);
        clock.tell(offset(11));
        assert_eq!(minutes(&clock, 0), 11, "one relay's mistake is corrected by the next");
    }

    #[test]
    fn it_stands_still_rather_than_go_back_to_what_was_heard() {
        let mut clock = RoomClock::default();
        clock.tell(offset(10));
        clock.tell(offset(60));
        clock.hear(local(0));
        clock.tell(offset(10));
        assert_eq!(minutes(&clock, 0), 60);
        assert_eq!(minutes(&clock, 49 * MINUTE), 60);
        assert_eq!(minutes(&clock, 51 * MINUTE), 61);
    }
}
