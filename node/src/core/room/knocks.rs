//! Who knocks at the door, as those inside see it: until when they are waiting, and when they are answered.
//!
//! Left out: who is let in, and the answers themselves.

use std::time::Duration;

use crate::core::sorted::SortedMap;
use milanio_identity::{AccountId, DeviceCert, DeviceId, EphemeralPublic};

use super::{event::Knocker, limits::MAX_KNOCKERS};
use crate::core::time::{RoomTime, Timestamp};

/// A knocker who was not heard for this long is gone: three repeats.
const WAITS_FOR: Duration = Duration::from_secs(30);

/// Somebody at the door.
pub struct AtDoor {
    /// As moderators see it.
    pub knocker: Knocker,
    /// What lets its device in.
    pub cert: DeviceCert,
    /// What answers are sealed to.
    pub ephemeral: EphemeralPublic,
    /// A moderator was told.
    pub told: bool,
    /// A moderator said no in this run.
    pub declined: bool,
    said: RoomTime,
    heard: Timestamp,
    answer_at: Option<Timestamp>,
}

/// Those at the door.
#[derive(Default)]
pub struct Knocks(SortedMap<DeviceId, AtDoor>);

impl Knocks {
    /// Somebody knocks, and is to be answered at `answer_at`. False if it is said again by another, or one too many. Of too many whoever
    /// was answered longest ago makes room, except those that wait for a moderator.
    pub fn hear(
        &mut self,
        (knocker, cert): (Knocker, DeviceCert),
        (ephemeral, said): (EphemeralPublic, RoomTime),
        answer_at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let device = knocker.device;
        if self.0.get(&device).is_some_and(|known| said <= known.said) {
            return false;
        }
        if self.0.len() >= MAX_KNOCKERS && !self.0.contains_key(&device) {
            let is_done = |one: &AtDoor| one.answer_at.is_none() && !one.told && !one.declined;
            let done = self.0.iter().filter(|(_, one)| is_done(one)).min_by_key(|(_, one)| one.heard);
            let Some(done) = done.map(|(device, _)| *device) else { return false };
            self.0.remove(&done);
        }
        let known = self.0.get(&device);
        let told = known.is_some_and(|known| known.told && known.knocker == knocker);
        let declined = known.is_some_and(|known| known.declined);
        let answer_at = Some(answer_at);
        self.0.insert(device, AtDoor { knocker, cert, ephemeral, told, declined, said, heard: now, answer_at });
        true
    }

    /// A member answered this knocker.
    pub fn overhear(&mut self, device: &DeviceId) {
        if let Some(at_door) = self.0.get_mut(device) {
            at_door.answer_at = None;
        }
    }

    /// Who is to be answered now.
    pub fn due(&mut self, now: Timestamp) -> Vec<DeviceId> {
        let mut due = Vec::new();
        for (device, at_door) in &mut self.0 {
            if at_door.answer_at.take_if(|at| *at <= now).is_some() {
                due.push(*device);
            }
        }
        due
    }

    /// Those who were not heard any more.
    pub fn expire(&mut self, now: Timestamp) -> Vec<AtDoor> {
        let is_gone = |at_door: &AtDoor| now.since(at_door.heard) >= WAITS_FOR;
        let gone: Vec<_> = self.0.iter().filter(|(_, one)| is_gone(one)).map(|(device, _)| *device).collect();
        gone.iter().filter_map(|device| self.0.remove(device)).collect()
    }

    /// One of them.
    pub fn get_mut(&mut self, device: &DeviceId) -> Option<&mut AtDoor> {
        self.0.get_mut(device)
    }

    /// Nobody waits for it any more.
    pub fn remove(&mut self, device: &DeviceId) -> Option<AtDoor> {
        self.0.remove(device)
    }

    /// The devices that moderators were told of, and that may be let in unseen: nobody who was shut out.
    pub fn admissible(&self) -> Vec<DeviceId> {
        self.0.iter().filter(|(_, one)| one.told && !one.knocker.frozen).map(|(device, _)| *device).collect()
    }

    /// The devices of an account.
    pub fn of(&self, account: &AccountId) -> Vec<DeviceId> {
        self.0.iter().filter(|(_, one)| one.knocker.account == *account).map(|(device, _)| *device).collect()
    }

    /// When [`Self::due`] or [`Self::expire`] has something next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.0.values().flat_map(|one| one.answer_at.into_iter().chain([one.heard.after(WAITS_FOR)])).min()
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey, EphemeralSecret};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    /// A device knocks, and is to be answered at once.
    fn knock(knocks: &mut Knocks, number: u8, frozen: bool, now: Timestamp) -> bool {
        let (account, device) = (AccountKey::from_seed([number; 32]), device(number));
        let cert = DeviceCert::issue(&account, device, 1_750_000_000, 1_750_086_400).unwrap();
        let knocker = Knocker { device, account: account.id(), verified: false, name: String::new(), frozen };
        let ephemeral = EphemeralSecret::generate(&mut ChaCha20Rng::from_seed([number; 32])).public();
        knocks.hear((knocker, cert), (ephemeral, RoomTime::from_millis(now.as_millis())), now, now)
    }

    #[test]
    fn who_was_shut_out_is_not_let_in_with_all_others() {
        let mut knocks = Knocks::default();
        for (number, frozen) in [(1, false), (2, true), (3, false)] {
            assert!(knock(&mut knocks, number, frozen, Timestamp::from_millis(1)));
            if number < 3 {
                knocks.get_mut(&device(number)).unwrap().told = true;
            }
        }
        // The third one no moderator was told of.
        assert_eq!(knocks.admissible(), [device(1)]);
    }

    #[test]
    fn of_too_many_who_was_answered_longest_ago_makes_room_and_who_waits_stays() {
        let mut knocks = Knocks::default();
        for number in 0..MAX_KNOCKERS as u8 {
            assert!(knock(&mut knocks, number, false, Timestamp::from_millis(u64::from(number) + 1)));
        }
        assert!(!knock(&mut knocks, 200, false, Timestamp::from_millis(100)), "nobody was answered");
        knocks.due(Timestamp::from_millis(100));
        for number in [0, 1] {
            knocks.get_mut(&device(number)).unwrap().told = true;
        }
        knocks.get_mut(&device(2)).unwrap().declined = true;
        for number in 200..210 {
            assert!(knock(&mut knocks, number, false, Timestamp::from_millis(200)));
            assert!(knocks.0.len() == MAX_KNOCKERS && knocks.get_mut(&device(number - 197)).is_none());
        }
        assert!((0..3).all(|number| knocks.get_mut(&device(number)).is_some()));
    }
}
