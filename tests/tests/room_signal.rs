//! Signals reach the one device they are for, whole, and nobody else.

use milanio_node::{
    core::{
        room::{RoomEvent, SendSignalError},
        time::RoomTime,
    },
    wire::{
        message::RunId,
        signal::{CallId, Candidate, Offer, Signal, SignalKind},
    },
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

fn offer(seq: u32) -> Signal {
    let kind = SignalKind::Offer(Offer { sdp: "v=0\r\n".repeat(1_000), turn_nodes: vec![vec![7; 38]] });
    Signal {
        call: CallId([1; 16]),
        run: RunId([1; 8]),
        generation: 1,
        seq,
        expires: RoomTime::from_millis(NOON + 60_000),
        kind,
    }
}

fn candidate(seq: u32) -> Signal {
    let candidate = Candidate { candidate: format!("candidate:{seq}"), mid: "0".into(), ufrag: "abcd".into() };
    Signal { kind: SignalKind::Candidates(vec![candidate]), ..offer(seq) }
}

fn signals(world: &World, index: usize) -> Vec<(Signal, [u8; 32])> {
    let signal = |(_, event): &(u64, RoomEvent)| match event {
        RoomEvent::Signal { signal, hash, .. } => Some((signal.clone(), *hash)),
        _ => None,
    };
    world.nodes[index].told.iter().filter_map(signal).collect()
}

#[test]
fn a_signal_is_heard_by_its_target_alone_with_the_hash_its_sender_knows() {
    let mut world = World::new(1, 3, NOON);
    (0..3).for_each(|index| world.join(index));
    world.run(1_000);
    let hash = world.signal(0, 1, &offer(1)).unwrap();
    world.run(100);
    assert_eq!(signals(&world, 1), [(offer(1), hash)]);
    assert_eq!(signals(&world, 2), []);
    let heard_from = world.nodes[1]
        .told
        .iter()
        .any(|(_, e)| matches!(e, RoomEvent::Signal { from, .. } if *from == world.nodes[0].device));
    assert!(heard_from);
}

#[test]
fn a_signal_that_overtakes_its_senders_presence_is_held_until_that_comes() {
    for_seeds(20, |seed| {
        let mut world = World::new(seed, 2, NOON);
        world.join(0);
        world.open(1, false);
        world.run(3_000);
        world.weather.delay_max = 300;
        world.enter(1);
        let hash = world.signal(1, 0, &offer(1)).unwrap();
        world.run(5_000);
        assert_eq!(signals(&world, 0), [(offer(1), hash)]);
    });
}

#[test]
fn signals_wait_for_the_connection_and_keep_their_order() {
    let mut world = World::new(2, 2, NOON);
    (0..2).for_each(|index| world.join(index));
    world.run(1_000);
    world.signal(0, 1, &offer(1)).unwrap();
    world.connect(0, false);
    (2..6).for_each(|seq| assert!(world.signal(0, 1, &candidate(seq)).is_some()));
    world.run(3_000);
    world.weather.delay_max = world.weather.delay_min;
    world.connect(0, true);
    world.run(200);
    let mut seqs: Vec<_> = signals(&world, 1).iter().map(|(signal, _)| signal.seq).collect();
    seqs.dedup();
    assert_eq!(seqs.last_chunk::<4>(), Some(&[2, 3, 4, 5]));
}

#[test]
fn signals_to_who_is_not_there_or_from_who_is_not_inside_are_refused() {
    let mut world = World::new(3, 3, NOON);
    world.join(0);
    world.open(1, false);
    world.run(1_000);
    let (inside, nowhere) = (world.nodes[0].device, world.nodes[2].device);
    let from_outside = world.act(1, |room, now| room.send_signal(inside, &offer(1), now)).unwrap();
    assert_eq!(from_outside, Err(SendSignalError::NotEntered));
    let to_nobody = world.act(0, |room, now| room.send_signal(nowhere, &offer(1), now)).unwrap();
    assert_eq!(to_nobody, Err(SendSignalError::NotThere));
}

#[test]
fn a_flood_of_signals_is_cut_off_and_leaves_the_pair_able_to_talk_a_minute_later() {
    let mut world = World::new(4, 2, NOON);
    (0..2).for_each(|index| world.join(index));
    world.run(1_000);
    for seq in 1..=1_000 {
        world.signal(0, 1, &candidate(seq));
        world.run(1);
    }
    world.run(1_000);
    assert!(signals(&world, 1).len() <= 130, "{}", signals(&world, 1).len());
    world.run(60_000);
    let before = signals(&world, 1).len();
    world.signal(0, 1, &candidate(2_000)).unwrap();
    world.run(100);
    assert_eq!(signals(&world, 1).len(), before + 1);
}

#[test]
fn signals_arrive_while_the_keys_they_are_sealed_to_turn_over() {
    for_seeds(3, |seed| {
        let mut world = World::new(seed, 2, NOON);
        (0..2).for_each(|index| world.join(index));
        world.run(1_000);
        let mut keys = vec![world.ephemeral(1)];
        for seq in 1..=150 {
            let until_next = 3_000 + world.random(3_000);
            world.run(until_next);
            world.weather = if seq % 10 == 0 { Weather::STORM } else { Weather::FINE };
            world.signal(0, 1, &candidate(seq)).expect("both are there");
            world.weather = Weather::FINE;
            keys.extend(Some(world.ephemeral(1)).filter(|key| keys.last() != Some(key)));
        }
        world.run(1_000);
        assert!(signals(&world, 1).len() > 140, "those said in the storm may be lost");
        let turns = (world.now() - NOON) / 300_000;
        assert_eq!(keys.len() as u64, 1 + turns, "one every five minutes");
    });
}

#[test]
fn fresh_randomness_from_outside_changes_every_key_that_comes_after_it() {
    let keys = |fresh: Option<[u8; 32]>| {
        let mut world = World::new(7, 2, NOON);
        (0..2).for_each(|index| world.join(index));
        world.run(1_000);
        let first = world.ephemeral(1);
        fresh.map(|fresh| world.act(1, |room, _| room.handle_seed(&fresh)));
        world.run(301_000);
        [first, world.ephemeral(1)]
    };
    let (without, one, other) = (keys(None), keys(Some([1; 32])), keys(Some([2; 32])));
    assert!(without[0] == one[0] && without == keys(None), "the same seed makes the same keys");
    assert!(without[1] != one[1] && one[1] != other[1]);
}
