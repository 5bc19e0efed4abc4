//! What people do, and what happens to them: they come and go, write, decide; machines and networks fail; and in the end all heals.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::{AccountId, Policy};
use milanio_node::{
    core::room::Moderation,
    wire::{
        entry::Entry,
        floor::Ask,
        message::{MessageId, RunId},
        operation::{Door, Role, RoomPolicy},
    },
};

use super::{harm, weather};
use crate::sim::{Registry, Weather, World};

/// Every text and every name in a run begins with this, so that it can be looked for where it must not be.
pub const CANARY: &str = "Person canary";
/// Devices in the room at once: with room for those who knock under false names.
const INSIDE_AT_MOST: usize = 90;
/// The longest pause between two deeds, in virtual milliseconds.
const PAUSE: u64 = 1_500;
/// Clocks are wrong by up to so many milliseconds where a relay tells the time,
const SKEW_TOLD: u64 = 120_000;
/// and by up to so many where nobody does: two such devices still hear each other.
pub const SKEW_UNTOLD: u64 = 50_000;

/// A message that was written.
pub struct Written {
    /// By which node.
    pub by: usize,
    /// What it says.
    pub text: String,
    /// For which account alone, if so.
    pub to: Option<AccountId>,
    /// The nodes, and their runs, that have to be told of it.
    pub promised: BTreeSet<(usize, RunId)>,
}

/// Who lives in a world, and what they did.
pub struct Life {
    /// Members who mean harm.
    pub villains: BTreeSet<usize>,
    /// When each node entered in its present run, in true time.
    pub entered: Vec<u64>,
    /// How much each node had been told when its present run began.
    pub began: Vec<usize>,
    /// What was written by honest nodes.
    pub written: BTreeMap<MessageId, Written>,
    /// What honest moderators did, by whom.
    pub decided: Vec<(AccountId, Moderation)>,
    /// Nodes that no relay tells the time.
    pub untold: BTreeSet<usize>,
    /// Operations that villains made are stated in runs of their own.
    pub villain_runs: u8,
}

impl Life {
    /// The first people come into the room.
    pub fn begin(world: &mut World, accounts: usize) -> Self {
        let size = world.nodes.len();
        let count = if size < 4 { 0 } else { 1 + accounts / 8 };
        let mut life = Self {
            villains: (accounts - count..accounts).collect(),
            entered: vec![0; size],
            began: vec![0; size],
            written: BTreeMap::new(),
            decided: Vec::new(),
            untold: BTreeSet::new(),
            villain_runs: 0,
        };
        for index in 0..size {
            let told = world.random(100) < 85;
            let most = if told { SKEW_TOLD } else { SKEW_UNTOLD };
            let skew = world.random(2 * most + 1) as i64 - most as i64;
            world.set_skew(index, skew, told);
            life.untold.extend((!told).then_some(index));
        }
        for index in 0..(2 + size / 2).min(INSIDE_AT_MOST).min(size) {
            life.come(world, index);
            let pause = world.random(300);
            world.run(pause);
        }
        if let Some(first) = life.villains.first().copied() {
            life.come(world, first);
        }
        world.run(1_500);
        if world.genesis().genesis().policy != Policy::Open {
            let lobby = policy(Door::Lobby);
            life.decide(world, 0, Moderation::SetPolicy(lobby));
            world.run(10_500);
            life.decide(world, 0, Moderation::AdmitAll);
            world.run(1_000);
        }
        life
    }

    /// One thing that happens, and a pause.
    pub fn step(&mut self, world: &mut World, step: u64) {
        let index = world.random(world.nodes.len() as u64) as usize;
        let is_open = world.nodes[index].room.is_some();
        match world.random(100) {
            0..=29 => self.write(world, index, step),
            30..=40 if !is_open => self.come(world, index),
            41..=42 if is_open => self.go(world, index),
            43..=45 if is_open => world.crash(index),
            46..=50 if is_open => {
                world.crash(index);
                self.come(world, index);
            }
            51..=54 if is_open => world.connect(index, false),
            55..=61 if is_open => world.connect(index, true),
            62..=63 => {
                let sides = world.random(u64::MAX);
                world.part(|node| (sides >> (node % 64) & 1) as u8);
            }
            64..=68 => world.part(|_| 0),
            69 if world.random(2) == 0 => world.kill_relay(),
            69 => {
                let all = [Registry::Knows, Registry::KnowsNothing, Registry::Down, Registry::Lies];
                world.registry = all[world.random(all.len() as u64) as usize];
            }
            70..=73 => {
                let draw = world.random(100);
                world.weather = weather(draw);
            }
            74..=85 => self.moderate(world),
            _ => harm::strike(world, self),
        }
        let pause = world.random(PAUSE);
        world.run(pause);
    }

    /// The network is whole again and nobody means harm any more; somebody is there who decides. Returns when.
    pub fn heal(&mut self, world: &mut World) -> u64 {
        world.weather = Weather::FINE;
        world.registry = Registry::Knows;
        world.part(|_| 0);
        for index in 0..world.nodes.len() {
            world.hold(index, 0);
            if world.nodes[index].room.is_some() {
                world.connect(index, false);
                world.connect(index, true);
            }
        }
        let healed = world.now();
        let decides = |index: &usize| world.nodes[*index].role() >= Some(Role::Moderator);
        if !self.honest_inside(world).iter().any(decides) {
            let owners = self.moderators(world);
            for index in owners {
                if !world.nodes[index].is_inside() {
                    world.crash(index);
                    self.come(world, index);
                }
            }
        }
        healed
    }

    /// The honest nodes that have the room open and are to be in it.
    pub fn honest_inside(&self, world: &World) -> Vec<usize> {
        let honest = (0..world.nodes.len()).filter(|index| !self.villains.contains(index));
        honest.filter(|index| world.nodes[*index].is_inside()).collect()
    }

    /// Node `index` writes something, to everybody or to one account.
    pub fn write(&mut self, world: &mut World, index: usize, step: u64) {
        let text = format!("{CANARY} {index} writes at {step}");
        let Some(run) = world.nodes[index].room.as_ref().filter(|room| room.is_inside()).map(|room| room.run()) else {
            return;
        };
        let device = world.nodes[index].device;
        let readers = self.honest_inside(world).into_iter().filter(|reader| *reader != index);
        let knows = |reader: &usize| world.nodes[*reader].sees().get(&device).is_some_and(|member| member.run == run);
        // Whom the author does not know to belong to the room cannot read what it says, and is not told it again.
        let mut known = harm::membership(world, index);
        let listed = |reader: &usize| {
            let node = &world.nodes[*reader];
            known.roster().speaks_for(&node.account(), &node.device)
        };
        let readers: Vec<_> = readers.filter(knows).filter(listed).collect();
        let to =
            (world.random(12) == 0).then(|| readers.first().map(|reader| world.nodes[*reader].account())).flatten();
        let promised = readers.into_iter().filter(|reader| to.is_none_or(|to| to == world.nodes[*reader].account()));
        let promised = promised.filter_map(|reader| Some((reader, world.nodes[reader].room.as_ref()?.run()))).collect();
        let entry = Entry::text(text.clone());
        let sent = world.act(index, |room, now| room.send_entry(entry, to, now).ok()).flatten();
        if let Some(id) = sent.filter(|_| !self.villains.contains(&index)) {
            let written = Written { by: index, text, to, promised };
            self.written.insert(id, written);
        }
    }

    fn come(&mut self, world: &mut World, index: usize) {
        let inside = world.nodes.iter().filter(|node| node.room.is_some()).count();
        if inside < INSIDE_AT_MOST {
            self.began[index] = world.nodes[index].told.len();
            world.join(index);
            self.entered[index] = world.now();
            world.act(index, |room, now| room.set_name(&format!("{CANARY} {index}"), now));
        }
    }

    fn go(&mut self, world: &mut World, index: usize) {
        let heir = world.nodes[index].roster().and_then(|roster| roster.heir);
        let honest = heir.is_some_and(|heir| !self.is_villain(world, heir));
        if honest && world.random(4) == 0 {
            world.act(index, |room, now| room.leave_for_good(now));
            world.crash(index);
        } else {
            world.leave(index);
        }
    }

    /// Whether the account is one that means harm.
    pub fn is_villain(&self, world: &World, account: AccountId) -> bool {
        self.villains.iter().any(|index| world.nodes[*index].account() == account)
    }

    /// The honest nodes, in the room or not, that may decide, as far as the best informed of all knows.
    fn moderators(&self, world: &World) -> Vec<usize> {
        let all = (0..world.nodes.len()).filter(|index| !self.villains.contains(index));
        let informed = all.clone().max_by_key(|index| world.nodes[*index].operations().len());
        let Some(roster) = informed.and_then(|index| world.nodes[index].roster()) else { return Vec::new() };
        let decides = |index: &usize| {
            roster.find(&world.nodes[*index].account()).is_some_and(|member| member.role >= Role::Moderator)
        };
        all.filter(decides).collect()
    }

    fn moderate(&mut self, world: &mut World) {
        let decides = |index: &usize| world.nodes[*index].role() >= Some(Role::Moderator);
        let all: Vec<_> = self.honest_inside(world).into_iter().filter(decides).collect();
        let pick = world.random(all.len() as u64) as usize;
        let Some(by) = all.get(pick).copied() else { return };
        let target = world.random(world.nodes.len() as u64) as usize;
        let (account, device) = (world.nodes[target].account(), world.nodes[target].device);
        let is_villain = self.is_villain(world, account);
        let act = match world.random(20) {
            0..=2 => Moderation::Remove(account),
            3 => Moderation::Ban(account),
            4 => Moderation::Unban(account),
            5..=8 if !is_villain => Moderation::SetRole { account, role: Role::Moderator },
            9 => Moderation::SetRole { account, role: Role::Viewer },
            10 => Moderation::SetRole { account, role: Role::Member },
            11..=12 => Moderation::SetPolicy(policy(Door::Open)),
            13 => Moderation::SetPolicy(policy(Door::Lobby)),
            14 if world.random(4) == 0 => Moderation::SetPolicy(policy(Door::Locked)),
            15 if !is_villain => Moderation::Transfer(account),
            16 => Moderation::Ask { device, what: Ask::LowerHand },
            17 => Moderation::Decline(device),
            _ => Moderation::AdmitAll,
        };
        self.decide(world, by, act);
    }

    fn decide(&mut self, world: &mut World, by: usize, act: Moderation) {
        if world.moderate(by, act).is_ok() {
            self.decided.push((world.nodes[by].account(), act));
        }
    }
}

/// Everybody may do everything, behind this door.
fn policy(door: Door) -> RoomPolicy {
    RoomPolicy { speak: Role::Viewer, share: Role::Viewer, ..RoomPolicy::plain(door) }
}
