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
