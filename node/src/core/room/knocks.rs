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
    /// Somebody knocks, and is to be answered at `answer_at`. False if it is said again by another, or one too many.
    pub fn hear(
        &mut self,
        (knocker, cert): (Knocker, DeviceCert),
        (ephemeral, said): (EphemeralPublic, RoomTime),
        answer_at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let device = knocker.device;
        let known = self.0.get(&device);
        if known.is_some_and(|known| said <= known.said) || known.is_none() && self.0.len() >= MAX_KNOCKERS {
            return false;
        }
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

    #[test]
    fn who_was_shut_out_is_not_let_in_with_all_others() {
        let now = Timestamp::from_millis(0);
        let mut knocks = Knocks::default();
        for (number, frozen) in [(1, false), (2, true), (3, false)] {
            let (account, device) = (AccountKey::from_seed([number; 32]), DeviceKey::from_seed([number; 32]).id());
            let cert = DeviceCert::issue(&account, device, 1_750_000_000, 1_750_086_400).unwrap();
            let knocker = Knocker { device, account: account.id(), verified: false, name: String::new(), frozen };
            let ephemeral = EphemeralSecret::generate(&mut ChaCha20Rng::from_seed([number; 32])).public();
            assert!(knocks.hear((knocker, cert), (ephemeral, RoomTime::from_millis(1)), now, now));
            if number < 3 {
                knocks.get_mut(&device).unwrap().told = true;
            }
        }
        // The third one no moderator was told of.
        assert_eq!(knocks.admissible(), [DeviceKey::from_seed([1; 32]).id()]);
    }
}
