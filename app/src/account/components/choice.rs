//! A way to go on: icon, title, what it is, and where it leads.

use yew::prelude::*;

use super::symbol::{Sign, Symbol};
use crate::account::route::Route;

/// Properties of [`Choice`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChoiceProps {
    /// The icon.
    pub symbol: Symbol,
    /// The title.
    pub title: AttrValue,
    /// What it is, in a line.
    #[prop_or_default]
    pub about: Option<AttrValue>,
    /// Where it leads.
    pub to: Route,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// The row.
#[component]
pub fn Choice(props: &ChoiceProps) -> Html {
    html! {
        <a class="choice" href={props.to.to_fragment()} data-testid={props.testid.clone()}>
            <Sign symbol={props.symbol} />
            <span class="choice-text">
                <b>{ props.title.clone() }</b>
                if let Some(about) = &props.about { <span class="small">{ about.clone() }</span> }
            </span>
            <Sign symbol={Symbol::Right} />
        </a>
    }
}
