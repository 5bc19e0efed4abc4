//! Finding the room's genesis, and giving it to others who look for it.
//!
//! The registry is asked first, and the members when that gave nothing in half a second. Whatever comes is a mere offer until a
//! worker has found that the room code commits to it; a bounded number of offers is tried.
//!
//! Left out: sending. [`Search::due`] says what is to be asked.

use std::{collections::VecDeque, time::Duration};

use milanio_identity::SignedGenesis;
use rand_core::Rng;
use sha2::{Digest, Sha256};

use super::{
    command::RegistryAnswer,
    limits::{MAX_GENESIS_CHECKS, MAX_GENESIS_OFFERS},
};
use crate::core::time::{RoomTime, Timestamp};

/// How long the registry alone may take before members are asked.
const REGISTRY_FIRST: Duration = Duration::from_millis(500);
/// How long members may take to answer before a room that the registry does not know is called unknown. Members answer within
/// 400 ms; this allows for one lost frame.
const MEMBERS_TAKE: Duration = Duration::from_millis(2_500);
/// Waits between two questions at the door: the first tells of a lost frame, the last is for ever.
const DOOR_WAITS: [Duration; 4] =
    [Duration::from_millis(900), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(10)];
/// Waits between two questions to the registry.
const REGISTRY_WAITS: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
];
/// The registry is asked again if it never answered. Longer than any request may take.
const REGISTRY_TAKES: Duration = Duration::from_secs(15);
/// A member answers at the door after a random wait up to this, unless another did.
const ANSWER_WITHIN_MILLIS: u64 = 400;

/// What is known of the genesis.
pub struct Search {
    state: State,
    /// When to answer somebody at the door.
    answer_at: Option<Timestamp>,
}

enum State {
    Known(Box<SignedGenesis>),
    Searching(Box<Searching>),
}

struct Searching {
    started: Timestamp,
    registry_at: Timestamp,
    registry_tries: usize,
    registry_said: Option<RegistryAnswer>,
    door_at: Timestamp,
    door_tries: usize,
    door_first_asked: Option<Timestamp>,
    offers: VecDeque<Vec<u8>>,
    checking: Option<Vec<u8>>,
    tried: Vec<[u8; 32]>,
    told_unknown: bool,
    told_unreachable: bool,
}

/// What to do for the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the registry.
    AskRegistry,
    /// Ask at the door.
    AskMembers,
    /// Answer at the door with this genesis.
    Answer(Vec<u8>),
    /// Have this offer tested.
    Check(Vec<u8>),
    /// Tell that the registry cannot be reached.
    TellUnreachable,
    /// Tell that the room is unknown.
    TellUnknown,
}

impl Search {
    /// Nothing to search where the genesis is `known`.
    pub fn new(known: Option<SignedGenesis>, now: Timestamp) -> Self {
        let state = match known {
            Some(genesis) => State::Known(Box::new(genesis)),
            None => State::Searching(Box::new(Searching::new(now))),
        };
        Self { state, answer_at: None }
    }

    /// The genesis, once it is known to be the right one.
    pub fn genesis(&self) -> Option<&SignedGenesis> {
        match &self.state {
            State::Known(genesis) => Some(genesis),
            State::Searching(_) => None,
        }
    }

    /// The registry's answer.
    pub fn handle_registry(&mut self, answer: RegistryAnswer, room_now: RoomTime, now: Timestamp) {
        let State::Searching(search) = &mut self.state else { return };
        if let RegistryAnswer::Found(bytes) = &answer {
            search.offer_of_registry(bytes.clone(), room_now);
        }
        if !matches!(answer, RegistryAnswer::Unreachable) {
            search.told_unreachable = false;
        }
        if search.door_first_asked.is_none() && answer == RegistryAnswer::NoSuchRoom {
            search.door_at = now;
        }
        search.registry_said = Some(answer);
        search.registry_at = now.after(wait(&REGISTRY_WAITS, search.registry_tries));
        search.registry_tries += 1;
    }

    /// Somebody at the door wants the genesis: it is given after a moment, unless another gives it before.
    pub fn handle_wanted(&mut self, rng: &mut impl Rng, now: Timestamp) {
        match &mut self.state {
            State::Known(_) if self.answer_at.is_none() => {
                let wait = Duration::from_millis(rng.next_u64() % (ANSWER_WITHIN_MILLIS + 1));
                self.answer_at = Some(now.after(wait));
            }
            State::Known(_) => {}
            // Another asks what is wanted here too: the answer is heard by both.
            State::Searching(search) => search.door_at = search.door_at.max(now.after(REGISTRY_FIRST)),
        }
    }

    /// Somebody at the door gives a genesis.
    pub fn handle_offer(&mut self, bytes: Vec<u8>, room_now: RoomTime) {
        match &mut self.state {
            State::Known(genesis) if genesis.to_bytes() == bytes => self.answer_at = None,
            State::Known(_) => {}
            State::Searching(search) => search.offer(bytes, room_now),
        }
    }

    /// The result of a test. Returns true when the genesis is known now.
    pub fn handle_checked(&mut self, bytes: &[u8], matches: bool) -> bool {
        let State::Searching(search) = &mut self.state else { return false };
        if search.checking.take_if(|checking| checking == bytes).is_none() || !matches {
            return false;
        }
        let Ok(genesis) = SignedGenesis::from_bytes(bytes) else { return false };
        self.state = State::Known(Box::new(genesis));
        true
    }

    /// What is due. `connected`: members can be asked and told. `alone`: no member was ever heard.
    pub fn due(&mut self, connected: bool, alone: bool, now: Timestamp) -> Vec<Step> {
        match &mut self.state {
            State::Known(genesis) => {
                let answers = self.answer_at.take_if(|at| *at <= now).filter(|_| connected);
                answers.map(|_| Step::Answer(genesis.to_bytes())).into_iter().collect()
            }
            State::Searching(search) => search.due(connected, alone, now),
        }
    }

    /// When [`Self::due`] has something next.
    pub fn next_due(&self, connected: bool) -> Option<Timestamp> {
        match &self.state {
            State::Known(_) => self.answer_at,
            State::Searching(search) => search.next_due(connected),
        }
    }
}

impl Searching {
    fn new(now: Timestamp) -> Self {
        Self {
            started: now,
            registry_at: now,
            registry_tries: 0,
            registry_said: None,
            door_at: now.after(REGISTRY_FIRST),
            door_tries: 0,
            door_first_asked: None,
            offers: VecDeque::new(),
            checking: None,
            tried: Vec::new(),
            told_unknown: false,
            told_unreachable: false,
        }
    }

    /// Queues what somebody at the door offers, if there is still room for it.
    fn offer(&mut self, bytes: Vec<u8>, room_now: RoomTime) {
        if self.tried.len() < MAX_GENESIS_CHECKS
            && self.offers.len() < MAX_GENESIS_OFFERS
            && self.is_new(&bytes, room_now)
        {
            self.offers.push_back(bytes);
        }
    }

    /// Puts what the registry has before all others: whoever floods the door must not keep it from being tested. It has its own
    /// share of tests, since the registry must not keep the worker busy for ever either.
    fn offer_of_registry(&mut self, bytes: Vec<u8>, room_now: RoomTime) {
        if let Some(place) = self.offers.iter().position(|offer| *offer == bytes) {
            self.offers.swap(0, place);
        } else if self.tried.len() < 2 * MAX_GENESIS_CHECKS && self.is_new(&bytes, room_now) {
            self.offers.push_front(bytes);
        }
    }

    /// Whether an offer is well-formed, properly signed, and not tried before; from now on it counts as tried.
    fn is_new(&mut self, bytes: &[u8], room_now: RoomTime) -> bool {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let is_signed = |signed: SignedGenesis| signed.verify(room_now.as_secs()).is_ok();
        let is_new = !self.tried.contains(&digest) && SignedGenesis::from_bytes(bytes).is_ok_and(is_signed);
        if is_new {
            self.tried.push(digest);
        }
        is_new
    }

    fn due(&mut self, connected: bool, alone: bool, now: Timestamp) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.registry_at <= now {
            self.registry_at = now.after(REGISTRY_TAKES);
            steps.push(Step::AskRegistry);
        }
        if connected && self.door_at <= now {
            self.door_at = now.after(wait(&DOOR_WAITS, self.door_tries));
            self.door_tries += 1;
            self.door_first_asked.get_or_insert(now);
            steps.push(Step::AskMembers);
        }
        if self.checking.is_none()
            && let Some(offer) = self.offers.pop_front()
        {
            self.checking = Some(offer.clone());
            steps.push(Step::Check(offer));
        }
        if self.registry_said == Some(RegistryAnswer::Unreachable) && !self.told_unreachable {
            self.told_unreachable = true;
            steps.push(Step::TellUnreachable);
        }
        if alone && !self.told_unknown && self.unknown_at().is_some_and(|at| at <= now) {
            self.told_unknown = true;
            steps.push(Step::TellUnknown);
        }
        steps
    }

    fn next_due(&self, connected: bool) -> Option<Timestamp> {
        let door = connected.then_some(self.door_at);
        let unknown = self.unknown_at().filter(|_| !self.told_unknown);
        [Some(self.registry_at), door, unknown].into_iter().flatten().min()
    }

    /// When the room is to be called unknown, if nothing else happens: the registry does not know it (or what it has is not this
    /// room's), and the members were asked and are silent.
    fn unknown_at(&self) -> Option<Timestamp> {
        let registry_in_vain = match self.registry_said {
            Some(RegistryAnswer::NoSuchRoom) => true,
            Some(RegistryAnswer::Found(_)) => self.checking.is_none() && self.offers.is_empty(),
            Some(RegistryAnswer::Unreachable) | None => false,
        };
        let asked = self.door_first_asked.filter(|_| registry_in_vain && self.checking.is_none())?;
        Some(asked.max(self.started).after(MEMBERS_TAKE))
    }
}

/// The wait after try number `tries` (from 0); the last one for ever after.
fn wait(waits: &[Duration], tries: usize) -> Duration {
    waits.get(tries).or(waits.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceCert, DeviceKey, Genesis, Policy};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    fn room_now() -> RoomTime {
        RoomTime::from_millis(NOW_S * 1_000)
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn genesis(number: u8) -> SignedGenesis {
        let (account, device) = (AccountKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
        let cert = DeviceCert::issue(&account, device.id(), NOW_S, NOW_S + 60).unwrap();
        let policy = Policy::Open;
        let founded = Genesis { nonce: [number; 16], owner: account.id(), policy, created_s: NOW_S, ttl_s: 60 };
        SignedGenesis::create(&device, &cert, founded).unwrap()
    }

    fn found(number: u8) -> RegistryAnswer {
        RegistryAnswer::Found(genesis(number).to_bytes())
    }

    fn check(number: u8) -> Step {
        Step::Check(genesis(number).to_bytes())
    }

    #[test]
    fn the_registry_is_asked_first_and_members_half_a_second_later() {
        let mut search = Search::new(None, at(0));
        assert_eq!(search.due(true, true, at(0)), [Step::AskRegistry]);
        assert_eq!(search.next_due(true), Some(at(500)));
        assert_eq!(search.due(true, true, at(499)), []);
        assert_eq!(search.due(true, true, at(500)), [Step::AskMembers]);
    }

    #[test]
    fn members_are_asked_at_once_when_the_registry_knows_nothing_and_only_when_connected() {
        let mut search = Search::new(None, at(0));
        search.due(true, true, at(0));
        search.handle_registry(RegistryAnswer::NoSuchRoom, room_now(), at(30));
        assert_eq!(search.due(false, true, at(30)), []);
        assert_eq!(search.due(true, true, at(30)), [Step::AskMembers]);
    }

    #[test]
    fn an_offer_counts_once_it_was_tested() {
        let mut search = Search::new(None, at(0));
        search.due(true, true, at(0));
        search.handle_registry(found(1), room_now(), at(30));
        assert_eq!(search.due(true, true, at(30)), [check(1)]);
        assert_eq!(search.genesis(), None);
        assert!(!search.handle_checked(&genesis(2).to_bytes(), true), "nobody asked about that one");
        assert!(search.handle_checked(&genesis(1).to_bytes(), true));
        assert_eq!(search.genesis(), Some(&genesis(1)));
        assert_eq!(search.next_due(true), None);
    }

    #[test]
    fn offers_are_tested_one_after_the_other_each_once_and_not_too_many() {
        let mut search = Search::new(None, at(0));
        for number in 0..100 {
            search.handle_offer(genesis(number).to_bytes(), room_now());
        }
        let mut tested = Vec::new();
        for millis in 0..500 {
            for step in search.due(false, true, at(millis)) {
                if let Step::Check(offer) = step {
                    assert!(!search.handle_checked(&offer, false));
                    search.handle_offer(offer.clone(), room_now());
                    tested.push(offer);
                }
            }
            search.handle_offer(genesis((millis % 250) as u8).to_bytes(), room_now());
        }
        assert_eq!(tested.len(), MAX_GENESIS_CHECKS);
        tested.sort();
        tested.dedup();
        assert_eq!(tested.len(), MAX_GENESIS_CHECKS);
    }

    #[test]
    fn a_flooded_door_does_not_keep_out_what_the_registry_has() {
        for flood in [MAX_GENESIS_OFFERS, 100] {
            let mut search = Search::new(None, at(0));
            for number in 0..flood as u8 {
                search.handle_offer(genesis(number).to_bytes(), room_now());
                if flood > MAX_GENESIS_OFFERS {
                    for step in search.due(false, true, at(0)) {
                        let Step::Check(offer) = step else { continue };
                        assert!(!search.handle_checked(&offer, false));
                    }
                }
            }
            search.handle_registry(found(200), room_now(), at(30));
            assert!(search.due(true, true, at(30)).contains(&check(200)), "after {flood} offers");
        }
    }

    #[test]
    fn what_is_no_signed_genesis_is_not_even_tested() {
        let mut search = Search::new(None, at(0));
        search.due(true, true, at(0));
        let mut forged = genesis(1).to_bytes();
        *forged.last_mut().unwrap() ^= 1;
        for offer in [forged, vec![], vec![0; SignedGenesis::LENGTH]] {
            search.handle_offer(offer, room_now());
        }
        assert_eq!(search.due(true, true, at(1)), []);
    }

    #[test]
    fn the_room_is_unknown_only_when_the_registry_says_so_and_members_were_asked_in_vain() {
        for answer in [RegistryAnswer::NoSuchRoom, RegistryAnswer::Unreachable] {
            let mut search = Search::new(None, at(0));
            let mut told = Vec::new();
            search.due(true, true, at(0));
            search.handle_registry(answer.clone(), room_now(), at(30));
            for millis in 30..10_000 {
                told.extend(search.due(true, true, at(millis)).into_iter().map(|step| (millis, step)));
            }
            let unknown: Vec<_> =
                told.iter().filter(|(_, step)| *step == Step::TellUnknown).map(|(at, _)| *at).collect();
            let unreachable = told.iter().filter(|(_, step)| *step == Step::TellUnreachable).count();
            match answer {
                RegistryAnswer::NoSuchRoom => assert_eq!((unknown, unreachable), (vec![2_530], 0)),
                _ => assert_eq!((unknown, unreachable), (vec![], 1)),
            }
        }
    }

    #[test]
    fn a_room_with_somebody_in_it_is_not_unknown() {
        let mut search = Search::new(None, at(0));
        search.due(true, false, at(0));
        search.handle_registry(RegistryAnswer::NoSuchRoom, room_now(), at(30));
        let steps: Vec<_> = (30..10_000).flat_map(|millis| search.due(true, false, at(millis))).collect();
        assert!(!steps.contains(&Step::TellUnknown));
    }

    #[test]
    fn whoever_has_it_gives_it_after_a_moment_unless_another_did() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut search = Search::new(Some(genesis(1)), at(0));
        search.handle_wanted(&mut rng, at(0));
        let due = search.next_due(true).unwrap();
        assert!(due <= at(400));
        assert_eq!(search.due(true, true, due), [Step::Answer(genesis(1).to_bytes())]);
        search.handle_wanted(&mut rng, at(1_000));
        search.handle_offer(genesis(1).to_bytes(), room_now());
        assert_eq!(search.next_due(true), None);
        search.handle_wanted(&mut rng, at(2_000));
        search.handle_offer(genesis(2).to_bytes(), room_now());
        assert!(search.next_due(true).is_some(), "another's lie is no answer");
    }
}
