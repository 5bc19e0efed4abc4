//! Devices that are heard and not understood, or not heard any more, and when to ask them who they are.

use std::time::Duration;

use crate::core::sorted::SortedMap;
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
    asks: SortedMap<DeviceId, Ask>,
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

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn wondering(count: u8) -> Strangers {
        let (mut strangers, mut rng) = (Strangers::default(), ChaCha20Rng::seed_from_u64(1));
        (0..count).for_each(|number| strangers.wonder(device(number), &mut rng, at(0)));
        strangers
    }

    #[test]
    fn a_stranger_is_asked_four_times_ever_more_seldom_and_then_no_more() {
        let mut strangers = wondering(1);
        let mut asked = Vec::new();
        while let Some(due) = strangers.next_due() {
            if !strangers.due(due).is_empty() {
                asked.push(due);
            }
        }
        let waits: Vec<_> = asked.windows(2).map(|pair| pair[1].since(pair[0]).as_secs()).collect();
        assert!(asked[0] < at(FIRST_WAIT_MILLIS));
        assert_eq!(waits, [1, 2, 4]);
    }

    #[test]
    fn who_is_known_is_not_asked_and_who_is_asked_by_others_later() {
        let mut strangers = wondering(2);
        strangers.settle(&device(0));
        strangers.overhear(Some(device(1)), at(200));
        assert_eq!(strangers.due(at(1_199)), []);
        assert_eq!(strangers.due(at(1_200)), [device(1)]);
        strangers.overhear(None, at(2_000));
        assert_eq!(strangers.due(at(2_999)), []);
    }

    #[test]
    fn there_are_not_too_many() {
        assert_eq!(wondering(200).asks.len(), MAX_STRANGERS);
    }
}
