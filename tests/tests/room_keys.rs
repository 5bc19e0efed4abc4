//! What is written in a room is read by the devices that belong to it when it is sent, each time once, and by nobody else.

use milanio_node::{
    core::room::{Moderation, RoomEvent, Verdict},
    wire::{
        group::{ChainId, GroupBody, KeysWanted},
        limits::CHAT_WANTED_RANGE,
        message::{ChatWanted, FloorBody, RunId},
    },
};
use milanio_tests::{
    sim::{NOON, Weather, World, for_seeds},
    tap,
};

fn meeting(seed: u64, size: usize) -> World {
    let mut world = World::new(seed, size, NOON);
    for index in 0..size {
        world.join(index);
        world.run(300);
    }
    world.run(5_000);
    world
}

/// Each of the first `count` nodes writes this.
fn all_write(world: &mut World, count: usize, text: &str) {
    for index in 0..count {
        world.write(index, text).expect("it is taken");
    }
}

/// Asks node `of` by the key of node `asker` for all that it wrote, and for the keys to read it.
fn ask_for_everything(world: &mut World, asker: usize, of: usize) {
    let (key, author) = (world.nodes[asker].device_key().clone(), world.nodes[of].device);
    let run = world.nodes[of].room.as_ref().map(|room| room.run()).expect("the room is open");
    let wanted = ChatWanted { author, run, first: 1, last: CHAT_WANTED_RANGE };
    world.say_as(of, &key, &FloorBody::ChatWanted(wanted));
    for number in 1..=3 {
        let chain = ChainId { device: author, run, number };
        world.say_as(of, &key, &FloorBody::Group(GroupBody::KeysWanted(KeysWanted { chain })));
    }
}

#[test]
fn who_was_put_out_is_handed_no_key_and_opens_nothing_of_what_follows() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 4);
        all_write(&mut world, 4, "all read this");
        world.run(1_000);
        assert_eq!(world.nodes[3].texts().len(), 4);
        // It hears nothing of its removal, keeps all its keys, and later gets everything that was said.
        world.part(|index| u8::from(index == 3));
        let first = world.recorded.len();
        let (out, account) = (world.nodes[3].device, world.nodes[3].account());
        world.moderate(0, Moderation::Remove(account)).expect("the owner may");
        world.run(3_000);
        let removed = world.recorded.len();
        all_write(&mut world, 3, "not for everybody");
        world.run(1_000);
        (0..3).for_each(|index| ask_for_everything(&mut world, 3, index));
        world.run(5_000);
        (0..3).for_each(|index| assert_eq!(world.nodes[index].texts().len(), 7, "node {index}"));

        let (ever, since) = (tap::said_since(&world, 0), tap::said_since(&world, first));
        assert_eq!(tap::said_again_to(&since, out), 0);
        assert!(tap::bundles(&world, &since).iter().all(|bundle| !bundle.is_for(&out)));
        let chains = tap::chains(&tap::said_since(&world, removed));
        assert_eq!(chains.len(), 3, "each who stays begins a chain");
        let given: Vec<_> = tap::bundles(&world, &ever).into_iter().filter(|bundle| bundle.is_for(&out)).collect();
        assert!(!given.is_empty() && given.iter().all(|bundle| !chains.contains(&bundle.bundle().chain)));
        // By the operations it would learn that it is out, and stop listening.
        let since: Vec<_> = since.into_iter().filter(|said| !matches!(said.body, FloorBody::Operations(_))).collect();
        let heard = since.iter().filter(|said| world.replay_on_floor_zero(3, &said.inner) == Some(Verdict::Accept));
        let heard = heard.count();
        assert!(heard > 10, "it listens on the first floor: {heard} of {}", since.len());
        world.run(30_000);
        assert_eq!(world.nodes[3].texts().iter().filter(|text| *text == "not for everybody").count(), 0);
    });
}

#[test]
fn who_comes_later_gets_nothing_from_before_even_by_asking() {
    for_seeds(5, |seed| {
        let mut world = World::new(seed, 4, NOON);
        (0..3).for_each(|index| world.join(index));
        world.run(5_000);
        all_write(&mut world, 3, "before");
        world.run(2_000);
        world.join(3);
        world.run(2_000);
        all_write(&mut world, 3, "after");
        (0..3).for_each(|index| ask_for_everything(&mut world, 3, index));
        world.run(5_000);
        assert_eq!(world.nodes[3].texts(), ["after", "after", "after"]);
        for said in tap::said_since(&world, 0) {
            world.replay_on_floor_zero(3, &said.inner);
        }
        assert_eq!(world.nodes[3].texts(), ["after", "after", "after"]);
        (0..3).for_each(|index| assert_eq!(world.nodes[index].texts().len(), 6, "node {index}"));
    });
}

#[test]
fn a_message_that_was_missed_is_said_again_to_who_missed_it_however_old_its_keys_are() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed, 3);
        world.connect(1, false);
        for number in 0..5 {
            world.write(0, &format!("missed {number}")).expect("it is taken");
            world.run(2_000);
        }
        // Chains are used for 5 minutes, and their keys kept for 2 more.
        world.run(12 * 60_000);
        let (first, missed) = (world.recorded.len(), world.nodes[1].device);
        world.connect(1, true);
        world.run(15_000);
        let expected: Vec<_> = (0..5).map(|number| format!("missed {number}")).collect();
        (0..3).for_each(|index| assert_eq!(world.nodes[index].texts(), expected, "node {index}"));
        let said = tap::said_since(&world, first);
        assert_eq!(tap::said_again_to(&said, missed), 5);
        assert_eq!(tap::said_again_to(&said, world.nodes[2].device), 0);
        assert_eq!(tap::chains(&said).len(), 0, "nothing was said to everybody");
    });
}

#[test]
fn what_is_written_on_both_sides_of_a_long_partition_is_everywhere_after_it() {
    for_seeds(3, |seed| {
        let mut world = meeting(seed, 4);
        world.part(|index| (index % 2) as u8);
        for number in 0..40 {
            world.write(number % 4, &format!("apart {number}")).expect("it is taken");
            world.run(18_000);
        }
        world.weather = Weather::STORM;
        world.part(|_| 0);
        world.run(120_000);
        let first = world.nodes[0].texts();
        assert_eq!(first.len(), 40);
        (1..4).for_each(|index| assert_eq!(world.nodes[index].texts(), first, "node {index}"));
    });
}

#[test]
fn chains_last_five_minutes_and_begin_anew_in_every_run() {
    let mut world = meeting(1, 2);
    for _ in 0..12 {
        world.write(1, "every minute").expect("it is taken");
        world.run(60_000);
    }
    let device = world.nodes[1].device;
    let numbers = |world: &World, run| -> Vec<u32> {
        let chains = tap::chains(&tap::said_since(world, 0));
        chains
            .into_iter()
            .filter(|chain| (chain.device, chain.run) == (device, run))
            .map(|chain| chain.number)
            .collect()
    };
    assert_eq!(numbers(&world, RunId([1, 1, 0, 0, 0, 0, 0, 0])), [1, 2, 3]);
    world.crash(1);
    world.join(1);
    world.run(1_000);
    world.write(1, "after a reload").expect("it is taken");
    world.run(1_000);
    assert_eq!(numbers(&world, RunId([2, 1, 0, 0, 0, 0, 0, 0])), [1]);
    assert_eq!(world.nodes[0].texts().len(), 13);
}

#[test]
fn the_first_message_after_coming_in_waits_for_one_exchange_and_not_longer() {
    let mut world = meeting(1, 3);
    world.leave(2);
    world.run(1_000);
    world.join(2);
    // The registry answers in 20 ms, the genesis is checked in 40, and two frames take 25 each at most.
    let began = world.now();
    let id = world.write(2, "at once").expect("it is taken");
    world.run(1_000);
    for index in 0..2 {
        let told = world.nodes[index].told.iter();
        let at = told.filter(|(_, event)| matches!(event, RoomEvent::Chat(chat) if chat.id == id)).map(|(at, _)| *at);
        let waited: Vec<_> = at.map(|at| at - began).collect();
        assert!(waited.len() == 1 && waited[0] <= 600, "{waited:?}");
    }
}

#[test]
fn keys_that_are_lost_on_the_way_are_asked_for_and_nothing_is_read_twice() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed, 3);
        // The keys and the first message are lost, the second comes.
        world.weather.loss = 1_000;
        world.write(0, "lost").expect("it is taken");
        world.run(50);
        world.weather = Weather { duplicate: 1_000, ..Weather::FINE };
        let wrote = world.now();
        world.write(0, "comes alone").expect("it is taken");
        world.run(500);
        for index in 1..3 {
            assert_eq!(world.nodes[index].texts(), ["comes alone"], "node {index}, {} ms after", world.now() - wrote);
        }
        world.run(4_000);
        (1..3).for_each(|index| assert_eq!(world.nodes[index].texts(), ["lost", "comes alone"], "node {index}"));
    });
}

#[test]
fn a_message_without_its_keys_leaves_a_hole_when_its_author_goes() {
    let mut world = meeting(1, 2);
    world.weather.loss = 1_000;
    world.write(0, "lost").expect("it is taken");
    world.run(50);
    world.weather = Weather::FINE;
    world.run(1_700);
    world.leave(0);
    world.run(1_000);
    let device = world.nodes[0].device;
    let hole = RoomEvent::ChatMissing { author: device, count: 1 };
    assert_eq!(world.nodes[1].count(|event| *event == hole), 1);
}
