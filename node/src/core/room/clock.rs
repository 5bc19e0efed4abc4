//! Room time for one run: what relays tell of it, and why it never goes back to what was heard already.
//!
//! A relay says what time it is, and could lie: turned back, a clock would take stored frames for new ones. So what was told
//! first in a run (the site's time, before any relay is dialled) is the least, and from the time at which
//! others were heard it goes back little. A relay that runs ahead, even with a member who plays along, only makes this device deaf
//! until another tells better: then room time is at most a minute ahead, which frames bear.

use std::time::Duration;

use crate::core::time::{ClockOffset, RoomTime, Timestamp};

/// How far room time stays ahead of what is told, so as not to go back behind what was heard. Chosen: half the time window of
/// frames, so that others and this device hear each other meanwhile.
const AHEAD_AT_MOST: Duration = Duration::from_secs(60);

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
        let told = now.in_room(self.offset);
        told.max(self.heard.min(told.after(AHEAD_AT_MOST)))
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
    fn it_stands_still_rather_than_go_back_a_little_behind_what_was_heard() {
        let mut clock = RoomClock::default();
        clock.tell(offset(10));
        clock.hear(local(MINUTE));
        clock.tell(offset(10));
        assert_eq!(clock.at(local(MINUTE / 2)), clock.at(local(MINUTE)));
    }

    #[test]
    fn who_was_led_ahead_is_back_as_soon_as_somebody_tells_better() {
        let mut clock = RoomClock::default();
        clock.tell(offset(10));
        clock.tell(offset(60));
        clock.hear(local(0));
        clock.tell(offset(10));
        assert_eq!(minutes(&clock, 0), 11, "not an hour, and what is said now is within the window of frames");
        clock.hear(local(0));
        assert_eq!(minutes(&clock, MINUTE), 11, "it stands still until it is right");
        assert_eq!(minutes(&clock, 2 * MINUTE), 12);
    }
}
