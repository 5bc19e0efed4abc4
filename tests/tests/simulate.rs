//! Whole rooms under everything at once, and proof that what is broken is seen.

use milanio_tests::simulate::{Break, Plan, run, run_all};

/// Devices at most.
const DEVICES: usize = 12;
/// Seeds that are lived through here: each takes a quarter of a second on two processors. `cargo xtask simulate` runs as many as one likes.
const SEEDS: std::ops::Range<u64> = 100..300;

fn live(seed: u64, devices: usize) {
    if let Err(violation) = run(Plan { seed, devices, broken: None }) {
        panic!("seed {seed} of {devices} devices: {violation}");
    }
}

#[test]
fn what_must_hold_holds_in_every_room() {
    let outcomes = run_all(SEEDS, DEVICES, |_, _| {});
    let failed: Vec<_> = outcomes.iter().filter_map(|(seed, outcome)| Some((seed, outcome.as_ref().err()?))).collect();
    assert!(failed.is_empty(), "of {DEVICES} devices: {failed:#?}");
}

#[test]
fn what_once_broke_holds() {
    for line in include_str!("../regressions/simulate.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut numbers = line.split_whitespace();
        let seed = numbers.next().and_then(|seed| seed.parse().ok()).expect("a seed");
        let devices = numbers.next().and_then(|devices| devices.parse().ok()).expect("a number of devices");
        live(seed, devices);
    }
}

/// Whether one of `properties` is seen to be broken in the room of some seed.
fn is_seen(broken: Break, properties: &[&str]) -> bool {
    let run = |seed| run(Plan { seed, devices: 6, broken: Some(broken) }).err();
    (0..30).filter_map(run).any(|violation| properties.contains(&violation.property))
}

#[test]
fn a_device_that_ignores_removals_is_seen() {
    assert!(is_seen(Break::DeafToRemovals, &["coming together", "G5", "G7"]));
}

#[test]
fn a_device_that_believes_every_genesis_is_seen() {
    assert!(is_seen(Break::AnyGenesis, &["G13"]));
}

#[test]
fn messages_that_do_not_arrive_are_missed() {
    assert!(is_seen(Break::LostMessages, &["G8"]));
}

#[test]
fn a_device_that_says_things_unsealed_is_seen() {
    assert!(is_seen(Break::Unsealed, &["G1"]));
}

#[test]
fn a_device_that_speaks_with_the_keys_of_another_is_seen() {
    assert!(is_seen(Break::StolenKeys, &["G2"]));
}

#[test]
fn newcomers_who_read_what_was_said_before_are_seen() {
    assert!(is_seen(Break::HandedOn, &["G6"]));
}

#[test]
fn a_device_that_says_more_than_it_may_is_seen() {
    assert!(is_seen(Break::Stutters, &["G16"]));
}
