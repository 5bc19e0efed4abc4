//! The ways in: this device's key if it signed out here, else a password, another device, the words, or a file.

use yew::prelude::*;

use super::{heading::Heading, sign_up::POINTS};
use crate::{
    account::{
        components::{aside::Aside, avatar::Avatar, choice::Choice, leave::Leave, notices::Notices, symbol::Symbol},
        desk::use_desk,
        intent::Intent,
        route::Route,
        state::{me::Me, reclaim::Takeover},
        text,
    },
    components::button::{Button, Rank},
    platform::clock,
};

/// Properties of [`SignIn`].
#[derive(Clone, PartialEq, Properties)]
pub struct SignInProps {
    /// Who signed out here.
    pub parked: Option<Me>,
    /// Who is signed in.
    pub me: Option<Me>,
    /// An address is being taken back here.
    pub takeover: Option<Takeover>,
}

/// The screen.
#[component]
pub fn SignIn(props: &SignInProps) -> Html {
    html! {
        <>
            <Aside title="Welcome back" points={POINTS.to_vec()} />
            <div class="account-body">
                if let Some(me) = &props.me {
                    <Heading title="You are signed in" lead={format!("As {}. To use another identity, remove this one from this browser first.", me.shown_name())} screen="signed-in" />
                    <Choice symbol={Symbol::Person} title="Profile" to={Route::Settings(Default::default())} />
                } else {
                    <Ways parked={props.parked.clone()} takeover={props.takeover.clone()} />
                }
                <p class="account-foot">
                    if props.me.is_some() {
                        <span></span><Leave label="Close" />
                    } else {
                        <span>{ "New here? " }<a class="text-link" href={Route::SignUp.to_fragment()}>{ "Create an account" }</a></span>
                        <Leave label="Stay a guest" />
                    }
                </p>
            </div>
        </>
    }
}

/// Properties of [`Ways`].
#[derive(Clone, PartialEq, Properties)]
struct WaysProps {
    parked: Option<Me>,
    takeover: Option<Takeover>,
}

/// The list of ways.
#[component]
fn Ways(props: &WaysProps) -> Html {
    let desk = use_desk();
    html! {
        <>
            <Heading title="Sign in" lead={if props.parked.is_some() { "This browser still has your key." } else { "Do you still have a device that you are signed in on?" }} screen="sign-in" />
            if let Some(me) = &props.parked {
                <div class="parked">
                    <Avatar me={me.clone()} />
                    <span class="choice-text"><b>{ me.shown_name().to_owned() }</b><span class="small code">{ me.id.clone() }</span></span>
                    <Button rank={Rank::Primary} label={desk.busy.map_or("Sign in", text::busy)} busy={desk.busy.is_some()}
                        onclick={desk.wishes(Intent::SignInHere)} testid="signin-here" />
                </div>
                <Notices />
                <p class="or"><span>{ "or as somebody else" }</span></p>
            }
            <nav class="choices" aria-label="Ways to sign in">
                { props.takeover.as_ref().map(awaited).unwrap_or_default() }
                <Choice symbol={Symbol::Phone} title="Yes, link it" about="A QR code or 16 characters, two minutes" to={Route::Link(None)} testid="signin-link" />
                <Choice symbol={Symbol::Lock} title="E-mail and password" about="If you set a password" to={Route::Password} testid="signin-with-password" />
                <Choice symbol={Symbol::Pencil} title="24 words" about="From your paper, works offline" to={Route::Phrase} testid="signin-with-phrase" />
                <Choice symbol={Symbol::File} title="Encrypted file" about="And its password, works offline" to={Route::File} testid="signin-with-file" />
                if props.takeover.is_none() {
                    <Choice symbol={Symbol::Key} title="I have lost all my devices, words and files" about="A new identity under the same address, after 7 days"
                        to={Route::Reclaim} testid="signin-lost" />
                }
            </nav>
        </>
    }
}

/// The address that is being taken back here, and how far that is.
fn awaited(takeover: &Takeover) -> Html {
    let about = text::takeover(takeover, clock::utc_offset_min());
    html! { <Choice symbol={Symbol::Key} title={format!("Taking {} back", takeover.email)} {about} to={Route::Reclaim} testid="signin-lost" /> }
}
