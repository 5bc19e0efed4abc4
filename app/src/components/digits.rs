//! Digits to compare: groups of five, large, and as a QR code.

use yew::prelude::*;

use super::invite::Qr;

/// Properties of [`Digits`].
#[derive(Clone, PartialEq, Properties)]
pub struct DigitsProps {
    /// The groups.
    pub groups: Vec<String>,
    /// What they are, for screen readers.
    pub label: AttrValue,
    /// How tests find them.
    pub testid: AttrValue,
}

/// The digits. They are told to a screen reader group by group.
#[component]
pub fn Digits(props: &DigitsProps) -> Html {
    html! {
        <div class="compare-digits">
            <ol aria-label={props.label.clone()} data-testid={props.testid.clone()}>
                { for props.groups.iter().map(|group| html! { <li>{ group }</li> }) }
            </ol>
            <Qr link={props.groups.concat()} label={format!("QR code of the {}", props.label.to_lowercase())} />
        </div>
    }
}
