//! Devices that are heard and not understood, or not heard any more, and when to ask them who they are.

use std::{collections::BTreeMap, time::Duration};

use milanio_identity::DeviceId;
use rand_core::Rng;

use super::limits::MAX_STRANGERS;
use crate::core::time::Timestamp;

/// The presence may be on its way, and others may ask too: a random wait of at most this, in milliseconds.
const FIRST_WAIT_MILLIS: u64 = 300;
/// The wait doubles from this with each question.
const NEXT_WAIT: Duration = Duration::from_secs(1);
/// Then the next beat begins anew.
const MAX_TRIES: u32 = 4;

/// Who is to be asked, and when.
#[derive(Default)]
pub struct Strangers {
    asks: BTreeMap<DeviceId, Ask>,
}

#[derive(Clone, Copy, Debug)]
struct Ask {
    at: Timestamp,
    tries: u32,
}

impl Strangers {
    /// Something of this device was not understood, or is missed.
    pub fn wonder(&mut self, device: DeviceId, rng: &mut impl Rng, now: Timestamp) {
        if self.asks.len() < MAX_STRANGERS {
            let wait = Duration::from_millis(rng.next_u64() % FIRST_WAIT_MILLIS);
            self.asks.entry(device).or_insert_with(|| Ask { at: now.after(wait), tries: 0 });
        }
    }

    /// It was heard, or is gone.
    pub fn settle(&mut self, device: &DeviceId) {
        self.asks.remove(device);
    }

    /// Somebody else asked it, or everybody (`None`): the answer is heard here too.
    pub fn overhear(&mut self, device: Option<DeviceId>, now: Timestamp) {
        for (asked, ask) in &mut self.asks {
            if device.is_none_or(|device| device == *asked) {
                ask.at = ask.at.max(now.after(NEXT_WAIT));
            }
        }
    }

    /// Who is to be asked now.
    pub fn due(&mut self, now: Timestamp) -> Vec<DeviceId> {
        self.asks.retain(|_, ask| ask.at > now || ask.tries < MAX_TRIES);
        let mut due = Vec::new();
        for (device, ask) in self.asks.iter_mut().filter(|(_, ask)| ask.at <= now) {
            due.push(*device);
            *ask = Ask { at: now.after(NEXT_WAIT * (1 << ask.tries)), tries: ask.tries + 1 };
        }
        due
    }

    /// When [`Self::due`] has somebody next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.asks.values().map(|ask| ask.at).min()
    }
}
