//! Devices that come, write, sleep and are put out, on virtual time and over a network that loses and reorders.
//!
//! The roster follows from a list of changes that every device learns in order, each at its own time. Everything that is ever said is
//! kept, with who was in the sender's roster when it was sealed: that is what a thief may try to open.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use milanio_identity::{AccountKey, DeviceId, DeviceKey, RoomId};
use milanio_node::{
    core::{
        group::{Ephemeral, GroupCrypto, GroupRoster, SenderKeys, exchange::Exchange},
        time::Timestamp,
    },
    wire::{
        group::{ChainId, GroupBody, GroupMessage, Heads, VerifiedBundle},
        message::RunId,
        operation::{Admitted, OperationHash},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng as _};

/// The room all of it happens in.
pub const ROOM: RoomId = RoomId::from_bytes([1; 16]);
/// The grain of virtual time.
const STEP: Duration = Duration::from_millis(500);
/// How long a trace is.
pub const LENGTH: Duration = Duration::from_secs(35 * 60);
/// The longest time a device neither hears nor does anything.
const LONGEST_SLEEP_SECONDS: u64 = 100;

/// A scheme under test, and the keys in it that a thief gets.
pub trait Scheme: GroupCrypto + Clone {
    /// The scheme of one device.
    fn of(keys: SenderKeys) -> Self;
    /// What a thief of the device's memory has.
    fn stolen(&self) -> SenderKeys;
}

impl Scheme for SenderKeys {
    fn of(keys: SenderKeys) -> Self {
        keys
    }

    fn stolen(&self) -> SenderKeys {
        self.clone()
    }
}

/// A device of the world.
pub struct Device<S> {
    /// Its messages and keys.
    pub exchange: Exchange<S>,
    /// Changes of the roster that it knows: so many from the first.
    known: usize,
    /// What it opened, and when.
    pub opened: BTreeMap<(ChainId, u32), Timestamp>,
    announced: Option<Ephemeral>,
    awake_at: Timestamp,
}

/// A message that was said.
pub struct Said {
    /// The message.
    pub message: GroupMessage,
    /// When it was sealed.
    pub at: Timestamp,
    /// Who sealed it.
    pub from: usize,
    /// Who was in its sender's roster then.
    pub readers: BTreeSet<usize>,
}

enum Arrival {
    Body { from: usize, body: GroupBody },
    Ephemeral { from: usize, said: Ephemeral, sent: Timestamp },
    Changes(usize),
}

/// The world.
pub struct World<S> {
    /// The devices, by number. Number 0 is always in.
    pub devices: Vec<Device<S>>,
    /// Every message, in order.
    pub messages: Vec<Said>,
    /// Every bundle, in order.
    pub bundles: Vec<VerifiedBundle>,
    /// Now.
    pub now: Timestamp,
    rng: ChaCha20Rng,
    changes: Vec<BTreeSet<usize>>,
    arrivals: BTreeMap<(Timestamp, u64), (usize, Arrival)>,
    counter: u64,
    /// Lost, in per mille.
    loss: u64,
    /// The longest a body takes, in milliseconds.
    delay: u64,
    /// How many messages each device writes in a thousand steps.
    talk: u64,
}

/// The key of device `index`.
pub fn key(index: usize) -> DeviceKey {
    DeviceKey::from_seed([index as u8 + 100; 32])
}

/// Device `index` and its account.
pub fn admitted(index: usize) -> Admitted {
    Admitted { account: AccountKey::from_seed([index as u8 + 1; 32]).id(), device: key(index).id() }
}

/// The run of device `index`.
pub fn run(index: usize) -> RunId {
    RunId([index as u8 + 1; 8])
}

fn operation(number: usize) -> OperationHash {
    OperationHash([number as u8; 32])
}

impl<S: Scheme> World<S> {
    /// Three to seven devices, of which some are in.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let now = Timestamp::from_millis(1_000_000);
        let size = 3 + (rng.next_u64() % 5) as usize;
        let device = |index: usize, rng: &mut ChaCha20Rng| {
            let keys = SenderKeys::new(ROOM, admitted(index).account, key(index), run(index), rng, now);
            let exchange = Exchange::new(ROOM, S::of(keys));
            Device { exchange, known: 0, opened: BTreeMap::new(), announced: None, awake_at: now }
        };
        let devices = (0..size).map(|index| device(index, &mut rng)).collect();
        let founders = (0..size).filter(|index| *index == 0 || rng.next_u64() % 2 == 0).collect();
        let (loss, delay, talk) = (rng.next_u64() % 250, 50 + rng.next_u64() % 2_000, 1 + rng.next_u64() % 6);
        Self {
            devices,
            messages: Vec::new(),
            bundles: Vec::new(),
            now,
            rng,
            changes: vec![founders],
            arrivals: BTreeMap::new(),
            counter: 0,
            loss,
            delay,
            talk,
        }
    }

    /// A number below `bound`.
    pub fn random(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    /// The randomness of the world, which no device keeps.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// One step of time: something may happen, what is due arrives, and devices that are awake do what is due.
    pub fn step(&mut self) {
        self.now = self.now.after(STEP);
        self.act();
        let later = self.arrivals.split_off(&(self.now, u64::MAX));
        for (to, arrival) in std::mem::replace(&mut self.arrivals, later).into_values() {
            if self.devices[to].awake_at <= self.now {
                self.arrive(to, arrival);
            } else if !matches!(arrival, Arrival::Body { .. }) {
                let until = self.devices[to].awake_at;
                self.send_at(until, to, arrival);
            }
        }
        for index in 0..self.devices.len() {
            if self.devices[index].awake_at <= self.now {
                self.tick(index);
            }
        }
    }

    fn act(&mut self) {
        let size = self.devices.len() as u64;
        for index in 0..self.devices.len() {
            if self.devices[index].awake_at <= self.now && self.random(1_000) < self.talk {
                self.write(index);
            }
        }
        if self.random(500) == 0 {
            let index = self.random(size) as usize;
            let sleep = Duration::from_secs(self.random(LONGEST_SLEEP_SECONDS));
            self.devices[index].awake_at = self.now.after(sleep);
        }
        if self.random(400) == 0 && self.changes.len() < 200 {
            let changed = 1 + self.random(size - 1) as usize;
            let mut roster = self.changes.last().cloned().unwrap_or_default();
            if !roster.remove(&changed) {
                roster.insert(changed);
            }
            self.changes.push(roster);
            for to in 0..self.devices.len() {
                let wait = Duration::from_millis(self.random(3_000));
                let known = self.changes.len();
                self.send_at(self.now.after(wait), to, Arrival::Changes(known));
            }
        }
    }

    /// Who is in, as device `index` knows.
    pub fn roster_of(&self, index: usize) -> BTreeSet<usize> {
        self.changes[..self.devices[index].known].last().cloned().unwrap_or_default()
    }

    fn write(&mut self, index: usize) {
        let readers = self.roster_of(index);
        let text = format!("message {}", self.messages.len());
        let (device, now) = (&mut self.devices[index], self.now);
        let Ok(bodies) = device.exchange.seal(text.as_bytes(), &mut self.rng, now) else { return };
        for body in bodies {
            if let GroupBody::Message(bytes) = &body {
                let message = GroupMessage::from_bytes(bytes).expect("it was just sealed");
                self.messages.push(Said { message, at: now, from: index, readers: readers.clone() });
            }
            self.say(index, &body);
        }
    }

    /// Everybody hears what is said, members or not.
    fn say(&mut self, from: usize, body: &GroupBody) {
        if let GroupBody::Keys(bytes) = body {
            self.bundles.push(VerifiedBundle::from_bytes(ROOM, bytes).expect("it was just sealed"));
        }
        for to in (0..self.devices.len()).filter(|to| *to != from).collect::<Vec<_>>() {
            for copy in 0..2 {
                let is_lost = if copy == 0 { self.random(1_000) < self.loss } else { self.random(20) > 0 };
                if !is_lost {
                    let wait = Duration::from_millis(self.random(self.delay));
                    self.send_at(self.now.after(wait), to, Arrival::Body { from, body: body.clone() });
                }
            }
        }
    }

    fn send_at(&mut self, at: Timestamp, to: usize, arrival: Arrival) {
        self.counter += 1;
        self.arrivals.insert((at, self.counter), (to, arrival));
    }

    fn arrive(&mut self, to: usize, arrival: Arrival) {
        let (device, now) = (&mut self.devices[to], self.now);
        let changes = |known: usize| move |hash: &OperationHash| (0..known).any(|number| operation(number) == *hash);
        match arrival {
            Arrival::Body { from, body } => {
                let speaker: DeviceId = key(from).id();
                // What is refused is part of the trace.
                let _ = device.exchange.hear(speaker, &body, &changes(device.known), &mut self.rng, now);
            }
            Arrival::Ephemeral { from, said, sent } => {
                let said = Ephemeral { age: said.age + now.since(sent), ..said };
                device.exchange.group_mut().on_ephemeral(key(from).id(), run(from), said, now);
            }
            Arrival::Changes(known) if known > device.known => {
                device.known = known;
                let heads = Heads::new(vec![operation(known - 1)]);
                let members = self.changes[..known].last().into_iter().flatten();
                let roster = GroupRoster { heads, devices: members.map(|index| admitted(*index)).collect() };
                device.exchange.on_roster_change(roster, &changes(known), now);
                // Whoever is new here has to hear who we are, and we who they are.
                self.devices.iter_mut().for_each(|device| device.announced = None);
            }
            Arrival::Changes(_) => {}
        }
    }

    fn tick(&mut self, index: usize) {
        let (device, now) = (&mut self.devices[index], self.now);
        if device.known == 0 {
            self.arrive(index, Arrival::Changes(1));
            return;
        }
        if device.exchange.poll_timeout() <= now {
            device.exchange.handle_timeout(&mut self.rng, now);
        }
        while let Some(opened) = device.exchange.poll_opened() {
            let again = device.opened.insert((opened.chain, opened.index), now);
            assert_eq!(again, None, "every message is delivered once");
        }
        let said = device.exchange.group().ephemeral(now);
        let says: Vec<GroupBody> = std::iter::from_fn(|| device.exchange.poll_say()).collect();
        if device.announced.is_none_or(|announced| announced.key != said.key) {
            device.announced = Some(said);
            for to in 0..self.devices.len() {
                // Presence that is lost is asked for when the next beat tells of it.
                let beats = if self.random(1_000) < self.loss { 4_000 } else { 0 };
                let wait = Duration::from_millis(beats + self.random(self.delay));
                let arrival = Arrival::Ephemeral { from: index, said, sent: self.now };
                self.send_at(self.now.after(wait), to, arrival);
            }
        }
        for body in says {
            self.say(index, &body);
        }
    }
}
