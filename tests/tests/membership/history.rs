//! Random histories of a room: people who know different things act at the same time, and some of them cheat.
//!
//! A device acts on what it knows, which is all of it, a part, or (back-dating) next to nothing. Cheats use a number twice.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::{AccountId, AccountKey, DeviceCert, DeviceId, DeviceKey, Genesis, Policy};
use milanio_node::wire::{
    limits::DEPENDENCIES,
    message::RunId,
    operation::{Door, Operation, OperationBody, OperationHash, Role, RoomPolicy, VerifiedOperation},
};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::oracle::Oracle;

/// A device of a person.
pub struct Actor {
    pub key: DeviceKey,
    pub account: AccountId,
    pub cert: Vec<u8>,
}

/// A room's history in the making.
pub struct History {
    pub rng: ChaCha8Rng,
    pub genesis: Genesis,
    pub actors: Vec<Actor>,
    /// Past before future.
    pub operations: Vec<VerifiedOperation>,
    /// What nobody may take in: not rooted.
    pub unrooted: Vec<VerifiedOperation>,
    pasts: BTreeMap<OperationHash, BTreeSet<OperationHash>>,
    replicas: Vec<BTreeSet<OperationHash>>,
}

impl History {
    /// The history of `seed`: 2 to 12 devices, and up to `most` operations.
    pub fn random(seed: u64, most: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let devices = 2 + below(&mut rng, 11);
        let policy = [Policy::Open, Policy::Open, Policy::Lobby, Policy::Locked][below(&mut rng, 4)];
        let mut history = Self::new(rng, devices, policy);
        let mut oracle = Oracle::new(&history.genesis, &[]);
        if history.chance(70) {
            history.open(&mut oracle);
        }
        let count = 4 + below(&mut history.rng, most as usize - 3);
        for _ in history.operations.len()..count {
            history.step(&mut oracle);
        }
        history
    }

    fn new(mut rng: ChaCha8Rng, devices: usize, policy: Policy) -> Self {
        let accounts = 1 + below(&mut rng, devices);
        let actors: Vec<Actor> = (0..devices).map(|index| actor(index, index % accounts)).collect();
        let genesis = Genesis {
            nonce: [9; 16],
            owner: actors[0].account,
            policy,
            created_s: FOUNDED_S,
            ttl_s: Genesis::DEFAULT_TTL_S,
        };
        let replicas = vec![BTreeSet::new(); devices];
        Self { rng, genesis, actors, operations: Vec::new(), unrooted: Vec::new(), pasts: BTreeMap::new(), replicas }
    }

    /// Usual beginnings: the founder comes in, adds all others, and appoints some of them.
    fn open(&mut self, oracle: &mut Oracle) {
        let mut founding = vec![OperationBody::Join(self.actors[0].cert.clone())];
        founding.extend(self.actors.iter().skip(1).map(|actor| OperationBody::Add(actor.cert.clone())));
        let accounts: BTreeSet<AccountId> = self.actors.iter().map(|actor| actor.account).collect();
        for account in accounts {
            if self.chance(60) {
                founding.push(OperationBody::SetRole { account, role: Role::Moderator });
            }
        }
        for body in founding {
            let known = self.pasts.keys().copied().collect();
            self.act(oracle, 0, &known, RunId([0; 8]), body);
        }
        let known: BTreeSet<_> = self.pasts.keys().copied().collect();
        self.replicas.fill(known);
    }

    fn step(&mut self, oracle: &mut Oracle) {
        let who = self.likely_actor();
        if self.chance(50) {
            let from = below(&mut self.rng, self.actors.len());
            let heard = self.replicas[from].clone();
            self.replicas[who].extend(heard);
        }
        let (known, run) = self.known_to(who);
        let body = self.body(who);
        self.act(oracle, who, &known, run, body);
    }

    fn act(
        &mut self,
        oracle: &mut Oracle,
        who: usize,
        known: &BTreeSet<OperationHash>,
        run: RunId,
        body: OperationBody,
    ) {
        let operation = self.operation(who, known, run, body);
        let signed =
            VerifiedOperation::sign(&self.actors[who].key, &self.genesis, &operation).expect("it keeps all limits");
        if self.pasts.contains_key(&signed.hash()) {
            return;
        }
        if !oracle.is_rooted(&signed) {
            self.unrooted.push(signed);
            return;
        }
        oracle.push(signed.clone());
        let past = self.closure(&operation.dependencies);
        self.replicas[who].extend(past.iter().copied().chain([signed.hash()]));
        self.pasts.insert(signed.hash(), past);
        self.operations.push(signed);
    }

    /// The founder's first device acts often, so that there is somebody with a say.
    fn likely_actor(&mut self) -> usize {
        if self.chance(20) { 0 } else { below(&mut self.rng, self.actors.len()) }
    }

    /// What a device acts on, and in which run: cheats begin a new one, mostly.
    fn known_to(&mut self, who: usize) -> (BTreeSet<OperationHash>, RunId) {
        let usual = RunId([0; 8]);
        match below(&mut self.rng, 20) {
            0..=13 => (self.replicas[who].clone(), usual),
            14..=16 => (self.pasts.keys().copied().collect(), usual),
            cheat => {
                let some: Vec<OperationHash> = (0..below(&mut self.rng, 3)).filter_map(|_| self.any_hash()).collect();
                let run = if cheat == 17 { usual } else { RunId([self.operations.len() as u8; 8]) };
                (self.closure(&some), run)
            }
        }
    }

    fn any_hash(&mut self) -> Option<OperationHash> {
        let index = below(&mut self.rng, self.operations.len().max(1));
        self.operations.get(index).map(VerifiedOperation::hash)
    }

    fn closure(&self, hashes: &[OperationHash]) -> BTreeSet<OperationHash> {
        hashes.iter().flat_map(|hash| self.pasts[hash].iter().copied().chain([*hash])).collect()
    }

    fn operation(&self, who: usize, known: &BTreeSet<OperationHash>, run: RunId, body: OperationBody) -> Operation {
        let covered: BTreeSet<OperationHash> = known.iter().flat_map(|hash| self.pasts[hash].iter().copied()).collect();
        let mut dependencies: Vec<_> = known.difference(&covered).copied().collect();
        let too_many = dependencies.len().saturating_sub(DEPENDENCIES);
        dependencies.drain(..too_many);
        let known = self.closure(&dependencies);
        let Actor { key, account, .. } = &self.actors[who];
        let is_own = |op: &&Operation| op.device == key.id() && op.run == run;
        let own = self.operations.iter().filter(|op| known.contains(&op.hash())).map(VerifiedOperation::operation);
        let seq = 1 + own.filter(is_own).map(|op| op.seq).max().unwrap_or(0);
        Operation { account: *account, device: key.id(), run, seq, dependencies, body }
    }

    fn body(&mut self, who: usize) -> OperationBody {
        let device = self.actors[who].key.id();
        let is_new = !self.operations.iter().any(|op| op.admitted().is_some_and(|admitted| admitted.device == device));
        if is_new && self.chance(80) {
            return OperationBody::Join(self.actors[who].cert.clone());
        }
        let other = below(&mut self.rng, self.actors.len());
        let account = self.actors[other].account;
        match below(&mut self.rng, 100) {
            0..=9 => OperationBody::Join(self.actors[who].cert.clone()),
            10..=27 => OperationBody::Add(self.actors[other].cert.clone()),
            28..=39 => OperationBody::Remove(account),
            40..=46 => OperationBody::Ban(account),
            47..=51 => OperationBody::Unban(self.banned().unwrap_or(account)),
            52..=75 => OperationBody::SetRole { account, role: self.role() },
            76..=84 => OperationBody::SetPolicy(self.policy()),
            85..=90 => OperationBody::Transfer(account),
            91..=96 => OperationBody::FloorRotate { commitment: [below(&mut self.rng, 200) as u8; 32] },
            97..=98 => OperationBody::Snapshot { roster: [1; 32] },
            _ if self.chance(50) => OperationBody::Destroy,
            _ => OperationBody::Unban(self.banned().unwrap_or(account)),
        }
    }

    /// Somebody whom an operation bans, whether or not it counts.
    fn banned(&mut self) -> Option<AccountId> {
        let target = |op: &VerifiedOperation| match op.operation().body {
            OperationBody::Ban(account) => Some(account),
            _ => None,
        };
        let banned: Vec<AccountId> = self.operations.iter().filter_map(target).collect();
        let index = below(&mut self.rng, banned.len().max(1));
        banned.get(index).copied()
    }

    fn role(&mut self) -> Role {
        [Role::Viewer, Role::Member, Role::Moderator, Role::Moderator][below(&mut self.rng, 4)]
    }

    fn policy(&mut self) -> RoomPolicy {
        let door = [Door::Open, Door::Open, Door::Lobby, Door::Locked][below(&mut self.rng, 4)];
        RoomPolicy { door, speak: self.role(), share: self.role(), chat: self.role(), history: self.chance(50) }
    }

    fn chance(&mut self, percent: usize) -> bool {
        below(&mut self.rng, 100) < percent
    }
}

/// Device `index`, of person `person`.
pub fn actor(index: usize, person: usize) -> Actor {
    let account = AccountKey::from_seed([1 + person as u8; 32]);
    let key = DeviceKey::from_seed([101 + index as u8; 32]);
    let device: DeviceId = key.id();
    let cert = DeviceCert::issue(&account, device, FOUNDED_S, FOUNDED_S + 86_400).expect("a day is allowed");
    Actor { key, account: account.id(), cert: cert.to_bytes() }
}

/// A number below `end`, which is not 0.
pub fn below(rng: &mut ChaCha8Rng, end: usize) -> usize {
    rng.next_u32() as usize % end
}

/// When every room here was founded, in seconds since the Unix epoch.
const FOUNDED_S: u64 = 1_750_000_000;
