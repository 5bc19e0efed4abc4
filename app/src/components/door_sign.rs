//! A room's life as a door: closed, open with the light on, over, or bricked up. A word always stands beside it.

use yew::prelude::*;

use crate::state::recent::Life;

/// The outline of every door, 56 by 74.
const FRAME: &str = "M2 72V28a26 26 0 0 1 52 0v44z";

/// The door of a room; of one whose life is not known for `None`.
pub fn door_sign(life: Option<Life>) -> Html {
    let (class, inside) = match life {
        None => ("door-sign unknown", html! {}),
        Some(Life::Waiting) => (
            "door-sign waiting",
            html! { <><path d="M28 2v70" /><circle cx="23" cy="42" r="1.5" /><circle cx="33" cy="42" r="1.5" /></> },
        ),
        Some(Life::Active) => (
            "door-sign active",
            html! { <><path class="light" d="M2 72V28a26 26 0 0 1 52 0v44z" /><path class="leaf" d="M2 72V28A26 26 0 0 1 22 3v74z" /><circle class="knob" cx="17" cy="44" r="2.5" /></> },
        ),
        Some(Life::Expired) => {
            ("door-sign over", html! { <><circle cx="28" cy="40" r="12" /><path d="M28 33v7l5 3" /></> })
        }
        Some(Life::Destroyed) => (
            "door-sign over",
            html! { <path d="M6 18h44M2 32h52M2 46h52M2 60h52M28 2v16M16 18v14M40 18v14M28 32v14M16 46v14M40 46v14M28 60v12" /> },
        ),
    };
    html! {
        <svg {class} viewBox="0 0 56 78" aria-hidden="true">
            { inside }
            <path class="frame" d={FRAME} />
        </svg>
    }
}
