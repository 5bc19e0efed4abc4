//! How much each device says, as a receiver counts it.

use std::collections::BTreeMap;

use milanio_identity::DeviceId;

use super::{
    bucket::Bucket,
    limits::{MAX_AUTHORS, RoomLimits},
};
use crate::core::time::Timestamp;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// A chat message not heard before.
    Chat,
    /// A full presence.
    Presence,
    /// A beat.
    Beat,
    /// A signal for this device.
    Signal,
    /// A request for messages, presence or genesis, or an answer at the door.
    Request,
}

/// Buckets of the devices heard last.
pub struct Meter {
    limits: RoomLimits,
    devices: BTreeMap<DeviceId, Buckets>,
}

struct Buckets {
    chat: Bucket,
    presence: Bucket,
    beat: Bucket,
    signal: Bucket,
    request: Bucket,
    used_at: Timestamp,
}

impl Meter {
    /// Counts against twice `limits` (see [`Rate::received`](super::limits::Rate::received)).
    pub fn new(limits: RoomLimits) -> Self {
        Self { limits, devices: BTreeMap::new() }
    }

    /// True when the device may say this now; counts it.
    pub fn allows(&mut self, device: DeviceId, what: Utterance, now: Timestamp) -> bool {
        if self.devices.len() >= MAX_AUTHORS && !self.devices.contains_key(&device) {
            let quietest = self.devices.iter().min_by_key(|(_, b)| b.used_at).map(|(id, _)| *id);
            quietest.and_then(|id| self.devices.remove(&id));
        }
        let limits = self.limits;
        let buckets = self.devices.entry(device).or_insert_with(|| Buckets::new(limits, now));
        buckets.used_at = now;
        match what {
            Utterance::Chat => buckets.chat.take(now),
            Utterance::Presence => buckets.presence.take(now),
            Utterance::Beat => buckets.beat.take(now),
            Utterance::Signal => buckets.signal.take(now),
            Utterance::Request => buckets.request.take(now),
        }
    }
}

impl Buckets {
    fn new(limits: RoomLimits, now: Timestamp) -> Self {
        Self {
            chat: Bucket::new(limits.chat.received(), now),
            presence: Bucket::new(limits.presence.received(), now),
            beat: Bucket::new(limits.beat.received(), now),
            signal: Bucket::new(limits.signal.received(), now),
            request: Bucket::new(limits.request.received(), now),
            used_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;

    use super::*;

    fn device(number: u16) -> DeviceId {
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        DeviceKey::from_seed(seed).id()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn each_device_and_each_kind_has_its_own_budget_of_twice_the_limit() {
        let mut meter = Meter::new(RoomLimits::default());
        let chats = (0..100).filter(|_| meter.allows(device(1), Utterance::Chat, at(0))).count();
        assert_eq!(chats, 40);
        assert!(meter.allows(device(1), Utterance::Beat, at(0)));
        assert!(meter.allows(device(2), Utterance::Chat, at(0)));
        assert!(meter.allows(device(1), Utterance::Chat, at(500)));
        assert!(!meter.allows(device(1), Utterance::Chat, at(999)));
    }

    #[test]
    fn it_counts_a_bounded_number_of_devices() {
        let mut meter = Meter::new(RoomLimits::default());
        for number in 0..600 {
            meter.allows(device(number), Utterance::Beat, at(u64::from(number)));
        }
        assert_eq!(meter.devices.len(), MAX_AUTHORS);
        assert!(meter.devices.contains_key(&device(599)));
    }
}
