//! How far people have read is known from who tells it, of their own reading alone, and by nobody else.

use milanio_node::{
    core::room::{Room, RoomEvent},
    wire::message::{FloorBody, MessageId, Read, RunId},
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

fn meeting(seed: u64, size: usize) -> World {
    let mut world = World::new(seed, size, NOON);
    (0..size).for_each(|index| world.join(index));
    world.run(5_000);
    world
}

fn read_on(world: &mut World, index: usize, on: bool) {
    world.act(index, |room, now| room.set_reading(on, now));
}

/// By whom which of its messages was read, as node `index` was told.
fn told(world: &World, index: usize) -> Vec<(usize, u32)> {
    let number = |device| world.nodes.iter().position(|node| node.device == device).expect("it is one of them");
    let events = world.nodes[index].told.iter();
    let read = events.filter_map(|(_, event)| match event {
        RoomEvent::Read { device, through } => Some((number(*device), through.seq)),
        _ => None,
    });
    read.collect()
}

/// How many words about reading were ever said.
fn words(world: &World) -> usize {
    let keys = world.readable(0);
    let opened = (0..world.recorded.len()).filter_map(|frame| keys.iter().find_map(|keys| world.opened(frame, keys)));
    let heard = opened.filter_map(|inner| milanio_node::wire::inner::open::<FloorBody>(world.room_id(), &inner).ok());
    heard.filter(|heard| matches!(heard.body, FloorBody::Read(_))).count()
}

#[test]
fn nothing_is_told_unless_somebody_chose_to() {
    let mut world = meeting(1, 3);
    for index in 0..3 {
        world.write(index, "hello").unwrap();
    }
    world.run(20_000);
    assert_eq!(words(&world), 0);
    read_on(&mut world, 1, true);
    world.run(1_000);
    assert_eq!((told(&world, 0), told(&world, 2), words(&world)), (vec![(1, 1)], vec![(1, 1)], 1));
    read_on(&mut world, 1, false);
    world.write(0, "and now?").unwrap();
    world.run(20_000);
    assert_eq!(words(&world), 1);
}

#[test]
fn what_comes_while_somebody_looks_is_told_now_and_then_and_not_while_they_are_away() {
    let mut world = meeting(2, 2);
    read_on(&mut world, 1, true);
    for _ in 0..20 {
        world.write(0, "one more").unwrap();
        world.run(1_000);
    }
    world.run(3_000);
    assert_eq!(told(&world, 0).last(), Some(&(1, 20)));
    assert!(words(&world) <= 8, "{}", words(&world));
    world.act(1, |room, now| room.set_away(true, now));
    world.write(0, "are you there?").unwrap();
    world.run(20_000);
    assert_eq!(told(&world, 0).last(), Some(&(1, 20)));
    world.act(1, |room, now| room.set_away(false, now));
    world.run(1_000);
    assert_eq!(told(&world, 0).last(), Some(&(1, 21)));
}

#[test]
fn whom_a_private_message_is_for_does_not_show() {
    let mut world = meeting(3, 3);
    (1..3).for_each(|index| read_on(&mut world, index, true));
    world.whisper(0, 1, "for you alone").unwrap();
    world.run(5_000);
    let mut read = told(&world, 0);
    read.sort_unstable();
    assert_eq!(read, [(1, 1), (2, 1)]);
}

#[test]
fn nobody_moves_what_somebody_else_read_or_backwards_or_beyond_what_was_said() {
    let mut world = meeting(4, 3);
    for _ in 0..3 {
        world.write(0, "read me").unwrap();
        world.run(1_000);
    }
    let (me, run) = (world.nodes[0].device, world.act(0, |room, _| room.run()).unwrap());
    let [own, other] = [1, 2].map(|index| world.nodes[index].device_key().clone());
    let run_of = |world: &mut World, index: usize| world.act(index, |room: &mut Room, _| room.run()).unwrap();
    let (their_run, other_run) = (run_of(&mut world, 1), run_of(&mut world, 2));
    let last = |run: RunId, seq: u32| MessageId { device: me, run, seq };
    let said = |run: RunId, through: MessageId| FloorBody::Read(Read { run, through: vec![through] });
    let tries = [
        (&own, said(their_run, last(run, 2)), vec![(1, 2)]),
        (&own, said(their_run, last(run, 1)), vec![]),
        (&own, said(their_run, last(run, 2)), vec![]),
        (&own, said(their_run, last(run, 4)), vec![]),
        (&own, said(their_run, last(run, u32::MAX)), vec![]),
        (&own, said(RunId([7; 8]), last(run, 3)), vec![]),
        (&own, said(their_run, last(RunId([7; 8]), 3)), vec![]),
        (&own, said(their_run, MessageId { device: world.nodes[2].device, ..last(run, 3) }), vec![]),
        (&other, said(their_run, last(run, 3)), vec![]),
        (&other, said(other_run, last(run, 1)), vec![(2, 1)]),
        (&own, said(their_run, last(run, 3)), vec![(1, 3)]),
    ];
    for (number, (device, body, expected)) in tries.into_iter().enumerate() {
        let before = told(&world, 0).len();
        world.say_as(0, device, &body);
        world.run(2_000);
        assert_eq!(told(&world, 0)[before..], expected, "try {number}");
    }
}

#[test]
fn it_is_known_in_the_end_whatever_the_weather() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed, 3);
        (0..3).for_each(|index| read_on(&mut world, index, true));
        world.weather = Weather::STORM;
        for number in 0..12 {
            world.write(number % 2, "a text").unwrap();
            let pause = world.random(2_000);
            world.run(pause);
        }
        world.connect(2, false);
        world.run(10_000);
        world.weather = Weather::FINE;
        world.connect(2, true);
        for index in 0..2 {
            world.write(index, "the last one").unwrap();
        }
        world.run(30_000);
        for (author, reader) in [(0, 1), (0, 2), (1, 0), (1, 2)] {
            let told = told(&world, author).into_iter().filter(|(by, _)| *by == reader);
            let numbers: Vec<u32> = told.map(|(_, seq)| seq).collect();
            assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
            assert_eq!(numbers.last(), Some(&7), "{reader} of {author}");
        }
    });
}
