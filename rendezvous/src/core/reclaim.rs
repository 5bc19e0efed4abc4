//! Taking an address back: when a takeover that was asked for may happen, what stops it, and when its owner is reminded.
//!
//! Whoever reads the mailbox asks; the old account has [`NOTICE_S`] to object, which any sign-in of it does; then the address may go to
//! the new account, until [`LIFE_S`] have passed. Left out: storage, letters, and what happens to the old account.

use crate::api::{ReclaimAnswer, ReclaimState};

/// How long the old account has to object, in seconds: seven days.
pub const NOTICE_S: u64 = 7 * DAY_S;
/// When a takeover that was not finished is forgotten, in seconds after it was asked for (chosen: weeks to come back, and for a
/// person whose account was meant to see that it was).
pub const LIFE_S: u64 = 30 * DAY_S;
/// When reminders are written, in seconds after the first notice; none after the notice's end.
pub const REMINDERS_S: [u64; 2] = [3 * DAY_S, 6 * DAY_S];

const DAY_S: u64 = 86_400;

/// A takeover that was asked for by somebody who reads the mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The account that has the address.
    pub holder: [u8; 32],
    /// The account that shall have it.
    pub claimant: [u8; 32],
    /// When it was asked for, in seconds since the Unix epoch.
    pub asked_s: u64,
    /// How long the holder has to object, in seconds.
    pub notice_s: u64,
    /// When the holder objected, in seconds since the Unix epoch.
    pub stopped_s: Option<u64>,
    /// Whether the address was given to the claimant: nothing stops it any more.
    pub granted: bool,
    /// Reminders that were written.
    pub reminded: u8,
    /// The address for reminders, sealed under a key that is not in the store.
    pub address: Vec<u8>,
    /// The language of reminders: its place among the languages.
    pub language: u8,
}

impl Takeover {
    /// Where it stands at `now_s`; none when it is forgotten.
    pub const fn state(&self, now_s: u64) -> Option<ReclaimState> {
        if now_s >= self.forgotten_s() {
            None
        } else if self.granted {
            Some(ReclaimState::Ready)
        } else if self.stopped_s.is_some() {
            Some(ReclaimState::Stopped)
        } else if now_s < self.ready_s() {
            Some(ReclaimState::Waiting)
        } else {
            Some(ReclaimState::Ready)
        }
    }

    /// The same at `now_s` (milliseconds) as clients are told it.
    pub fn answer(&self, now_ms: u64) -> Option<ReclaimAnswer> {
        let state = self.state(now_ms / 1_000)?;
        let (asked_s, ready_s, forgotten_s) = (self.asked_s, self.ready_s(), self.forgotten_s());
        Some(ReclaimAnswer { state, asked_s, ready_s, forgotten_s, now_ms })
    }

    /// The takeover as an objection at `now_s` leaves it; none if there is nothing left to object to. After the notice's end an
    /// objection still counts, as long as the takeover was not finished.
    #[must_use]
    pub fn stopped(&self, now_s: u64) -> Option<Self> {
        let is_open = !self.granted && matches!(self.state(now_s), Some(ReclaimState::Waiting | ReclaimState::Ready));
        is_open.then(|| Self { stopped_s: Some(now_s), address: Vec::new(), ..self.clone() })
    }

    /// The takeover once the reminder that is due at `now_s` was written, and how many days are left (rounded up); none if none is
    /// due. Reminders that were missed are not made up for: the newest that is due stands for all.
    #[must_use]
    pub fn reminded(&self, now_s: u64) -> Option<(Self, u64)> {
        if self.state(now_s) != Some(ReclaimState::Waiting) {
            return None;
        }
        let due = REMINDERS_S.iter().filter(|after_s| self.asked_s.saturating_add(**after_s) <= now_s).count();
        let due = u8::try_from(due).unwrap_or(u8::MAX);
        let left_days = (self.ready_s() - now_s).div_ceil(DAY_S);
        (due > self.reminded).then(|| (Self { reminded: due, ..self.clone() }, left_days))
    }

    /// When the wait is over, in seconds since the Unix epoch.
    pub const fn ready_s(&self) -> u64 {
        self.asked_s.saturating_add(self.notice_s)
    }

    const fn forgotten_s(&self) -> u64 {
        self.asked_s.saturating_add(LIFE_S)
    }
}

impl std::fmt::Debug for Takeover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { asked_s, notice_s, stopped_s, reminded, .. } = self;
        write!(f, "Takeover({asked_s} + {notice_s}, stopped: {stopped_s:?}, reminded: {reminded})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON_S: u64 = 1_900_000_000;

    fn takeover() -> Takeover {
        Takeover {
            holder: [1; 32],
            claimant: [2; 32],
            asked_s: NOON_S,
            notice_s: NOTICE_S,
            stopped_s: None,
            granted: false,
            reminded: 0,
            address: vec![3; 60],
            language: 0,
        }
    }

    #[test]
    fn it_waits_seven_days_is_ready_for_weeks_and_then_forgotten() {
        let state = |after_s: u64| takeover().state(NOON_S + after_s);
        assert_eq!(state(0), Some(ReclaimState::Waiting));
        assert_eq!(state(7 * DAY_S - 1), Some(ReclaimState::Waiting));
        assert_eq!(state(7 * DAY_S), Some(ReclaimState::Ready));
        assert_eq!(state(30 * DAY_S - 1), Some(ReclaimState::Ready));
        assert_eq!(state(30 * DAY_S), None);
    }

    #[test]
    fn an_objection_stops_it_for_good_until_it_is_finished_or_forgotten() {
        for after_s in [0, 3 * DAY_S, 7 * DAY_S, 29 * DAY_S] {
            let stopped = takeover().stopped(NOON_S + after_s).unwrap();
            assert_eq!(stopped.state(NOON_S + 29 * DAY_S), Some(ReclaimState::Stopped), "{after_s}");
            assert!(stopped.address.is_empty(), "nobody is reminded any more");
            assert_eq!(stopped.stopped(NOON_S + 29 * DAY_S), None, "the first objection stays");
        }
        assert_eq!(takeover().stopped(NOON_S + 30 * DAY_S), None);
    }

    #[test]
    fn two_reminders_are_written_and_missed_ones_are_not_made_up_for() {
        let (mut takeover, mut written) = (takeover(), Vec::new());
        for hour in 0..9 * 24 {
            if let Some((next, left_days)) = takeover.reminded(NOON_S + hour * 3_600) {
                written.push((hour / 24, left_days));
                takeover = next;
            }
        }
        assert_eq!(written, [(3, 4), (6, 1)]);
        let late =
            self::takeover().reminded(NOON_S + 6 * DAY_S + 9).map(|(next, left_days)| (next.reminded, left_days));
        assert_eq!(late, Some((2, 1)));
        let stopped = self::takeover().stopped(NOON_S).unwrap();
        assert_eq!(stopped.reminded(NOON_S + 3 * DAY_S), None);
    }

    #[test]
    fn what_was_granted_is_not_stopped() {
        let granted = Takeover { granted: true, ..takeover() };
        assert_eq!(granted.stopped(NOON_S + 8 * DAY_S), None);
        assert_eq!(granted.state(NOON_S + 8 * DAY_S), Some(ReclaimState::Ready));
    }

    #[test]
    fn debug_shows_nobody() {
        assert_eq!(format!("{:?}", takeover()), "Takeover(1900000000 + 604800, stopped: None, reminded: 0)");
    }

    proptest! {
        #[test]
        fn no_clock_panics_and_nothing_is_ready_before_its_notice_is_over(
            asked_s: u64, notice_s: u64, now_s: u64, stopped_s: Option<u64>, reminded: u8,
        ) {
            let takeover = Takeover { asked_s, notice_s, stopped_s, reminded, ..takeover() };
            if takeover.state(now_s) == Some(ReclaimState::Ready) {
                prop_assert!(stopped_s.is_none() && now_s - asked_s >= notice_s && now_s - asked_s < LIFE_S);
            }
            let _ = (takeover.reminded(now_s), takeover.stopped(now_s), takeover.answer(now_s));
        }
    }
}
