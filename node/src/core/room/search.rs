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
            search.offer(bytes.clone(), room_now);
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

    /// Queues an offer that is well-formed, properly signed, and not tried before.
    fn offer(&mut self, bytes: Vec<u8>, room_now: RoomTime) {
        let Ok(signed) = SignedGenesis::from_bytes(&bytes) else { return };
        if self.tried.len() >= MAX_GENESIS_CHECKS || self.offers.len() >= MAX_GENESIS_OFFERS {
            return;
        }
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        if !self.tried.contains(&digest) && signed.verify(room_now.as_secs()).is_ok() {
            self.tried.push(digest);
            self.offers.push_back(bytes);
        }
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
