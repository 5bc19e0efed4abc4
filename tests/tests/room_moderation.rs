//! Who may decide does, everybody sees the same of it soon, and who is out hears nothing more.

use std::collections::BTreeSet;

use milanio_identity::Policy;
use milanio_node::{
    core::{
        membership::Refusal,
        room::{Act, Departure, ModerateError, Moderation, RoomEvent},
    },
    wire::{
        door::RefusalReason,
        floor::Ask,
        operation::{Door, Role, RoomPolicy},
    },
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

fn meeting(seed: u64, size: usize) -> World {
    let mut world = World::new(seed, size, NOON);
    (0..size).for_each(|index| world.join(index));
    world.run(3_000);
    world
}

fn removed(world: &World, index: usize) -> Option<u64> {
    let is_removed = |(_, event): &&(u64, RoomEvent)| matches!(event, RoomEvent::Removed { .. });
    world.nodes[index].told.iter().find(is_removed).map(|(at, _)| *at)
}

#[test]
fn the_founder_owns_the_room_and_others_are_members() {
    let world = meeting(1, 4);
    world.assert_together(&[0, 1, 2, 3]);
    assert_eq!(world.nodes[0].role(), Some(Role::Owner));
    assert_eq!(world.nodes[3].role(), Some(Role::Member));
    let roster = world.nodes[0].roster().unwrap();
    assert!(roster.members.iter().all(|member| member.outranked != (member.role == Role::Owner)));
}

#[test]
fn who_is_put_out_is_gone_within_two_seconds_hears_nothing_after_and_the_others_stay() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 6);
        let (kicked, account) = (world.nodes[2].device, world.nodes[2].account());
        let at = world.now();
        let topics: BTreeSet<_> = world.nodes[0].room.as_ref().unwrap().topics().collect();
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(2_000);
        world.assert_together(&[0, 1, 3, 4, 5]);
        assert!(removed(&world, 2).is_some_and(|when| when - at < 200));
        for index in [0, 1, 3, 4, 5] {
            let [(when, reason)] = world.nodes[index].departures(kicked)[..] else { panic!("one departure") };
            assert!(when - at < 200, "{}", when - at);
            assert_eq!(reason, Departure::Removed { by: Some(world.nodes[0].account()) });
            assert_eq!(world.nodes[index].count(|event| matches!(event, RoomEvent::MemberLeft { .. })), 1);
        }
        // Nothing is said any more where the one who is out could hear it.
        let before = world.recorded.len();
        let told = world.nodes[2].told.len();
        world.write(1, "among us").unwrap();
        world.run(10_000);
        assert_eq!(world.nodes[5].texts(), ["among us"]);
        assert!(world.recorded[before..].iter().all(|(topic, _)| !topics.contains(topic)), "a frame on the old floor");
        assert_eq!(world.nodes[2].told.len(), told);
    });
}

#[test]
fn who_was_banned_is_refused_by_those_inside_and_knocks_once_the_ban_is_lifted() {
    let refusals = |world: &World| world.nodes[2].count(|event| *event == RoomEvent::Refused(RefusalReason::Banned));
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 3);
        let (account, device) = (world.nodes[2].account(), world.nodes[2].device);
        world.moderate(0, Moderation::Ban(account)).unwrap();
        world.run(2_000);
        assert!(removed(&world, 2).is_some());
        // It keeps what it knows of the room, the ban among it.
        world.crash(2);
        world.join(2);
        world.run(5_000);
        assert_eq!(refusals(&world), 1);
        world.crash(2);
        world.moderate(0, Moderation::Unban(account)).unwrap();
        world.run(2_000);
        world.join(2);
        world.run(12_000);
        assert_eq!(refusals(&world), 1, "the ban is over");
        world.moderate(0, Moderation::Admit(device)).unwrap();
        world.run(5_000);
        world.assert_together(&[0, 1, 2]);
    });
}

#[test]
fn who_puts_itself_out_is_heard_to() {
    let mut world = meeting(4, 4);
    let account = world.nodes[2].account();
    world.moderate(2, Moderation::Remove(account)).unwrap();
    world.run(2_000);
    assert!(removed(&world, 2).is_some());
    world.assert_together(&[0, 1, 3]);
}

#[test]
fn a_removal_reaches_everybody_in_a_storm_and_nobody_who_stays_is_lost() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 8);
        world.weather = Weather::STORM;
        let account = world.nodes[5].account();
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(40_000);
        world.weather = Weather::FINE;
        world.run(15_000);
        world.assert_together(&[0, 1, 2, 3, 4, 6, 7]);
        world.write(3, "still together").unwrap();
        world.run(2_000);
        for index in [0, 1, 2, 4, 6, 7] {
            assert_eq!(world.nodes[index].texts(), ["still together"], "node {index}");
        }
    });
}

#[test]
fn who_has_no_right_is_told_so_and_changes_nothing() {
    let mut world = meeting(2, 3);
    let (owner, other) = (world.nodes[0].account(), world.nodes[2].account());
    let policy = RoomPolicy::plain(Door::Locked);
    for (act, why) in [
        (Moderation::Remove(owner), Refusal::NoRight),
        (Moderation::Ban(other), Refusal::NoRight),
        (Moderation::SetRole { account: other, role: Role::Viewer }, Refusal::NoRight),
        (Moderation::SetPolicy(policy), Refusal::NoRight),
        (Moderation::Destroy, Refusal::NoRight),
        (Moderation::Ask { device: world.nodes[0].device, what: Ask::Mute }, Refusal::NoRight),
    ] {
        assert_eq!(world.moderate(1, act), Err(ModerateError::NotAllowed(why)), "{act:?}");
    }
    world.run(2_000);
    world.assert_together(&[0, 1, 2]);
}

#[test]
fn a_moderator_is_one_for_everybody_and_no_longer_when_demoted() {
    let mut world = meeting(3, 4);
    let moderator = world.nodes[1].account();
    world.moderate(0, Moderation::SetRole { account: moderator, role: Role::Moderator }).unwrap();
    world.run(200);
    world.assert_together(&[0, 1, 2, 3]);
    assert_eq!(world.nodes[3].sees()[&world.nodes[1].device].role, Role::Moderator);
    let act = Act::SetRole(moderator, Role::Moderator);
    let by = world.nodes[0].account();
    assert_eq!(world.nodes[2].count(|event| *event == RoomEvent::Acted { by, what: act }), 1);
    let target = world.nodes[2].account();
    world.moderate(1, Moderation::Remove(target)).unwrap();
    world.run(1_000);
    world.assert_together(&[0, 1, 3]);
    world.moderate(0, Moderation::SetRole { account: moderator, role: Role::Member }).unwrap();
    world.run(200);
    let target = world.nodes[3].account();
    assert_eq!(world.moderate(1, Moderation::Remove(target)), Err(ModerateError::NotAllowed(Refusal::NoRight)));
}

#[test]
fn what_is_asked_of_a_device_is_heard_by_it_alone_from_moderators_alone_and_once() {
    let mut world = meeting(4, 3);
    let device = world.nodes[1].device;
    world.act(1, |room, now| room.set_hand(true, now));
    world.run(100);
    assert!(world.nodes[2].sees()[&device].hand.is_some());
    world.moderate(0, Moderation::Ask { device, what: Ask::LowerHand }).unwrap();
    world.moderate(0, Moderation::Ask { device, what: Ask::Mute }).unwrap();
    world.run(100);
    assert!(world.nodes[2].sees()[&device].hand.is_none());
    let by = world.nodes[0].device;
    for (topic, data) in world.recorded.clone() {
        world.inject(1, topic, &data);
    }
    assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::Asked { by, what: Ask::Mute }), 1);
    assert_eq!(world.nodes[2].count(|event| matches!(event, RoomEvent::Asked { .. })), 0);
}

#[test]
fn viewers_cannot_write_where_only_members_may() {
    let mut world = meeting(5, 3);
    let viewer = world.nodes[2].account();
    let policy = RoomPolicy { chat: Role::Member, ..RoomPolicy::plain(Door::Open) };
    world.moderate(0, Moderation::SetPolicy(policy)).unwrap();
    world.moderate(0, Moderation::SetRole { account: viewer, role: Role::Viewer }).unwrap();
    world.run(500);
    assert!(world.write(2, "unheard").is_none());
    world.write(1, "heard").unwrap();
    world.run(500);
    assert_eq!(world.nodes[0].texts(), ["heard"]);
}

#[test]
fn an_owner_who_leaves_for_good_is_followed_by_the_heir_and_one_who_reloads_is_not() {
    let mut world = meeting(6, 3);
    let heir = world.nodes[0].roster().unwrap().heir.unwrap();
    world.crash(0);
    world.run(500);
    world.join(0);
    world.run(3_000);
    assert_eq!(world.nodes[1].roster().unwrap().owner, world.nodes[0].account());
    world.act(0, |room, now| room.leave_for_good(now));
    world.crash(0);
    world.run(10_000);
    world.assert_together(&[1, 2]);
    assert_eq!(world.nodes[1].roster().unwrap().owner, heir);
    assert_eq!(world.nodes[2].roster().unwrap().members.len(), 2);
}

#[test]
fn the_owner_ends_the_room_for_everybody() {
    let mut world = meeting(7, 3);
    world.moderate(0, Moderation::Destroy).unwrap();
    world.run(200);
    let by = world.nodes[0].account();
    for node in &world.nodes {
        assert_eq!(node.count(|event| *event == RoomEvent::Destroyed { by }), 1);
        assert!(node.room.as_ref().is_some_and(|room| !room.is_inside() && room.topics().count() == 0));
    }
}

#[test]
fn moderators_who_act_apart_from_each_other_come_to_one_room_when_they_meet_again() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 6);
        let moderator = world.nodes[1].account();
        world.moderate(0, Moderation::SetRole { account: moderator, role: Role::Moderator }).unwrap();
        world.run(1_000);
        world.part(|index| u8::from(index % 2 == 1));
        let (here, there) = (world.nodes[3].account(), world.nodes[4].account());
        world.moderate(0, Moderation::Remove(here)).unwrap();
        world.moderate(1, Moderation::Remove(there)).unwrap();
        world.run(30_000);
        world.part(|_| 0);
        let healed = world.now();
        world.run(60_000);
        assert!(removed(&world, 3).is_some_and(|at| at > healed), "node 3");
        assert!(removed(&world, 4).is_some_and(|at| at > healed), "node 4");
        world.assert_together(&[0, 1, 2, 5]);
        world.write(5, "one room").unwrap();
        world.run(2_000);
        for index in [0, 1, 2] {
            assert!(world.nodes[index].texts().contains(&"one room".to_owned()), "node {index}");
        }
    });
}

#[test]
fn a_removal_that_comes_to_count_late_is_followed_by_a_new_floor() {
    for_seeds(10, |seed| {
        let mut world = World::new(seed, 7, NOON);
        world.keeps = true;
        (0..7).for_each(|index| world.join(index));
        world.run(3_000);
        for index in [1, 2, 4] {
            let account = world.nodes[index].account();
            world.moderate(0, Moderation::SetRole { account, role: Role::Moderator }).unwrap();
            world.run(500);
        }
        let accounts: Vec<_> = world.nodes.iter().map(|node| node.account()).collect();
        // Node 2 bans node 3, which is void where node 1 removes node 2, which is void where the owner demotes node 1.
        world.part(|index| index.min(2) as u8);
        world.moderate(2, Moderation::Ban(accounts[3])).unwrap();
        world.moderate(1, Moderation::Remove(accounts[2])).unwrap();
        world.moderate(0, Moderation::SetRole { account: accounts[1], role: Role::Member }).unwrap();
        world.run(1_000);
        world.part(|index| u8::from(index == 0));
        world.run(40_000);
        world.crash(3);
        world.join(3);
        world.run(15_000);
        world.moderate(4, Moderation::Remove(accounts[6])).unwrap();
        world.run(15_000);
        assert!(world.nodes[3].role().is_some(), "as far as is known there, nobody banned it");
        world.part(|_| 0);
        world.run(60_000);
        assert!(!world.nodes[3].is_inside(), "it is out now");
        let latest = world.nodes[0].floors().last().cloned().expect("there were rotations");
        assert!(!world.nodes[3].floors().contains(&latest), "the one who is out has the floor's secret");
        world.assert_together(&[0, 1, 4, 5]);
    });
}

#[test]
fn a_closed_room_is_never_spoken_in_where_the_code_alone_leads() {
    let mut world = World::founded(8, 1, NOON, Policy::Lobby);
    world.join(0);
    world.run(5_000);
    world.write(0, "to myself").unwrap();
    world.run(5_000);
    let day = (NOON / 86_400_000) as u32;
    let zero = world.floor_zero(day);
    assert!(world.recorded.iter().all(|(topic, _)| *topic != zero));
    assert_eq!(world.nodes[0].role(), Some(Role::Owner));
}
