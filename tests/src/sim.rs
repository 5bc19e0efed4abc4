//! A world of rooms on virtual time: several devices, each with a real [`Room`], and a network that loses, delays, reorders,
//! repeats, parts and dies as a seed says.
//!
//! One room, one registry, and a relay that everybody is connected to or not. Runs as fast as the machine can; the same seed
//! gives the same run. Left out: gossip itself (a frame goes to everybody who is there to hear it), and calls. What members and
//! relays do that mean harm is in `adversary`.

mod adversary;
mod seeds;
mod sight;
mod talk;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use milanio_identity::{
    AccountId, AccountKey, DeviceCert, DeviceId, DeviceKey, EphemeralPublic, Genesis, Policy, RoomId, RoomKeys,
    RootSecret, SignedGenesis, TopicKeys, TopicName,
};
use milanio_node::{
    core::{
        room::{
            ChatMessage, Departure, KeptFloor, Member, ModerateError, Moderation, PublishTicket, RegistryAnswer, Room,
            RoomCommand, RoomConfig, RoomEvent, RoomLimits, RosterView, Verdict,
        },
        time::{ClockOffset, RoomTime, Timestamp},
    },
    wire::{
        body::Body,
        floor::Operations,
        frame, inner,
        message::{DoorBody, FloorBody, MediaState, MessageId, RunId},
        operation::{Operation, OperationBody, Role, VerifiedOperation},
        signal::Signal,
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

pub use seeds::{for_seeds, for_seeds_at_once};

/// How often a device says what it says where it says everything many times over.
const STUTTERS: usize = 40;
/// How long a relay takes to follow a topic, in milliseconds.
const RELAY_FOLLOWS_AFTER: u64 = 40;

/// Noon of a day in 2027: far from midnight, in true milliseconds since the Unix epoch.
pub const NOON: u64 = 20_900 * 86_400_000 + 43_200_000;

/// What the network does to each frame on its way to each receiver.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Lost, in per mille.
    pub loss: u64,
    /// Delivered twice, in per mille.
    pub duplicate: u64,
    /// Shortest delay in milliseconds.
    pub delay_min: u64,
    /// Longest delay in milliseconds: frames overtake each other by up to the difference.
    pub delay_max: u64,
}

impl Weather {
    /// Nothing lost, 5 to 25 ms.
    pub const FINE: Self = Self { loss: 0, duplicate: 0, delay_min: 5, delay_max: 25 };
    /// A fifth lost, 5 % doubled, up to 600 ms late.
    pub const STORM: Self = Self { loss: 200, duplicate: 50, delay_min: 5, delay_max: 600 };
}

/// What the registry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registry {
    /// Has the room.
    Knows,
    /// Answers that there is no such room.
    KnowsNothing,
    /// Has another room under the same name, of the same founder.
    Lies,
    /// Does not answer.
    Down,
}

/// One device of the world.
pub struct Node {
    /// The room, as long as the device has one open.
    pub room: Option<Room>,
    /// The device.
    pub device: DeviceId,
    /// Everything that was told, with the true time.
    pub told: Vec<(u64, RoomEvent)>,
    /// Frames published, by true time and size.
    pub published: Vec<(u64, usize)>,
    /// What became of the frames that were heard.
    pub verdicts: BTreeMap<&'static str, u32>,
    account: AccountKey,
    key: DeviceKey,
    runs: u8,
    skew: i64,
    knows_time: bool,
    connected: bool,
    side: u8,
    /// The relay of this node passes nothing on before this moment.
    held_until: u64,
    subscribed: BTreeSet<TopicName>,
    /// The relay follows all topics of this node, or will be waited for.
    is_ready: bool,
    waits: u32,
    /// What the app keeps for the next run.
    kept: (Vec<Vec<u8>>, Vec<KeptFloor>),
}

/// Whether a frame reaches a node.
pub type Filter = fn(&World, usize, &TopicName, &[u8]) -> bool;
/// What else travels when a node says a frame.
pub type Spill = fn(&World, usize, &TopicName, &[u8]) -> Option<Vec<u8>>;

enum Arrival {
    Frame { topic: TopicName, data: Vec<u8> },
    Published { run: u8, ticket: PublishTicket, taken: bool },
    Registry { run: u8, answer: RegistryAnswer },
    Checked { run: u8, bytes: Vec<u8>, matches: bool },
    Followed { waits: u32 },
}

/// The world.
pub struct World {
    /// The devices, by number.
    pub nodes: Vec<Node>,
    /// The network's weather.
    pub weather: Weather,
    /// The registry.
    pub registry: Registry,
    /// How often the registry heard that the room is in use.
    pub registry_beats: u32,
    /// How many genesis offers were put to the test.
    pub checks: u32,
    /// How much the devices that open the room from now on say. Theirs is little work at the door: none is left to this machine.
    pub limits: RoomLimits,
    /// Whether devices keep operations and floors from one run to the next.
    pub keeps: bool,
    /// Every frame that was ever published.
    pub recorded: Vec<(TopicName, Vec<u8>)>,
    /// When each of these was published, and by whom.
    pub said: Vec<(u64, usize)>,
    /// Frames that do not reach a node, as this decides; for worlds that are broken on purpose.
    pub filter: Option<Filter>,
    /// What travels besides frames; for worlds that are broken on purpose.
    pub spill: Option<Spill>,
    /// Whether every genesis is taken for the one that the code commits to; for worlds that are broken on purpose.
    pub believes_every_genesis: bool,
    /// Who says everything many times over; for worlds that are broken on purpose.
    pub stutters: Option<usize>,
    now: u64,
    rng: ChaCha20Rng,
    root: RootSecret,
    genesis: SignedGenesis,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    arrivals: BTreeMap<u64, (usize, Arrival)>,
    counter: u64,
    /// Messages that were said without a room.
    words: u64,
}

impl World {
    /// `size` devices, none of which has the room open, at true time `now`; the door is open.
    pub fn new(seed: u64, size: usize, now: u64) -> Self {
        Self::founded(seed, size, now, Policy::Open)
    }

    /// The same with this policy.
    pub fn founded(seed: u64, size: usize, now: u64, policy: Policy) -> Self {
        Self::shared(seed, (size, size), now, policy)
    }

    /// The same with so many devices of so many accounts, which they have in turn.
    pub fn shared(seed: u64, (size, accounts): (usize, usize), now: u64, policy: Policy) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(seed);
        let nodes: Vec<Node> = (0..size).map(|index| Node::new(index, index % accounts)).collect();
        let owner = Node::new(0, 0);
        let cert = owner.cert(now);
        let founded = Genesis {
            nonce: [seed as u8; 16],
            owner: cert.account(),
            policy,
            created_s: now / 1_000 - 60,
            ttl_s: Genesis::DEFAULT_TTL_S,
        };
        let genesis = SignedGenesis::create(&owner.key, &cert, founded).expect("the owner's device founds the room");
        Self {
            nodes,
            weather: Weather::FINE,
            registry: Registry::Knows,
            registry_beats: 0,
            checks: 0,
            limits: RoomLimits { work_bits: 6, ..RoomLimits::default() },
            keeps: false,
            recorded: Vec::new(),
            said: Vec::new(),
            filter: None,
            spill: None,
            believes_every_genesis: false,
            stutters: None,
            now,
            rng,
            root: RootSecret::from_bytes([seed as u8; 32]),
            genesis,
            queue: BinaryHeap::new(),
            arrivals: BTreeMap::new(),
            counter: 0,
            words: 0,
        }
    }

    /// True time, in milliseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// A random number below `bound`.
    pub fn random(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }

    /// The room's genesis.
    pub fn genesis(&self) -> &SignedGenesis {
        &self.genesis
    }

    /// What the founder never meant to be this room's genesis.
    fn another_genesis(&self) -> SignedGenesis {
        let (owner, founded) = (&self.nodes[0], self.genesis.genesis());
        let other = Genesis { policy: Policy::Open, nonce: [255; 16], ..founded.clone() };
        SignedGenesis::create(&owner.key, &owner.cert(self.now), other).expect("the owner's device could found it")
    }

    /// Node `index` opens the room (in a new run) and connects; `knows_genesis` as its creator does.
    pub fn open(&mut self, index: usize, knows_genesis: bool) {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let genesis = knows_genesis.then(|| self.genesis.clone());
        let (root, now, limits) = (self.root.clone(), self.now, self.limits);
        let node = &mut self.nodes[index];
        node.runs += 1;
        node.subscribed.clear();
        let config = RoomConfig {
            root,
            cert: node.cert(now),
            device: node.key.clone(),
            attestation: None,
            issuers: Vec::new(),
            name: format!("Person {index}"),
            genesis,
            operations: node.kept.0.clone(),
            floors: node.kept.1.clone(),
            run: RunId([node.runs, index as u8, 0, 0, 0, 0, 0, 0]),
            seed,
            limits,
        };
        node.room = Some(Room::new(config, node.local(now)));
        self.drain(index);
        self.connect(index, true);
    }

    /// Node `index` opens the room and enters it at once.
    pub fn join(&mut self, index: usize) {
        self.open(index, index == 0);
        self.enter(index);
    }

    /// Node `index` enters the room it has open.
    pub fn enter(&mut self, index: usize) {
        self.act(index, |room, now| room.enter(MediaState { microphone: true, camera: true }, now));
    }

    /// Node `index` says goodbye and closes the room.
    pub fn leave(&mut self, index: usize) {
        self.act(index, Room::leave);
        self.crash(index);
    }

    /// Node `index` is gone without a word.
    pub fn crash(&mut self, index: usize) {
        self.nodes[index].room = None;
        self.nodes[index].connected = false;
    }

    /// The connection of node `index` comes or goes. On coming, the relay tells its time, unless the node is kept from it.
    pub fn connect(&mut self, index: usize, up: bool) {
        let true_now = RoomTime::from_millis(self.now);
        let node = &mut self.nodes[index];
        node.connected = up;
        (node.is_ready, node.waits) = (true, node.waits + 1);
        let knows_time = node.knows_time;
        self.act(index, |room, now| {
            if up && knows_time {
                room.handle_clock(ClockOffset::between(now, true_now), now);
            }
            room.handle_network(up, now);
        });
    }

    /// The relay dies: every connection goes, and what was under way is lost, whatever was reported.
    pub fn kill_relay(&mut self) {
        self.arrivals.retain(|_, (_, arrival)| !matches!(arrival, Arrival::Frame { .. }));
        for index in 0..self.nodes.len() {
            if self.nodes[index].room.is_some() {
                self.connect(index, false);
            }
        }
    }

    /// Frames only pass between nodes on the same side from now on. Nobody is told.
    pub fn part(&mut self, side_of: impl Fn(usize) -> u8) {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            node.side = side_of(index);
        }
    }

    /// The local clock of node `index` is wrong by `skew` milliseconds; if not `knows_time`, no relay tells it.
    pub fn set_skew(&mut self, index: usize, skew: i64, knows_time: bool) {
        self.nodes[index].skew = skew;
        self.nodes[index].knows_time = knows_time;
    }

    /// What the room's code stretches to.
    pub fn root(&self) -> &RootSecret {
        &self.root
    }

    /// A signed message that was said on some floor comes to node `index` on the first one, in a new frame.
    pub fn replay_on_floor_zero(&mut self, index: usize, inner: &[u8]) -> Option<Verdict> {
        let now = RoomTime::from_millis(self.now);
        let keys = RoomKeys::new(&self.root).floor_epoch_zero(now.day());
        let mut nonce = [0; 24];
        self.rng.fill_bytes(&mut nonce);
        let data = frame::seal(&keys, now, nonce, inner).expect("it was in a frame before");
        self.inject(index, keys.topic(), &data)
    }

    /// What the room is called in what its devices sign.
    pub fn room_id(&self) -> RoomId {
        RoomKeys::new(&self.root).room_id()
    }

    /// The topic on `day` of the floor that the code alone leads to.
    pub fn floor_zero(&self, day: u32) -> TopicName {
        RoomKeys::new(&self.root).floor_epoch_zero(day).topic()
    }

    /// Node `index` decides something.
    pub fn moderate(&mut self, index: usize, act: Moderation) -> Result<(), ModerateError> {
        self.act(index, |room, now| room.moderate(act, now)).unwrap_or(Err(ModerateError::NotEntered))
    }

    /// Node `index` hears that `device` of `account` joins: what strangers must say before anything they say counts.
    pub fn introduce(&mut self, index: usize, account: &AccountKey, device: &DeviceKey) {
        let now_s = self.now / 1_000;
        let cert = DeviceCert::issue(account, device.id(), now_s, now_s + 60).expect("a minute is allowed");
        let body = OperationBody::Join(cert.to_bytes());
        let join = Operation {
            account: account.id(),
            device: device.id(),
            run: RunId([9; 8]),
            seq: 1,
            dependencies: Vec::new(),
            body,
        };
        let join = VerifiedOperation::sign(device, self.genesis.genesis(), &join).expect("a join can be signed");
        self.say_as(index, device, &FloorBody::Operations(Operations(vec![join.as_bytes().to_vec()])));
    }

    /// What is sealed to the device of node `index`, as its latest presence on the first floor said it.
    pub fn ephemeral(&self, index: usize) -> EphemeralPublic {
        let key_of = |(topic, data): &(TopicName, Vec<u8>)| {
            let keys = RoomKeys::new(&self.root).floor_epoch_zero(RoomTime::from_millis(self.now).day());
            let framed = (keys.topic() == *topic).then(|| RoomTime::from_millis(frame_time(data)))?;
            let inner = frame::open(&keys, data, framed).ok()?;
            let heard = inner::open::<FloorBody>(self.room_id(), &inner).ok()?;
            match heard.body {
                FloorBody::Presence(presence) if heard.from == self.nodes[index].device => Some(presence.ephemeral),
                _ => None,
            }
        };
        self.recorded.iter().rev().find_map(key_of).expect("it said its presence")
    }

    /// Node `index` sends a signal to node `to`.
    pub fn signal(&mut self, index: usize, to: usize, signal: &Signal) -> Option<[u8; 32]> {
        let target = self.nodes[to].device;
        self.act(index, |room, now| room.send_signal(target, signal, now).ok()).flatten()
    }

    /// Does something with the room of node `index`, if it is open, and what follows from it.
    pub fn act<T>(&mut self, index: usize, action: impl FnOnce(&mut Room, Timestamp) -> T) -> Option<T> {
        let now = self.nodes[index].local(self.now);
        let result = self.nodes[index].room.as_mut().map(|room| action(room, now));
        self.drain(index);
        result
    }

    /// A frame comes to node `index`, from whomever.
    pub fn inject(&mut self, index: usize, topic: TopicName, data: &[u8]) -> Option<Verdict> {
        let verdict = self.act(index, |room, now| room.handle_frame(&topic, data, now))?;
        *self.nodes[index].verdicts.entry(verdict_name(verdict)).or_default() += 1;
        Some(verdict)
    }

    /// `device`, which has the room code, says `body` on the floor to node `index`, whatever that is.
    pub fn say_as(&mut self, index: usize, device: &DeviceKey, body: &FloorBody) -> Option<Verdict> {
        let day = RoomTime::from_millis(self.now).day();
        let keys = RoomKeys::new(&self.root).floor_epoch_zero(day);
        self.say_on(index, &keys, device, body)
    }

    /// `device` offers `genesis` at the door to node `index`.
    pub fn offer_genesis(&mut self, index: usize, device: &DeviceKey, genesis: Vec<u8>) -> Option<Verdict> {
        let day = RoomTime::from_millis(self.now).day();
        let keys = RoomKeys::new(&self.root).door(day);
        self.say_on(index, &keys, device, &DoorBody::Genesis(genesis))
    }

    fn say_on<B: Body>(&mut self, index: usize, keys: &TopicKeys, device: &DeviceKey, body: &B) -> Option<Verdict> {
        let mut nonce = [0; 24];
        self.rng.fill_bytes(&mut nonce);
        // Each time a message of its own, however often it is the same.
        self.words += 1;
        let said = RoomTime::from_millis(self.now + self.words % 1_000);
        let inner = inner::seal(device, self.room_id(), said, body).expect("within the wire's limits");
        let data = frame::seal(keys, RoomTime::from_millis(self.now), nonce, &inner).expect("fits a frame");
        self.inject(index, keys.topic(), &data)
    }

    /// Lets `millis` pass.
    pub fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some(at) = self.next_at().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = end;
    }

    fn next_at(&self) -> Option<u64> {
        let arrival = self.queue.peek().map(|Reverse((at, _))| *at);
        let timeouts = self.nodes.iter().filter_map(|node| {
            let local = node.room.as_ref()?.poll_timeout()?;
            Some(local.as_millis().saturating_add_signed(-node.skew))
        });
        timeouts.chain(arrival).min()
    }

    fn step(&mut self) {
        while let Some(&Reverse((at, number))) = self.queue.peek().filter(|Reverse((at, _))| *at <= self.now) {
            debug_assert!(at <= self.now);
            self.queue.pop();
            if let Some((index, arrival)) = self.arrivals.remove(&number) {
                self.arrive(index, arrival);
            }
        }
        for index in 0..self.nodes.len() {
            let now = self.nodes[index].local(self.now);
            let due = self.nodes[index].room.as_ref().and_then(Room::poll_timeout);
            if due.is_some_and(|at| at <= now) {
                self.act(index, Room::handle_timeout);
            }
        }
    }

    fn arrive(&mut self, index: usize, arrival: Arrival) {
        let node = &self.nodes[index];
        match arrival {
            Arrival::Frame { topic, data } => {
                let reaches = self.filter.is_none_or(|reaches| reaches(self, index, &topic, &data));
                if node.connected && node.subscribed.contains(&topic) && reaches {
                    self.inject(index, topic, &data);
                }
            }
            Arrival::Published { run, ticket, taken } if run == node.runs => {
                self.act(index, |room, now| room.handle_published(ticket, taken, now));
            }
            Arrival::Registry { run, answer } if run == node.runs => {
                self.act(index, |room, now| room.handle_registry(answer, now));
            }
            Arrival::Checked { run, bytes, matches } if run == node.runs => {
                self.act(index, |room, now| room.handle_genesis_checked(&bytes, matches, now));
            }
            Arrival::Followed { waits } if waits == node.waits && node.connected => {
                self.act(index, |room, now| room.handle_network(true, now));
            }
            Arrival::Followed { .. }
            | Arrival::Published { .. }
            | Arrival::Registry { .. }
            | Arrival::Checked { .. } => {}
        }
    }

    fn drain(&mut self, index: usize) {
        while let Some(event) = self.nodes[index].room.as_mut().and_then(Room::poll_event) {
            match &event {
                RoomEvent::Operations(new) if self.keeps => self.nodes[index].kept.0.extend(new.iter().cloned()),
                RoomEvent::Floor(floor) if self.keeps => self.nodes[index].kept.1.push(floor.clone()),
                _ => {}
            }
            self.nodes[index].told.push((self.now, event));
        }
        while let Some(command) = self.nodes[index].room.as_mut().and_then(Room::poll_command) {
            self.execute(index, command);
        }
        // As a client does: it waits until the relay follows new topics too.
        let node = &mut self.nodes[index];
        if node.connected && !std::mem::replace(&mut node.is_ready, true) {
            node.waits += 1;
            let waits = node.waits;
            self.later(RELAY_FOLLOWS_AFTER, index, Arrival::Followed { waits });
            self.act(index, |room, now| room.handle_network(false, now));
        }
    }

    fn execute(&mut self, index: usize, command: RoomCommand) {
        let run = self.nodes[index].runs;
        match command {
            RoomCommand::Subscribe(topic) => {
                self.nodes[index].subscribed.insert(topic);
                self.nodes[index].is_ready &= !self.nodes[index].connected;
            }
            RoomCommand::Unsubscribe(topic) => drop(self.nodes[index].subscribed.remove(&topic)),
            RoomCommand::Publish { ticket, topic, data } => {
                let taken = self.nodes[index].connected;
                for _ in 0..if self.stutters == Some(index) { STUTTERS } else { 1 } {
                    self.nodes[index].published.push((self.now, data.len()));
                    if taken {
                        self.broadcast(index, topic, &data);
                    }
                }
                self.later(2, index, Arrival::Published { run, ticket, taken });
                let spilled = self.spill.and_then(|spill| spill(self, index, &topic, &data));
                for data in [Some(data), spilled].into_iter().flatten() {
                    self.said.push((self.now, index));
                    self.recorded.push((topic, data));
                }
            }
            RoomCommand::AskRegistry => {
                let (wait, answer) = match self.registry {
                    Registry::Knows => (20, RegistryAnswer::Found(self.genesis.to_bytes())),
                    Registry::Lies => (20, RegistryAnswer::Found(self.another_genesis().to_bytes())),
                    Registry::KnowsNothing => (20, RegistryAnswer::NoSuchRoom),
                    Registry::Down => (1_000, RegistryAnswer::Unreachable),
                };
                self.later(wait, index, Arrival::Registry { run, answer });
            }
            RoomCommand::BeatRegistry => self.registry_beats += 1,
            RoomCommand::CheckGenesis(bytes) => {
                self.checks += 1;
                let matches = self.believes_every_genesis || bytes == self.genesis.to_bytes();
                self.later(40, index, Arrival::Checked { run, bytes, matches });
            }
        }
    }

    fn broadcast(&mut self, from: usize, topic: TopicName, data: &[u8]) {
        let side = self.nodes[from].side;
        for to in 0..self.nodes.len() {
            if to == from || self.nodes[to].side != side {
                continue;
            }
            let copies = match self.random(1_000) {
                draw if draw < self.weather.loss => 0,
                draw if draw < self.weather.loss + self.weather.duplicate => 2,
                _ => 1,
            };
            for _ in 0..copies {
                let spread = self.weather.delay_max - self.weather.delay_min + 1;
                let delay = self.weather.delay_min + self.random(spread);
                let held = self.nodes[to].held_until.saturating_sub(self.now);
                self.later(delay.max(held), to, Arrival::Frame { topic, data: data.to_vec() });
            }
        }
    }

    fn later(&mut self, wait: u64, index: usize, arrival: Arrival) {
        self.counter += 1;
        self.queue.push(Reverse((self.now + wait, self.counter)));
        self.arrivals.insert(self.counter, (index, arrival));
    }
}

impl Node {
    fn new(index: usize, account: usize) -> Self {
        let account = AccountKey::from_seed([1_u8.wrapping_add(account as u8); 32]);
        let key = DeviceKey::from_seed([101_u8.wrapping_add(index as u8); 32]);
        Self {
            room: None,
            device: key.id(),
            told: Vec::new(),
            published: Vec::new(),
            verdicts: BTreeMap::new(),
            account,
            key,
            runs: 0,
            skew: 0,
            knows_time: true,
            connected: false,
            side: 0,
            held_until: 0,
            subscribed: BTreeSet::new(),
            is_ready: true,
            waits: 0,
            kept: (Vec::new(), Vec::new()),
        }
    }

    fn cert(&self, now: u64) -> DeviceCert {
        let created = now / 1_000 - 3_600;
        DeviceCert::issue(&self.account, self.key.id(), created, created + 7 * 86_400).expect("a week is allowed")
    }

    fn local(&self, true_now: u64) -> Timestamp {
        Timestamp::from_millis(true_now.saturating_add_signed(self.skew))
    }

    /// The device key: to say things that a well-behaved room does not say.
    pub fn device_key(&self) -> &DeviceKey {
        &self.key
    }

    /// The members this node sees, by device.
    pub fn sees(&self) -> BTreeMap<DeviceId, Member> {
        self.room.iter().flat_map(Room::members).map(|member| (member.device, member.clone())).collect()
    }

    /// The secrets of floors that this node was ever given.
    pub fn floors(&self) -> &[KeptFloor] {
        &self.kept.1
    }

    /// The operations that this node holds.
    pub fn operations(&self) -> &[Vec<u8>] {
        &self.kept.0
    }

    /// Whether the device has the room open and is to be in it.
    pub fn is_inside(&self) -> bool {
        self.room.as_ref().is_some_and(Room::is_inside)
    }

    /// This node's account.
    pub fn account(&self) -> AccountId {
        self.account.id()
    }

    /// What this node believes its account to be.
    pub fn role(&self) -> Option<Role> {
        self.roster().and_then(|roster| roster.own)
    }

    /// The roster this node was told last.
    pub fn roster(&self) -> Option<&RosterView> {
        self.told.iter().rev().find_map(|(_, event)| match event {
            RoomEvent::Roster(roster) => Some(&**roster),
            _ => None,
        })
    }

    /// The messages this node was told, as they came.
    pub fn chats(&self) -> Vec<&ChatMessage> {
        let chat = |event| if let &(_, RoomEvent::Chat(ref message)) = event { Some(&**message) } else { None };
        self.told.iter().filter_map(chat).collect()
    }

    /// What the messages say, in the order in which they are shown.
    pub fn texts(&self) -> Vec<String> {
        self.transcript().into_iter().map(|(.., text)| text).collect()
    }

    /// The messages as they are shown: in order.
    pub fn transcript(&self) -> Vec<(u64, MessageId, String)> {
        let mut shown = self.chats();
        shown.sort_by_key(|message| message.order());
        shown.into_iter().map(|message| (message.lamport, message.id, message.text().to_owned())).collect()
    }

    /// When and why this node was told that `device` is gone.
    pub fn departures(&self, device: DeviceId) -> Vec<(u64, Departure)> {
        let departure = |(at, event): &(u64, RoomEvent)| match event {
            RoomEvent::MemberLeft { device: gone, reason, .. } if *gone == device => Some((*at, *reason)),
            _ => None,
        };
        self.told.iter().filter_map(departure).collect()
    }

    /// How many of what was told `pattern` finds.
    pub fn count(&self, pattern: impl Fn(&RoomEvent) -> bool) -> usize {
        self.told.iter().filter(|(_, event)| pattern(event)).count()
    }
}

/// The time in a frame's header.
fn frame_time(data: &[u8]) -> u64 {
    data.get(1..9).and_then(|time| time.try_into().ok()).map_or(0, u64::from_be_bytes)
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accept",
        Verdict::Ignore => "ignore",
        Verdict::Reject => "reject",
    }
}
