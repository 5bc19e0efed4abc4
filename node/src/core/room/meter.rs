//! How much each device says, as a receiver counts it, and how much all devices of an account and all strangers together do.
//!
//! Keys are free: whoever has the room code can speak with a new one each time. So a device that is no member shares one budget
//! with all others that are none, and a member's device one with the other devices of its account.

use crate::core::sorted::SortedMap;
use milanio_identity::{AccountId, DeviceId};

use super::{
    bucket::Bucket,
    limits::{DEVICES_AT_ONCE, MAX_AUTHORS, RoomLimits, STRANGERS_SAY},
};
use crate::core::time::Timestamp;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// A chat message, first said or said again to this device.
    Chat,
    /// A full presence.
    Presence,
    /// A beat.
    Beat,
    /// A signal for this device.
    Signal,
    /// Operations, or the secret of a floor.
    Operations,
    /// Keys to read messages with.
    Keys,
    /// A request for messages, presence or genesis, or an answer at the door.
    Request,
}

/// Buckets of those heard last.
pub struct Meter {
    limits: RoomLimits,
    devices: Heard<DeviceId>,
    accounts: Heard<AccountId>,
    /// There from the first stranger on.
    strangers: Option<Bucket>,
}

/// The last [`MAX_AUTHORS`] who were heard.
struct Heard<K>(SortedMap<K, Buckets>);

struct Buckets {
    chat: Bucket,
    presence: Bucket,
    beat: Bucket,
    signal: Bucket,
    request: Bucket,
    operations: Bucket,
    keys: Bucket,
    used_at: Timestamp,
}

impl Meter {
    /// Counts against twice `limits` (see [`Rate::received`](super::limits::Rate::received)).
    pub fn new(limits: RoomLimits) -> Self {
        Self { limits, devices: Heard(SortedMap::new()), accounts: Heard(SortedMap::new()), strangers: None }
    }

    /// True when the device may say this now; counts it. `account`: the member's that it is, `None` for strangers.
    pub fn allows(&mut self, device: DeviceId, account: Option<AccountId>, what: Utterance, now: Timestamp) -> bool {
        let limits = self.limits;
        if account.is_none() && !self.strangers.get_or_insert_with(|| Bucket::new(STRANGERS_SAY, now)).take(now) {
            return false;
        }
        self.devices.take(device, what, now, || Buckets::new(limits, 1, now))
            && account.is_none_or(|account| {
                self.accounts.take(account, what, now, || Buckets::new(limits, DEVICES_AT_ONCE, now))
            })
    }
}

impl<K: Copy + Ord> Heard<K> {
    /// Takes one token of `key`; the quietest makes room for somebody new.
    fn take(&mut self, key: K, what: Utterance, now: Timestamp, full: impl FnOnce() -> Buckets) -> bool {
        if self.0.len() >= MAX_AUTHORS && !self.0.contains_key(&key) {
            let quietest = self.0.iter().min_by_key(|(_, buckets)| buckets.used_at).map(|(key, _)| *key);
            quietest.and_then(|key| self.0.remove(&key));
        }
        self.0.entry(key).or_insert_with(full).take(what, now)
    }
}

impl Buckets {
    /// Full ones, for `count` devices.
    fn new(limits: RoomLimits, count: u32, now: Timestamp) -> Self {
        let bucket = |rate: super::Rate| Bucket::new(rate.received().times(count), now);
        Self {
            chat: bucket(limits.chat),
            presence: bucket(limits.presence),
            beat: bucket(limits.beat),
            signal: bucket(limits.signal),
            request: bucket(limits.request),
            operations: bucket(limits.operations),
            keys: bucket(limits.keys),
            used_at: now,
        }
    }

    fn take(&mut self, what: Utterance, now: Timestamp) -> bool {
        self.used_at = now;
        match what {
            Utterance::Chat => self.chat.take(now),
            Utterance::Presence => self.presence.take(now),
            Utterance::Beat => self.beat.take(now),
            Utterance::Signal => self.signal.take(now),
            Utterance::Request => self.request.take(now),
            Utterance::Operations => self.operations.take(now),
            Utterance::Keys => self.keys.take(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey};

    use super::*;

    fn device(number: u16) -> DeviceId {
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        DeviceKey::from_seed(seed).id()
    }

    fn account(number: u16) -> Option<AccountId> {
        let mut seed = [8; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        Some(AccountKey::from_seed(seed).id())
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn each_device_and_each_kind_has_its_own_budget_of_twice_the_limit() {
        let mut meter = Meter::new(RoomLimits::default());
        let mut chats = |number, at| meter.allows(device(number), account(1), Utterance::Chat, at);
        assert_eq!((0..100).filter(|_| chats(1, at(0))).count(), 40);
        assert!(chats(2, at(0)));
        assert!(chats(1, at(500)));
        assert!(!chats(1, at(999)));
        assert!(meter.allows(device(1), account(1), Utterance::Beat, at(0)));
    }

    #[test]
    fn the_devices_of_an_account_share_a_budget() {
        let mut meter = Meter::new(RoomLimits::default());
        let said = (0..500).filter(|n| meter.allows(device(n % 5), account(1), Utterance::Chat, at(0))).count();
        assert_eq!(said, 80);
        assert!(meter.allows(device(9), account(2), Utterance::Chat, at(0)));
    }

    #[test]
    fn strangers_share_a_budget_however_many_they_are_and_members_keep_theirs() {
        let mut meter = Meter::new(RoomLimits::default());
        let said = (0..1_000).filter(|n| meter.allows(device(*n), None, Utterance::Beat, at(0))).count();
        assert_eq!(said, 200);
        assert!(meter.allows(device(1), account(1), Utterance::Beat, at(0)));
    }

    #[test]
    fn it_counts_a_bounded_number_of_devices_and_accounts() {
        let mut meter = Meter::new(RoomLimits::default());
        for number in 0..600 {
            let now = at(u64::from(number) * 100);
            meter.allows(device(number), account(number), Utterance::Beat, now);
        }
        assert_eq!((meter.devices.0.len(), meter.accounts.0.len()), (MAX_AUTHORS, MAX_AUTHORS));
        assert!(meter.devices.0.contains_key(&device(599)));
    }
}
