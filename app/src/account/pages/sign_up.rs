//! Making an identity: a name, and an address where codes are sent.

use yew::prelude::*;

use super::{heading::Heading, phrase::AlreadyHere};
use crate::account::{
    components::{
        aside::Aside, field::TextField, leave::Leave, notices::Notices, password::typed, submit::Submit, symbol::Symbol,
    },
    desk::use_desk,
    intent::Intent,
    route::Route,
    state::{me::Me, problem::Field},
};

/// What an account is here.
pub const POINTS: [(Symbol, &str); 3] = [
    (Symbol::Key, "Your keys are made on this device and stay yours."),
    (Symbol::EyeOff, "A password never leaves it. We could not read it if we tried."),
    (Symbol::Mail, "Your e-mail helps you find your way back. It is not kept in readable form."),
];

/// Properties of [`SignUp`].
#[derive(Clone, PartialEq, Properties)]
pub struct SignUpProps {
    /// Somebody is here already.
    pub me: Option<Me>,
    /// Who signed out here.
    pub parked: Option<Me>,
}

/// The form.
#[component]
pub fn SignUp(props: &SignUpProps) -> Html {
    let desk = use_desk();
    let (name, email) = (use_node_ref(), use_node_ref());
    let onsubmit = {
        let (name, email) = (name.clone(), email.clone());
        desk.submits(move || Intent::SignUp { name: typed(&name), email: typed(&email) })
    };
    let initial = props.me.as_ref().map(|me| me.name.clone()).or_else(crate::platform::storage::remembered_name);
    let (title, lead) = match &props.me {
        Some(_) => ("Add your e-mail", "Your identity stays the same. A verified address brings it to other devices."),
        None => ("Create your account", "Calls work without one. This keeps your name on all your devices."),
    };
    html! {
        <>
            <Aside title="An account that belongs to you" points={POINTS.to_vec()} />
            <div class="account-body">
                <Heading {title} {lead} screen="sign-up" />
                if props.me.is_none() { <AlreadyHere parked={props.parked.clone()} /> }
                <form class="account-form" {onsubmit} novalidate=true>
                    <TextField field={Field::Name} id="signup-name" label="Name" autocomplete="nickname" max="40" input={name}
                        initial={initial.unwrap_or_default()} testid="signup-name" />
                    <TextField field={Field::Email} id="signup-email" label="E-mail" note={props.me.is_none().then_some("Optional")}
                        kind="email" autocomplete="email" input={email} hint="We send a code there. Without an address the identity lives on this device only."
                        testid="signup-email" />
                    <Notices />
                    <Submit label={if props.me.is_some() { "Send the code" } else { "Create account" }} testid="signup-submit" />
                </form>
                <p class="account-foot">
                    <span>{ "Have one already? " }<a class="text-link" href={Route::SignIn.to_fragment()}>{ "Sign in" }</a></span>
                    <Leave label={if props.me.is_some() { "Not now" } else { "Stay a guest" }} />
                </p>
            </div>
        </>
    }
}
