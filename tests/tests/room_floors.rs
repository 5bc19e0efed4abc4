//! Floors are replaced by the hour and whenever somebody is out; nobody is lost over it, and nobody goes on where outsiders hear.

use std::collections::BTreeSet;

use milanio_identity::TopicName;
use milanio_node::{
    core::room::{Moderation, RoomEvent},
    wire::{
        inner,
        message::FloorBody,
        operation::{OperationBody, Role},
    },
};
use milanio_tests::sim::{NOON, World, for_seeds};

const MINUTE: u64 = 60_000;

fn meeting(seed: u64, size: usize) -> World {
    let mut world = World::new(seed, size, NOON - 2 * 60 * MINUTE);
    world.keeps = true;
    (0..size).for_each(|index| world.join(index));
    world.run(3_000);
    world
}

fn appoint(world: &mut World, index: usize) {
    let account = world.nodes[index].account();
    world.moderate(0, Moderation::SetRole { account, role: Role::Moderator }).expect("a right to it");
    world.run(500);
}

/// Who made the floors that node `index` knows of, in order.
fn rotations(world: &World, index: usize) -> Vec<usize> {
    let of = |device| world.nodes.iter().position(|node| node.device == device).expect("a node");
    let operations = world.known_operations(index).into_iter();
    let is_rotation = |body: &OperationBody| matches!(body, OperationBody::FloorRotate { .. });
    operations.filter(|one| is_rotation(&one.operation().body)).map(|one| of(one.operation().device)).collect()
}

/// The lowest device of these nodes.
fn first_of(world: &World, nodes: &[usize]) -> usize {
    *nodes.iter().min_by_key(|index| world.nodes[**index].device).expect("some")
}

#[test]
fn one_moderator_replaces_the_floor_every_hour_and_the_room_stays_whole() {
    let mut world = meeting(1, 4);
    appoint(&mut world, 2);
    let topics: BTreeSet<_> = world.nodes[3].room.as_ref().unwrap().topics().collect();
    for hour in 1..=2 {
        world.run(57 * MINUTE);
        assert_eq!(rotations(&world, 3).len(), hour - 1);
        world.run(4 * MINUTE);
        assert_eq!(rotations(&world, 3).len(), hour, "one device replaces it, once");
        world.write(1, &format!("hour {hour}")).unwrap();
        world.run(1_000);
        world.assert_together(&[0, 1, 2, 3]);
    }
    assert_eq!(rotations(&world, 3), [first_of(&world, &[0, 2]); 2]);
    assert_eq!(world.nodes[3].texts(), ["hour 1", "hour 2"]);
    let now: BTreeSet<_> = world.nodes[3].room.as_ref().unwrap().topics().collect();
    assert_eq!(now.difference(&topics).count(), 2, "the floor, and for a while the one before");
    // Who comes with the code alone finds the way.
    world.crash(1);
    world.nodes[1].told.clear();
    world.join(1);
    world.run(3_000);
    world.assert_together(&[0, 1, 2, 3]);
}

#[test]
fn the_next_in_line_replaces_the_floor_when_the_first_is_away() {
    let mut world = meeting(2, 4);
    appoint(&mut world, 2);
    let first = first_of(&world, &[0, 2]);
    world.crash(first);
    world.run(62 * MINUTE);
    assert_eq!(rotations(&world, 3), [2 - first]);
    world.join(first);
    world.run(15_000);
    world.assert_together(&[0, 1, 2, 3]);
}

/// Loses the secrets of new floors on the way to node 3.
fn loses_secrets_for_three(world: &World, to: usize, topic: &TopicName, data: &[u8]) -> bool {
    to != 3 || !is_secret(world, topic, data)
}

fn loses_secrets(world: &World, _: usize, topic: &TopicName, data: &[u8]) -> bool {
    !is_secret(world, topic, data)
}

/// Whether a frame carries the secret of a floor, or is said at the door, where there are such.
fn is_secret(world: &World, topic: &TopicName, data: &[u8]) -> bool {
    *topic == world.door().topic() || matches!(body(world, topic, data), Some(FloorBody::FloorKeys(_)))
}

fn body(world: &World, topic: &TopicName, data: &[u8]) -> Option<FloorBody> {
    let keys = (0..world.nodes.len()).flat_map(|index| world.readable(index)).find(|keys| keys.topic() == *topic)?;
    let now = milanio_node::core::time::RoomTime::from_millis(world.now());
    let bytes = milanio_node::wire::frame::open(&keys, data, now).ok()?;
    inner::open(world.room_id(), &bytes).ok().map(|heard| heard.body)
}

#[test]
fn who_knows_of_a_removal_and_lacks_the_new_secret_waits_and_says_nothing_where_the_outsider_hears() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 5);
        let account = world.nodes[4].account();
        world.filter = Some(loses_secrets_for_three);
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(500);
        assert!(world.nodes[3].roster().unwrap().find(&account).is_none(), "it heard of the removal");
        let first = world.recorded.len();
        world.write(3, "for members").unwrap();
        world.run(9_000);
        for frame in first..world.recorded.len() {
            let (topic, data) = world.recorded[frame].clone();
            let heard_outside = world.readable(4).iter().any(|keys| keys.topic() == topic);
            if world.said[frame].1 == 3 && heard_outside {
                let said = body(&world, &topic, &data);
                assert!(
                    matches!(said, None | Some(FloorBody::Operations(_) | FloorBody::OperationsWanted(_))),
                    "{said:?}"
                );
            }
        }
        assert_eq!(world.nodes[0].texts(), Vec::<String>::new());
        world.filter = None;
        world.run(12_000);
        world.assert_together(&[0, 1, 2, 3]);
        assert_eq!(world.nodes[0].texts(), ["for members"], "it had waited");
    });
}

#[test]
fn a_secret_that_is_lost_with_its_maker_is_replaced_by_another_moderator() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 5);
        appoint(&mut world, 1);
        let account = world.nodes[4].account();
        world.filter = Some(loses_secrets);
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(200);
        world.crash(0);
        world.filter = None;
        world.write(2, "who hears this?").unwrap();
        world.run(40_000);
        world.assert_together(&[1, 2, 3]);
        assert_eq!(world.nodes[3].texts(), ["who hears this?"]);
        assert_eq!(world.nodes[4].count(|event| matches!(event, RoomEvent::Chat(_))), 0);
    });
}

#[test]
fn parts_that_were_apart_for_long_on_floors_of_their_own_meet_again() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 6);
        appoint(&mut world, 1);
        world.part(|index| u8::from(index % 2 == 1));
        let (here, there) = (world.nodes[4].account(), world.nodes[5].account());
        world.moderate(0, Moderation::Remove(here)).unwrap();
        world.moderate(1, Moderation::Remove(there)).unwrap();
        world.run(25 * MINUTE);
        world.write(0, "even").unwrap();
        world.write(1, "odd").unwrap();
        world.run(1_000);
        world.assert_together(&[0, 2]);
        world.part(|_| 0);
        world.run(90_000);
        world.assert_together(&[0, 1, 2, 3]);
        world.write(3, "one room").unwrap();
        world.run(2_000);
        for index in [0, 1, 2] {
            assert!(world.nodes[index].texts().contains(&"one room".to_owned()), "node {index}");
        }
    });
}

#[test]
fn a_part_that_moved_on_and_one_that_did_not_meet_again_after_long() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 5);
        let account = world.nodes[2].account();
        world.part(|index| u8::from(index % 2 == 1));
        world.moderate(0, Moderation::Remove(account)).unwrap();
        world.run(25 * MINUTE);
        world.part(|_| 0);
        world.run(90_000);
        world.assert_together(&[0, 1, 3, 4]);
    });
}

#[test]
fn who_comes_back_to_a_later_floor_finds_those_who_met_by_the_code_alone_meanwhile() {
    for_seeds(5, |seed| {
        let mut world = World::new(seed, 5, NOON - 2 * 60 * MINUTE);
        world.keeps = true;
        (0..3).for_each(|index| world.join(index));
        world.run(62 * MINUTE);
        assert_eq!(rotations(&world, 0).len(), 1);
        (0..3).for_each(|index| world.leave(index));
        world.run(30_000);
        world.join(3);
        world.join(4);
        world.run(30_000);
        world.assert_together(&[3, 4]);
        world.join(0);
        world.run(5_000);
        world.assert_together(&[0, 3, 4]);
        world.write(0, "you are early").unwrap();
        world.run(1_000);
        assert_eq!(world.nodes[4].texts(), ["you are early"]);
    });
}
