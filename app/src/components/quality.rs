//! How well media flows: bars, a word, and the path.

use yew::prelude::*;

use crate::{
    state::room::{Link, Quality},
    text,
};

/// The four bars, of which 0 to 4 are lit; 0 is drawn with a slash.
pub fn quality_bars(lit: u8) -> Html {
    let bar = |n: u8, x: &'static str, y: &'static str, height: &'static str| {
        html! { <rect class={classes!((n < lit).then_some("lit"))} {x} {y} width="2.6" {height} rx="1.3" /> }
    };
    html! {
        <svg class={classes!("bars", format!("bars-{lit}"))} viewBox="0 0 16 16" aria-hidden="true">
            { bar(0, "1", "10", "4") }
            { bar(1, "4.8", "7.5", "6.5") }
            { bar(2, "8.6", "5", "9") }
            { bar(3, "12.4", "2", "12") }
            if lit == 0 { <path class="slash" d="M2 2l12 12" /> }
        </svg>
    }
}

/// The chip on a tile, by how media gets here; nothing while none has come.
pub fn quality_chip(link: &Link) -> Html {
    let Some((word, path)) = text::link(link) else { return html! {} };
    html! {
        <span class={classes!("tile-chip", "tile-quality", word.to_lowercase())}>
            { quality_bars(lit(link)) }
            <b>{ word }</b>
            if !path.is_empty() { <span class="tile-path">{ path }</span> }
        </span>
    }
}

/// How many bars are lit.
fn lit(link: &Link) -> u8 {
    match link {
        Link::Flowing { quality: Quality::Good, .. } => 4,
        Link::Flowing { quality: Quality::Fair, .. } => 3,
        Link::Flowing { quality: Quality::Poor, .. } => 2,
        Link::Waiting | Link::Lost | Link::Unreachable => 0,
    }
}
