//! What members and relays do that mean harm: one act at a time, with every key that they rightly have.

use milanio_identity::{
    AccountKey, DeviceCert, DeviceKey, EphemeralPublic, EphemeralSecret, Genesis, Policy, SignedGenesis, TopicKeys,
};
use milanio_node::{
    core::{membership::Membership, time::RoomTime},
    wire::{
        codec::encode,
        door::{FloorSecret, Knock, KnockAnswer, RefusalReason, Right, SealedAnswer},
        floor::{Ask, AskDevice, FloorKeys, Operations, OperationsWanted},
        inner::{self, Inner},
        message::{ChatWanted, DoorBody, FloorBody, MessageId, Read, RunId},
        operation::{Operation, OperationBody, OperationHash, Role, VerifiedOperation},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::deeds::{CANARY, Life};
use crate::sim::World;

/// How far back recorded frames are used again.
const RECENT: u64 = 400;
/// Frames of one act.
const AT_ONCE: u64 = 8;
/// Frames of a flood.
const FLOOD: u64 = 60;
/// The longest that a relay keeps frames back, in virtual milliseconds: shorter than a frame is good for.
const HELD: u64 = 20_000;

/// One act.
pub fn strike(world: &mut World, life: &mut Life) {
    let inside: Vec<_> = life.villains.iter().copied().filter(|index| world.nodes[*index].is_inside()).collect();
    let pick = world.random(inside.len() as u64) as usize;
    let Some(villain) = inside.get(pick).copied() else { return relay(world) };
    let keys = world.readable(villain);
    let newest = world.random(keys.len().min(2) as u64) as usize;
    let keys = keys[keys.len() - 1 - newest].clone();
    match world.random(14) {
        0..=2 => relay(world),
        3 => frame_again(world, villain, &keys),
        4 => change(world, villain, &keys),
        5 => contradict_itself(world, life, villain, &keys),
        6 | 7 => exceed_rights(world, life, villain, &keys),
        8 => flood(world, villain, &keys),
        9 => offer_genesis(world, villain),
        10 => come_as_strangers(world, villain),
        11 => answer_knocks(world, villain),
        12 => hand_out_wrong_floors(world, villain, &keys),
        _ => ask(world, villain, &keys),
    }
}

/// The relay keeps back, repeats or spoils.
fn relay(world: &mut World) {
    let to = world.random(world.nodes.len() as u64) as usize;
    match world.random(3) {
        0 => {
            let millis = 1_000 + world.random(HELD);
            world.hold(to, millis);
        }
        kind => {
            for _ in 0..AT_ONCE {
                let frame = recent(world);
                if kind == 1 { world.replay(frame, to) } else { world.corrupt(frame, to) }
            }
        }
    }
}

/// A frame of late.
fn recent(world: &mut World) -> usize {
    let count = world.recorded.len();
    count - 1 - world.random(RECENT.min(count as u64)) as usize
}

/// Frames anew what others signed, where it was said or elsewhere.
fn frame_again(world: &mut World, villain: usize, keys: &TopicKeys) {
    let elsewhere = world.random(4) == 0;
    for _ in 0..AT_ONCE {
        let frame = recent(world);
        let Some(inner) = world.opened(frame, keys) else { continue };
        let target = if elsewhere { world.door() } else { keys.clone() };
        for _ in 0..1 + world.random(AT_ONCE) {
            world.frame_for_all(villain, &target, &inner);
        }
    }
}

/// The same, with a bit changed or under another's name.
fn change(world: &mut World, villain: usize, keys: &TopicKeys) {
    for _ in 0..AT_ONCE {
        let frame = recent(world);
        let Some(mut inner) = world.opened(frame, keys) else { continue };
        let victim = world.random(world.nodes.len() as u64) as usize;
        if world.random(2) == 0 {
            world.impersonate(villain, victim, keys, &inner);
        } else {
            world.flip(&mut inner);
            world.frame_for_all(villain, keys, &inner);
        }
    }
}

/// Two operations with one number, the second of which others may hear first.
fn contradict_itself(world: &mut World, life: &mut Life, villain: usize, keys: &TopicKeys) {
    let membership = membership(world, villain);
    let run = own_run(life, villain);
    let account = world.nodes[villain].account();
    for role in [Role::Viewer, Role::Member] {
        let body = OperationBody::SetRole { account, role };
        let draft = membership.draft(account, world.nodes[villain].device, run, body);
        state(world, villain, keys, &draft);
    }
}

/// States what it has no right to, on top of what it knows or as if long ago.
fn exceed_rights(world: &mut World, life: &mut Life, villain: usize, keys: &TopicKeys) {
    let (account, device) = (world.nodes[villain].account(), world.nodes[villain].device);
    let victim = world.random(world.nodes.len() as u64) as usize;
    let other = world.nodes[victim].account();
    let body = match world.random(8) {
        0 => OperationBody::Remove(other),
        1 => OperationBody::Ban(other),
        2 => OperationBody::SetRole { account, role: Role::Moderator },
        3 => OperationBody::Transfer(account),
        4 => OperationBody::Destroy,
        5 => OperationBody::FloorRotate { commitment: [7; 32] },
        6 => OperationBody::Unban(account),
        _ => OperationBody::SetRole { account: other, role: Role::Viewer },
    };
    let membership = membership(world, villain);
    let mut draft = membership.draft(account, device, own_run(life, villain), body);
    if world.random(2) == 0 {
        // As if it knew nothing but how it came in.
        let own = membership.operations().find(|one| one.admitted().is_some_and(|admitted| admitted.device == device));
        draft.dependencies = own.map(VerifiedOperation::hash).into_iter().collect();
    }
    state(world, villain, keys, &draft);
}

/// Says more than anybody may.
fn flood(world: &mut World, villain: usize, keys: &TopicKeys) {
    let device = world.nodes[villain].device_key().clone();
    let victim = world.random(world.nodes.len() as u64) as usize;
    let author = world.nodes[victim].device;
    let run_of = |index: usize| world.nodes[index].room.as_ref().map_or(RunId([0; 8]), |room| room.run());
    let (own, run) = (run_of(villain), run_of(victim));
    let kind = world.random(6);
    for number in 0..FLOOD {
        let hash = OperationHash([number as u8; 32]);
        let body = match kind {
            0 => FloorBody::Typing(RunId([number as u8; 8])),
            1 => FloorBody::PresenceWanted((number % 2 == 0).then_some(author)),
            2 => FloorBody::ChatWanted(ChatWanted { author, run, first: 1, last: 200 }),
            3 => FloorBody::OperationsWanted(OperationsWanted { heads: vec![hash] }),
            4 => FloorBody::Read(Read { run: own, through: vec![MessageId { device: author, run, seq: u32::MAX }] }),
            _ => FloorBody::Leave(RunId([number as u8; 8])),
        };
        world.say_for_all(villain, keys, &device, &body);
    }
}

/// Offers geneses of its own, under a policy that suits it.
fn offer_genesis(world: &mut World, villain: usize) {
    let account = AccountKey::from_seed([240; 32]);
    let (door, device) = (world.door(), DeviceKey::from_seed([241; 32]));
    let now_s = world.now() / 1_000;
    for number in 0..4 {
        let Ok(cert) = DeviceCert::issue(&account, device.id(), now_s - 60, now_s + 3_600) else { continue };
        let founded = Genesis {
            nonce: [number; 16],
            owner: account.id(),
            policy: Policy::Open,
            created_s: now_s - 10,
            ttl_s: Genesis::DEFAULT_TTL_S,
        };
        if let Ok(genesis) = SignedGenesis::create(&device, &cert, founded) {
            world.say_for_all(villain, &door, &device, &DoorBody::Genesis(genesis.to_bytes()));
        }
    }
}

/// Knocks under names that nobody knows, and comes in where the door is open.
fn come_as_strangers(world: &mut World, villain: usize) {
    let (door, now_s) = (world.door(), world.now() / 1_000);
    for _ in 0..2 {
        let number = world.random(20) as u8;
        let (account, device) = (AccountKey::from_seed([200 + number; 32]), DeviceKey::from_seed([220 + number; 32]));
        let Ok(cert) = DeviceCert::issue(&account, device.id(), now_s - 60, now_s + 3_600) else { continue };
        let draft = Operation {
            account: account.id(),
            device: device.id(),
            run: RunId([number; 8]),
            seq: 1,
            dependencies: Vec::new(),
            body: OperationBody::Join(cert.to_bytes()),
        };
        let join = VerifiedOperation::sign(&device, world.genesis().genesis(), &draft).ok();
        let knock = Knock {
            cert: cert.to_bytes(),
            attestation: None,
            ephemeral: EphemeralSecret::generate(&mut ChaCha20Rng::from_seed([number; 32])).public(),
            name: format!("{CANARY} stranger"),
            said: RoomTime::from_millis(world.now()),
            join: join.map(|join| join.as_bytes().to_vec()),
            work: 0,
        };
        world.say_for_all(villain, &door, &device, &DoorBody::Knock(knock));
    }
}

/// Answers those who knock, as if it had the right to.
fn answer_knocks(world: &mut World, villain: usize) {
    let (door, room) = (world.door(), world.room_id());
    let device = world.nodes[villain].device_key().clone();
    let first = world.recorded.len().saturating_sub(RECENT as usize);
    for frame in first..world.recorded.len() {
        let heard = world.opened(frame, &door).map(|bytes| inner::open(room, &bytes));
        let Some(Ok(Inner { from: to, body: DoorBody::Knock(knock), .. })) = heard else { continue };
        let secret = FloorSecret { rotation: OperationHash([frame as u8; 32]), secret: [9; 32], proof: None };
        let right = Right { cert: world.cert(villain), links: Vec::new() };
        let answer = match world.random(4) {
            0 => KnockAnswer::Refuse { reason: RefusalReason::Banned, right },
            1 => KnockAnswer::Refuse { reason: RefusalReason::Declined, right },
            2 => KnockAnswer::Admit(vec![secret]),
            _ => KnockAnswer::Wait { host_online: false },
        };
        let info = [b"milanio/v1/door\0", room.as_bytes().as_slice(), device.id().as_bytes(), to.as_bytes()].concat();
        let sealed = world.seal_to(knock.ephemeral, &info, &encode(&answer).unwrap_or_default());
        world.say_for_all(villain, &door, &device, &DoorBody::Answer(SealedAnswer { to, sealed }));
    }
}

/// Hands out secrets that no rotation commits to.
fn hand_out_wrong_floors(world: &mut World, villain: usize, keys: &TopicKeys) {
    let room = world.room_id();
    let rotations: Vec<_> = membership(world, villain).rotations().iter().map(|rotation| rotation.hash).collect();
    let rotation = rotations.first().copied().unwrap_or(OperationHash([3; 32]));
    let device = world.nodes[villain].device_key().clone();
    let mut targets: Vec<(_, EphemeralPublic)> = Vec::new();
    let first = world.recorded.len().saturating_sub(RECENT as usize);
    for frame in first..world.recorded.len() {
        let heard = world.opened(frame, keys).map(|bytes| inner::open(room, &bytes));
        if let Some(Ok(Inner { from, body: FloorBody::Presence(presence), .. })) = heard {
            targets.retain(|(known, _)| *known != from);
            targets.push((from, presence.ephemeral));
        }
    }
    targets.sort_unstable_by_key(|(device, _)| *device);
    let mut sealed = Vec::new();
    for (to, ephemeral) in targets {
        let parts = [room.as_bytes().as_slice(), device.id().as_bytes(), to.as_bytes(), &rotation.0].concat();
        let info = [b"milanio/v1/floor\0".as_slice(), &parts].concat();
        sealed.push((to, world.seal_to(ephemeral, &info, &[8; 32])));
    }
    if !sealed.is_empty() {
        world.say_for_all(villain, keys, &device, &FloorBody::FloorKeys(FloorKeys { rotation, sealed }));
    }
}

/// Asks of others what only moderators may.
fn ask(world: &mut World, villain: usize, keys: &TopicKeys) {
    let device = world.nodes[villain].device_key().clone();
    let said = RoomTime::from_millis(world.now());
    for index in 0..world.nodes.len().min(AT_ONCE as usize) {
        let to = world.nodes[index].device;
        world.say_for_all(villain, keys, &device, &FloorBody::Ask(AskDevice { to, what: Ask::Mute, said }));
    }
}

/// What the operations say that node `index` holds.
pub fn membership(world: &World, index: usize) -> Membership {
    let mut membership = Membership::new(world.genesis().genesis());
    for operation in world.known_operations(index) {
        // What is known or not rooted changes nothing.
        let _ = membership.add(operation);
    }
    membership
}

fn own_run(life: &mut Life, villain: usize) -> RunId {
    life.villain_runs = life.villain_runs.wrapping_add(1);
    RunId([200, life.villain_runs, villain as u8, 0, 0, 0, 0, 0])
}

fn state(world: &mut World, villain: usize, keys: &TopicKeys, draft: &Operation) {
    let device = world.nodes[villain].device_key().clone();
    if let Ok(operation) = VerifiedOperation::sign(&device, world.genesis().genesis(), draft) {
        let said = Operations(vec![operation.as_bytes().to_vec()]);
        world.say_for_all(villain, keys, &device, &FloorBody::Operations(said));
    }
}
