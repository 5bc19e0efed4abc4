//! One device that runs twice at once (two tabs, or a profile that was restored from a copy): it never contradicts itself, is one person
//! to everybody, and what it said stays said.
//!
//! The later run takes the place of the earlier one: from then on what the earlier one writes is shown to nobody, and its operations
//! alone count. A browser that has locks gives a second tab another device, so this is for copies.

use milanio_identity::Policy;
use milanio_node::{
    core::{
        membership::Membership,
        room::{Departure, Moderation},
    },
    wire::operation::Role,
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

/// The owner, the device that runs twice, its second run, and somebody else.
const OWNER: usize = 0;
const TAB: usize = 1;
const SECOND_TAB: usize = 2;
const OTHER: usize = 3;

/// Everybody but the second run is in an open room, and the device that will run twice may decide.
fn meeting(seed: u64) -> World {
    let mut world = World::founded(seed, 4, NOON, Policy::Open);
    world.keeps = true;
    world.share_keys(SECOND_TAB, TAB);
    [OWNER, TAB, OTHER].into_iter().for_each(|index| world.join(index));
    world.run(3_000);
    let account = world.nodes[TAB].account();
    world.moderate(OWNER, Moderation::SetRole { account, role: Role::Moderator }).expect("a right to it");
    world.run(1_000);
    world
}

fn say(world: &mut World, index: usize, number: u64) -> String {
    let text = format!("{number} of node {index}");
    world.write(index, &text).expect("it is inside");
    text
}

/// What the operations say that node `index` holds.
fn membership(world: &World, index: usize) -> Membership {
    let mut membership = Membership::new(world.genesis().genesis());
    for operation in world.known_operations(index) {
        membership.add(operation).expect("each is rooted, and held once");
    }
    membership
}

#[test]
fn two_runs_of_one_device_do_not_contradict_each_other_and_are_one_person() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed);
        world.join(SECOND_TAB);
        world.run(3_000);
        world.weather = Weather { loss: 50, ..Weather::FINE };
        let other = world.nodes[OTHER].account();
        for role in [Role::Viewer, Role::Member, Role::Viewer, Role::Member] {
            // Both at once, neither of which knows of the other.
            for tab in [TAB, SECOND_TAB] {
                world.moderate(tab, Moderation::SetRole { account: other, role }).expect("a right to it");
            }
            let pause = world.random(1_000);
            world.run(pause);
        }
        world.weather = Weather::FINE;
        world.run(30_000);
        let (account, device) = (world.nodes[TAB].account(), world.nodes[TAB].device);
        let digests = [OWNER, TAB, SECOND_TAB, OTHER].map(|index| {
            let mut membership = membership(&world, index);
            assert!(membership.roster().speaks_for(&account, &device), "node {index} took it for a contradiction");
            membership.roster().digest()
        });
        assert!(digests.iter().all(|digest| *digest == digests[0]), "everybody holds the same");
        for index in [OWNER, OTHER] {
            let node = &world.nodes[index];
            assert_eq!(node.sees().values().filter(|member| member.account == account).count(), 1);
            assert_eq!(node.roster().expect("a room").members.len(), 3);
        }
    });
}

#[test]
fn what_either_run_said_while_it_was_the_latest_is_there_once_and_in_one_order() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed);
        world.weather = Weather { loss: 50, ..Weather::FINE };
        let mut texts: Vec<String> = (0..5).map(|number| say(&mut world, TAB, number)).collect();
        world.weather = Weather::FINE;
        world.run(20_000);
        world.join(SECOND_TAB);
        world.run(3_000);
        world.weather = Weather { loss: 50, ..Weather::FINE };
        for number in 0..5 {
            texts.push(say(&mut world, SECOND_TAB, number));
            texts.push(say(&mut world, OWNER, number));
            world.run(500);
        }
        world.weather = Weather::FINE;
        world.run(30_000);
        texts.sort_unstable();
        let shown = |index: usize| world.nodes[index].transcript();
        for index in [OWNER, OTHER] {
            let mut told = world.nodes[index].texts();
            told.sort_unstable();
            assert_eq!(told, texts, "node {index}");
        }
        assert_eq!(shown(OWNER), shown(OTHER));
    });
}

#[test]
fn the_earlier_run_gives_way_once_and_for_all() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed);
        world.join(SECOND_TAB);
        world.run(3_000);
        for tab in [TAB, SECOND_TAB, TAB] {
            say(&mut world, tab, seed);
            world.run(20_000);
        }
        let device = world.nodes[TAB].device;
        let latest = world.nodes[SECOND_TAB].room.as_ref().expect("it is open").run();
        for index in [OWNER, OTHER] {
            let node = &world.nodes[index];
            let reasons: Vec<_> = node.departures(device).into_iter().map(|(_, reason)| reason).collect();
            assert_eq!(reasons, [Departure::Restarted], "node {index}");
            assert_eq!(node.sees().get(&device).map(|member| member.run), Some(latest));
            assert_eq!(node.texts(), [format!("{seed} of node {SECOND_TAB}")], "node {index}");
        }
    });
}
