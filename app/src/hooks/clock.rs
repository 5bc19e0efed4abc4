//! Seconds since a moment, ticking.

use gloo::timers::callback::Interval;
use yew::prelude::*;

use crate::platform::clock;

/// Whole seconds since `since_ms` of the page's clock; renders again every second.
#[hook]
pub fn use_seconds_since(since_ms: u64) -> u64 {
    let seconds = use_state_eq(|| 0);
    let set = seconds.setter();
    use_effect_with(since_ms, move |since_ms| {
        let since_ms = *since_ms;
        let tick = move || set.set(clock::now_ms().saturating_sub(since_ms) / 1_000);
        tick();
        let interval = Interval::new(TICK_MS, tick);
        move || drop(interval)
    });
    *seconds
}

/// Half a second, so that no shown second is skipped by a late timer.
const TICK_MS: u32 = 500;
