//! Signing in who was restored here without the account: its address is all that is missing.

use yew::prelude::*;

use crate::account::{
    components::{field::TextField, password::typed, submit::Submit},
    desk::use_desk,
    intent::Intent,
    state::problem::Field,
};

/// The form.
#[component]
pub fn NameAddress() -> Html {
    let desk = use_desk();
    let email = use_node_ref();
    let onsubmit = {
        let email = email.clone();
        desk.submits(move || Intent::NameAddress(typed(&email)))
    };
    html! {
        <form class="account-form" {onsubmit} novalidate=true>
            <TextField field={Field::Email} id="own-email" label="E-mail of your account" kind="email" autocomplete="email"
                hint="It gets a letter that this browser is new" input={email} testid="own-email" />
            <Submit label="Sign in" testid="own-email-submit" />
        </form>
    }
}
