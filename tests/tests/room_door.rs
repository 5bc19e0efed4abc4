//! Getting in: the genesis comes from the registry or from a member, is always tested, and a room that nobody has is told.

use milanio_identity::{AccountKey, DeviceCert, DeviceKey, Genesis, Policy, SignedGenesis};
use milanio_node::core::room::{RoomEvent, Verdict};
use milanio_tests::sim::{NOON, Registry, Weather, World, for_seeds};

fn is_ready(event: &RoomEvent) -> bool {
    matches!(event, RoomEvent::Ready(_))
}

/// When node `index` was told that the room is ready.
fn ready_at(world: &World, index: usize) -> Option<u64> {
    world.nodes[index].told.iter().find(|(_, event)| is_ready(event)).map(|(at, _)| *at)
}

#[test]
fn the_creator_is_ready_at_once_and_a_joiner_after_one_question_to_the_registry() {
    let mut world = World::new(1, 2, NOON);
    world.open(0, true);
    world.open(1, false);
    world.run(200);
    assert_eq!(ready_at(&world, 0), Some(NOON));
    assert!(ready_at(&world, 1).is_some_and(|at| at - NOON < 100));
    let genesis = world.genesis().clone();
    assert!(world.nodes[1].told.iter().any(|(_, event)| *event == RoomEvent::Ready(Box::new(genesis.clone()))));
    let asked = world.nodes[1].published.len();
    assert_eq!(asked, 2, "who got it from the registry asks no member for it: only who is there and who belongs");
}

#[test]
fn members_are_asked_when_the_registry_gives_nothing() {
    for registry in [Registry::Down, Registry::KnowsNothing] {
        for_seeds(10, |seed| {
            let mut world = World::new(seed, 6, NOON);
            world.weather.loss = 100;
            (0..5).for_each(|index| world.join(index));
            world.run(20_000);
            world.registry = registry;
            let opened = world.now();
            let before: usize = world.nodes.iter().map(|node| node.published.len()).sum();
            world.open(5, false);
            world.run(10_000);
            let took = ready_at(&world, 5).expect("a member answers") - opened;
            assert!(took < 8_000, "{registry:?}: {took} ms");
            assert_eq!(world.nodes[5].count(|event| *event == RoomEvent::NoSuchRoom), 0);
            let after: usize = world.nodes.iter().map(|node| node.published.len()).sum();
            assert!(after - before < 40, "not everybody answers: {}", after - before);
        });
    }
}

#[test]
fn without_loss_members_answer_within_a_second_and_a_half() {
    for_seeds(10, |seed| {
        let mut world = World::new(seed, 4, NOON);
        (0..3).for_each(|index| world.join(index));
        world.run(5_000);
        world.registry = Registry::Down;
        let opened = world.now();
        world.open(3, false);
        world.run(2_000);
        assert!(ready_at(&world, 3).is_some_and(|at| at - opened < 1_500));
    });
}

#[test]
fn a_room_nobody_has_is_told_once_within_four_seconds_and_may_still_come_to_life() {
    let mut world = World::new(2, 2, NOON);
    world.registry = Registry::KnowsNothing;
    world.open(1, false);
    world.run(4_000);
    assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::NoSuchRoom), 1);
    world.run(60_000);
    assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::NoSuchRoom), 1);
    world.join(0);
    world.run(15_000);
    assert!(ready_at(&world, 1).is_some());
}

#[test]
fn an_unreachable_registry_is_told_once_and_asked_until_it_answers() {
    let mut world = World::new(3, 2, NOON);
    world.registry = Registry::Down;
    world.open(1, false);
    world.run(60_000);
    assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::RegistryUnreachable), 1);
    assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::NoSuchRoom), 0);
    assert_eq!(ready_at(&world, 1), None);
    world.registry = Registry::Knows;
    world.run(31_000);
    assert!(ready_at(&world, 1).is_some());
}

#[test]
fn another_genesis_than_the_codes_is_never_taken_and_liars_cannot_keep_the_tester_busy() {
    let mut world = World::new(4, 2, NOON);
    world.registry = Registry::Down;
    world.open(1, false);
    world.run(1_000);
    let account = AccountKey::from_seed([9; 32]);
    let device = DeviceKey::from_seed([8; 32]);
    let now_s = world.now() / 1_000;
    let cert = DeviceCert::issue(&account, device.id(), now_s, now_s + 1_000).unwrap();
    for number in 0..200 {
        let genesis =
            Genesis { nonce: [number; 16], owner: account.id(), policy: Policy::Open, created_s: now_s, ttl_s: 100 };
        let forged = SignedGenesis::create(&device, &cert, genesis).unwrap();
        assert_eq!(world.offer_genesis(1, &device, forged.to_bytes()), Some(Verdict::Accept));
        world.run(1_000);
    }
    assert_eq!(ready_at(&world, 1), None);
    assert_eq!(world.checks, 32);
}

#[test]
fn a_storm_at_the_door_only_delays() {
    for_seeds(20, |seed| {
        let mut world = World::new(seed, 3, NOON);
        world.registry = Registry::Down;
        world.weather = Weather::STORM;
        (0..3).for_each(|index| world.join(index));
        world.run(40_000);
        (0..3).for_each(|index| assert!(ready_at(&world, index).is_some(), "node {index}"));
    });
}
