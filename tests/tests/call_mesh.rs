//! Calls between several people on virtual time: they meet whatever crosses, comes late or gets lost, and they stay connected.

use std::time::Duration;

use milanio_node::core::call::{CallEvent, DisconnectReason, MAX_LINKS};
use milanio_node::wire::signal::SignalKind;
use milanio_tests::call_world::{Weather, World};

const SECOND: Duration = Duration::from_secs(1);
const STORM: Weather = Weather { loss: 25, duplicates: 15, delay_ms: 400 };

fn meet(world: &mut World, people: &[usize], patience: Duration) -> Duration {
    let took = world.run_until(patience, |world| world.is_meshed(people));
    took.unwrap_or_else(|| panic!("{people:?} did not meet in {patience:?}"))
}

#[test]
fn a_newcomer_is_connected_within_a_few_round_trips() {
    for seed in 0..20 {
        let mut world = World::new(seed, 2);
        world.enter(0);
        world.run(SECOND);
        world.enter(1);
        let took = meet(&mut world, &[0, 1], SECOND);
        assert!(took < Duration::from_millis(400), "{took:?}");
        world.run(60 * SECOND);
        assert_eq!([world.people[0].browser.opened, world.people[1].browser.opened], [1, 1]);
        let (first, second) = (world.people[0].device, world.people[1].device);
        let told = |who: usize| world.people[who].events.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>();
        assert_eq!(told(0), [CallEvent::Connecting(second), CallEvent::Connected(second)]);
        assert_eq!(told(1), [CallEvent::Connecting(first), CallEvent::Connected(first)]);
    }
}

#[test]
fn two_who_offer_at_once_agree_on_one_call() {
    for seed in 0..100 {
        let mut world = World::new(seed, 2);
        world.enter_at_once(0, 1);
        meet(&mut world, &[0, 1], SECOND);
        world.run(60 * SECOND);
        assert!(world.is_meshed(&[0, 1]));
    }
}

#[test]
fn a_mesh_comes_about_in_a_storm() {
    for seed in 0..30 {
        let mut world = World::new(seed, 5);
        world.weather = STORM;
        for who in 0..5 {
            world.enter(who);
            world.run(SECOND / 4);
        }
        meet(&mut world, &[0, 1, 2, 3, 4], 90 * SECOND);
    }
}

#[test]
fn offers_that_cross_in_a_storm_end_in_one_call() {
    for seed in 0..100 {
        let mut world = World::new(seed, 2);
        world.weather = STORM;
        world.enter_at_once(0, 1);
        meet(&mut world, &[0, 1], 60 * SECOND);
        world.weather.loss = 0;
        world.run(60 * SECOND);
        assert!(world.is_meshed(&[0, 1]));
    }
}

#[test]
fn who_was_there_first_and_never_offers_is_offered_a_call() {
    let mut world = World::new(1, 2);
    world.people[0].inside = true;
    world.people[1].inside = true;
    world.presence(0, 1, true);
    world.presence(1, 0, true);
    let took = meet(&mut world, &[0, 1], 10 * SECOND);
    assert!(took > 2 * SECOND);
}

#[test]
fn an_interruption_of_media_is_healed_on_the_same_connection() {
    for seed in 0..30 {
        let mut world = World::new(seed, 2);
        world.enter(0);
        world.enter(1);
        meet(&mut world, &[0, 1], 10 * SECOND);
        world.set_media_path(0, 1, false);
        world.run(8 * SECOND);
        assert!(!world.is_meshed(&[0, 1]));
        world.set_media_path(0, 1, true);
        meet(&mut world, &[0, 1], 10 * SECOND);
        let (device, opened) = (world.people[1].device, world.people[0].browser.opened);
        assert!(world.people[0].events.iter().any(|(_, event)| *event == CallEvent::Reconnecting(device)));
        assert_eq!(opened, 1);
    }
}

#[test]
fn a_path_that_stays_broken_is_tried_until_it_works() {
    let mut world = World::new(4, 2);
    world.enter(0);
    world.set_media_path(0, 1, false);
    world.enter(1);
    world.run(240 * SECOND);
    let device = world.people[1].device;
    let told = |wanted: CallEvent| world.people[0].events.iter().filter(|(_, event)| *event == wanted).count();
    assert_eq!([told(CallEvent::Connecting(device)), told(CallEvent::Unreachable(device))], [1, 1]);
    world.set_media_path(0, 1, true);
    meet(&mut world, &[0, 1], 60 * SECOND);
}

#[test]
fn both_sides_restarting_at_once_keep_their_connection() {
    for seed in 0..100 {
        let mut world = World::new(seed, 2);
        world.enter(0);
        world.enter(1);
        meet(&mut world, &[0, 1], 10 * SECOND);
        for _ in 0..5 {
            world.act(0, |call, now| call.handle_network_changed(now));
            world.act(1, |call, now| call.handle_network_changed(now));
            world.run(SECOND);
        }
        world.run(20 * SECOND);
        assert!(world.is_meshed(&[0, 1]));
        assert_eq!([world.people[0].browser.opened, world.people[1].browser.opened], [1, 1]);
    }
}

#[test]
fn a_reload_replaces_the_connection() {
    for seed in 0..30 {
        let mut world = World::new(seed, 3);
        (0..3).for_each(|who| world.enter(who));
        meet(&mut world, &[0, 1, 2], 10 * SECOND);
        world.reload(1);
        world.run(SECOND / 10);
        meet(&mut world, &[0, 1, 2], 10 * SECOND);
    }
}

#[test]
fn who_seemed_gone_to_one_side_is_connected_again() {
    for (seed, both) in (0..20).flat_map(|seed| [(seed, false), (seed, true)]) {
        let mut world = World::new(seed, 2);
        world.enter(0);
        world.enter(1);
        meet(&mut world, &[0, 1], 10 * SECOND);
        world.presence(0, 1, false);
        if both {
            world.presence(1, 0, false);
        }
        world.run(3 * SECOND);
        world.presence(0, 1, true);
        world.presence(1, 0, true);
        meet(&mut world, &[0, 1], 60 * SECOND);
    }
}

#[test]
fn leaving_ends_the_connection_at_once_on_both_sides() {
    let mut world = World::new(3, 2);
    world.enter(0);
    world.enter(1);
    meet(&mut world, &[0, 1], 10 * SECOND);
    world.leave(1);
    world.run(SECOND);
    let (first, second) = (world.people[0].device, world.people[1].device);
    let ended = |who: usize| world.people[who].events.last().map(|(_, event)| event.clone());
    assert_eq!(ended(0), Some(CallEvent::Disconnected(second, DisconnectReason::Left)));
    assert_eq!(ended(1), Some(CallEvent::Disconnected(first, DisconnectReason::HungUp)));
    world.run(60 * SECOND);
    assert_eq!([world.people[0].browser.open_links(), world.people[1].browser.open_links()], [0, 0]);
}

#[test]
fn calls_outlive_a_dead_signalling_path() {
    let mut world = World::new(5, 2);
    world.enter(0);
    world.enter(1);
    meet(&mut world, &[0, 1], 10 * SECOND);
    world.weather.loss = 100;
    world.act(0, |call, now| call.handle_network_changed(now));
    world.run(120 * SECOND);
    assert!(world.is_meshed(&[0, 1]));
    world.weather.loss = 0;
    world.run(30 * SECOND);
    assert!(world.is_meshed(&[0, 1]));
    assert_eq!(world.people[0].browser.opened, 1);
}

#[test]
fn what_a_browser_refuses_is_tried_anew() {
    for seed in 0..20 {
        let mut world = World::new(seed, 2);
        world.enter(0);
        world.people[0].browser.refusals = 1;
        world.people[1].browser.refusals = 1;
        world.enter(1);
        meet(&mut world, &[0, 1], 20 * SECOND);
    }
}

#[test]
fn no_pair_exceeds_its_budget_of_signals() {
    let mut world = World::new(6, 3);
    world.weather = Weather { loss: 60, ..STORM };
    (0..3).for_each(|who| world.enter(who));
    for _ in 0..600 {
        world.act(0, |call, now| call.handle_network_changed(now));
        world.act(1, |call, now| call.handle_network_changed(now));
        world.run(SECOND / 5);
    }
    let times = |from: usize, to: usize| {
        let to = world.people[to].device;
        world.sent.iter().filter(|entry| entry.1 == from && entry.2 == to).map(|entry| entry.0).collect::<Vec<_>>()
    };
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0)] {
        let times = times(from, to);
        let within = |begin: &u64| times.iter().filter(|at| (*begin..begin + 60_000).contains(at)).count();
        assert!(times.iter().map(within).max().is_some_and(|most| most <= 60));
    }
    world.weather = STORM;
    meet(&mut world, &[0, 1, 2], 120 * SECOND);
}

#[test]
fn a_room_over_the_limit_connects_as_many_as_the_mesh_carries() {
    let mut world = World::new(7, MAX_LINKS + 3);
    (0..MAX_LINKS + 3).for_each(|who| world.enter(who));
    world.run(30 * SECOND);
    assert!(world.people.iter().all(|person| person.browser.open_links() <= MAX_LINKS));
    let turned_away = |event: &CallEvent| matches!(event, CallEvent::Disconnected(_, DisconnectReason::TooManyMembers));
    assert!(world.people[0].events.iter().any(|(_, event)| turned_away(event)));
    world.leave(1);
    world.run(30 * SECOND);
    assert_eq!(world.people[0].browser.open_links(), MAX_LINKS);
}

#[test]
fn both_ends_use_the_turn_nodes_of_the_offer() {
    let mut world = World::new(8, 2);
    world.act(0, |call, now| call.set_turn_nodes(vec![World::turn_node("a"), World::turn_node("b")], now));
    world.act(1, |call, now| call.set_turn_nodes(vec![World::turn_node("b"), World::turn_node("c")], now));
    world.enter(0);
    world.enter(1);
    world.run(SECOND / 2);
    assert!(!world.is_meshed(&[0, 1]), "the answer waits for credentials");
    let wanted = CallEvent::TurnWanted(vec![b"a".to_vec(), b"b".to_vec()]);
    assert!(world.people[1].events.iter().any(|(_, event)| *event == wanted));
    world.act(1, |call, now| call.set_turn_nodes(vec![World::turn_node("b"), World::turn_node("a")], now));
    meet(&mut world, &[0, 1], SECOND);
    assert_eq!([world.people[0].browser.servers(), world.people[1].browser.servers()], [[2], [2]]);
}

#[test]
fn an_answer_does_not_wait_for_ever_for_turn_credentials() {
    let mut world = World::new(9, 2);
    world.act(0, |call, now| call.set_turn_nodes(vec![World::turn_node("a")], now));
    world.enter(0);
    world.enter(1);
    meet(&mut world, &[0, 1], 3 * SECOND);
}

#[test]
fn candidates_leave_in_few_signals() {
    let mut world = World::new(10, 2);
    world.enter(0);
    world.enter(1);
    meet(&mut world, &[0, 1], SECOND);
    let batches = world.sent.iter().filter(|entry| matches!(entry.3.kind, SignalKind::Candidates(_))).count();
    assert!((2..=4).contains(&batches), "{batches}");
}
