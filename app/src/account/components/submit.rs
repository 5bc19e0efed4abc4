//! The one main button of a form: at work, or waiting until the server takes more.

use yew::prelude::*;

use super::notices::use_now_until;
use crate::account::{desk::use_desk, text};

/// Properties of [`Submit`].
#[derive(Clone, PartialEq, Properties)]
pub struct SubmitProps {
    /// What it does.
    pub label: AttrValue,
    /// How tests find it.
    pub testid: AttrValue,
}

/// The button. It keeps the focus while it cannot be pressed.
#[component]
pub fn Submit(props: &SubmitProps) -> Html {
    let desk = use_desk();
    let is_limited = use_now_until(desk.limited_until_ms) < desk.limited_until_ms;
    let is_busy = desk.busy.is_some();
    html! {
        <button type="submit" class="button primary wide large" aria-busy={is_busy.then_some("true")}
            aria-disabled={(is_busy || is_limited).then_some("true")} data-testid={props.testid.clone()}>
            if is_busy { <span class="spinner" aria-hidden="true"></span> }
            <span>{ desk.busy.map_or_else(|| props.label.clone(), |busy| text::busy(busy).into()) }</span>
        </button>
    }
}
