//! To which keys the other devices of the roster can be sealed to now.

use crate::core::sorted::SortedMap;
use milanio_identity::{DeviceId, EphemeralPublic};

use super::{Ephemeral, limits::EPHEMERAL_TRUSTED};
use crate::{core::time::Timestamp, wire::message::RunId};

/// The latest ephemeral key of each device. As many as the roster has.
#[derive(Clone, Default)]
pub struct Recipients(SortedMap<DeviceId, Recipient>);

#[derive(Clone)]
struct Recipient {
    run: RunId,
    key: EphemeralPublic,
    /// When it was made, as the device says, and not later than it was first heard of.
    made_at: Timestamp,
}

impl Recipients {
    /// Notes the key of a device. Returns whether it began a new run, and so has lost what it was given.
    pub fn hear(&mut self, device: DeviceId, run: RunId, said: Ephemeral, now: Timestamp) -> bool {
        let made_at = said.made_at(now);
        let previous = self.0.get(&device);
        let same_run = previous.is_none_or(|known| known.run == run);
        let same_key = previous.filter(|known| known.run == run && known.key == said.key);
        // Saying it again does not make it younger.
        let made_at = same_key.map_or(made_at, |known| known.made_at.min(made_at));
        self.0.insert(device, Recipient { run, key: said.key, made_at });
        !same_run
    }

    /// Forgets all but these.
    pub fn keep(&mut self, is_listed: impl Fn(&DeviceId) -> bool) {
        self.0.retain(|device, _| is_listed(device));
    }

    /// Forgets one.
    pub fn forget(&mut self, device: &DeviceId) {
        self.0.remove(device);
    }

    /// The key of one device, if it is fresh.
    pub fn find(&self, device: &DeviceId, now: Timestamp) -> Option<EphemeralPublic> {
        self.0.get(device).filter(|known| known.is_fresh(now)).map(|known| known.key)
    }

    /// All fresh keys.
    pub fn fresh(&self, now: Timestamp) -> SortedMap<DeviceId, EphemeralPublic> {
        let fresh = self.0.iter().filter(|(_, known)| known.is_fresh(now));
        fresh.map(|(device, known)| (*device, known.key)).collect()
    }
}

impl Recipient {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.made_at) < EPHEMERAL_TRUSTED
    }
}
