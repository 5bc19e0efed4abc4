//! Buttons: one look per rank. A view has at most one primary button.

use yew::prelude::*;

use super::icon::{Glyph, icon};

/// How important a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rank {
    /// The one next step of the view.
    Primary,
    /// A second action.
    #[default]
    Key,
    /// A third.
    Ghost,
    /// Leaving and removing.
    Danger,
}

/// Properties of [`Button`].
#[derive(Clone, PartialEq, Properties)]
pub struct ButtonProps {
    /// How important.
    #[prop_or_default]
    pub rank: Rank,
    /// Size and place: `large`, `hero`, `wide`.
    #[prop_or_default]
    pub class: Classes,
    /// An icon before the label.
    #[prop_or_default]
    pub glyph: Option<Glyph>,
    /// The label.
    pub label: AttrValue,
    /// At work: a spinner, and no second press.
    #[prop_or_default]
    pub busy: bool,
    /// What it does. Submits its form when absent.
    #[prop_or_default]
    pub onclick: Option<Callback<MouseEvent>>,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// A button with a label.
#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let rank = match props.rank {
        Rank::Primary => "primary",
        Rank::Key => "key",
        Rank::Ghost => "ghost",
        Rank::Danger => "danger",
    };
    let kind = if props.onclick.is_some() { "button" } else { "submit" };
    let onclick = props.onclick.clone().filter(|_| !props.busy);
    html! {
        <button type={kind} class={classes!("button", rank, props.class.clone())} {onclick}
            aria-busy={props.busy.then_some("true")} aria-disabled={props.busy.then_some("true")}
            data-testid={props.testid.clone()}>
            if props.busy {
                <span class="spinner" aria-hidden="true"></span>
            } else if let Some(glyph) = props.glyph {
                { icon(glyph) }
            }
            <span>{ props.label.clone() }</span>
        </button>
    }
}
