//! Digits to compare: groups of five, large, and as a QR code.

use yew::prelude::*;

use super::invite::Qr;

/// The digits, told to a screen reader group by group under the label.
pub fn digits(groups: &[String], label: &'static str, testid: &'static str) -> Html {
    html! {
        <div class="compare-digits">
            <ol aria-label={label} data-testid={testid}>
                { for groups.iter().map(|group| html! { <li>{ group }</li> }) }
            </ol>
            <Qr link={groups.concat()} label={format!("QR code of the {}", label.to_lowercase())} />
        </div>
    }
}
