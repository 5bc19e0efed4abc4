//! The two kinds of time of the cores: [`Timestamp`], what a shell's clock says, and [`RoomTime`], what the room agrees on.
//!
//! Neither reads a clock. A shell makes `Timestamp`s that never go backwards (wall clock at start plus a monotonic clock).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Local time in milliseconds since the Unix epoch; never decreases within one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// `millis`: milliseconds since the Unix epoch, by the local clock.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch, by the local clock.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time that has passed since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This time and `wait` more, saturating.
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The same moment in room time, given the room's `offset`.
    pub fn in_room(self, offset: ClockOffset) -> RoomTime {
        RoomTime(self.0.saturating_add_signed(offset.0))
    }
}

/// Room time: milliseconds since the Unix epoch as the relays tell it. Used for days, frame times and expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoomTime(u64);

impl RoomTime {
    /// `millis`: milliseconds since the Unix epoch, in room time.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }

    /// Days since 1970-01-01 UTC: what topics are derived for.
    pub const fn day(self) -> u32 {
        // A u64 of milliseconds holds at most 213 503 982 334 days, but only days that fit are ever derived for.
        (self.0 / MILLIS_PER_DAY) as u32
    }

    /// How far apart two moments are, whichever comes first.
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }

    /// The moment `wait` later, saturating.
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Room time minus local time, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockOffset(i64);

impl ClockOffset {
    /// The offset that makes local time `local` equal to `reference`, a relay's statement of now.
    pub fn between(local: Timestamp, reference: RoomTime) -> Self {
        let (ours, theirs) = (i128::from(local.0), i128::from(reference.0));
        Self(i64::try_from(theirs - ours).unwrap_or(0))
    }

    /// How wrong the local clock is.
    pub const fn magnitude(self) -> Duration {
        Duration::from_millis(self.0.unsigned_abs())
    }
}

const MILLIS_PER_DAY: u64 = 86_400_000;
