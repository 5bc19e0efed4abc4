//! Nobody can change a knock, an answer, a floor's secret or a moderator's request on its way, nor turn a knocker away who has no right
//! to. `MILANIO_FORGERIES` says how many changed messages are tried.

use milanio_identity::{DeviceId, DeviceKey, EphemeralPublic, FloorRoot, Policy};
use milanio_node::{
    core::room::{ModerateError, Moderation, RoomEvent},
    wire::{
        codec::encode,
        door::{FloorSecret, KnockAnswer, RefusalReason, Right, RotationProof, SealedAnswer},
        floor::Ask,
        inner::{self, Inner, InnerError},
        limits::RIGHT_LINKS,
        message::{DoorBody, FloorBody, RunId},
        operation::{Door, Operation, OperationBody, OperationHash, Role, RoomPolicy, VerifiedOperation},
    },
};
use milanio_tests::{
    sim::{NOON, World, for_seeds_at_once},
    tries::{Tries, forgeries},
};

/// Changed messages, unless the environment says another number.
const FORGERIES: u64 = 100_000;
/// Rooms they come from.
const ROOMS: u64 = 20;
/// Lengths of an inner message's speaker and signature.
const SPEAKER: usize = 32;
const SIGNATURE: usize = 64;

/// A room with a lobby: node 0 owns it, node 1 is a moderator, node 2 a member, and node 3 waits at the door.
fn lobby(seed: u64) -> World {
    let mut world = World::founded(seed, 4, NOON, Policy::Lobby);
    world.keeps = true;
    (0..3).for_each(|index| world.join(index));
    world.run(2_000);
    world.moderate(0, Moderation::AdmitAll).expect("a right to it");
    world.run(2_000);
    let (moderator, member) = (world.nodes[1].account(), world.nodes[2].device);
    world.moderate(0, Moderation::SetRole { account: moderator, role: Role::Moderator }).expect("a right to it");
    world.run(500);
    world.moderate(1, Moderation::Ask { device: member, what: Ask::Mute }).expect("a right to it");
    world.join(3);
    world.run(2_000);
    world
}

/// Every inner message of the kinds that are forged here, and whether it was said at the door.
fn originals(world: &World) -> Vec<(bool, Vec<u8>)> {
    let keys: Vec<_> = world.readable(0).into_iter().chain([world.door()]).collect();
    let said =
        (0..world.recorded.len()).flat_map(|frame| keys.iter().filter_map(move |keys| world.opened(frame, keys)));
    let wanted = said.filter_map(|inner| {
        let at_door = inner::open::<DoorBody>(world.room_id(), &inner).map(|heard| heard.body);
        let on_floor = inner::open::<FloorBody>(world.room_id(), &inner).map(|heard| heard.body);
        let is_wanted = matches!(at_door, Ok(DoorBody::Knock(_) | DoorBody::Answer(_)))
            || matches!(on_floor, Ok(FloorBody::FloorKeys(_) | FloorBody::Ask(_)));
        is_wanted.then_some((at_door.is_ok(), inner))
    });
    wanted.collect()
}

/// `bytes`, changed in one of the ways an attacker has; `other` is another message of the room.
fn forged(world: &mut World, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut forged = bytes.to_vec();
    let at = world.random(bytes.len() as u64) as usize;
    match world.random(8) {
        0..=2 => world.flip(&mut forged),
        3 => forged.truncate(at),
        4 => forged.insert(at, 7),
        // Another's words under one's own signature, and another's name on one's own words.
        5 => forged.splice(bytes.len() - SIGNATURE.., other[other.len() - SIGNATURE..].iter().copied()).for_each(drop),
        6 => forged[..SPEAKER].copy_from_slice(&other[..SPEAKER]),
        // A weak key, under which almost anything verifies when it is checked laxly.
        _ => {
            forged[..SPEAKER].fill(0);
            forged[0] = 1;
            forged[bytes.len() - SIGNATURE..].fill(0);
            forged[bytes.len() - SIGNATURE] = 1;
        }
    }
    forged
}

/// Why a message is not heard at the door, or else on a floor.
fn refused(world: &World, at_door: bool, forged: &[u8]) -> InnerError {
    let heard = if at_door {
        inner::open::<DoorBody>(world.room_id(), forged).map(|heard| heard.from)
    } else {
        inner::open::<FloorBody>(world.room_id(), forged).map(|heard| heard.from)
    };
    heard.expect_err("it was changed")
}

#[test]
fn no_changed_message_is_accepted() {
    let tries = Tries::new("admits");
    for_seeds_at_once(ROOMS, |seed| {
        let mut world = lobby(seed);
        let originals = originals(&world);
        assert!(originals.len() >= 8, "{}", originals.len());
        let mut left = forgeries(FORGERIES).div_ceil(ROOMS);
        while left > 0 {
            let [message, other] = [0; 2].map(|_| world.random(originals.len() as u64) as usize);
            let ((at_door, bytes), (_, other)) = (&originals[message], &originals[other]);
            let forged = forged(&mut world, bytes, other);
            if !originals.iter().any(|(_, original)| *original == forged) {
                left -= 1;
                // Sometimes where it does not belong.
                let at_door = *at_door != (world.random(8) == 0);
                tries.refused(matches!(refused(&world, at_door, &forged), InnerError::Signature(_)));
            }
        }
    });
    tries.tell();
}

/// The device that knocked last, and what it is answered by.
fn knocker(world: &World) -> (DeviceId, EphemeralPublic) {
    let door = world.door();
    let last = (0..world.recorded.len()).rev().find_map(|frame| {
        match inner::open(world.room_id(), &world.opened(frame, &door)?).ok()? {
            Inner { from, body: DoorBody::Knock(knock), .. } => Some((from, knock.ephemeral)),
            _ => None,
        }
    });
    last.expect("somebody knocks")
}

/// `by` answers the knocker, from where node 2 is.
fn answer(world: &mut World, by: &DeviceKey, (to, ephemeral): (DeviceId, EphemeralPublic), answer: &KnockAnswer) {
    let (door, room) = (world.door(), world.room_id());
    let info = [b"milanio/v1/door\0", room.as_bytes().as_slice(), by.id().as_bytes(), to.as_bytes()].concat();
    let sealed = world.seal_to(ephemeral, &info, &encode(answer).expect("an answer"));
    world.say_for_all(2, &door, by, &DoorBody::Answer(SealedAnswer { to, sealed }));
}

/// The `number`th thing to say to a knocker without a right to.
fn lie(world: &World, number: u8, by: &DeviceKey) -> KnockAnswer {
    // Its own certificate, the owner's, and the moderator's: none of them is the speaker's and shows a right.
    let right = Right { cert: world.cert(usize::from(number) % 3), links: Vec::new() };
    let reason = [RefusalReason::Banned, RefusalReason::Declined, RefusalReason::Locked][usize::from(number) % 3];
    let floor = FloorSecret { rotation: OperationHash([number; 32]), secret: [number; 32], proof: None };
    match number % 5 {
        0 | 1 => KnockAnswer::Refuse { reason, right },
        2 => KnockAnswer::Admit(vec![floor]),
        3 => {
            let commitment = FloorRoot::from_bytes(floor.secret).commitment();
            let account = world.nodes[2].account();
            let body = OperationBody::FloorRotate { commitment };
            let draft =
                Operation { account, device: by.id(), run: RunId([number; 8]), seq: 1, dependencies: Vec::new(), body };
            let rotation = VerifiedOperation::sign(by, world.genesis().genesis(), &draft).expect("an operation");
            let proof = Some(RotationProof { operation: rotation.as_bytes().to_vec(), right });
            KnockAnswer::Admit(vec![FloorSecret { rotation: rotation.hash(), proof, ..floor }])
        }
        _ => KnockAnswer::Wait { host_online: number.is_multiple_of(2) },
    }
}

/// `count` of them, one every `wait` milliseconds, of a member and of as many `strangers`; then the right answer, which is to count.
fn forestall(count: usize, wait: u64, strangers: u8) {
    let mut world = lobby(1);
    let knocker = knocker(&world);
    assert_eq!(knocker.0, world.nodes[3].device);
    let member = world.nodes[2].device_key().clone();
    let speakers: Vec<_> = (0..strangers).map(|number| DeviceKey::from_seed([number; 32])).chain([member]).collect();
    let told = world.nodes[3].told.len();
    for number in 0..count {
        let by = &speakers[number % speakers.len()];
        let lie = lie(&world, (number % 251) as u8, by);
        answer(&mut world, by, knocker, &lie);
        world.run(wait);
    }
    let since = &world.nodes[3].told[told..];
    let misled = |event: &RoomEvent| matches!(event, RoomEvent::Refused(_) | RoomEvent::Floor(_));
    assert!(!since.iter().any(|(_, event)| misled(event)), "{since:?}");
    // Whoever decides is still heard, at once.
    world.moderate(1, Moderation::AdmitAll).expect("a right to it");
    for number in 0..20 {
        let lie = lie(&world, (number % 251) as u8, &speakers[number % speakers.len()]);
        answer(&mut world, &speakers[number % speakers.len()], knocker, &lie);
        world.run(50);
    }
    world.run(1_000);
    assert_eq!(world.nodes[3].sees().len(), 3);
}

#[test]
fn a_member_who_has_no_right_turns_nobody_away_misleads_and_delays_nobody() {
    forestall(200, 60, 0);
}

#[test]
fn nor_do_any_number_of_strangers() {
    forestall(1_000, 25, 250);
}

#[test]
fn a_moderator_and_not_the_owner_alone_can_decline() {
    let mut world = lobby(1);
    let device = world.nodes[3].device;
    world.crash(0);
    world.moderate(1, Moderation::Decline(device)).expect("a right to it");
    world.run(1_000);
    assert_eq!(world.nodes[3].count(|event| *event == RoomEvent::Refused(RefusalReason::Declined)), 1);
}

/// An open room of `owners` people in which each gives the room to the next, and the last one closes it; then somebody knocks.
fn given_away(owners: usize) -> World {
    let mut world = World::founded(3, owners + 1, NOON, Policy::Open);
    (0..owners).for_each(|index| world.join(index));
    world.run(3_000);
    for index in 1..owners {
        let account = world.nodes[index].account();
        world.moderate(index - 1, Moderation::Transfer(account)).expect("a right to it");
        world.run(1_000);
    }
    close(&mut world, owners - 1);
    world
}

/// The owner closes the room, and the last node knocks.
fn close(world: &mut World, owner: usize) {
    let policy = world.nodes[owner].roster().expect("a room").policy;
    world.moderate(owner, Moderation::SetPolicy(RoomPolicy { door: Door::Lobby, ..policy })).expect("a right to it");
    world.run(1_000);
    world.join(world.nodes.len() - 1);
    world.run(2_000);
}

fn assert_turned_away(world: &mut World, by: usize) {
    let knocker = world.nodes.last().expect("somebody").device;
    world.moderate(by, Moderation::Decline(knocker)).expect("a right that can be shown");
    world.run(1_000);
    let told =
        world.nodes.last().expect("somebody").count(|event| *event == RoomEvent::Refused(RefusalReason::Declined));
    assert_eq!(told, 1);
}

#[test]
fn owners_who_can_show_no_right_let_in_all_the_same_and_do_not_seem_to_turn_away() {
    // One change of owner more than a right has room for.
    let mut world = given_away(RIGHT_LINKS + 2);
    let (owner, knocker) = (RIGHT_LINKS + 1, RIGHT_LINKS + 2);
    let device = world.nodes[knocker].device;
    assert_eq!(world.moderate(owner, Moderation::Decline(device)), Err(ModerateError::NotShown));
    world.run(12_000);
    let is_gone = |event: &RoomEvent| *event == RoomEvent::KnockGone(device);
    assert_eq!(world.nodes[owner].count(is_gone), 0, "it still waits, and is seen to");
    world.moderate(owner, Moderation::AdmitAll).expect("a right to it");
    world.run(3_000);
    assert_eq!(world.nodes[knocker].sees().len(), RIGHT_LINKS + 2);
}

#[test]
fn the_owner_of_a_room_that_was_given_away_as_often_as_can_be_shown_turns_away() {
    let mut world = given_away(RIGHT_LINKS + 1);
    assert_turned_away(&mut world, RIGHT_LINKS);
}

#[test]
fn the_heir_of_an_owner_who_left_turns_away() {
    let mut world = World::founded(4, 4, NOON, Policy::Open);
    (0..3).for_each(|index| world.join(index));
    world.run(3_000);
    let heir = world.nodes[0].roster().expect("a room").heir.expect("others are in");
    world.act(0, |room, now| room.leave_for_good(now));
    world.crash(0);
    world.run(10_000);
    let heir = (1..3).find(|index| world.nodes[*index].account() == heir).expect("a node");
    assert_eq!(world.nodes[heir].role(), Some(Role::Owner));
    close(&mut world, heir);
    assert_turned_away(&mut world, heir);
}
