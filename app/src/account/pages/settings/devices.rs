//! The identity and the devices that hold it.

use yew::prelude::*;

use crate::{
    account::{
        components::{
            avatar::Avatar,
            choice::Choice,
            field::TextField,
            password::typed,
            symbol::{Sign, Symbol},
        },
        desk::use_desk,
        intent::Intent,
        pages::{heading::Heading, settings::address::NameAddress},
        route::{Route, Tab},
        state::{Busy, Server, devices::Device, me::Me, problem::Field},
        text,
    },
    components::button::{Button, Rank},
    platform::clock,
};

/// Properties of [`Devices`].
#[derive(Clone, PartialEq, Properties)]
pub struct DevicesProps {
    /// Who is here.
    pub me: Me,
    /// What the server knows.
    pub server: Server,
    /// The devices.
    pub devices: Vec<Device>,
    /// What is being done.
    pub busy: Option<Busy>,
}

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// The tab.
#[component]
pub fn Devices(props: &DevicesProps) -> Html {
    let me = &props.me;
    let today = u32::try_from(clock::now_ms() / DAY_MS).unwrap_or(u32::MAX);
    html! {
        <>
            <Heading title="Identity and devices" lead="Every device has its own key. Your identity vouches for all of them." screen="settings-devices" />
            <div class="card identity-card">
                <Avatar me={me.clone()} />
                <div class="choice-text">
                    <b>{ me.shown_name().to_owned() }</b>
                    <span class="small code" data-testid="account-id">{ me.id.clone() }</span>
                </div>
                if me.is_verified { <span class="chip ok"><Sign symbol={Symbol::Shield} />{ "E-mail verified" }</span> }
            </div>
            <div class="section-head"><h2>{ "Your devices" }</h2><span class="small">{ count(&props.devices) }</span></div>
            <ServerLine server={props.server} />
            <ul class="card device-list">
                { for props.devices.iter().enumerate().map(|(place, device)| html! {
                    <Row key={device.short.clone()} {place} device={device.clone()} {today} revoking={props.busy == Some(Busy::Revoking(place))} />
                }) }
            </ul>
            <nav class="card choices" aria-label="More devices">
                <Choice symbol={Symbol::Phone} title="Link another device" about="QR code or 16 characters, both screens show the same words" to={Route::Link(None)} />
            </nav>
        </>
    }
}

fn count(devices: &[Device]) -> String {
    format!("{} of 16", devices.len())
}

/// Properties of [`ServerLine`].
#[derive(Clone, PartialEq, Properties)]
struct ServerLineProps {
    server: Server,
}

/// Why the list may be incomplete.
#[component]
fn ServerLine(props: &ServerLineProps) -> Html {
    let desk = use_desk();
    match props.server {
        Server::Known => html! {},
        Server::Unasked | Server::Asking => {
            html! { <p class="small waiting"><span class="spinner" aria-hidden="true"></span>{ "Asking the server" }</p> }
        }
        Server::Unknown => {
            html! { <p class="notice info">{ "This identity has no e-mail address, so no server keeps its list of devices." }</p> }
        }
        Server::Gone => {
            html! { <p class="notice warn" data-testid="account-gone">{ "This server has no account for this identity any more: it was deleted, or its address was taken over by a new identity. Calls still work." }</p> }
        }
        Server::Revoked => {
            html! { <p class="notice danger" data-testid="device-revoked">{ "Another of your devices has revoked this one. Restore your identity to use it here again. If it was not you who revoked it, somebody else holds your identity." }</p> }
        }
        Server::AddressNeeded => html! {
            <>
                <p class="notice warn" data-testid="address-needed">{ "The server does not know this browser yet, and asks for the address of your account." }</p>
                <NameAddress />
            </>
        },
        Server::Unreachable => html! {
            <p class="notice warn"><span>{ "The server cannot be reached. This is what this device knew last." }</span>
                <Button rank={Rank::Ghost} label="Try again" onclick={desk.wishes(Intent::Refresh)} /></p>
        },
    }
}

/// Properties of [`Row`].
#[derive(Clone, PartialEq, Properties)]
struct RowProps {
    place: usize,
    device: Device,
    today: u32,
    revoking: bool,
}

/// What a row asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    Nothing,
    Name,
    Revoke,
}

/// A device.
#[component]
fn Row(props: &RowProps) -> Html {
    let desk = use_desk();
    let asking = use_state_eq(|| Asking::Nothing);
    let name = use_node_ref();
    let ask = |what: Asking| {
        let asking = asking.setter();
        Callback::from(move |_: MouseEvent| asking.set(what))
    };
    let device = &props.device;
    let rename = {
        let (asking, name, id, wish) = (asking.setter(), name.clone(), device.id, desk.wish.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            asking.set(Asking::Nothing);
            wish.emit(Intent::RenameDevice { id, name: typed(&name) });
        })
    };
    html! {
        <li class="device" data-testid="devices-item" data-this={device.is_this.then_some("true")}>
            <span class="device-icon"><Sign symbol={if device.is_this { Symbol::Laptop } else { Symbol::Phone }} /></span>
            <div class="choice-text">
                <p class="device-name"><b>{ device.shown_name() }</b>
                    if device.is_this { <span class="chip verde">{ "This device" }</span> }
                    if let Some(weeks) = device.unused_weeks(props.today) { <span class="chip warn"><Sign symbol={Symbol::Warning} />{ format!("Unused for {weeks} weeks") }</span> }
                </p>
                <span class="small">{ if device.is_this { "Here now".to_owned() } else { text::last_seen(device.last_day, props.today) } }</span>
            </div>
            <button type="button" class="icon-button" aria-label={format!("Rename {}", device.shown_name())} onclick={ask(Asking::Name)}><Sign symbol={Symbol::Pencil} /></button>
            if !device.is_this {
                <button type="button" class="button danger-text" onclick={ask(Asking::Revoke)} data-testid="device-revoke">{ "Revoke" }</button>
            }
            { match *asking {
                Asking::Nothing => html! {},
                Asking::Name => html! {
                    <form class="device-ask" onsubmit={rename} novalidate=true>
                        <TextField field={Field::Name} id={format!("device-{}", props.place)} label="Name of this device" autocomplete="off" max="40" input={name}
                            initial={device.name.clone()} testid="device-name" />
                        <div class="actions"><Button rank={Rank::Key} label="Save" /><Button rank={Rank::Ghost} label="Cancel" onclick={ask(Asking::Nothing)} /></div>
                    </form>
                },
                Asking::Revoke => html! {
                    <div class="device-ask">
                        <p>{ "This server refuses it from now on. But it holds your identity's key, which nobody can call back: whoever can open that device can still go into rooms as you." }</p>
                        <ul class="plain">
                            <li><b>{ "You still have it: " }</b>{ "remove the identity there, under Settings, Your data." }</li>
                            <li><b>{ "It is lost, but locked: " }</b>{ "revoke it, and look at this list now and then. A device that you do not know means that somebody got in." }</li>
                            <li><b>{ "It was stolen open, or somebody used it: " }</b>{ "make a new identity. " }
                                <a class="text-link" href={Route::Settings(Tab::Data).to_fragment()}>{ "Delete this account" }</a>
                                { ", then sign up again with the same address, and let the others compare digits with you." }</li>
                        </ul>
                        <div class="actions">
                            <Button rank={Rank::Danger} label={if props.revoking { "Revoking" } else { "Revoke this device" }} busy={props.revoking}
                                onclick={desk.wishes(Intent::Revoke(props.place))} testid="device-revoke-confirm" />
                            <Button rank={Rank::Ghost} label="Keep it" onclick={ask(Asking::Nothing)} />
                        </div>
                    </div>
                },
            } }
        </li>
    }
}
