//! What a stolen memory opens in whole rooms, counted over many traces, and proof that what is wrong is found.
//!
//! `MILANIO_TRACES` says how many traces; `cargo xtask proof secrecy` tries 2,000.

use std::sync::atomic::{AtomicU64, Ordering};

use milanio_tests::theft::{Count, Wrong, at_the_end, trace};

/// Traces in the test command.
const TRACES: u64 = 40;

/// The count of so many traces, as many at once as the machine has processors.
fn count_of(traces: u64, wrong: Wrong) -> Count {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let some = || {
        let mut total = Count::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= traces {
                return total;
            }
            let count = trace(seed, wrong);
            if wrong == Wrong::Nothing && count.violations() > 0 {
                println!("seed {seed}: {count:?}");
            }
            total.add(&count);
        }
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        let mut total = Count::default();
        runs.into_iter().for_each(|run| total.add(&run.join().expect("a trace that panics fails the test")));
        total
    })
}

#[test]
fn a_stolen_memory_opens_nothing_old_nothing_new_and_nothing_foreign() {
    let traces = std::env::var("MILANIO_TRACES").ok().and_then(|count| count.parse().ok()).unwrap_or(TRACES);
    let total = count_of(traces, Wrong::Nothing);
    println!("{total:?}");
    assert_eq!(total.violations(), 0, "{total:?}");
    // Otherwise nothing was tried: thieves do read what lies between.
    assert!(total.thefts > traces && total.read > total.thefts, "{total:?}");
}

#[test]
fn whoever_leaves_or_is_put_out_can_open_nothing_from_then_on() {
    for is_put_out in [false, true] {
        let [before, after] = at_the_end(is_put_out);
        assert!(before > 0, "nothing was tried");
        assert_eq!(after, 0, "put out: {is_put_out}");
    }
}

#[test]
fn devices_that_forget_nothing_are_found() {
    assert!(count_of(5, Wrong::KeepsKeys).before > 0);
}

#[test]
fn devices_that_do_not_heal_are_found() {
    assert!(count_of(5, Wrong::KeepsState).after > 0);
}

#[test]
fn members_who_hand_keys_to_who_is_out_are_found() {
    assert!(count_of(5, Wrong::HandsOn).foreign > 0);
}
