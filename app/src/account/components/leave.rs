//! The way out of the account screens: back to the place that they were opened over, be it a room.

use yew::prelude::*;

use crate::platform::fragment;

/// Properties of [`Leave`].
#[derive(Clone, PartialEq, Properties)]
pub struct LeaveProps {
    /// Rank and size, as of a button.
    #[prop_or(Classes::from("ghost small-button"))]
    pub class: Classes,
    /// The label.
    pub label: AttrValue,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// The link.
#[component]
pub fn Leave(props: &LeaveProps) -> Html {
    html! {
        <a class={classes!("button", props.class.clone())} href={fragment::below()} data-testid={props.testid.clone()}>{ props.label.clone() }</a>
    }
}
