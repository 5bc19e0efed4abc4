//! What must hold in every run, each as a check of its own with the sentence that it checks.
//!
//! Of what a snapshot of keys can open later (forward secrecy, healing) nothing is said here: rooms are looked at from outside.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::{AccountId, DeviceId, Policy, TopicKeys, TopicName};
use milanio_node::{
    core::{
        membership::Membership,
        room::{Act, ChatMessage, Member, RoomEvent},
    },
    wire::{
        floor::Ask,
        inner,
        message::{FloorBody, MessageId},
        operation::{Door, OperationBody, OperationHash, RoomPolicy, VerifiedOperation},
    },
};
use thiserror::Error;

use super::{
    deeds::{CANARY, Life, SKEW_UNTOLD},
    truth::Truth,
};
use crate::sim::World;

/// A property that did not hold.
#[derive(Clone, Debug, Error)]
#[error("{property} does not hold: {what}")]
pub struct Violation {
    /// Which.
    pub property: &'static str,
    /// What was seen.
    pub what: String,
}

/// After a removal was read, its reader has so long to speak elsewhere, in milliseconds.
const SPEAKS_ELSEWHERE_WITHIN: u64 = 3_000;
/// A frame is under way for so many milliseconds at most: held back by a relay, and then late.
const UNDER_WAY: u64 = 26_000;
/// Frames that one device may say within [`BUSY_MS`] whatever others do: all budgets of `RoomLimits`, which senders keep to, with the
/// answers to a crowd at the door.
const SAID_AT_MOST: usize = 260;
const BUSY_MS: u64 = 10_000;

fn ensure(holds: bool, property: &'static str, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { property, what: what() }) }
}

/// G2: a message is shown as from somebody only if that device said it.
pub fn g2_who_wrote_it_wrote_it(
    world: &World,
    life: &Life,
    index: usize,
    message: &ChatMessage,
) -> Result<(), Violation> {
    let Some(author) = world.nodes.iter().position(|node| node.device == message.id.device) else { return Ok(()) };
    if life.villains.contains(&author) {
        return Ok(());
    }
    let written = life.written.get(&message.id).filter(|written| written.by == author);
    let is_right = written.is_none_or(|written| {
        let for_all = written.to.is_none() && message.private.is_none();
        let for_one = written.to.is_some_and(|to| to == world.nodes[index].account() || author == index);
        written.text == message.text() && (for_all || for_one) && message.account == world.nodes[author].account()
    });
    // One's own message is told before the world knows of it.
    ensure(is_right && (written.is_some() || message.own), "G2", || format!("node {index} was told {:?}", message.id))
}

/// G2: nobody is heard who is no member by what the listener knows. `rosters`: what it was told before and at that very moment.
pub fn g2_only_members_are_heard<'a>(
    index: usize,
    message: &ChatMessage,
    rosters: impl IntoIterator<Item = &'a RoomEvent>,
) -> Result<(), Violation> {
    let lists = |event: &RoomEvent| match event {
        RoomEvent::Roster(roster) => roster.find(&message.account).is_some(),
        _ => false,
    };
    let is_member = rosters.into_iter().any(lists);
    ensure(is_member || message.own, "G2", || format!("node {index} heard {:?}, who is no member", message.id))
}

/// G2: a device is shown for the account and under the name that it says itself.
pub fn g2_nobody_is_another(world: &World, index: usize, member: &Member) -> Result<(), Violation> {
    let Some(node) = world.nodes.iter().position(|node| node.device == member.device) else { return Ok(()) };
    let own = [format!("Person {node}"), format!("{CANARY} {node}")].contains(&member.name);
    let is_right = own && member.account == world.nodes[node].account();
    ensure(is_right, "G2", || format!("node {index} sees node {node} as another"))
}

/// G7: all devices that hold the same operations have the same roster, whatever order they came in.
pub fn g7_equal_sets_give_equal_rosters(index: usize, one: [u8; 32], other: [u8; 32]) -> Result<(), Violation> {
    ensure(one == other, "G7", || format!("node {index} reads another roster from the same operations"))
}

/// G7: no operation takes effect beyond its author's rights.
pub fn g7_nobody_acts_beyond_its_rights(index: usize, what: Act, may: bool) -> Result<(), Violation> {
    ensure(may, "G7", || format!("node {index} saw somebody without the right do {what:?}"))
}

/// G7: nobody is heard asking something of a device who has no right to.
pub fn g7_nobody_asks_beyond_its_rights(index: usize, what: Ask, may: bool) -> Result<(), Violation> {
    ensure(may, "G7", || format!("node {index} obeyed {what:?}"))
}

/// G8: each message is told at most once.
pub fn g8_nothing_is_told_twice(index: usize, message: &ChatMessage, is_new: bool) -> Result<(), Violation> {
    ensure(is_new, "G8", || format!("node {index} was told {:?} twice", message.id))
}

/// G13: no genesis other than the creator's is accepted for a code.
pub fn g13_the_genesis_is_the_founders(world: &World, index: usize) -> Result<(), Violation> {
    let accepted = world.nodes[index].room.as_ref().and_then(|room| room.genesis());
    ensure(accepted.is_none_or(|genesis| genesis == world.genesis()), "G13", || format!("node {index} was deceived"))
}

/// Once the network is whole, those who belong to the room see each other, hold the same operations and read the same roster; nobody
/// else is seen.
pub fn together(world: &World, life: &Life, truth: &Truth) -> Result<(), Violation> {
    let inside = life.honest_inside(world);
    let belongs = |index: &usize| truth.speaks_for(&world.nodes[*index].account(), &world.nodes[*index].device);
    let members: Vec<_> = inside.into_iter().filter(belongs).collect();
    let all: BTreeSet<DeviceId> = members.iter().map(|index| world.nodes[*index].device).collect();
    let honest: BTreeSet<DeviceId> = (0..world.nodes.len())
        .filter(|index| !life.villains.contains(index))
        .map(|index| world.nodes[index].device)
        .collect();
    let digest = truth.digest();
    for index in members {
        let node = &world.nodes[index];
        let mut seen: BTreeSet<_> = node.sees().into_keys().filter(|device| honest.contains(device)).collect();
        seen.insert(node.device);
        let missing = all.difference(&seen).count();
        let extra = seen.difference(&all).count();
        ensure(missing == 0 && extra == 0, "coming together", || {
            format!("node {index} misses {missing} of {} and sees {extra} too many", all.len())
        })?;
        ensure(node.roster().is_some_and(|roster| roster.digest == digest), "G7", || {
            format!("node {index} has another roster than the operations say")
        })?;
    }
    Ok(())
}

/// Everything that is checked when a run is over. Returns how many promises were kept.
pub fn all(world: &World, life: &Life, truth: &Truth) -> Result<usize, Violation> {
    g1_nothing_shows_to_relays(world)?;
    g5_whom_was_put_out_reads_nothing_after(world, life, truth)?;
    g5_no_later_secret_reaches_whom_was_put_out(world, truth)?;
    g6_nobody_is_told_what_was_sent_before_it_came(world, life)?;
    g16_nobody_is_made_to_talk(world, life)?;
    g8_nothing_sent_is_lost(world, life, truth)
}

/// G1: no byte of what people say, of names, or of the room's root is in anything that travels.
fn g1_nothing_shows_to_relays(world: &World) -> Result<(), Violation> {
    let needle = CANARY.as_bytes();
    for (number, (_, data)) in world.recorded.iter().enumerate() {
        let shows = data.windows(needle.len()).any(|window| window == needle);
        ensure(!shows, "G1", || format!("frame {number} shows what somebody wrote"))?;
    }
    Ok(())
}

/// G5: a removed device decrypts no frame of content that was said 3 s after its author read the removal, where the author was
/// handed the secret of a floor that is clean of it.
fn g5_whom_was_put_out_reads_nothing_after(world: &World, life: &Life, truth: &Truth) -> Result<(), Violation> {
    for (frame, out) in read_by_outsiders(world, life, truth) {
        let (at, by) = world.said[frame];
        let known = known_by(world, by, at);
        let clean: BTreeSet<OperationHash> =
            known.clone().rotations().iter().filter(|one| one.clean).map(|one| one.hash).collect();
        let before = at.saturating_sub(SPEAKS_ELSEWHERE_WITHIN);
        let handed =
            world.nodes[by].told.iter().filter(|(told, _)| *told < before).filter_map(|(_, event)| match event {
                RoomEvent::Floor(floor) => Some(rotation_of(floor.as_bytes())),
                _ => None,
            });
        let could: Vec<_> = handed.into_iter().filter(|rotation| clean.contains(rotation)).collect();
        ensure(could.is_empty(), "G5", || {
            let heads: Vec<_> = known.clone().rotations().iter().map(|one| (one.hash, one.clean)).collect();
            let holders = (0..world.nodes.len()).filter(|index| world.nodes[*index].account() == out);
            let secrets: Vec<_> = holders
                .flat_map(|index| world.nodes[index].floors().iter().map(|one| rotation_of(one.as_bytes())))
                .collect();
            format!(
                "frame {frame} of node {by} at {at}: {out:?} reads it and holds {secrets:?}; of {heads:?} it had {could:?}"
            )
        })?;
    }
    Ok(())
}

/// How many frames an outsider can read since their authors had not been handed another floor.
pub fn on_old_floor(world: &World, life: &Life, truth: &Truth) -> usize {
    read_by_outsiders(world, life, truth).len()
}

/// Frames of content by honest members that somebody can read of whose removal the author had read [`SPEAKS_ELSEWHERE_WITHIN`] before.
fn read_by_outsiders(world: &World, life: &Life, truth: &Truth) -> Vec<(usize, AccountId)> {
    let mut found = Vec::new();
    let never_open = never_open(world, &truth.membership());
    for out in outsiders(world, truth) {
        let devices = (0..world.nodes.len()).filter(|index| world.nodes[*index].account() == out);
        let readable: BTreeMap<TopicName, TopicKeys> =
            devices.flat_map(|index| world.readable(index)).map(|keys| (keys.topic(), keys)).collect();
        let read_at: Vec<Option<u64>> =
            (0..world.nodes.len()).map(|index| removal_read(world, index, out, never_open)).collect();
        for (frame, (at, by)) in world.said.iter().enumerate() {
            let late = read_at[*by].is_some_and(|read| *at > read + SPEAKS_ELSEWHERE_WITHIN);
            if !late || life.villains.contains(by) || world.nodes[*by].account() == out {
                continue;
            }
            let keys = readable.get(&world.recorded[frame].0);
            if keys.and_then(|keys| world.opened(frame, keys)).is_some_and(|inner| is_content(world, &inner)) {
                found.push((frame, out));
            }
        }
    }
    found
}

/// Whether an inner message says something that only members are to know. Operations and sealed secrets are for those who were
/// left behind as well.
fn is_content(world: &World, inner: &[u8]) -> bool {
    let Ok(heard) = inner::open::<FloorBody>(world.room_id(), inner) else { return false };
    !matches!(heard.body, FloorBody::Operations(_) | FloorBody::OperationsWanted(_) | FloorBody::FloorKeys(_))
}

/// Accounts that were put out and could not come back by themselves: they are banned, or the door never was open. Nor did anybody
/// let them in again.
fn outsiders(world: &World, truth: &Truth) -> Vec<AccountId> {
    let mut membership = truth.membership();
    let accounts: BTreeSet<AccountId> = world.nodes.iter().map(crate::sim::Node::account).collect();
    let admissions: Vec<(AccountId, OperationHash)> =
        membership.operations().filter_map(|one| Some((one.admitted()?.account, one.hash()))).collect();
    let never_open = never_open(world, &membership);
    let mut out = Vec::new();
    for account in accounts {
        if !never_open && !membership.roster().banned.contains(&account) {
            continue;
        }
        let mut removals = membership.removals_of(&account);
        // Between a removal and a ban it may have come in by the open door.
        removals.retain(|removal| never_open || removal.banned);
        let own = admissions.iter().filter(|(admitted, _)| *admitted == account);
        let came_back = own
            .into_iter()
            .any(|(_, admission)| removals.iter().any(|removal| membership.is_known_to(&removal.hash, admission)));
        if !removals.is_empty() && !came_back && membership.roster().role(&account).is_none() {
            out.push(account);
        }
    }
    out
}

/// Whether nobody ever could come in by the code alone.
fn never_open(world: &World, membership: &Membership) -> bool {
    let opens = |operation: &VerifiedOperation| {
        matches!(operation.operation().body, OperationBody::SetPolicy(RoomPolicy { door: Door::Open, .. }))
    };
    world.genesis().genesis().policy != Policy::Open && !membership.operations().any(opens)
}

/// When node `index` read for the last time that `account` is out, and cannot come back by itself.
fn removal_read(world: &World, index: usize, account: AccountId, never_open: bool) -> Option<u64> {
    let (mut was_in, mut read) = (false, None);
    for (at, event) in &world.nodes[index].told {
        if let RoomEvent::Roster(roster) = event {
            let is_in = roster.find(&account).is_some() || !never_open && !roster.banned.contains(&account);
            match (was_in, is_in) {
                (true, false) => read = Some(*at),
                (_, true) => read = None,
                (false, false) => {}
            }
            was_in = is_in;
        }
    }
    read
}

/// What node `index` knew at a moment.
fn known_by(world: &World, index: usize, at: u64) -> Membership {
    let mut membership = Membership::new(world.genesis().genesis());
    let genesis = world.genesis().genesis().digest();
    for (_, event) in world.nodes[index].told.iter().filter(|(told, _)| *told <= at) {
        if let RoomEvent::Operations(operations) = event {
            for operation in operations.iter().filter_map(|one| VerifiedOperation::from_bytes(&genesis, one).ok()) {
                // In the order in which the node took them.
                let _ = membership.add(operation);
            }
        }
    }
    membership
}

fn rotation_of(kept: &[u8; 64]) -> OperationHash {
    OperationHash(std::array::from_fn(|byte| kept[byte]))
}

/// G5: nobody hands a later floor's secret to who is out.
fn g5_no_later_secret_reaches_whom_was_put_out(world: &World, truth: &Truth) -> Result<(), Violation> {
    let mut membership = truth.membership();
    for out in outsiders(world, truth) {
        let removals = membership.removals_of(&out);
        for (index, node) in world.nodes.iter().enumerate().filter(|(_, node)| node.account() == out) {
            for rotation in node.floors().iter().map(|floor| rotation_of(floor.as_bytes())) {
                let is_rotation = membership
                    .find(&rotation)
                    .is_some_and(|one| matches!(one.operation().body, OperationBody::FloorRotate { .. }));
                let is_later = removals.iter().all(|removal| membership.is_known_to(&removal.hash, &rotation));
                ensure(!(is_rotation && is_later), "G5", || {
                    format!("node {index} holds a secret of after its removal")
                })?;
            }
        }
    }
    Ok(())
}

/// G6: who comes in is told nothing that was sent before, except what was still under way, and as far as clocks agree on what
/// before is.
fn g6_nobody_is_told_what_was_sent_before_it_came(world: &World, life: &Life) -> Result<(), Violation> {
    let mut sent: BTreeMap<MessageId, u64> = BTreeMap::new();
    for node in &world.nodes {
        for (at, event) in &node.told {
            if let RoomEvent::ChatSent(id) = event {
                sent.entry(*id).or_insert(*at);
            }
        }
    }
    for (index, node) in world.nodes.iter().enumerate() {
        for message in node.told.iter().skip(life.began[index]).flat_map(|(_, event)| told_by(event)) {
            let Some(sent) = sent.get(&message.id) else { continue };
            let author = life.written.get(&message.id).map(|written| written.by);
            let is_untold = life.untold.contains(&index) || author.is_none_or(|by| life.untold.contains(&by));
            let doubt = if is_untold { 2 * SKEW_UNTOLD } else { UNDER_WAY };
            ensure(message.own || *sent + doubt >= life.entered[index], "G6", || {
                format!("node {index} was told {:?}, sent {} ms before it came", message.id, life.entered[index] - sent)
            })?;
        }
    }
    Ok(())
}

/// The messages that an event tells: what was just said, and what others hand on. No room here chooses that they do.
fn told_by(event: &RoomEvent) -> Vec<&ChatMessage> {
    match event {
        RoomEvent::Chat(message) => vec![message],
        RoomEvent::History { messages, .. } => messages.iter().collect(),
        _ => Vec::new(),
    }
}

/// G16: whatever is said to a device, it says no more than its own budgets allow.
fn g16_nobody_is_made_to_talk(world: &World, life: &Life) -> Result<(), Violation> {
    for (index, node) in world.nodes.iter().enumerate().filter(|(index, _)| !life.villains.contains(index)) {
        let mut first = 0;
        for (last, (at, _)) in node.published.iter().enumerate() {
            while node.published[first].0 + BUSY_MS < *at {
                first += 1;
            }
            ensure(last - first < SAID_AT_MOST, "G16", || format!("node {index} says too much at {at}"))?;
        }
    }
    Ok(())
}

/// G8, and the promise of the product: what was sent is told to each who knew its author, once.
fn g8_nothing_sent_is_lost(world: &World, life: &Life, truth: &Truth) -> Result<usize, Violation> {
    let (shaken, readmitted) = (shaken(world), readmitted(truth));
    let steady = |index: usize, run| {
        let node = &world.nodes[index];
        let is_there = node.room.as_ref().is_some_and(|room| room.is_inside() && room.run() == run);
        is_there && !shaken.contains(&node.account()) && truth.speaks_for(&node.account(), &node.device)
    };
    let mut kept = 0;
    for (id, written) in life.written.iter().filter(|(id, written)| steady(written.by, id.run)) {
        let readers = written.promised.iter().filter(|(reader, run)| steady(*reader, *run));
        for (reader, _) in readers.filter(|(reader, _)| !readmitted.contains(&world.nodes[*reader].device)) {
            let told = world.nodes[*reader].told.iter().skip(life.began[*reader]);
            let told = told.filter(|(_, event)| matches!(event, RoomEvent::Chat(message) if message.id == *id)).count();
            ensure(told == 1, "G8", || format!("node {reader} was told {id:?} of node {} {told} times", written.by))?;
            kept += 1;
        }
    }
    Ok(kept)
}

/// Devices that an admission let in which came to nothing (a closing of the door was concurrent): for those who wrote meanwhile they
/// are strangers since, who came later.
fn readmitted(truth: &Truth) -> BTreeSet<DeviceId> {
    let mut membership = truth.membership();
    let admissions: Vec<_> =
        membership.operations().filter_map(|one| Some((one.admitted()?.device, one.hash()))).collect();
    let void = admissions.into_iter().filter(|(_, admission)| membership.refusal(admission).is_some());
    void.map(|(device, _)| device).collect()
}

/// Accounts that were out for a while, as anybody read it.
fn shaken(world: &World) -> BTreeSet<AccountId> {
    let mut shaken = BTreeSet::new();
    for node in &world.nodes {
        let mut before: BTreeSet<AccountId> = BTreeSet::new();
        for (_, event) in &node.told {
            if let RoomEvent::Roster(roster) = event {
                let now: BTreeSet<_> = roster.members.iter().map(|member| member.account).collect();
                shaken.extend(before.difference(&now).copied());
                before = now;
            }
        }
    }
    shaken
}
