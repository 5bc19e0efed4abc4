//! Whoever may come in gets in, wherever the room is by now; whoever may not learns why and nothing else.

use std::collections::BTreeSet;

use milanio_identity::{AccountKey, DeviceCert, DeviceId, DeviceKey, EphemeralSecret, Policy};
use milanio_node::{
    core::{
        room::{ModerateError, Moderation, RoomEvent, RoomLimits},
        time::RoomTime,
    },
    wire::{
        door::{Knock, RefusalReason},
        inner,
        message::DoorBody,
        operation::{Door, Role, RoomPolicy},
        work::Work,
    },
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

fn meeting(seed: u64, size: usize, inside: usize) -> World {
    let mut world = World::new(seed, size, NOON);
    (0..inside).for_each(|index| world.join(index));
    world.run(3_000);
    world
}

fn closed(door: Door) -> Moderation {
    Moderation::SetPolicy(RoomPolicy::plain(door))
}

fn knocking(world: &World, index: usize) -> Vec<DeviceId> {
    let mut waiting = Vec::new();
    for (_, event) in &world.nodes[index].told {
        match event {
            RoomEvent::Knock(knocker) => waiting.push(knocker.device),
            RoomEvent::KnockGone(device) => waiting.retain(|one| one != device),
            _ => {}
        }
    }
    waiting
}

fn refused(world: &World, index: usize, reason: RefusalReason) -> usize {
    world.nodes[index].count(|event| *event == RoomEvent::Refused(reason))
}

#[test]
fn a_newcomer_to_an_open_room_that_moved_is_in_within_two_seconds() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 5, 4);
        let account = world.nodes[3].account();
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(700_000);
        world.join(4);
        world.run(2_000);
        world.assert_together(&[0, 1, 2, 4]);
    });
}

#[test]
fn who_was_put_out_of_an_open_room_can_come_back_and_who_is_banned_cannot() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 4, 4);
        let (removed, banned) = (world.nodes[2].account(), world.nodes[3].account());
        world.moderate(0, Moderation::Remove(removed)).unwrap();
        world.moderate(0, Moderation::Ban(banned)).unwrap();
        world.run(2_000);
        world.join(2);
        world.join(3);
        world.run(5_000);
        world.assert_together(&[0, 1, 2]);
        assert_eq!(refused(&world, 3, RefusalReason::Banned), 1);
        assert!([0, 1].iter().all(|index| !world.nodes[3].sees().contains_key(&world.nodes[*index].device)));
        world.moderate(0, Moderation::Unban(banned)).unwrap();
        world.join(3);
        world.run(5_000);
        world.assert_together(&[0, 1, 2, 3]);
    });
}

#[test]
fn a_member_who_reloads_after_the_room_moved_is_back_soon() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 4, 4);
        let account = world.nodes[3].account();
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(2_000);
        world.crash(1);
        world.join(1);
        world.run(2_000);
        world.assert_together(&[0, 1, 2]);
    });
}

#[test]
fn in_a_lobby_room_a_moderator_lets_in_and_declines() {
    for_seeds(20, |seed| {
        let mut world = World::founded(seed, 4, NOON, Policy::Lobby);
        world.join(0);
        world.run(2_000);
        (1..4).for_each(|index| world.join(index));
        world.run(2_000);
        assert_eq!(knocking(&world, 0).len(), 3);
        assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::Waiting { host_online: true }), 1);
        assert_eq!(world.nodes[1].role(), None);
        let devices: Vec<_> = world.nodes.iter().map(|node| node.device).collect();
        world.moderate(0, Moderation::Admit(devices[1])).unwrap();
        world.moderate(0, Moderation::Decline(devices[2])).unwrap();
        world.run(2_000);
        world.assert_together(&[0, 1]);
        assert_eq!(refused(&world, 2, RefusalReason::Declined), 1);
        assert!(world.moderate(1, Moderation::Admit(devices[3])).is_err());
        assert_eq!(knocking(&world, 0), [devices[3]]);
        world.moderate(0, Moderation::AdmitAll).unwrap();
        world.run(2_000);
        world.assert_together(&[0, 1, 3]);
        assert_eq!(knocking(&world, 0), []);
        world.write(3, "thank you").unwrap();
        world.run(500);
        assert_eq!(world.nodes[1].transcript().len(), 1);
    });
}

#[test]
fn a_knock_that_is_not_repeated_is_taken_back_and_nobody_is_let_in_who_is_gone() {
    let mut world = World::founded(1, 2, NOON, Policy::Lobby);
    world.join(0);
    world.run(2_000);
    world.join(1);
    world.run(2_000);
    let device = world.nodes[1].device;
    assert_eq!(knocking(&world, 0), [device]);
    world.crash(1);
    world.run(45_000);
    assert_eq!(knocking(&world, 0), []);
    assert_eq!(world.moderate(0, Moderation::Admit(device)), Err(ModerateError::NotThere));
}

#[test]
fn nobody_new_comes_into_a_locked_room_and_its_members_come_back() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed, 4, 3);
        world.moderate(0, closed(Door::Locked)).unwrap();
        world.run(2_000);
        world.join(3);
        world.crash(2);
        world.join(2);
        world.run(4_000);
        world.assert_together(&[0, 1, 2]);
        assert_eq!(refused(&world, 3, RefusalReason::Locked), 1);
        assert!([0, 1].iter().all(|index| !world.nodes[3].sees().contains_key(&world.nodes[*index].device)));
        world.moderate(0, closed(Door::Open)).unwrap();
        world.run(15_000);
        world.assert_together(&[0, 1, 2, 3]);
    });
}

#[test]
fn a_knock_gets_through_a_storm() {
    for_seeds(20, |seed| {
        let mut world = World::founded(seed, 3, NOON, Policy::Lobby);
        world.weather = Weather::STORM;
        world.join(0);
        world.join(1);
        world.run(15_000);
        let device = world.nodes[1].device;
        assert_eq!(knocking(&world, 0), [device]);
        world.moderate(0, Moderation::Admit(device)).unwrap();
        world.run(30_000);
        world.assert_together(&[0, 1]);
    });
}

#[test]
fn who_kept_what_it_knew_comes_back_into_a_closed_room_without_anybody_to_ask() {
    for_seeds(10, |seed| {
        let mut world = World::founded(seed, 3, NOON, Policy::Lobby);
        world.keeps = true;
        (0..3).for_each(|index| world.join(index));
        world.run(3_000);
        world.moderate(0, Moderation::AdmitAll).unwrap();
        world.run(3_000);
        world.assert_together(&[0, 1, 2]);
        world.leave(0);
        world.crash(1);
        world.crash(2);
        world.run(1_000);
        let told = world.nodes[1].told.len();
        world.join(1);
        world.join(2);
        world.run(1_000);
        world.assert_together(&[1, 2]);
        assert_eq!(world.nodes[1].role(), Some(Role::Member));
        let since = &world.nodes[1].told[told..];
        assert!(since.iter().all(|(_, event)| !matches!(event, RoomEvent::Waiting { .. } | RoomEvent::Refused(_))));
    });
}

/// Strangers knock for `millis` milliseconds, so many a minute, each once and under a key of its own, as whoever has the code can. They
/// work for it or not.
fn crowd(world: &mut World, millis: u64, a_minute: u64, works: bool) {
    let (door, from, end) = (world.door(), world.now(), world.now() + millis);
    let account = AccountKey::from_seed([77; 32]);
    for at in (0..).map(|number| from + number * 60_000 / a_minute).take_while(|at| *at < end) {
        world.run(at.saturating_sub(world.now()));
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&at.to_be_bytes());
        let (device, said) = (DeviceKey::from_seed(seed), RoomTime::from_millis(at));
        let cert = DeviceCert::issue(&account, device.id(), said.as_secs() - 60, said.as_secs() + 3_600);
        let cert = cert.expect("an hour is allowed");
        let mut work = Work::new(world.room_id(), device.id(), said, world.limits.work_bits);
        while works && !work.step(1_000) {}
        let knock = Knock {
            cert: cert.to_bytes(),
            attestation: None,
            ephemeral: EphemeralSecret::generate(&mut ChaCha20Rng::from_seed(seed)).public(),
            name: "Nobody".to_owned(),
            said,
            join: None,
            work: work.number(said).unwrap_or_default(),
        };
        world.say_for_all(0, &door, &device, &DoorBody::Knock(knock));
    }
    world.run(end - world.now());
}

/// A room whose floor has moved, and where so much work is asked for: nodes 0 to 2 are in, and node 4 is to come.
fn moved(seed: u64, work_bits: u32) -> World {
    let mut world = World::new(seed, 5, NOON);
    world.limits.work_bits = work_bits;
    (0..4).for_each(|index| world.join(index));
    world.run(3_000);
    let account = world.nodes[3].account();
    world.moderate(0, Moderation::Remove(account)).expect("a right to it");
    world.run(3_000);
    world
}

#[test]
fn two_thousand_strangers_a_minute_who_do_not_work_keep_nobody_out() {
    for_seeds(4, |seed| {
        let mut world = moved(seed, RoomLimits::default().work_bits);
        crowd(&mut world, 30_000, 2_000, false);
        world.join(4);
        crowd(&mut world, 4_000, 2_000, false);
        world.assert_together(&[0, 1, 2, 4]);
        assert!((0..3).all(|index| world.nodes[index].count(|event| matches!(event, RoomEvent::Muted { .. })) == 0));
    });
}

#[test]
fn strangers_who_work_keep_nobody_out_for_long_and_have_nobody_muted() {
    for_seeds(2, |seed| {
        let mut world = moved(seed, 6);
        crowd(&mut world, 60_000, 600, true);
        world.join(4);
        crowd(&mut world, 40_000, 600, true);
        world.assert_together(&[0, 1, 2, 4]);
        assert!((0..3).all(|index| world.nodes[index].count(|event| matches!(event, RoomEvent::Muted { .. })) == 0));
    });
}

#[test]
fn a_class_that_comes_to_a_lobby_at_one_moment_is_seen_to_wait_and_goes_on_being_seen() {
    let mut world = World::founded(1, 31, NOON, Policy::Lobby);
    world.limits.work_bits = 14;
    world.join(0);
    world.run(2_000);
    (1..31).for_each(|index| world.join(index));
    world.run(4_000);
    assert_eq!(knocking(&world, 0).len(), 30);
    world.run(60_000);
    assert_eq!(world.nodes[0].count(|event| matches!(event, RoomEvent::KnockGone(_))), 0);
    world.moderate(0, Moderation::AdmitAll).unwrap();
    world.run(4_000);
    world.assert_together(&(0..31).collect::<Vec<_>>());
}

#[test]
fn who_is_among_members_says_no_name_at_the_door() {
    let mut world = World::founded(1, 3, NOON, Policy::Lobby);
    (0..3).for_each(|index| world.join(index));
    world.run(2_000);
    let (door, room) = (world.door(), world.room_id());
    let names = |from: usize, world: &World| -> BTreeSet<String> {
        let said = (from..world.recorded.len()).filter_map(|frame| world.opened(frame, &door));
        let knocks = said.filter_map(|bytes| match inner::open(room, &bytes).ok()?.body {
            DoorBody::Knock(knock) => Some(knock.name),
            _ => None,
        });
        knocks.collect()
    };
    let seen = names(0, &world);
    assert!(seen.contains("Person 1") && seen.contains("Person 2"), "who waits is seen to: {seen:?}");
    world.moderate(0, Moderation::AdmitAll).unwrap();
    world.run(3_000);
    world.assert_together(&[0, 1, 2]);
    for quiet in [true, false] {
        let inside = world.recorded.len();
        world.run(150_000);
        assert_eq!(names(inside, &world), [String::new()].into(), "quiet: {quiet}");
        // A member falls silent, so that a part of the room may be elsewhere.
        world.crash(2);
    }
}
