//! For whom a message was: the devices that belonged to the room, as far as its author knew, when it first went out.
//!
//! What is said again goes to these alone, so that nobody reads by asking what was said before they came.

use std::collections::BTreeSet;

use milanio_identity::{AccountId, DeviceId};

use crate::{core::sorted::SortedMap, wire::operation::Admitted};

/// Names an audience: the devices that had come until then and are still there. Later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AudienceNumber(u64);

/// The devices that belong to the room, and since which audience.
#[derive(Default)]
pub struct Audience {
    latest: AudienceNumber,
    since: SortedMap<DeviceId, (AccountId, AudienceNumber)>,
}

impl Audience {
    /// These belong to the room now.
    pub fn update(&mut self, devices: &BTreeSet<Admitted>) {
        self.since.retain(|device, (account, _)| devices.contains(&Admitted { account: *account, device: *device }));
        let next = AudienceNumber(self.latest.0 + 1);
        for Admitted { account, device } in devices {
            if !self.since.contains_key(device) {
                self.since.insert(*device, (*account, next));
                self.latest = next;
            }
        }
    }

    /// The audience of what is said now.
    pub const fn latest(&self) -> AudienceNumber {
        self.latest
    }

    /// The first audience that `device` belongs to, and so all that follow; none if it is not in the room.
    pub fn since(&self, device: &DeviceId) -> Option<AudienceNumber> {
        self.since.get(device).map(|(_, since)| *since)
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey};

    use super::*;

    fn admitted(number: u8) -> Admitted {
        let (account, device) = (AccountKey::from_seed([number; 32]).id(), DeviceKey::from_seed([number; 32]).id());
        Admitted { account, device }
    }

    fn update(audience: &mut Audience, numbers: &[u8]) {
        audience.update(&numbers.iter().map(|number| admitted(*number)).collect());
    }

    fn is_for(audience: &Audience, said: AudienceNumber, number: u8) -> bool {
        audience.since(&admitted(number).device).is_some_and(|since| since <= said)
    }

    #[test]
    fn what_was_said_is_for_those_who_were_there_and_still_are() {
        let mut audience = Audience::default();
        update(&mut audience, &[1, 2]);
        let first = audience.latest();
        update(&mut audience, &[1, 3]);
        let second = audience.latest();
        assert!(is_for(&audience, first, 1) && is_for(&audience, second, 1) && is_for(&audience, second, 3));
        assert!(!is_for(&audience, first, 3), "it came later");
        assert!(!is_for(&audience, first, 2) && !is_for(&audience, second, 2), "it is out");
    }

    #[test]
    fn who_comes_back_after_a_removal_is_new() {
        let mut audience = Audience::default();
        update(&mut audience, &[1, 2]);
        let first = audience.latest();
        update(&mut audience, &[1]);
        assert_eq!(audience.latest(), first, "nobody came");
        update(&mut audience, &[1, 2]);
        assert!(!is_for(&audience, first, 2) && is_for(&audience, audience.latest(), 2));
    }

    #[test]
    fn a_device_that_speaks_for_another_account_is_new() {
        let mut audience = Audience::default();
        update(&mut audience, &[1]);
        let first = audience.latest();
        audience.update(&[Admitted { account: admitted(2).account, ..admitted(1) }].into());
        assert!(!is_for(&audience, first, 1) && is_for(&audience, audience.latest(), 1));
    }
}
