//! Who is writing just now: said often enough to be seen, seldom enough to cost nothing, and forgotten by itself.

use std::time::Duration;

use crate::core::sorted::SortedMap;
use milanio_identity::DeviceId;

use crate::core::time::Timestamp;

/// Said no more often than this while somebody writes. Chosen.
const SAY_EVERY: Duration = Duration::from_secs(3);
/// How long it is believed: one lost frame must not show. Chosen.
const BELIEVED: Duration = Duration::from_secs(7);

/// Who writes, and until when that is believed. Only members are told of, so there are never more than members.
#[derive(Default)]
pub struct Typing {
    said_at: Option<Timestamp>,
    others: SortedMap<DeviceId, Timestamp>,
}

impl Typing {
    /// True when it should be said (again) that this device writes; takes it as said.
    pub fn say(&mut self, now: Timestamp) -> bool {
        let due = self.said_at.is_none_or(|at| now.since(at) >= SAY_EVERY);
        if due {
            self.said_at = Some(now);
        }
        due
    }

    /// This device has sent what it wrote: the next letter is worth saying at once.
    pub fn sent(&mut self) {
        self.said_at = None;
    }

    /// A member writes. True if that is new.
    pub fn hear(&mut self, device: DeviceId, now: Timestamp) -> bool {
        self.others.insert(device, now.after(BELIEVED)).is_none()
    }

    /// A member has sent something, or is gone. True if it was writing.
    pub fn stop(&mut self, device: &DeviceId) -> bool {
        self.others.remove(device).is_some()
    }

    /// Those who stopped without a word.
    pub fn expire(&mut self, now: Timestamp) -> Vec<DeviceId> {
        let over: Vec<_> = self.others.iter().filter(|(_, until)| **until <= now).map(|(device, _)| *device).collect();
        self.others.retain(|_, until| *until > now);
        over
    }

    /// When [`Self::expire`] has somebody next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.others.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn it_is_said_every_three_seconds_and_at_once_after_a_message() {
        let mut typing = Typing::default();
        let said: Vec<_> = [0, 100, 2_999, 3_000, 5_000].into_iter().filter(|millis| typing.say(at(*millis))).collect();
        assert_eq!(said, [0, 3_000]);
        typing.sent();
        assert!(typing.say(at(3_100)));
    }

    #[test]
    fn who_falls_silent_is_forgotten() {
        let device = DeviceKey::from_seed([1; 32]).id();
        let mut typing = Typing::default();
        assert!(typing.hear(device, at(0)));
        assert!(!typing.hear(device, at(3_000)));
        assert_eq!(typing.expire(at(9_999)), []);
        assert_eq!(typing.next_due(), Some(at(10_000)));
        assert_eq!(typing.expire(at(10_000)), [device]);
        assert!(!typing.stop(&device));
    }
}
