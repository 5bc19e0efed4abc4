//! Everybody in a room sees the same people, soon, whatever the network and the clocks do.

use std::collections::BTreeSet;

use milanio_identity::{Attestation, AttestationLevel, IssuerKey};
use milanio_node::{
    core::room::{Departure, RoomEvent},
    wire::message::MediaState,
};
use milanio_tests::{
    sim::{NOON, Weather, World, for_seeds},
    tap,
};

/// Each of the nodes that are inside sees exactly the others, and of two exactly one calls.
fn assert_converged(world: &World) {
    let inside: Vec<_> =
        world.nodes.iter().filter(|node| node.room.as_ref().is_some_and(|room| room.is_inside())).collect();
    let all: BTreeSet<_> = inside.iter().map(|node| node.device).collect();
    for node in &inside {
        let mut seen: BTreeSet<_> = node.sees().into_keys().collect();
        seen.insert(node.device);
        assert_eq!(seen, all, "who {:?} sees", node.device);
        for other in inside.iter().filter(|other| other.device != node.device) {
            let (ours, theirs) = (&node.sees()[&other.device], &other.sees()[&node.device]);
            assert_ne!(ours.joined_after_me, theirs.joined_after_me, "exactly one of two calls the other");
        }
    }
}

#[test]
fn two_people_see_each_other_within_a_tenth_of_a_second() {
    let mut world = World::new(1, 2, NOON);
    world.join(0);
    world.run(10_000);
    world.join(1);
    world.run(100);
    assert_converged(&world);
    assert!(world.nodes[0].sees()[&world.nodes[1].device].joined_after_me);
    assert_eq!(world.nodes[0].sees()[&world.nodes[1].device].name, "Person 1");
}

#[test]
fn who_only_looks_in_sees_who_is_inside_and_is_not_seen() {
    let mut world = World::new(2, 3, NOON);
    world.join(0);
    world.join(1);
    world.run(10_000);
    world.open(2, false);
    world.run(200);
    assert_eq!(world.nodes[2].sees().len(), 2);
    assert_eq!(world.nodes[0].sees().len(), 1);
    world.enter(2);
    world.run(100);
    assert_converged(&world);
    assert!(!world.nodes[2].sees()[&world.nodes[0].device].joined_after_me);
}

#[test]
fn presence_converges_in_a_storm() {
    for_seeds(20, |seed| {
        let mut world = World::new(seed, 8, NOON);
        world.weather = Weather::STORM;
        for index in 0..8 {
            world.join(index);
            let pause = world.random(2_000);
            world.run(pause);
        }
        world.run(60_000);
        let mut departures = 0;
        for node in &world.nodes {
            for other in &world.nodes {
                let of_one = node.departures(other.device);
                assert!(of_one.iter().all(|(_, why)| *why == Departure::Silent));
                departures += of_one.len();
            }
        }
        assert!(departures <= 2, "lost frames make hardly anybody gone: {departures} of 56 pairs");
        world.weather = Weather::FINE;
        world.run(6_000);
        assert_converged(&world);
    });
}

#[test]
fn a_goodbye_counts_at_once_and_silence_after_three_beats() {
    let mut world = World::new(3, 3, NOON);
    (0..3).for_each(|index| world.join(index));
    world.run(10_000);
    let (left_at, polite, rude) = (world.now(), world.nodes[1].device, world.nodes[2].device);
    world.leave(1);
    world.crash(2);
    world.run(30_000);
    let [(at, reason)] = world.nodes[0].departures(polite)[..] else { panic!("one departure") };
    assert_eq!(reason, Departure::Left);
    assert!(at - left_at < 50);
    let [(at, reason)] = world.nodes[0].departures(rude)[..] else { panic!("one departure") };
    assert_eq!(reason, Departure::Silent);
    assert!((11_000..=17_000).contains(&(at - left_at)), "{}", at - left_at);
}

#[test]
fn live_media_keeps_a_silent_member_and_its_end_begins_the_patience_anew() {
    let mut world = World::new(4, 2, NOON);
    (0..2).for_each(|index| world.join(index));
    world.run(5_000);
    let other = world.nodes[1].device;
    world.act(0, |room, now| room.handle_media_alive(other, true, now));
    world.connect(1, false);
    world.run(120_000);
    assert_eq!(world.nodes[0].departures(other), []);
    world.act(0, |room, now| room.handle_media_alive(other, false, now));
    world.run(10_000);
    assert_eq!(world.nodes[0].departures(other), []);
    world.run(10_000);
    assert_eq!(world.nodes[0].departures(other).len(), 1);
}

#[test]
fn an_away_member_is_given_a_minute_and_a_half() {
    let mut world = World::new(5, 2, NOON);
    (0..2).for_each(|index| world.join(index));
    world.run(5_000);
    let other = world.nodes[1].device;
    world.act(1, |room, now| room.set_away(true, now));
    world.run(50);
    assert!(world.nodes[0].sees()[&other].away);
    world.crash(1);
    world.run(85_000);
    assert_eq!(world.nodes[0].departures(other), []);
    world.run(10_000);
    assert_eq!(world.nodes[0].departures(other).len(), 1);
}

#[test]
fn switching_things_on_and_off_is_seen_at_once_and_in_the_end_rightly() {
    for_seeds(10, |seed| {
        let mut world = World::new(seed, 3, NOON);
        (0..3).for_each(|index| world.join(index));
        world.run(5_000);
        let other = world.nodes[1].device;
        let off = MediaState { microphone: false, camera: true };
        world.act(1, |room, now| room.set_media(off, now));
        world.run(30);
        assert_eq!(world.nodes[0].sees()[&other].media, off);
        world.weather = Weather::STORM;
        for step in 0..40 {
            let media = MediaState { microphone: step % 2 == 0, camera: step % 3 == 0 };
            world.act(1, |room, now| room.set_media(media, now));
            let name = format!("Name {step}");
            world.act(1, |room, now| room.set_name(&name, now));
            world.run(100);
        }
        world.run(40_000);
        for index in [0, 2] {
            let seen = &world.nodes[index].sees()[&other];
            assert_eq!(seen.media, MediaState { microphone: false, camera: true });
            assert_eq!(seen.name, "Name 39");
        }
    });
}

#[test]
fn a_mark_is_seen_by_those_who_trust_its_issuer_and_goes_with_a_borrowed_attestation() {
    let mut world = World::new(7, 3, NOON);
    (0..3).for_each(|index| world.join(index));
    world.run(5_000);
    let marked = world.nodes[1].device;
    let account = world.nodes[0].sees()[&marked].account;
    let issuer = IssuerKey::from_seed([1; 32]);
    world.act(0, |room, now| room.set_issuers(vec![issuer.id()], now));
    let today = (world.now() / 86_400_000) as u32;
    let attestation = Attestation::issue(&issuer, account, AttestationLevel::Email, today);
    world.act(1, |room, now| room.set_attestation(Some(attestation.clone()), now));
    world.run(100);
    assert!(world.nodes[0].sees()[&marked].verified);
    assert!(!world.nodes[2].sees()[&marked].verified, "it knows no issuer");
    world.act(2, |room, now| room.set_attestation(Some(attestation), now));
    world.run(100);
    let borrower = world.nodes[2].device;
    assert!(!world.nodes[0].sees()[&borrower].verified, "the attestation of another account");
    world.act(1, |room, now| room.set_attestation(None, now));
    world.run(100);
    assert!(!world.nodes[0].sees()[&marked].verified);
}

#[test]
fn a_lost_connection_makes_nobody_gone_for_the_one_who_lost_it() {
    let mut world = World::new(6, 3, NOON);
    (0..3).for_each(|index| world.join(index));
    world.run(5_000);
    world.connect(0, false);
    world.run(60_000);
    assert_eq!(world.nodes[0].sees().len(), 2);
    assert_eq!(world.nodes[1].sees().len(), 1);
    world.connect(0, true);
    world.run(200);
    assert_converged(&world);
    assert_eq!(world.nodes[0].count(|event| matches!(event, RoomEvent::MemberLeft { .. })), 0);
}

#[test]
fn a_reloaded_page_is_a_departure_and_a_new_member() {
    let mut world = World::new(7, 3, NOON);
    (0..3).for_each(|index| world.join(index));
    world.run(5_000);
    let other = world.nodes[1].device;
    world.crash(1);
    world.run(500);
    world.join(1);
    world.run(200);
    assert_converged(&world);
    assert_eq!(
        world.nodes[0].departures(other).iter().map(|(_, why)| *why).collect::<Vec<_>>(),
        [Departure::Restarted]
    );
    assert!(world.nodes[0].sees()[&other].joined_after_me);
}

#[test]
fn people_with_clocks_ten_minutes_off_meet_like_others_and_are_told() {
    for_seeds(4, |seed| {
        let mut world = World::new(seed, 3, NOON);
        world.set_skew(1, 600_000, true);
        world.set_skew(2, -600_000, true);
        (0..3).for_each(|index| world.join(index));
        world.run(1_000);
        assert_converged(&world);
        world.write(1, "from the future").unwrap();
        world.write(2, "from the past").unwrap();
        world.run(1_000);
        for (index, told) in [(0, 0), (1, 1), (2, 1)] {
            assert_eq!(world.nodes[index].count(|event| *event == RoomEvent::ClockWrong), told);
            assert_eq!(world.nodes[index].transcript().len(), 2);
        }
    });
}

#[test]
fn a_clock_that_is_corrected_after_entering_is_no_obstacle() {
    let mut world = World::new(8, 2, NOON);
    world.set_skew(1, 600_000, false);
    world.join(0);
    world.join(1);
    world.run(10_000);
    assert_eq!(world.nodes[0].sees().len(), 0);
    world.set_skew(1, 600_000, true);
    world.connect(1, false);
    world.connect(1, true);
    world.run(1_000);
    assert_converged(&world);
}

#[test]
fn midnight_passes_unnoticed() {
    for_seeds(4, |seed| {
        let before_midnight = NOON + 12 * 3_600_000 - 15 * 60_000;
        let mut world = World::new(seed, 4, before_midnight);
        for index in 0..4 {
            world.set_skew(index, [0, 40_000, -40_000, 5_000][index], index % 2 == 0);
            world.join(index);
        }
        world.run(1_000);
        for number in 0..180 {
            world.write(number % 4, &format!("message {number}")).unwrap();
            world.run(10_000);
        }
        assert_converged(&world);
        for node in &world.nodes {
            assert_eq!(node.transcript().len(), 180);
            assert_eq!(node.count(|event| matches!(event, RoomEvent::MemberLeft { .. })), 0);
            assert_eq!(node.room.as_ref().unwrap().topics().count(), 2);
        }
    });
}

#[test]
fn somebody_alone_tells_the_registry_and_among_several_one_does() {
    let mut world = World::new(9, 3, NOON);
    world.join(0);
    world.run(100_000);
    assert_eq!(world.registry_beats, 4);
    world.join(1);
    world.join(2);
    world.run(15_000);
    let before = world.registry_beats;
    world.run(120_000);
    assert_eq!(world.registry_beats - before, 4);
}

#[test]
fn fifty_people_see_each_other_and_keep_within_their_rates() {
    let mut world = World::new(10, 50, NOON);
    for index in 0..50 {
        world.join(index);
        world.run(200);
    }
    world.run(20_000);
    assert_converged(&world);
    let since = world.now();
    world.run(60_000);
    for node in &world.nodes {
        let recent = node.published.iter().filter(|(at, _)| *at > since);
        let small = recent.clone().filter(|(_, size)| *size < 512).count();
        assert!((7..=12).contains(&small), "beats a minute among fifty: {small}");
        assert!(recent.count() - small <= 2, "full presences a minute");
    }
    assert_all_read_each_other(&mut world);
}

/// Everybody writes once: one bundle of keys from each, which fits a frame of 16 KiB, and one message.
fn assert_all_read_each_other(world: &mut World) {
    let (first, size) = (world.recorded.len(), world.nodes.len());
    for index in 0..size {
        world.write(index, "hello").expect("it is taken");
        world.run(20);
    }
    world.run(5_000);
    assert!(world.nodes.iter().all(|node| node.chats().len() == size));
    let said = tap::said_since(world, first);
    assert_eq!((tap::bundles(world, &said).len(), tap::chains(&said).len()), (size, size));
    let largest = world.recorded.iter().skip(first).map(|(_, data)| data.len()).max();
    assert!(largest <= Some(16_497), "{largest:?}");
}

#[test]
fn a_beat_fits_the_smallest_frame() {
    let mut world = World::new(11, 2, NOON);
    (0..2).for_each(|index| world.join(index));
    world.run(59_000);
    let sizes: BTreeSet<_> = world.nodes[0].published.iter().map(|(_, size)| *size).collect();
    assert_eq!(sizes.len(), 2, "one size for beats and one for presences: {sizes:?}");
    assert!(sizes.first().is_some_and(|size| *size < 400));
}
