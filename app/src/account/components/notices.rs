//! What went wrong with a whole form, and what was done, told where people look.

use gloo::timers::callback::Interval;
use yew::prelude::*;

use super::symbol::{Sign, Symbol};
use crate::{
    account::{
        desk::use_desk,
        state::{Done, problem::Problem},
        text,
    },
    platform::clock,
};

/// Properties of [`Notices`].
#[derive(Clone, PartialEq, Properties)]
pub struct NoticesProps {
    /// What was done.
    #[prop_or_default]
    pub done: Option<Done>,
}

/// The problem that belongs to no field, or what was done. A wait counts down for the eye, and is told twice: how long, and when it is
/// over.
#[component]
pub fn Notices(props: &NoticesProps) -> Html {
    let desk = use_desk();
    let problem = desk.problem.filter(|problem| problem.field().is_none());
    let until_ms = match problem {
        Some(Problem::RateLimited { until_ms }) => until_ms,
        _ => 0,
    };
    let now_ms = use_now_until(until_ms);
    let told = use_memo((problem, desk.failures), |(problem, _)| problem.map(|it| text::problem(it, clock::now_ms())));
    let is_over = until_ms > 0 && now_ms >= until_ms;
    let words = problem.map(|problem| text::problem(problem, now_ms));
    html! {
        <>
            <div role="alert" class="notice-place">
                if let Some(words) = words.clone().filter(|_| !is_over) {
                    <p class="notice danger" data-testid="problem"><Sign symbol={Symbol::Alert} />
                        if until_ms > 0 {
                            <span class="sr-only">{ told.as_ref().clone() }</span><span aria-hidden="true">{ words }</span>
                        } else {
                            <span>{ words }</span>
                        }
                    </p>
                }
            </div>
            <div role="status" class="notice-place">
                if let Some(words) = words.filter(|_| is_over) {
                    <p class="notice ok"><Sign symbol={Symbol::Done} /><span>{ words }</span></p>
                } else if let Some(done) = props.done {
                    <p class="notice ok"><Sign symbol={Symbol::Done} /><span>{ text::done(done) }</span></p>
                }
            </div>
        </>
    }
}

/// The page's clock in milliseconds; renders again every second until that moment.
#[hook]
pub fn use_now_until(until_ms: u64) -> u64 {
    let now_ms = use_state_eq(clock::now_ms);
    let set = now_ms.setter();
    use_effect_with(until_ms, move |until_ms| {
        let until_ms = *until_ms;
        let tick = move || set.set(clock::now_ms());
        tick();
        let interval = (clock::now_ms() < until_ms).then(|| Interval::new(TICK_MS, tick));
        move || drop(interval)
    });
    *now_ms
}

/// Half a second, so that no shown second is skipped by a late timer.
const TICK_MS: u32 = 500;
