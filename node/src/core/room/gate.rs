//! Which knocks are looked at when many come: those that cost something, and of these the first of each device apart from all later ones.
//!
//! Whoever has the room code can knock under any number of keys. A few knocks a minute are looked at as they are. What is more needs
//! work (`wire::work`), which a person does once in a while and nobody a thousand times a minute. However many knock for the first
//! time, they use up nothing of those who were heard before, nor the other way round. Members need no work wherever they knock: only
//! their accounts' keys make their certificates.
//!
//! Left out: what one device may say (`meter`), and what becomes of a knock that is looked at (`knocks`).

use std::mem;

use milanio_identity::DeviceId;

use super::{
    bucket::Bucket,
    limits::{CROWDED_FOR, KNOCKERS_REMEMBERED, KNOCKS_AGAIN, KNOCKS_FIRST, KNOCKS_WITHOUT_WORK},
};
use crate::core::time::Timestamp;

/// Who knocks, as far as that counts here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody known, and its knock shows no work.
    Idle,
    /// Nobody known, and its knock shows the work that is asked for.
    Worked,
    /// A device of a member's account.
    Member,
}

/// Counts the knocks of all who are not seen in the room.
pub struct Gate {
    without_work: Bucket,
    first: Bucket,
    again: Bucket,
    seen: Seen,
    /// When a knock was refused for want of work last.
    crowded_at: Option<Timestamp>,
}

/// Devices that were heard here, the beginnings of their ids: the latest [`KNOCKERS_REMEMBERED`] at least, and twice as many at most.
#[derive(Default)]
struct Seen {
    latest: Vec<u64>,
    before: Vec<u64>,
}

impl Gate {
    /// Nobody knocked yet.
    pub fn new(now: Timestamp) -> Self {
        let [without_work, first, again] =
            [KNOCKS_WITHOUT_WORK, KNOCKS_FIRST, KNOCKS_AGAIN].map(|rate| Bucket::new(rate, now));
        Self { without_work, first, again, seen: Seen::default(), crowded_at: None }
    }

    /// Whether a knock of `device` is looked at; counts it.
    pub fn hear(&mut self, device: DeviceId, caller: Caller, now: Timestamp) -> bool {
        let is_heard = match caller {
            Caller::Member => return self.again.take(now),
            Caller::Worked if self.seen.contains(device) => return self.again.take(now),
            Caller::Worked => self.first.take(now),
            Caller::Idle => self.without_work.take(now),
        };
        if is_heard {
            self.seen.insert(device);
        } else if caller == Caller::Idle {
            self.crowded_at = Some(now);
        }
        is_heard
    }

    /// Whether so many knock that a knock needs work to be looked at, wherever the same is heard as here.
    pub fn is_crowded(&self, now: Timestamp) -> bool {
        self.crowded_at.is_some_and(|at| now.since(at) < CROWDED_FOR)
    }
}

impl Seen {
    fn contains(&self, device: DeviceId) -> bool {
        let name = beginning(device);
        self.latest.contains(&name) || self.before.contains(&name)
    }

    fn insert(&mut self, device: DeviceId) {
        let name = beginning(device);
        if self.latest.contains(&name) {
            return;
        }
        if self.latest.len() >= KNOCKERS_REMEMBERED {
            self.before = mem::take(&mut self.latest);
        }
        self.latest.push(name);
    }
}

/// Ids are keys, so their beginnings are as good as a hash.
fn beginning(device: DeviceId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *device.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;

    use super::*;

    fn device(number: u32) -> DeviceId {
        let mut seed = [7; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        DeviceKey::from_seed(seed).id()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn heard(gate: &mut Gate, numbers: std::ops::Range<u32>, caller: Caller, millis: u64) -> u32 {
        numbers.filter(|number| gate.hear(device(*number), caller, at(millis))).count() as u32
    }

    #[test]
    fn a_few_are_heard_as_they_are_and_more_for_work() {
        let mut gate = Gate::new(at(0));
        assert_eq!(heard(&mut gate, 0..10, Caller::Idle, 0), 10);
        assert!(!gate.is_crowded(at(0)), "nobody was refused");
        assert_eq!(heard(&mut gate, 10..2_000, Caller::Idle, 0), 0);
        assert!(gate.is_crowded(at(0)) && gate.is_crowded(at(59_999)) && !gate.is_crowded(at(60_000)));
        assert_eq!(heard(&mut gate, 2_000..2_001, Caller::Worked, 0), 1);
        assert_eq!(heard(&mut gate, 3_000..4_000, Caller::Idle, 60_000), 10, "a minute later");
    }

    #[test]
    fn those_who_come_first_and_those_who_come_again_keep_each_their_own() {
        let mut gate = Gate::new(at(0));
        assert_eq!(heard(&mut gate, 0..500, Caller::Worked, 0), KNOCKS_FIRST.burst);
        assert_eq!(heard(&mut gate, 0..1, Caller::Worked, 0), 1, "it was heard before");
        let mut gate = Gate::new(at(0));
        assert_eq!(heard(&mut gate, 0..1, Caller::Worked, 0), 1);
        let again = (0..500).filter(|_| gate.hear(device(0), Caller::Worked, at(0))).count();
        assert_eq!(again, KNOCKS_AGAIN.burst as usize);
        assert_eq!(heard(&mut gate, 1..2, Caller::Worked, 0), 1, "the first of another");
    }

    #[test]
    fn who_was_heard_needs_work_again_where_many_knock() {
        let mut gate = Gate::new(at(0));
        assert_eq!(heard(&mut gate, 0..20, Caller::Idle, 0), 10);
        assert_eq!(heard(&mut gate, 0..10, Caller::Idle, 100), 0);
        assert_eq!(heard(&mut gate, 0..10, Caller::Worked, 100), 10);
    }

    #[test]
    fn members_need_no_work_and_are_bounded_together() {
        let mut gate = Gate::new(at(0));
        heard(&mut gate, 0..2_000, Caller::Idle, 0);
        assert_eq!(heard(&mut gate, 2_000..3_000, Caller::Member, 0), KNOCKS_AGAIN.burst);
    }

    #[test]
    fn a_bounded_number_is_remembered_and_the_latest_always() {
        let mut seen = Seen::default();
        for number in 0..3 * KNOCKERS_REMEMBERED as u32 {
            seen.insert(device(number));
            seen.insert(device(number));
            assert!(seen.latest.len() <= KNOCKERS_REMEMBERED && seen.before.len() <= KNOCKERS_REMEMBERED);
            let oldest = (number + 1).saturating_sub(KNOCKERS_REMEMBERED as u32);
            assert!(seen.contains(device(number)) && seen.contains(device(oldest)));
        }
        assert!(!seen.contains(device(0)));
    }
}
