//! One's data: export, signing out, removing the identity from this browser, deleting the account.

use yew::prelude::*;

use crate::{
    account::{
        components::{
            symbol::{Sign, Symbol},
            tick::{Tick, is_ticked},
        },
        desk::use_desk,
        intent::Intent,
        pages::heading::Heading,
        state::{Action, Busy, me::Me, problem::Problem},
        text,
    },
    components::button::{Button, Rank},
};

/// Properties of [`Data`].
#[derive(Clone, PartialEq, Properties)]
pub struct DataProps {
    /// Who is here.
    pub me: Me,
    /// What is being done.
    pub busy: Option<Busy>,
}

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    Nothing,
    Forget,
    Delete,
}

/// The tab.
#[component]
pub fn Data(props: &DataProps) -> Html {
    let desk = use_desk();
    let asking = use_state_eq(|| Asking::Nothing);
    let ask = |what: Asking| {
        let (asking, dispatch) = (asking.setter(), desk.dispatch.clone());
        Callback::from(move |_: MouseEvent| {
            dispatch.emit(Action::Edited);
            asking.set(what);
        })
    };
    html! {
        <>
            <Heading title="Your data" lead="What there is about you, and how to be rid of it." screen="settings-data" />
            <ul class="card device-list">
                <li class="device">
                    <span class="device-icon"><Sign symbol={Symbol::Download} /></span>
                    <div class="choice-text"><b>{ "Export" }</b><span class="small">{ "Profile, devices and what the server keeps, as a JSON file. No keys." }</span></div>
                    <Button rank={Rank::Ghost} label="Export" onclick={desk.wishes(Intent::Export)} testid="data-export" />
                </li>
                <li class="device">
                    <span class="device-icon"><Sign symbol={Symbol::LogOut} /></span>
                    <div class="choice-text"><b>{ "Sign out" }</b><span class="small">{ "Your key stays in this browser and signs you in again." }</span></div>
                    <Button rank={Rank::Ghost} label="Sign out" onclick={desk.wishes(Intent::SignOut)} />
                </li>
            </ul>
            { match *asking {
                Asking::Nothing => html! {
                    <div class="danger-ways">
                        <button type="button" class="button danger-text" onclick={ask(Asking::Forget)} data-testid="data-forget"><Sign symbol={Symbol::LogOut} /><span>{ "Remove my identity from this device" }</span></button>
                        if props.me.is_verified {
                            <button type="button" class="button danger-text" onclick={ask(Asking::Delete)} data-testid="data-delete"><Sign symbol={Symbol::Close} /><span>{ "Delete my account" }</span></button>
                        }
                    </div>
                },
                Asking::Forget => html! {
                    <Confirm title="Remove from this device" lost={text::what_is_lost(props.me.backups)} tick="I know what is lost" label="Remove"
                        intent={Intent::Forget} busy={props.busy.is_some()} cancel={ask(Asking::Nothing)} />
                },
                Asking::Delete => html! {
                    <Confirm title="Delete the account" lost="The server forgets your address, your sealed profile, your password's vault and the list of your devices, at once. Your identity leaves this browser. It cannot be undone."
                        tick="Delete everything" label="Delete" intent={Intent::Delete} busy={props.busy.is_some()} cancel={ask(Asking::Nothing)} />
                },
            } }
        </>
    }
}

/// Properties of [`Confirm`].
#[derive(Clone, PartialEq, Properties)]
struct ConfirmProps {
    title: AttrValue,
    lost: AttrValue,
    tick: AttrValue,
    label: AttrValue,
    intent: Intent,
    busy: bool,
    cancel: Callback<MouseEvent>,
}

/// Says what is lost, and asks for a tick.
#[component]
fn Confirm(props: &ConfirmProps) -> Html {
    let desk = use_desk();
    let tick = use_node_ref();
    let onsubmit = {
        let (desk, tick, intent, busy) = (desk.clone(), tick.clone(), props.intent.clone(), props.busy);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match is_ticked(&tick) {
                true if !busy => desk.wish.emit(intent.clone()),
                true => {}
                false => desk.dispatch.emit(Action::Failed(Problem::TickMissing)),
            }
        })
    };
    html! {
        <form class="card confirm" {onsubmit} novalidate=true>
            <h2>{ props.title.clone() }</h2>
            <p>{ props.lost.clone() }</p>
            <Tick id="data-tick" label={props.tick.clone()} input={tick} testid="data-tick" />
            <div class="actions">
                <Button rank={Rank::Danger} label={props.label.clone()} busy={props.busy} testid="data-confirm" />
                <Button rank={Rank::Ghost} label="Keep it" onclick={props.cancel.clone()} />
            </div>
        </form>
    }
}
