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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// What is said until `end`, and when, by somebody among `members` who is answered at once if `answered`.
    fn said_until(end: u64, members: usize, answered: bool) -> Vec<(u64, Say)> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut announcer = Announcer::new(RoomLimits::default(), at(0));
        let mut said = Vec::new();
        let mut now = at(0);
        while now <= at(end) {
            while let Some(say) = announcer.due(members, &mut rng, now) {
                said.push((now.as_millis(), say));
            }
            if answered {
                announcer.heard_answer();
            }
            now = announcer.next_due().max(now.after(Duration::from_millis(1)));
        }
        said
    }

    fn presences(said: &[(u64, Say)]) -> Vec<(u64, bool)> {
        let presence = |(at, say): &(u64, Say)| match say {
            Say::Presence { answer_wanted } => Some((*at, *answer_wanted)),
            Say::Beat => None,
        };
        said.iter().filter_map(presence).collect()
    }

    #[test]
    fn entering_is_said_twice_when_answered_and_insisted_on_when_not() {
        assert_eq!(presences(&said_until(30_000, 3, true)), [(0, true), (700, false)]);
        assert_eq!(presences(&said_until(30_000, 0, false)), [(0, true), (700, true), (2_700, true), (6_700, true)]);
    }

    #[test]
    fn beats_come_every_four_seconds_or_so_and_more_seldom_in_large_rooms() {
        for (members, shortest, longest) in [(3, 3_200, 4_800), (79, 8_000, 12_000)] {
            let said = said_until(600_000, members, true);
            let beats: Vec<_> = said.iter().map(|(at, _)| *at).filter(|at| *at > 1_000).collect();
            for pair in beats.windows(2) {
                assert!(pair[1] - pair[0] <= longest, "{pair:?}");
            }
            let mean = (beats[beats.len() - 1] - beats[0]) / (beats.len() as u64 - 1);
            assert!((shortest..=longest).contains(&mean), "{mean}");
        }
    }

    #[test]
    fn the_full_presence_comes_every_minute_unasked() {
        let full: Vec<_> = presences(&said_until(200_000, 3, true)).into_iter().map(|(at, _)| at).collect();
        assert_eq!(full, [0, 700, 60_700, 120_700, 180_700]);
    }

    #[test]
    fn answers_are_limited_to_twenty_a_minute_however_many_ask() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut announcer = Announcer::new(RoomLimits::default(), at(0));
        let mut full = 0;
        for step in 0..6_000 {
            let now = at(step * 10);
            announcer.answer(3, &mut rng, now);
            while let Some(say) = announcer.due(3, &mut rng, now) {
                full += u32::from(say != Say::Beat);
            }
        }
        assert_eq!(full, 10 + 19);
    }

    #[test]
    fn newcomers_to_large_rooms_are_answered_over_a_while_and_to_small_ones_at_once() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for (members, latest) in [(7, 0), (8, 150), (50, 500)] {
            let waits: Vec<_> = (0..50)
                .map(|_| {
                    let mut announcer = Announcer::new(RoomLimits::default(), at(0));
                    announcer.repeat = None;
                    announcer.due(members, &mut rng, at(0));
                    announcer.answer(members, &mut rng, at(1_000));
                    announcer.next_due().as_millis() - 1_000
                })
                .collect();
            assert!(waits.iter().all(|wait| *wait <= latest), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait * 2 >= latest), "{waits:?}");
        }
    }

    #[test]
    fn a_change_is_said_at_once_and_a_chat_message_brings_the_beat_forward() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut announcer = Announcer::new(RoomLimits::default(), at(0));
        announcer.due(1, &mut rng, at(0));
        announcer.repeat = None;
        announcer.chat_sent(1, at(100));
        assert_eq!(announcer.next_due(), at(1_600));
        announcer.beat_changed(at(200));
        assert_eq!(announcer.due(1, &mut rng, at(200)), Some(Say::Beat));
        announcer.presence_changed(at(300));
        assert_eq!(announcer.due(1, &mut rng, at(300)), Some(Say::Presence { answer_wanted: false }));
        announcer.presence_failed(at(400));
        assert_eq!(announcer.next_due(), at(1_100));
    }
}
