//! People come, go, reload, vanish, part and write at random; what was promised to each holds for each.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::DeviceId;
use milanio_node::{
    core::room::RoomEvent,
    wire::message::{MessageId, RunId},
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

const SIZE: usize = 6;

/// A message, and the runs to which it was promised: members who knew its author when it was written, or were there before it, and
/// whom its author had seen: it is for devices that belong to the room as far as its author knows.
struct Promise {
    id: MessageId,
    to: BTreeSet<(DeviceId, RunId)>,
}

fn run_of(world: &World, index: usize) -> Option<RunId> {
    world.nodes[index].room.as_ref().filter(|room| room.is_inside()).map(|room| room.run())
}

/// Whether node `index` saw the device of `other` since it entered.
fn has_seen(world: &World, index: usize, since: u64, other: usize) -> bool {
    let other = world.nodes[other].device;
    let joined = |event: &RoomEvent| matches!(event, RoomEvent::MemberJoined(member) if member.device == other);
    world.nodes[index].told.iter().any(|(at, event)| *at >= since && joined(event))
}

fn write(world: &mut World, entered: &[u64; SIZE], index: usize, text: &str) -> Option<Promise> {
    let author_run = run_of(world, index)?;
    let author = world.nodes[index].device;
    let promised = |other: &usize| {
        let knows = world.nodes[*other].sees().get(&author).is_some_and(|member| member.run == author_run);
        has_seen(world, index, entered[index], *other) && (knows || entered[*other] < entered[index])
    };
    let to = (0..SIZE)
        .filter(|other| *other != index)
        .filter(promised)
        .filter_map(|other| Some((world.nodes[other].device, run_of(world, other)?)))
        .collect();
    let id = world.write(index, text)?;
    Some(Promise { id, to })
}

/// The messages that node `index` was told in the run that entered at `since`.
fn told_since(world: &World, index: usize, since: u64) -> Vec<MessageId> {
    let message = |(at, event): &(u64, RoomEvent)| match event {
        RoomEvent::Chat(message) if *at >= since => Some(message.id),
        _ => None,
    };
    world.nodes[index].told.iter().filter_map(message).collect()
}

fn act(world: &mut World, entered: &mut [u64; SIZE], promises: &mut Vec<Promise>, step: u32) {
    let index = world.random(SIZE as u64) as usize;
    let is_open = world.nodes[index].room.is_some();
    match world.random(100) {
        0..=49 => promises.extend(write(world, entered, index, &format!("step {step}"))),
        50..=59 if !is_open => {
            world.join(index);
            entered[index] = world.now();
        }
        60..=63 if is_open => world.leave(index),
        64..=67 if is_open => world.crash(index),
        68..=74 if is_open => {
            world.crash(index);
            world.join(index);
            entered[index] = world.now();
        }
        75..=79 if is_open => world.connect(index, false),
        80..=86 if is_open => world.connect(index, true),
        87..=89 => {
            let sides = world.random(1 << SIZE);
            world.part(|node| (sides >> node & 1) as u8);
        }
        90..=94 => world.part(|_| 0),
        95..=96 => world.kill_relay(),
        97 => world.weather = Weather::FINE,
        98 => world.weather = Weather::STORM,
        _ => {}
    }
    let pause = world.random(4_000);
    world.run(pause);
}

fn heal(world: &mut World) {
    world.weather = Weather::FINE;
    world.part(|_| 0);
    for index in 0..SIZE {
        if world.nodes[index].room.is_some() {
            world.connect(index, false);
            world.connect(index, true);
        }
    }
    world.run(90_000);
}

#[test]
fn what_was_promised_to_each_holds_for_each() {
    for_seeds(30, |seed| {
        let mut world = World::new(seed, SIZE, NOON);
        let mut entered = [0; SIZE];
        let mut promises = Vec::new();
        for (index, entered) in entered.iter_mut().enumerate().take(3) {
            world.join(index);
            *entered = world.now();
            world.run(1_000);
        }
        for step in 0..150 {
            act(&mut world, &mut entered, &mut promises, step);
        }
        heal(&mut world);

        let alive: BTreeMap<_, _> =
            (0..SIZE).filter_map(|i| Some(((world.nodes[i].device, run_of(&world, i)?), i))).collect();
        for (device, index) in alive.iter().map(|((device, _), index)| (*device, *index)) {
            let mut seen: BTreeSet<_> = world.nodes[index].sees().into_values().map(|m| (m.device, m.run)).collect();
            seen.insert((device, run_of(&world, index).unwrap()));
            assert_eq!(seen, alive.keys().copied().collect(), "who node {index} sees");
            let told = told_since(&world, index, entered[index]);
            assert_eq!(told.len(), told.iter().collect::<BTreeSet<_>>().len(), "told twice to node {index}");
        }
        let mut kept = 0;
        for Promise { id, to } in promises.iter().filter(|p| alive.contains_key(&(p.id.device, p.id.run))) {
            for index in to.iter().filter_map(|reader| alive.get(reader)) {
                let told = told_since(&world, *index, entered[*index]).into_iter().filter(|told| told == id).count();
                assert_eq!(told, 1, "{id:?} told to node {index}");
                kept += 1;
            }
        }
        assert!(alive.is_empty() || promises.len() > 10, "{kept} promises were kept");
    });
}
