//! How well media flows: bars, a word, and the path.

use yew::prelude::*;

use crate::{
    state::room::{Link, Quality},
    text,
};

/// Properties of [`QualityBars`].
#[derive(Clone, PartialEq, Properties)]
pub struct QualityBarsProps {
    /// Lit bars, 0 to 4; 0 is drawn with a slash.
    pub lit: u8,
}

/// The four bars.
#[component]
pub fn QualityBars(props: &QualityBarsProps) -> Html {
    let bar = |n: u8, x: &'static str, y: &'static str, height: &'static str| {
        html! { <rect class={classes!((n < props.lit).then_some("lit"))} {x} {y} width="2.6" {height} rx="1.3" /> }
    };
    html! {
        <svg class={classes!("bars", format!("bars-{}", props.lit))} viewBox="0 0 16 16" aria-hidden="true">
            { bar(0, "1", "10", "4") }
            { bar(1, "4.8", "7.5", "6.5") }
            { bar(2, "8.6", "5", "9") }
            { bar(3, "12.4", "2", "12") }
            if props.lit == 0 { <path class="slash" d="M2 2l12 12" /> }
        </svg>
    }
}

/// Properties of [`QualityChip`].
#[derive(Clone, PartialEq, Properties)]
pub struct QualityChipProps {
    /// How media gets here.
    pub link: Link,
}

/// The chip on a tile; nothing while no media has come.
#[component]
pub fn QualityChip(props: &QualityChipProps) -> Html {
    let Some((word, path)) = text::link(&props.link) else { return html! {} };
    html! {
        <span class={classes!("tile-chip", "tile-quality", word.to_lowercase())}>
            <QualityBars lit={lit(&props.link)} />
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
