//! Signing in on a new browser by address and password; a mail code follows.

use yew::prelude::*;

use super::heading::Heading;
use crate::account::{
    components::{
        field::TextField,
        notices::Notices,
        password::{PasswordField, typed, typed_secret},
        submit::Submit,
    },
    desk::use_desk,
    intent::Intent,
    route::Route,
    state::problem::Field,
};

/// The form.
#[component]
pub fn Password() -> Html {
    let desk = use_desk();
    let (email, password) = (use_node_ref(), use_node_ref());
    let onsubmit = {
        let (email, password) = (email.clone(), password.clone());
        desk.submits(move || Intent::SignIn { email: typed(&email), password: typed_secret(&password) })
    };
    html! {
        <div class="account-body">
            <Heading title="E-mail and password" lead="The password is used here and never sent. A code by mail follows." screen="password" />
            <form class="account-form" {onsubmit} novalidate=true>
                <TextField field={Field::Email} id="signin-email" label="E-mail" kind="email" autocomplete="email" input={email} testid="signin-email" />
                <PasswordField id="signin-password" input={password} testid="signin-password" />
                <Notices />
                <Submit label="Sign in" testid="signin-submit" />
            </form>
            <p class="account-foot">
                <a class="text-link" href={Route::Phrase.to_fragment()}>{ "Lost your password? Use your 24 words" }</a>
                <a class="button ghost small-button" href={Route::SignIn.to_fragment()}>{ "Other ways" }</a>
            </p>
        </div>
    }
}
