//! Several call engines with model browsers and a bad network between them, on virtual time.
//!
//! Everything random comes from one seed. Signals are encoded and decoded on their way. It leaves out the room: members hear of
//! each other after a random delay, and signals are neither sealed nor signed.

pub mod browser;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use milanio_identity::{DeviceId, DeviceKey};
use milanio_node::core::call::{Call, CallCommand, CallConfig, CallEvent, LinkId, PeerEvent, TurnNode};
use milanio_node::core::time::{ClockOffset, RoomTime, Timestamp};
use milanio_node::wire::message::RunId;
use milanio_node::wire::signal::Signal;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use self::browser::{Browser, Media};

/// How bad the network is.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Signals lost, in percent.
    pub loss: u64,
    /// Signals delivered twice, in percent.
    pub duplicates: u64,
    /// Longest delay of a signal, in milliseconds; the shortest is 1.
    pub delay_ms: u64,
}

/// Nothing is lost, everything is fast.
pub const FAIR: Weather = Weather { loss: 0, duplicates: 0, delay_ms: 30 };

/// One person.
pub struct Person {
    /// The device.
    pub device: DeviceId,
    /// The run; a reload makes another.
    pub run: RunId,
    /// The engine under test.
    pub call: Call,
    /// Its browser.
    pub browser: Browser,
    /// What the engine told the app.
    pub events: Vec<(u64, CallEvent)>,
    /// Whether the person is in the room.
    pub inside: bool,
    /// Every clock is wrong, and every engine knows by how much.
    clock_ahead_ms: u64,
    /// Whom the room told the engine about: signals of others wait until it does.
    known: BTreeSet<DeviceId>,
}

enum Happening {
    Signal { from: usize, to: DeviceId, signal: Vec<u8> },
    Member { at: usize, who: usize, run: RunId, joined_after: bool },
    Gone { at: usize, who: DeviceId },
    Browser { at: usize, run: RunId, link: LinkId, event: PeerEvent },
}

/// The world.
pub struct World {
    rng: ChaCha20Rng,
    now_ms: u64,
    /// How bad the network is.
    pub weather: Weather,
    /// The people.
    pub people: Vec<Person>,
    queue: BTreeMap<(u64, u64), Happening>,
    queued: u64,
    /// Every signal that was sent: when, by whom, to whom.
    pub sent: Vec<(u64, usize, DeviceId, Signal)>,
    media: Media,
}

impl World {
    /// `people` devices, none of them in the room yet.
    pub fn new(seed: u64, people: usize) -> Self {
        println!("seed {seed}");
        let rng = ChaCha20Rng::seed_from_u64(seed);
        let mut world = Self {
            rng,
            now_ms: 1_800_000_000_000,
            weather: FAIR,
            people: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            sent: Vec::new(),
            media: Media::default(),
        };
        world.people = (0..people).map(|index| world.person(index)).collect();
        world
    }

    /// Milliseconds since the epoch, in room time.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The same moment by somebody's clock.
    pub fn clock(&self, who: usize) -> Timestamp {
        Timestamp::from_millis(self.now_ms + self.people[who].clock_ahead_ms)
    }

    /// Somebody enters; everybody inside hears of it, and they hear of everybody inside.
    pub fn enter(&mut self, who: usize) {
        let run = self.people[who].run;
        let others: Vec<usize> =
            (0..self.people.len()).filter(|other| *other != who && self.people[*other].inside).collect();
        self.people[who].inside = true;
        for other in others {
            let their_run = self.people[other].run;
            let (there, back) = (self.delay(), self.delay() + self.delay());
            self.happen(there, Happening::Member { at: other, who, run, joined_after: true });
            self.happen(back, Happening::Member { at: who, who: other, run: their_run, joined_after: false });
        }
    }

    /// Both hear the other enter while they are inside themselves.
    pub fn enter_at_once(&mut self, a: usize, b: usize) {
        for (at, who) in [(a, b), (b, a)] {
            self.people[at].inside = true;
            let run = self.people[who].run;
            let delay = self.delay();
            self.happen(delay, Happening::Member { at, who, run, joined_after: true });
        }
    }

    /// Somebody reloads the page: a new run with nothing remembered. The others notice only that.
    pub fn reload(&mut self, who: usize) {
        self.people[who] = self.person(who);
        self.enter(who);
    }

    /// Somebody leaves with a goodbye.
    pub fn leave(&mut self, who: usize) {
        let now = self.clock(who);
        self.people[who].inside = false;
        self.people[who].call.hang_up(now);
        self.drain(who);
        let device = self.people[who].device;
        for at in (0..self.people.len()).filter(|at| *at != who) {
            let delay = self.delay();
            self.happen(delay, Happening::Gone { at, who: device });
        }
    }

    /// `at` believes that `who` is gone, or sees them again.
    pub fn presence(&mut self, at: usize, who: usize, present: bool) {
        let (device, run) = (self.people[who].device, self.people[who].run);
        let happening = if present {
            Happening::Member { at, who, run, joined_after: false }
        } else {
            Happening::Gone { at, who: device }
        };
        self.happen(1, happening);
    }

    /// Cuts or restores the way that media takes between two people.
    pub fn set_media_path(&mut self, a: usize, b: usize, works: bool) {
        let pair = (self.people[a].device, self.people[b].device);
        self.media.set_path(pair, works);
        self.notice_media();
    }

    /// Gives an engine an input, then carries out what it wants.
    pub fn act(&mut self, who: usize, act: impl FnOnce(&mut Call, Timestamp)) {
        let now = self.clock(who);
        act(&mut self.people[who].call, now);
        self.drain(who);
    }

    /// Delivers a signal now, as an attacker would.
    pub fn inject(&mut self, from: usize, to: usize, signal: Signal) {
        let device = self.people[from].device;
        self.act(to, |call, now| call.handle_signal(device, signal, now));
    }

    /// Lets time pass.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now_ms + u64::try_from(duration.as_millis()).expect("a test is short");
        while let Some(next) = self.next_moment().filter(|next| *next <= end) {
            assert!(next >= self.now_ms, "a timer lies in the past");
            self.now_ms = next;
            self.step();
        }
        self.now_ms = end;
    }

    /// Lets time pass until `done`, at most `patience`; how long it took.
    pub fn run_until(&mut self, patience: Duration, done: impl Fn(&Self) -> bool) -> Option<Duration> {
        let (begin, tick) = (self.now_ms, Duration::from_millis(10));
        while !done(self) {
            if Duration::from_millis(self.now_ms - begin) > patience {
                return None;
            }
            self.run(tick);
        }
        Some(Duration::from_millis(self.now_ms - begin))
    }

    /// Whether each of these has a working connection with each other of them, and just one.
    pub fn is_meshed(&self, people: &[usize]) -> bool {
        people.iter().all(|a| {
            let connected = |b: &usize| self.people[*a].call.is_connected(self.people[*b].device);
            let others = people.iter().filter(|b| *b != a);
            others.clone().all(connected) && self.people[*a].browser.open_links() == others.count()
        })
    }

    /// A TURN node.
    pub fn turn_node(name: &str) -> TurnNode {
        let urls = vec![format!("turn:{name}.test:3478")];
        TurnNode { id: name.as_bytes().to_vec(), urls, username: "u".to_owned(), credential: "c".to_owned() }
    }

    fn person(&mut self, index: usize) -> Person {
        let mut seed = [0; 32];
        seed[0] = u8::try_from(index + 1).expect("few people");
        let device = DeviceKey::from_seed(seed).id();
        let mut run = [0; 8];
        self.rng.fill_bytes(&mut run);
        self.rng.fill_bytes(&mut seed);
        let run = RunId(run);
        let mut call = Call::new(CallConfig { me: device, run, seed, relay_only: false });
        let clock_ahead_ms = self.rng.next_u64() % 1_200_000;
        let clock = Timestamp::from_millis(self.now_ms + clock_ahead_ms);
        call.handle_clock(ClockOffset::between(clock, RoomTime::from_millis(self.now_ms)));
        Person {
            device,
            run,
            call,
            browser: Browser::new(),
            events: Vec::new(),
            inside: false,
            clock_ahead_ms,
            known: BTreeSet::new(),
        }
    }

    fn next_moment(&self) -> Option<u64> {
        let timer =
            |person: &Person| Some(person.call.poll_timeout()?.as_millis().saturating_sub(person.clock_ahead_ms));
        let timers = self.people.iter().filter_map(timer);
        let queued = self.queue.keys().map(|(at, _)| *at);
        timers.map(|at| at.max(self.now_ms)).chain(queued.take(1)).min()
    }

    fn step(&mut self) {
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= self.now_ms) {
            let happening = entry.remove();
            self.take(happening);
        }
        for who in 0..self.people.len() {
            let now = self.clock(who);
            if self.people[who].call.poll_timeout().is_some_and(|at| at <= now) {
                self.people[who].call.handle_timeout(now);
                self.drain(who);
            }
        }
    }

    fn take(&mut self, happening: Happening) {
        let at = match happening {
            Happening::Signal { from, to, signal } => {
                let Some(at) = self.people.iter().position(|person| person.device == to && person.inside) else {
                    return;
                };
                if !self.people[at].known.contains(&self.people[from].device) {
                    return self.happen(WAIT_MS, Happening::Signal { from, to, signal });
                }
                let signal = postcard::from_bytes(&signal).expect("what was encoded can be decoded");
                let (from, now) = (self.people[from].device, self.clock(at));
                self.people[at].call.handle_signal(from, signal, now);
                at
            }
            Happening::Member { at, who, run, joined_after } => {
                let device = self.people[who].device;
                if !self.people[who].inside || self.people[who].run != run || !self.people[at].inside {
                    return;
                }
                let now = self.clock(at);
                self.people[at].known.insert(device);
                self.people[at].call.handle_member(device, run, joined_after, now);
                at
            }
            Happening::Gone { at, who } => {
                let now = self.clock(at);
                self.people[at].call.handle_member_left(who, now);
                at
            }
            Happening::Browser { at, run, link, event } => {
                if self.people[at].run == run && self.is_true(at, link, &event) {
                    let now = self.clock(at);
                    self.people[at].call.handle_peer_event(link, event, now);
                }
                at
            }
        };
        self.drain(at);
    }

    /// A report of a closed connection never comes, nor one of a state that has changed meanwhile.
    fn is_true(&self, at: usize, link: LinkId, event: &PeerEvent) -> bool {
        let stands = match event {
            PeerEvent::ConnectionChanged(state) => self.media.told(self.people[at].device, link) == Some(*state),
            _ => true,
        };
        stands && self.people[at].browser.is_open(link)
    }

    /// Carries out what one engine wants, then lets media find its way.
    fn drain(&mut self, who: usize) {
        while let Some(command) = self.people[who].call.poll_command() {
            if let CallCommand::Send { to, signal } = command {
                self.post(who, to, signal);
                continue;
            }
            let reports = self.people[who].browser.execute(command, &mut self.rng, self.now_ms);
            self.report(who, reports);
        }
        while let Some(event) = self.people[who].call.poll_event() {
            self.people[who].events.push((self.now_ms, event));
        }
        self.notice_media();
    }

    fn notice_media(&mut self) {
        for at in 0..self.people.len() {
            let reports = self.media.changes(at, &self.people);
            self.report(at, reports);
        }
    }

    fn report(&mut self, at: usize, reports: VecDeque<(u64, LinkId, PeerEvent)>) {
        let run = self.people[at].run;
        for (delay, link, event) in reports {
            self.happen(delay, Happening::Browser { at, run, link, event });
        }
    }

    fn post(&mut self, from: usize, to: DeviceId, signal: Signal) {
        let bytes = postcard::to_allocvec(&signal).expect("a signal can be encoded");
        self.sent.push((self.now_ms, from, to, signal));
        let copies = if self.chance(self.weather.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            if !self.chance(self.weather.loss) {
                let delay = self.delay();
                self.happen(delay, Happening::Signal { from, to, signal: bytes.clone() });
            }
        }
    }

    fn happen(&mut self, delay_ms: u64, happening: Happening) {
        self.queued += 1;
        self.queue.insert((self.now_ms + delay_ms, self.queued), happening);
    }

    fn delay(&mut self) -> u64 {
        1 + self.rng.next_u64() % self.weather.delay_ms
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.rng.next_u64() % 100 < percent
    }
}

/// How often a signal that waits for its sender's presence is looked at.
const WAIT_MS: u64 = 5;
