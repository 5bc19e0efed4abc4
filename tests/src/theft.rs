//! What a stolen memory opens in whole rooms: nothing received long before, nothing sent long after, and nothing that was sealed while
//! its device did not belong to the room by what the sender knew.
//!
//! In each trace people come, write, lose their connections and are put out, behind a door with a lobby. At random moments the
//! keys that a device holds are copied; in the end everything that was ever said is tried with them, on whatever floor it was.
//!
//! Left out: what floors' secrets open, which is no content; and randomness, which is fed anew from outside.

use std::collections::BTreeMap;

use milanio_identity::{Policy, TopicKeys, TopicName};
use milanio_node::{
    core::{
        group::SenderKeys,
        room::{Moderation, RoomEvent},
        time::Timestamp,
    },
    wire::{
        codec::decode,
        group::{Again, GroupBody, GroupMessage, VerifiedBundle},
        inner,
        message::{Chat, FloorBody, MessageId, RunId},
        operation::Admitted,
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::{
    sim::{NOON, Weather, World},
    thief::{Scene, Thief},
};

/// How long a trace is, in virtual milliseconds: longer than both promises together.
const LENGTH: u64 = 25 * 60_000;
/// The longest pause between two deeds, in virtual milliseconds.
const PAUSE: u64 = 15_000;
/// Of a hundred deeds so many are thefts.
const THEFTS: u64 = 6;
/// Nothing that came longer ago can be read when a memory is stolen.
const FORWARD_SECRECY: u64 = 10 * 60_000;
/// Nothing that is sealed so long after a theft can be read.
const HEALING: u64 = 11 * 60_000;
/// How far memories are taken out of their time where that is what is wrong.
const DISPLACED: u64 = 15 * 60_000;

/// What is wrong on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing.
    Nothing,
    /// Devices forget nothing: what is stolen is as it was long before.
    KeepsKeys,
    /// Devices do not heal: what was stolen is as it is long after.
    KeepsState,
    /// Another hands all its keys to the victim.
    HandsOn,
}

/// What thieves opened that they should not have, and what they did open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Thefts.
    pub thefts: u64,
    /// Messages that were said, each time they were.
    pub messages: u64,
    /// Opened in all.
    pub read: u64,
    /// Received, or written, more than ten minutes before the theft.
    pub before: u64,
    /// Sealed more than eleven minutes after it.
    pub after: u64,
    /// Sealed while the victim was not in the sender's roster.
    pub foreign: u64,
}

impl Count {
    /// How much was opened that should not have been.
    pub fn violations(&self) -> u64 {
        self.before + self.after + self.foreign
    }

    /// Counts two traces as one.
    pub fn add(&mut self, other: &Self) {
        self.thefts += other.thefts;
        self.messages += other.messages;
        self.read += other.read;
        self.before += other.before;
        self.after += other.after;
        self.foreign += other.foreign;
    }
}

struct Theft {
    keys: SenderKeys,
    /// Whose keys they are.
    from: usize,
    victim: usize,
    at: u64,
}

/// Everything that was said about content.
#[derive(Default)]
struct Traffic {
    bundles: Vec<VerifiedBundle>,
    messages: Vec<(GroupMessage, u64, usize)>,
    again: Vec<(Again, u64, usize)>,
}

/// Lives through one trace, and counts what its thieves opened.
pub fn trace(seed: u64, wrong: Wrong) -> Count {
    let mut world = meet(seed);
    let mut thefts = Vec::new();
    while world.now() < NOON + LENGTH {
        deed(&mut world, wrong, &mut thefts);
        let pause = 1 + world.random(PAUSE);
        world.run(pause);
    }
    let traffic = Traffic::of(&world);
    let said = (traffic.messages.len() + traffic.again.len()) as u64;
    let mut count = Count { messages: said, ..Count::default() };
    for theft in thefts {
        count.add(&judge(&world, &traffic, theft, seed));
    }
    count
}

/// How many messages a memory opens that is stolen just before its device is put out or leaves, and how many just after.
pub fn at_the_end(is_put_out: bool) -> [u64; 2] {
    let mut world = meet(0);
    for number in 0..5 {
        let _ = world.write(number % 3, "a text");
        world.run(1_000);
    }
    let steal = |world: &World| {
        let keys = world.nodes[1].room.as_ref().map(|room| room.group_keys().clone());
        keys.map(|keys| Theft { keys, from: 1, victim: 1, at: world.now() })
    };
    let before = steal(&world);
    if is_put_out {
        let account = world.nodes[1].account();
        let _ = world.moderate(0, Moderation::Remove(account));
    } else {
        world.act(1, |room, now| room.leave(now));
    }
    world.run(1_000);
    let after = steal(&world);
    let traffic = Traffic::of(&world);
    [before, after].map(|theft| theft.map_or(0, |theft| judge(&world, &traffic, theft, 0).read))
}

/// Three to five people, of whom the first owns the room.
fn meet(seed: u64) -> World {
    let size = 3 + (seed % 3) as usize;
    let mut world = World::founded(seed, size, NOON, Policy::Lobby);
    world.keeps = true;
    for index in 0..size {
        world.join(index);
    }
    world.run(2_000);
    admit_all(&mut world);
    world
}

fn admit_all(world: &mut World) {
    // Nobody may be waiting.
    let _ = world.moderate(0, Moderation::AdmitAll);
    world.run(1_000);
}

fn deed(world: &mut World, wrong: Wrong, thefts: &mut Vec<Theft>) {
    let size = world.nodes.len() as u64;
    let index = world.random(size) as usize;
    let other = 1 + world.random(size - 1) as usize;
    match world.random(100) {
        0..=64 => drop(world.write(index, "a text")),
        65..=71 => {
            let account = world.nodes[other].account();
            // Who is out already stays out.
            let _ = world.moderate(0, Moderation::Remove(account));
        }
        72..=79 => {
            world.crash(other);
            world.join(other);
            world.run(2_000);
            admit_all(world);
        }
        80..=84 => world.connect(other, false),
        85..=90 => {
            for index in 0..world.nodes.len() {
                world.connect(index, true);
            }
        }
        draw if draw < 100 - THEFTS => {
            world.weather = if world.random(2) == 0 { Weather::FINE } else { Weather::STORM };
        }
        _ => {
            let from = if wrong == Wrong::HandsOn { 0 } else { index };
            let at = match wrong {
                Wrong::Nothing | Wrong::HandsOn => world.now(),
                Wrong::KeepsKeys => world.now() + DISPLACED,
                Wrong::KeepsState => world.now() - DISPLACED,
            };
            let victim = if wrong == Wrong::HandsOn { other } else { index };
            let keys = world.nodes[from].room.as_ref().map(|room| room.group_keys().clone());
            thefts.extend(keys.map(|keys| Theft { keys, from, victim, at }));
        }
    }
}

impl Traffic {
    fn of(world: &World) -> Self {
        let readable = (0..world.nodes.len()).flat_map(|index| world.readable(index));
        let readable: BTreeMap<TopicName, TopicKeys> = readable.map(|keys| (keys.topic(), keys)).collect();
        let mut traffic = Self::default();
        for (frame, (at, by)) in world.said.iter().enumerate() {
            let keys = readable.get(&world.recorded[frame].0);
            let inner = keys.and_then(|keys| world.opened(frame, keys));
            let heard = inner.and_then(|inner| inner::open::<FloorBody>(world.room_id(), &inner).ok());
            match heard.map(|heard| heard.body) {
                Some(FloorBody::Group(GroupBody::Keys(bytes))) => {
                    traffic.bundles.extend(VerifiedBundle::from_bytes(world.room_id(), &bytes));
                }
                Some(FloorBody::Group(GroupBody::Message(bytes))) => {
                    traffic.messages.extend(GroupMessage::from_bytes(&bytes).ok().map(|message| (message, *at, *by)));
                }
                Some(FloorBody::Again(again)) => traffic.again.push((again, *at, *by)),
                _ => {}
            }
        }
        traffic
    }
}

/// What a theft opens of all that was said.
fn judge(world: &World, traffic: &Traffic, theft: Theft, seed: u64) -> Count {
    let (victim, at) = (theft.victim, theft.at);
    let mut count = Count { thefts: 1, ..Count::default() };
    let mut opened = |plaintext: &[u8], run: RunId, sealed: u64, by: usize| {
        let Ok(chat) = decode::<Chat>(plaintext) else { return };
        let id = MessageId { device: world.nodes[by].device, run, seq: chat.seq };
        let had_since = if by == victim { Some(sealed) } else { told(world, victim, id).filter(|told| *told <= at) };
        count.read += 1;
        count.before += u64::from(had_since.is_some_and(|since| at.saturating_sub(since) > FORWARD_SECRECY));
        count.after += u64::from(sealed > at + HEALING);
        count.foreign += u64::from(by != victim && !lists(world, by, victim, sealed));
    };
    let holder = world.nodes[theft.from].device;
    for (again, sealed, by) in &traffic.again {
        let author = (world.room_id(), world.nodes[*by].device);
        let plaintext = again.open(author, &holder, |info, sealed| theft.keys.open_sealed(info, &[], sealed));
        if let Some(plaintext) = plaintext {
            opened(&plaintext, again.run, *sealed, *by);
        }
    }
    let messages: Vec<_> = traffic.messages.iter().map(|(message, ..)| message).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let thief = Thief::new(theft.keys, scene(world, theft.from), Timestamp::from_millis(at));
    let read = thief.read(&messages, &traffic.bundles, &mut rng);
    for (plaintext, (message, sealed, by)) in read.iter().zip(&traffic.messages) {
        if let Some(plaintext) = plaintext {
            opened(plaintext, message.chain().run, *sealed, *by);
        }
    }
    count
}

fn scene(world: &World, victim: usize) -> Scene {
    let device = |node: &crate::sim::Node| {
        let run = node.room.as_ref().map_or(RunId([0; 8]), |room| room.run());
        (Admitted { account: node.account(), device: node.device }, run)
    };
    Scene { room: world.room_id(), devices: world.nodes.iter().map(device).collect(), victim }
}

/// When node `index` was told this message first.
fn told(world: &World, index: usize, id: MessageId) -> Option<u64> {
    let is_it = |event: &RoomEvent| matches!(event, RoomEvent::Chat(message) if message.id == id);
    world.nodes[index].told.iter().find(|(_, event)| is_it(event)).map(|(at, _)| *at)
}

/// Whether node `by` took the account of node `reader` for a member at a moment.
fn lists(world: &World, by: usize, reader: usize, at: u64) -> bool {
    let before = world.nodes[by].told.iter().rev().filter(|(told, _)| *told <= at);
    let roster = before.into_iter().find_map(|(_, event)| match event {
        RoomEvent::Roster(roster) => Some(roster),
        _ => None,
    });
    roster.is_some_and(|roster| roster.find(&world.nodes[reader].account()).is_some())
}
