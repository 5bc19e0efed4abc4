//! The left third of a dialog: what an account is here, over the two arches with the light on.

use yew::prelude::*;

use super::symbol::{Sign, Symbol};

/// Properties of [`Aside`].
#[derive(Clone, PartialEq, Properties)]
pub struct AsideProps {
    /// The sentence.
    pub title: AttrValue,
    /// What it means: icon and text.
    pub points: Vec<(Symbol, &'static str)>,
}

/// The aside.
#[component]
pub fn Aside(props: &AsideProps) -> Html {
    html! {
        <aside class="account-aside">
            <p class="aside-title">{ props.title.clone() }</p>
            <ul>{ for props.points.iter().map(|(symbol, text)| html! { <li><Sign symbol={*symbol} /><span>{ *text }</span></li> }) }</ul>
            <svg class="aside-arches" viewBox="0 0 340 262" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
                <path class="aside-left" d="M-46 262V120a120 120 0 0 1 240 0v142z" />
                <path class="aside-right" d="M130 262V120a120 120 0 0 1 240 0v142z" />
                <path class="aside-light" d="M130 262V120a120 120 0 0 1 32-81.6a120 120 0 0 1 32 81.6v142z" />
            </svg>
        </aside>
    }
}
