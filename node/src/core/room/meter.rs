//! How much each device says, as a receiver counts it, and how much all devices of an account and all strangers together do.
//!
//! Keys are free: whoever has the room code can speak with a new one each time. So a device that is no member shares its budgets
//! with all others that are none, and a member's device one with the other devices of its account. What is asked at the door, knocks and
//! answers to them are counted apart, so that none of these is drowned in another. A member's device that goes on
//! although it was cut is muted for a while; its beats, operations and floors' secrets are still heard, since others need them.
//! Only what its author said just now may be counted here: nobody must be able to have another muted.

use crate::core::sorted::SortedMap;
use milanio_identity::{AccountId, DeviceId};

use super::{
    bucket::Bucket,
    gate::{Caller, Gate},
    limits::{BORNE_OVER, DEVICES_AT_ONCE, MAX_AUTHORS, MUTED_FOR, RoomLimits, STRANGERS_ANSWER, STRANGERS_SAY},
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
    /// A request for messages, presence or operations.
    Request,
    /// A question for the genesis, or the answer.
    Door,
    /// A knock.
    Knock(Caller),
    /// An answer to a knock: of strangers to this device's own, of members to anybody's.
    Answer,
}

/// What becomes of something that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// It is heard.
    Heard,
    /// It is dropped: one too many, or its device is muted.
    Dropped,
    /// It is dropped, and its device is muted from now on.
    Muted,
}

/// Buckets of those heard last.
pub struct Meter {
    limits: RoomLimits,
    devices: Heard<DeviceId>,
    accounts: Heard<AccountId>,
    /// Apart, so that no number of strangers makes a member's buckets give way.
    strangers: Heard<DeviceId>,
    /// There from the first stranger on.
    together: Option<Box<Together>>,
}

/// What all strangers say together.
struct Together {
    said: Bucket,
    at_door: Bucket,
    answers: Bucket,
    gate: Gate,
}

/// The last [`MAX_AUTHORS`] who were heard.
struct Heard<K>(SortedMap<K, Buckets>);

struct Buckets {
    chat: Bucket,
    presence: Bucket,
    beat: Bucket,
    signal: Bucket,
    request: Bucket,
    door: Bucket,
    knock: Bucket,
    answer: Bucket,
    operations: Bucket,
    keys: Bucket,
    /// Messages over the budget that are borne.
    over: Bucket,
    muted_until: Option<Timestamp>,
    used_at: Timestamp,
}

impl Meter {
    /// Counts against twice `limits` (see [`Rate::received`](super::limits::Rate::received)).
    pub fn new(limits: RoomLimits) -> Self {
        Self {
            limits,
            devices: Heard(SortedMap::new()),
            accounts: Heard(SortedMap::new()),
            strangers: Heard(SortedMap::new()),
            together: None,
        }
    }

    /// Whether so many knock that a knock needs work.
    pub fn is_crowded(&self, now: Timestamp) -> bool {
        self.together.as_ref().is_some_and(|all| all.gate.is_crowded(now))
    }

    /// Whether what the device says now is heard; counts it. `account`: the member's that it is, `None` for strangers.
    pub fn hear(&mut self, device: DeviceId, account: Option<AccountId>, what: Utterance, now: Timestamp) -> Allowance {
        let limits = self.limits;
        let Some(account) = account else {
            let heard = self.hear_stranger(device, what, now);
            return if heard { Allowance::Heard } else { Allowance::Dropped };
        };
        let own = self.devices.of(device, now, limits, 1);
        if own.is_muted(now) && !matches!(what, Utterance::Beat | Utterance::Operations) {
            return Allowance::Dropped;
        }
        if !own.take(what, now) {
            // How many knock is not the fault of who answers.
            return if what == Utterance::Answer { Allowance::Dropped } else { own.bear(now) };
        }
        // What its account's other devices say is not this one's fault.
        let heard = self.accounts.of(account, now, limits, DEVICES_AT_ONCE).take(what, now);
        if heard { Allowance::Heard } else { Allowance::Dropped }
    }

    fn hear_stranger(&mut self, device: DeviceId, what: Utterance, now: Timestamp) -> bool {
        // One answer is all that a stranger owes.
        let own = if what == Utterance::Answer { Utterance::Door } else { what };
        // What is over a device's own budget must not use up that of all.
        let known = self.strangers.0.get_mut(&device).map(|buckets| buckets.take(own, now));
        known != Some(false)
            && self.together.get_or_insert_with(|| Box::new(Together::new(now))).hear(device, what, now)
            && (known.is_some() || self.strangers.of(device, now, self.limits, 1).take(own, now))
    }
}

impl Together {
    fn new(now: Timestamp) -> Self {
        let [said, at_door, answers] =
            [STRANGERS_SAY, STRANGERS_SAY, STRANGERS_ANSWER].map(|rate| Bucket::new(rate, now));
        Self { said, at_door, answers, gate: Gate::new(now) }
    }

    fn hear(&mut self, device: DeviceId, what: Utterance, now: Timestamp) -> bool {
        match what {
            Utterance::Knock(caller) => self.gate.hear(device, caller, now),
            Utterance::Door => self.at_door.take(now),
            Utterance::Answer => self.answers.take(now),
            _ => self.said.take(now),
        }
    }
}

impl<K: Copy + Ord> Heard<K> {
    /// The buckets of `key`, full ones for `count` devices if it is new; the quietest makes room for it.
    fn of(&mut self, key: K, now: Timestamp, limits: RoomLimits, count: u32) -> &mut Buckets {
        if self.0.len() >= MAX_AUTHORS && !self.0.contains_key(&key) {
            let quietest = self.0.iter().min_by_key(|(_, buckets)| buckets.used_at).map(|(key, _)| *key);
            quietest.and_then(|key| self.0.remove(&key));
        }
        self.0.entry(key).or_insert_with(|| Buckets::new(limits, count, now))
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
            door: bucket(limits.door),
            knock: bucket(limits.knock),
            answer: bucket(limits.answer),
            operations: bucket(limits.operations),
            keys: bucket(limits.keys),
            over: Bucket::new(BORNE_OVER, now),
            muted_until: None,
            used_at: now,
        }
    }

    fn is_muted(&self, now: Timestamp) -> bool {
        self.muted_until.is_some_and(|until| now < until)
    }

    /// One more over the budget.
    fn bear(&mut self, now: Timestamp) -> Allowance {
        if self.is_muted(now) || self.over.take(now) {
            return Allowance::Dropped;
        }
        self.muted_until = Some(now.after(MUTED_FOR));
        Allowance::Muted
    }

    fn take(&mut self, what: Utterance, now: Timestamp) -> bool {
        self.used_at = now;
        match what {
            Utterance::Chat => self.chat.take(now),
            Utterance::Presence => self.presence.take(now),
            Utterance::Beat => self.beat.take(now),
            Utterance::Signal => self.signal.take(now),
            Utterance::Request => self.request.take(now),
            Utterance::Door => self.door.take(now),
            Utterance::Knock(_) => self.knock.take(now),
            Utterance::Answer => self.answer.take(now),
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

    impl Meter {
        fn allows(&mut self, device: DeviceId, account: Option<AccountId>, what: Utterance, now: Timestamp) -> bool {
            self.hear(device, account, what, now) == Allowance::Heard
        }
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
    fn no_stranger_uses_up_what_others_may_say_nor_do_all_of_them_what_answers_may() {
        let mut meter = Meter::new(RoomLimits::default());
        let said = (0..1_000).filter(|_| meter.allows(device(1), None, Utterance::Request, at(0))).count();
        assert_eq!(said, 20);
        let others = (2..1_000).filter(|n| meter.allows(device(*n), None, Utterance::Request, at(0))).count();
        assert_eq!(others, 180);
        let answers = (1_000..2_000).filter(|n| meter.allows(device(*n), None, Utterance::Answer, at(0))).count();
        assert_eq!(answers, 200);
        assert!(meter.allows(device(9_999), None, Utterance::Answer, at(20)));
    }

    #[test]
    fn who_goes_on_although_it_was_cut_is_muted_for_a_minute_and_told_of_once() {
        let mut meter = Meter::new(RoomLimits::default());
        let mut said = |what, millis| meter.hear(device(1), account(1), what, at(millis));
        let flood: Vec<_> = (0..1_000).map(|_| said(Utterance::Chat, 0)).collect();
        assert_eq!(flood.iter().filter(|one| **one == Allowance::Heard).count(), 40);
        assert_eq!(flood.iter().position(|one| *one == Allowance::Muted), Some(100));
        assert_eq!(flood.iter().filter(|one| **one == Allowance::Muted).count(), 1);
        assert_eq!(said(Utterance::Request, 59_999), Allowance::Dropped);
        assert_eq!(said(Utterance::Beat, 59_999), Allowance::Heard, "it is still there");
        assert_eq!(said(Utterance::Operations, 59_999), Allowance::Heard, "others need to know");
        assert_eq!(said(Utterance::Request, 60_000), Allowance::Heard);
    }

    #[test]
    fn who_is_a_little_too_fast_is_cut_and_not_muted() {
        let mut meter = Meter::new(RoomLimits::default());
        let said: Vec<_> =
            (0..3_000).map(|n| meter.hear(device(1), account(1), Utterance::Chat, at(n * 400))).collect();
        assert!(!said.contains(&Allowance::Muted));
        assert!(said.contains(&Allowance::Dropped));
    }

    #[test]
    fn neither_strangers_nor_the_devices_of_one_account_mute_each_other() {
        let mut meter = Meter::new(RoomLimits::default());
        let strangers: Vec<_> = (0..1_000).map(|n| meter.hear(device(n % 3), None, Utterance::Chat, at(0))).collect();
        assert!(!strangers.contains(&Allowance::Muted));
        let shared: Vec<_> =
            (0..200).map(|n| meter.hear(device(10 + n % 5), account(1), Utterance::Chat, at(0))).collect();
        assert!(!shared.contains(&Allowance::Muted));
    }

    #[test]
    fn what_is_asked_knocked_and_answered_is_counted_apart() {
        let mut meter = Meter::new(RoomLimits::default());
        let knock = Utterance::Knock(Caller::Worked);
        let knocks = (0..2_000).filter(|n| meter.allows(device(*n), None, knock, at(0))).count();
        assert_eq!(knocks, 64);
        let asked = (2_000..4_000).filter(|n| meter.allows(device(*n), None, Utterance::Door, at(0))).count();
        let said = (4_000..6_000).filter(|n| meter.allows(device(*n), None, Utterance::Beat, at(0))).count();
        assert_eq!((asked, said), (200, 200));
        assert!(!meter.is_crowded(at(0)) && !meter.allows(device(7_000), None, knock, at(0)));
        for number in 8_000..8_020 {
            meter.allows(device(number), None, Utterance::Knock(Caller::Idle), at(0));
        }
        assert!(meter.is_crowded(at(0)));
    }

    #[test]
    fn a_device_knocks_three_times_and_then_every_ten_seconds() {
        let mut meter = Meter::new(RoomLimits::default());
        let knock = Utterance::Knock(Caller::Worked);
        let heard = (0..60).filter(|second| meter.allows(device(1), None, knock, at(second * 1_000))).count();
        assert_eq!(heard, 6 + 11, "twice that, since a burst may have been delayed");
    }

    #[test]
    fn who_answers_a_crowd_is_not_muted_for_it() {
        let mut meter = Meter::new(RoomLimits::default());
        let answers: Vec<_> =
            (0..1_000).map(|n| meter.hear(device(1), account(1), Utterance::Answer, at(n * 10))).collect();
        assert!(!answers.contains(&Allowance::Muted) && answers.contains(&Allowance::Dropped));
        assert!(meter.allows(device(1), account(1), Utterance::Request, at(10_000)));
    }

    #[test]
    fn no_number_of_strangers_makes_the_buckets_of_members_give_way() {
        let mut meter = Meter::new(RoomLimits::default());
        for _ in 0..200 {
            meter.hear(device(1), account(1), Utterance::Chat, at(0));
        }
        for number in 2..1_000 {
            meter.hear(device(number), None, Utterance::Beat, at(u64::from(number) * 50));
        }
        assert_eq!(meter.hear(device(1), account(1), Utterance::Chat, at(50_000)), Allowance::Dropped, "still muted");
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
