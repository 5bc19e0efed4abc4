//! Where the link of a notice leads: somebody asked for the address, and whoever opens this may stop it.

use yew::prelude::*;

use super::heading::Heading;
use crate::account::{
    components::{
        leave::Leave,
        notices::Notices,
        submit::Submit,
        symbol::{Sign, Symbol},
    },
    desk::use_desk,
    intent::Intent,
    state::Done,
};

/// Properties of [`ReclaimStop`].
#[derive(Clone, PartialEq, Properties)]
pub struct ReclaimStopProps {
    /// What stands in the link.
    pub stop: String,
    /// It was stopped.
    pub done: Option<Done>,
}

/// The screen. Opening it stops nothing: mail programs open links, too.
#[component]
pub fn ReclaimStop(props: &ReclaimStopProps) -> Html {
    let desk = use_desk();
    let stop = props.stop.clone();
    if props.done == Some(Done::TakeoverStopped) {
        return html! {
            <div class="account-body">
                <Heading title="Stopped" lead="Your address stays with your account." screen="reclaim-was-stopped" />
                <p class="notice warn"><Sign symbol={Symbol::Warning} /><span>{ "Change the password of your mailbox: somebody else reads it." }</span></p>
                <p class="account-foot"><span></span><Leave class="key" label="Done" /></p>
            </div>
        };
    }
    html! {
        <div class="account-body">
            <Heading title="Was this not you?" screen="reclaim-stop"
                lead="Somebody who reads your mailbox wants to move your address to a new account, because all keys of the old one are lost. If that was you, close this page, and nothing happens." />
            <form class="account-form" onsubmit={desk.submits(move || Intent::StopReclaim(stop.clone()))} novalidate=true>
                <Notices />
                <Submit label="This was not me, stop it" testid="reclaim-stop" />
            </form>
            <p class="account-foot"><span></span><Leave label="It was me" /></p>
        </div>
    }
}
