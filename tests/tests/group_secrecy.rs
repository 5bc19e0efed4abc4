//! What a stolen memory opens: nothing from long before, nothing from long after, and nothing that was not meant for its device.
//!
//! In each trace devices come, write, sleep and are put out; at random moments the whole state of a device is copied, and in the
//! end everything that was ever said is tried with it. `MILANIO_TRACES` says how many traces; 2,000 take some minutes.

#[path = "group_secrecy/broken.rs"]
mod broken;
#[path = "group_secrecy/world.rs"]
mod world;

use std::time::Duration;

use broken::{Everybody, StandingClock};
use milanio_node::core::{group::SenderKeys, time::Timestamp};
use milanio_tests::{
    sim::for_seeds,
    thief::{Scene, Thief},
};
use world::{LENGTH, ROOM, Said, Scheme, World, admitted, run};

/// Traces in the test command. Chosen: they take half a minute.
const TRACES: u64 = 100;
/// Thefts in one trace.
const THEFTS: u64 = 8;
/// Nothing older than this can be read when a memory is stolen.
const FORWARD_SECRECY: Duration = Duration::from_secs(10 * 60);
/// Nothing that is sealed so long after a theft can be read.
const HEALING: Duration = Duration::from_secs(11 * 60);

fn traces() -> u64 {
    std::env::var("MILANIO_TRACES").ok().and_then(|count| count.parse().ok()).unwrap_or(TRACES)
}

/// Memory as it was at a moment.
struct Theft {
    keys: SenderKeys,
    victim: usize,
    at: Timestamp,
    /// What the device had opened by then, and when.
    opened: Vec<(usize, Timestamp)>,
}

/// What thieves opened that they should not have, and what they did open.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    thefts: u64,
    messages: u64,
    delivered: u64,
    meant: u64,
    /// Opened in all.
    read: u64,
    /// Received, or written, more than [`FORWARD_SECRECY`] before.
    before: u64,
    /// Sealed more than [`HEALING`] after.
    after: u64,
    /// Sealed while the victim was not in the sender's roster.
    foreign: u64,
}

impl Count {
    fn violations(&self) -> u64 {
        self.before + self.after + self.foreign
    }

    fn add(&mut self, other: &Self) {
        self.thefts += other.thefts;
        self.messages += other.messages;
        self.delivered += other.delivered;
        self.meant += other.meant;
        self.read += other.read;
        self.before += other.before;
        self.after += other.after;
        self.foreign += other.foreign;
    }
}

fn steal<S: Scheme>(world: &mut World<S>) -> Theft {
    let victim = world.random(world.devices.len() as u64) as usize;
    let device = &world.devices[victim];
    let place = |said: &Said| (said.message.chain(), said.message.index());
    let opened = world.messages.iter().enumerate();
    let opened = opened.filter_map(|(at, said)| device.opened.get(&place(said)).map(|time| (at, *time)));
    Theft { keys: device.exchange.group().stolen(), victim, at: world.now, opened: opened.collect() }
}

fn judge<S: Scheme>(world: &mut World<S>, theft: Theft) -> Count {
    let Theft { keys, victim, at, opened } = theft;
    let devices = (0..world.devices.len()).map(|index| (admitted(index), run(index))).collect();
    let scene = Scene { room: ROOM, devices, victim };
    let mut rng = world.rng().clone();
    let messages: Vec<_> = world.messages.iter().map(|said| &said.message).collect();
    let read = Thief::new(keys, scene, at).read(&messages, &world.bundles, &mut rng);
    let mut count = Count { thefts: 1, ..Count::default() };
    for (place, said) in world.messages.iter().enumerate().filter(|(place, _)| read[*place].is_some()) {
        count.read += 1;
        let received = opened.iter().find(|(opened, _)| *opened == place).map(|(_, time)| *time);
        let had_since = if said.from == victim { Some(said.at) } else { received };
        let is_old = had_since.is_some_and(|since| at.since(since) > FORWARD_SECRECY);
        count.before += u64::from(is_old);
        count.after += u64::from(said.at.since(at) > HEALING);
        count.foreign += u64::from(said.from != victim && !said.readers.contains(&victim));
    }
    count
}

fn trace<S: Scheme>(seed: u64) -> Count {
    let mut world = World::<S>::new(seed);
    let end = world.now.after(LENGTH);
    let mut thefts = Vec::new();
    let steps = LENGTH.as_millis() as u64 / 500;
    while world.now < end {
        world.step();
        if world.random(steps) < THEFTS {
            thefts.push(steal(&mut world));
        }
    }
    let mut count = Count { messages: world.messages.len() as u64, ..Count::default() };
    for (index, device) in world.devices.iter().enumerate() {
        count.delivered += device.opened.len() as u64;
        let meant = world.messages.iter().filter(|said| said.from != index && said.readers.contains(&index));
        count.meant += meant.count() as u64;
    }
    for theft in thefts {
        count.add(&judge(&mut world, theft));
    }
    count
}

#[test]
fn a_stolen_memory_opens_nothing_old_nothing_new_and_nothing_foreign() {
    let total = std::cell::RefCell::new(Count::default());
    for_seeds(traces(), |seed| {
        let count = trace::<SenderKeys>(seed);
        assert_eq!(count.violations(), 0, "{count:?}");
        total.borrow_mut().add(&count);
    });
    let total = total.into_inner();
    println!("{total:?}");
    // Otherwise nothing was tried: thieves do read what lies between, and members what was meant for them.
    assert!(total.read > total.thefts);
    assert!(total.delivered * 2 > total.meant);
}

/// The count of a scheme that is broken on purpose.
fn count_of<S: Scheme>() -> Count {
    let mut total = Count::default();
    (0..10).for_each(|seed| total.add(&trace::<S>(seed)));
    println!("{total:?}");
    total
}

#[test]
fn a_scheme_without_time_is_caught() {
    let count = count_of::<StandingClock>();
    assert!(count.before > 0 && count.after > 0);
}

#[test]
fn a_scheme_that_never_rotates_for_who_left_and_gives_all_to_who_comes_is_caught() {
    assert!(count_of::<Everybody>().foreign > 0);
}
