//! The notice that somebody wanted this account's address, on whatever page one is.

use yew::prelude::*;

use super::symbol::{Sign, Symbol};
use crate::account::{desk::use_desk, intent::Intent};

/// Properties of [`Alert`].
#[derive(Clone, PartialEq, Properties)]
pub struct AlertProps {
    /// When it was asked for, in seconds since 1970.
    pub attempt_s: u64,
}

/// The notice. It stays until it is answered.
#[component]
pub fn Alert(props: &AlertProps) -> Html {
    let desk = use_desk();
    html! {
        <aside class="account-alert notice warn" aria-label="Notice" data-testid="attempt">
            <Sign symbol={Symbol::Warning} />
            <p role="alert"><b>{ "Somebody asked to take over your address. As you are signed in, this was stopped." }</b>
                { " Unless it was you, change the password of your mailbox: somebody else reads it." }</p>
            <button type="button" class="button" onclick={desk.wishes(Intent::SeeAttempt(props.attempt_s))} data-testid="attempt-seen">{ "Understood" }</button>
        </aside>
    }
}
