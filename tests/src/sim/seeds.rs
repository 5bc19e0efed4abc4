//! Living through something with one seed after the other, so that the one with which it failed is told.

use std::sync::atomic::{AtomicU64, Ordering};

/// Runs `scenario` with `count` seeds, and says which seed failed. `MILANIO_SEED` runs that one alone.
pub fn for_seeds(count: u64, scenario: impl Fn(u64)) {
    let only = std::env::var("MILANIO_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(0..count, |seed| seed..seed + 1);
    seeds.for_each(|seed| named(seed, &scenario));
}

/// The same with as many seeds at once as the machine has processors: for scenarios that calculate much.
pub fn for_seeds_at_once(count: u64, scenario: impl Fn(u64) + Sync) {
    if std::env::var_os("MILANIO_SEED").is_some() {
        return for_seeds(count, scenario);
    }
    let next = AtomicU64::new(0);
    let some = || {
        let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        seeds.take_while(|seed| *seed < count).for_each(|seed| named(seed, &scenario));
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(some))));
}

fn named(seed: u64, scenario: impl Fn(u64)) {
    let named = NamedSeed(seed);
    scenario(seed);
    std::mem::forget(named);
}

/// Says the seed when its scenario panics.
struct NamedSeed(u64);

impl Drop for NamedSeed {
    fn drop(&mut self) {
        eprintln!("failed with seed {0}: repeat with MILANIO_SEED={0}", self.0);
    }
}
