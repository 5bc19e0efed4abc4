//! When this device says that it is there, and how much it says.
//!
//! Short beats every few seconds, the full presence when it is news to somebody. Both are spared when nothing is new.
//!
//! Left out: building and sending the messages.

use std::time::Duration;

use rand_core::Rng;

use super::{
    bucket::Bucket,
    limits::RoomLimits,
    roster::{BEAT_EVERY, beat_interval},
};
use crate::core::time::Timestamp;

/// The full presence is said this often even if nobody asked.
const FULL_EVERY: Duration = Duration::from_secs(60);
/// Below so many members an answer to a newcomer goes out at once: setting up a call waits for it. Above, answers are spread.
const ANSWER_AT_ONCE_BELOW: usize = 8;
/// Over how long answers are spread, in milliseconds: at least this.
const SPREAD_MILLIS: u64 = 150;
/// Spread in larger rooms: so many milliseconds per member.
const SPREAD_MILLIS_PER_MEMBER: u64 = 10;
/// After entering or coming back the full presence is repeated after these waits: one lost frame must not make anybody wait for
/// the next beat. Only as long as nobody answers, except the first.
const REPEATS: [Duration; 3] = [Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(4)];
/// After a chat message the next beat comes early, so that a receiver who lost it learns of it soon.
const BEAT_AFTER_CHAT: Duration = Duration::from_millis(1_500);

/// What to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// The full presence; `answer_wanted` asks for that of the others.
    Presence {
        /// Whoever hears it answers.
        answer_wanted: bool,
    },
    /// The short one.
    Beat,
}

/// The timers and budgets of one's own presence.
pub struct Announcer {
    beat_at: Timestamp,
    full_at: Timestamp,
    answer_wanted: bool,
    /// Which of [`REPEATS`] comes next, and when; `answered` since the first.
    repeat: Option<(usize, Timestamp)>,
    answered: bool,
    presence: Bucket,
    beat: Bucket,
}

impl Announcer {
    /// Starts with a full presence at once, asking for answers.
    pub fn new(limits: RoomLimits, now: Timestamp) -> Self {
        let (presence, beat) = (Bucket::new(limits.presence, now), Bucket::new(limits.beat, now));
        let (beat_at, full_at) = (now.after(BEAT_EVERY), now);
        let mut announcer =
            Self { beat_at, full_at, answer_wanted: true, repeat: None, answered: false, presence, beat };
        announcer.introduce(now);
        announcer
    }

    /// Says everything anew, and asks everybody: on entering, and when a lost connection is back.
    pub fn introduce(&mut self, now: Timestamp) {
        self.full_at = now;
        self.answer_wanted = true;
        self.answered = false;
        self.repeat = Some((0, now.after(REPEATS[0])));
    }

    /// Somebody who wants to know heard nothing from us yet: answer. `members`: how many there are besides.
    pub fn answer(&mut self, members: usize, rng: &mut impl Rng, now: Timestamp) {
        let wait = if members < ANSWER_AT_ONCE_BELOW {
            0
        } else {
            rng.next_u64() % SPREAD_MILLIS.max(members as u64 * SPREAD_MILLIS_PER_MEMBER)
        };
        self.full_at = self.full_at.min(now.after(Duration::from_millis(wait)));
    }

    /// Another's full presence came.
    pub fn heard_answer(&mut self) {
        self.answered = true;
    }

    /// The full presence changed.
    pub fn presence_changed(&mut self, now: Timestamp) {
        self.full_at = self.full_at.min(now);
    }

    /// The short presence changed.
    pub fn beat_changed(&mut self, now: Timestamp) {
        self.beat_at = self.beat_at.min(now);
    }

    /// A chat message went out.
    pub fn chat_sent(&mut self, members: usize, now: Timestamp) {
        if beat_interval(members + 1) == BEAT_EVERY {
            self.beat_at = self.beat_at.min(now.after(BEAT_AFTER_CHAT));
        }
    }

    /// Nobody took the last full presence: again in a moment.
    pub fn presence_failed(&mut self, now: Timestamp) {
        self.full_at = self.full_at.min(now.after(REPEATS[0]));
    }

    /// What to say now, if anything; plans the next.
    pub fn due(&mut self, members: usize, rng: &mut impl Rng, now: Timestamp) -> Option<Say> {
        self.repeat_if_due(now);
        if self.full_at <= now {
            if self.presence.take(now) {
                self.full_at = now.after(FULL_EVERY);
                self.beat_at = now.after(jittered(beat_interval(members + 1), rng));
                return Some(Say::Presence { answer_wanted: std::mem::take(&mut self.answer_wanted) });
            }
            self.full_at = self.presence.ready_at(now);
        }
        if self.beat_at <= now {
            if self.beat.take(now) {
                self.beat_at = now.after(jittered(beat_interval(members + 1), rng));
                return Some(Say::Beat);
            }
            self.beat_at = self.beat.ready_at(now);
        }
        None
    }

    /// When [`Self::due`] has something next.
    pub fn next_due(&self) -> Timestamp {
        let repeat = self.repeat.map_or(self.full_at, |(_, at)| at);
        self.beat_at.min(self.full_at).min(repeat)
    }

    fn repeat_if_due(&mut self, now: Timestamp) {
        let Some((index, at)) = self.repeat.filter(|(_, at)| *at <= now) else { return };
        self.repeat = None;
        if index > 0 && self.answered {
            return;
        }
        self.full_at = at;
        self.answer_wanted |= !self.answered;
        self.repeat = REPEATS.get(index + 1).map(|wait| (index + 1, now.after(*wait)));
    }
}

/// 80 to 120 % of `interval`: beats of different members must not fall into step, nor tell a clock apart.
fn jittered(interval: Duration, rng: &mut impl Rng) -> Duration {
    let millis = interval.as_millis() as u64;
    Duration::from_millis(millis * 4 / 5 + rng.next_u64() % (millis * 2 / 5).max(1))
}
