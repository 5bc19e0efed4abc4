//! Nothing that is written in a room is lost, doubled or shown in another order, whatever the network does.

use milanio_node::core::room::RoomEvent;
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

/// Everybody whose number is in `nodes` has the same transcript of `count` messages, each told once.
fn assert_same_transcripts(world: &World, nodes: std::ops::Range<usize>, count: usize) {
    let first = world.nodes[nodes.start].transcript();
    assert_eq!(first.len(), count, "messages told to node {}", nodes.start);
    for index in nodes {
        let transcript = world.nodes[index].transcript();
        assert_eq!(transcript, first, "transcript of node {index}");
        let mut ids: Vec<_> = transcript.iter().map(|(_, id, _)| *id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "messages told twice to node {index}");
    }
}

fn everybody_joins(world: &mut World) {
    for index in 0..world.nodes.len() {
        world.join(index);
        world.run(300);
    }
    world.run(5_000);
}

#[test]
fn messages_come_within_a_moment_when_the_weather_is_fine() {
    let mut world = World::new(1, 3, NOON);
    everybody_joins(&mut world);
    world.write(0, "hello").unwrap();
    world.run(30);
    world.write(1, "hello yourself").unwrap();
    world.run(30);
    assert_same_transcripts(&world, 0..3, 2);
    let texts: Vec<_> = world.nodes[2].transcript().into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["hello", "hello yourself"]);
}

#[test]
fn loss_reordering_and_repeats_change_nothing_in_the_end() {
    for_seeds(20, |seed| {
        let mut world = World::new(seed, 5, NOON);
        everybody_joins(&mut world);
        world.weather = Weather::STORM;
        for number in 0..100 {
            let author = world.random(5) as usize;
            world.write(author, &format!("message {number}")).unwrap();
            let pause = world.random(600);
            world.run(pause);
        }
        world.run(90_000);
        assert_same_transcripts(&world, 0..5, 100);
        assert_eq!(world.nodes[0].count(|event| matches!(event, RoomEvent::ChatMissing { .. })), 0);
    });
}

#[test]
fn the_last_message_before_silence_is_noticed_and_fetched_within_four_seconds() {
    let mut world = World::new(2, 2, NOON);
    everybody_joins(&mut world);
    world.weather.loss = 1_000;
    world.write(0, "lost on the way").unwrap();
    world.run(100);
    world.weather = Weather::FINE;
    world.run(4_000);
    assert_same_transcripts(&world, 0..2, 1);
}

#[test]
fn what_is_written_on_both_sides_of_a_partition_is_everywhere_after_it() {
    for_seeds(10, |seed| {
        let mut world = World::new(seed, 6, NOON);
        everybody_joins(&mut world);
        world.part(|index| (index % 2) as u8);
        for number in 0..24 {
            world.write(number % 6, &format!("apart {number}")).unwrap();
            world.run(1_500);
        }
        world.part(|_| 0);
        world.run(30_000);
        assert_same_transcripts(&world, 0..6, 24);
        world.nodes.iter().for_each(|node| assert_eq!(node.sees().len(), 5));
    });
}

#[test]
fn a_dying_relay_loses_nothing_even_of_what_it_had_taken() {
    for_seeds(20, |seed| {
        let mut world = World::new(seed, 4, NOON);
        everybody_joins(&mut world);
        for round in 0..3 {
            for index in 0..4 {
                world.write(index, &format!("just before death {round}")).unwrap();
            }
            world.run(3);
            world.kill_relay();
            for index in 0..4 {
                world.write(index, &format!("while it is dead {round}")).unwrap();
            }
            world.run(20_000);
            for index in 0..4 {
                let wait = world.random(2_000);
                world.run(wait);
                world.connect(index, true);
            }
            world.run(15_000);
            assert_same_transcripts(&world, 0..4, 8 * (round + 1));
        }
    });
}

#[test]
fn what_is_written_without_a_connection_waits_is_marked_and_goes_out_in_order() {
    let mut world = World::new(3, 2, NOON);
    everybody_joins(&mut world);
    world.connect(0, false);
    let ids: Vec<_> = (0..5).map(|number| world.write(0, &format!("waiting {number}")).unwrap()).collect();
    let waiting = |id| move |event: &RoomEvent| *event == RoomEvent::ChatWaiting(id);
    let sent = |id| move |event: &RoomEvent| *event == RoomEvent::ChatSent(id);
    for id in &ids {
        assert_eq!(world.nodes[0].count(waiting(*id)), 1);
        assert_eq!(world.nodes[0].count(sent(*id)), 0);
    }
    world.run(40_000);
    world.connect(0, true);
    world.run(1_000);
    for id in &ids {
        assert_eq!(world.nodes[0].count(sent(*id)), 1);
    }
    let came: Vec<_> = world.nodes[1].chats().iter().map(|message| message.text().to_owned()).collect();
    assert_eq!(came.len(), 5);
    assert_same_transcripts(&world, 0..2, 5);
}

#[test]
fn who_is_alone_waits_a_second_at_most_and_not_at_all_later() {
    let mut world = World::new(3, 2, NOON);
    world.join(0);
    let early = world.write(0, "is anybody here?").unwrap();
    world.run(1_100);
    assert_eq!(world.nodes[0].count(|event| *event == RoomEvent::ChatSent(early)), 1);
    world.leave(0);
    world.join(1);
    world.run(5_000);
    let late = world.write(1, "nobody").unwrap();
    world.run(100);
    assert_eq!(world.nodes[1].count(|event| *event == RoomEvent::ChatSent(late)), 1);
}

#[test]
fn too_much_waiting_is_refused_and_what_was_taken_still_arrives() {
    let mut world = World::new(4, 2, NOON);
    everybody_joins(&mut world);
    world.connect(0, false);
    let taken = (0..100).filter_map(|number| world.write(0, &format!("waiting {number}"))).count();
    assert_eq!(taken, 64);
    world.connect(0, true);
    world.run(60_000);
    assert_same_transcripts(&world, 0..2, 64);
}

#[test]
fn a_newcomer_is_told_nothing_from_before_and_everything_after() {
    for_seeds(10, |seed| {
        let mut world = World::new(seed, 3, NOON);
        world.join(0);
        world.run(200);
        world.join(1);
        world.run(2_000);
        for number in 0..10 {
            world.write(number % 2, &format!("before {number}")).unwrap();
            world.run(300);
        }
        world.open(2, false);
        world.run(3_000);
        world.write(0, "while the newcomer only looks in").unwrap();
        world.run(3_000);
        world.enter(2);
        world.run(500);
        world.weather = Weather::STORM;
        for number in 0..10 {
            world.write(number % 3, &format!("after {number}")).unwrap();
            world.run(300);
        }
        world.run(60_000);
        assert_same_transcripts(&world, 0..2, 21);
        let told = world.nodes[2].transcript();
        assert_eq!(told.len(), 10);
        assert!(told.iter().all(|(_, _, text)| text.starts_with("after")));
    });
}

#[test]
fn a_message_is_never_shown_before_what_its_author_had_seen() {
    for_seeds(10, |seed| {
        let mut world = World::new(seed, 3, NOON);
        everybody_joins(&mut world);
        world.weather = Weather::STORM;
        for number in 0..20 {
            let author = number % 3;
            let seen: Vec<_> = world.nodes[author].transcript().into_iter().map(|(_, id, _)| id).collect();
            let id = world.write(author, &format!("number {number}")).unwrap();
            let shown: Vec<_> = world.nodes[author].transcript().into_iter().map(|(_, id, _)| id).collect();
            assert_eq!(shown, [seen, vec![id]].concat());
            world.run(1_000);
        }
        world.run(60_000);
        assert_same_transcripts(&world, 0..3, 20);
    });
}

#[test]
fn a_reloaded_page_numbers_its_messages_anew_and_they_are_not_taken_for_repeats() {
    let mut world = World::new(5, 2, NOON);
    everybody_joins(&mut world);
    world.write(1, "first run").unwrap();
    world.run(500);
    world.crash(1);
    world.join(1);
    world.run(1_000);
    world.write(1, "second run").unwrap();
    world.run(500);
    let texts: Vec<_> = world.nodes[0].transcript().into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["first run", "second run"]);
}
