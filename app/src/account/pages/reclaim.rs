//! All keys are lost: the address is taken back for a new identity. What that means, the wait, and its end.

use yew::prelude::*;

use super::{heading::Heading, phrase::AlreadyHere};
use crate::{
    account::{
        components::{
            choice::Choice,
            field::TextField,
            leave::Leave,
            notices::{Notices, use_now_until},
            password::typed,
            submit::Submit,
            symbol::{Sign, Symbol},
            tick::{Tick, is_ticked},
        },
        desk::use_desk,
        intent::Intent,
        route::Route,
        state::{
            me::Me,
            problem::Field,
            reclaim::{Stage, Takeover},
        },
        text,
    },
    components::button::{Button, Rank},
    platform::{clock, storage},
};

/// Properties of [`Reclaim`].
#[derive(Clone, PartialEq, Properties)]
pub struct ReclaimProps {
    /// Who is signed in.
    pub me: Option<Me>,
    /// Who signed out here, and whose key is therefore not lost.
    pub parked: Option<Me>,
    /// How far it is, once it was asked for.
    pub takeover: Option<Takeover>,
}

/// The screen.
#[component]
pub fn Reclaim(props: &ReclaimProps) -> Html {
    let stage = props.takeover.clone().map(|takeover| (takeover.stage, takeover));
    html! {
        <div class="account-body">
            { match stage {
                None => html! { <Ask me={props.me.clone()} parked={props.parked.clone()} /> },
                Some((Stage::Waiting, takeover)) => html! { <Waiting {takeover} /> },
                Some((Stage::Ready, takeover)) => html! { <Ready email={takeover.email} me={props.me.clone()} /> },
                Some((Stage::Stopped, _)) => html! { <Stopped /> },
                Some((Stage::Gone, _)) => html! { <Gone /> },
            } }
        </div>
    }
}

/// What happens, in three lines.
const POINTS: [(Symbol, &str); 3] = [
    (Symbol::Key, "You get a new identity. People who know you see a new key, and should compare digits with you."),
    (
        Symbol::Warning,
        "What the old account kept is gone: name, picture, backups, devices. Nobody can open it, we neither.",
    ),
    (
        Symbol::Mail,
        "For 7 days letters go to your address, and whoever still has the old account stops it by signing in. Then the address is yours.",
    ),
];

/// Properties of [`Ask`].
#[derive(Clone, PartialEq, Properties)]
struct AskProps {
    me: Option<Me>,
    parked: Option<Me>,
}

/// What it means, and the form.
#[component]
fn Ask(props: &AskProps) -> Html {
    let is_signed_in = props.me.as_ref().is_some_and(|me| me.is_verified);
    html! {
        <>
            <Heading title="Take your address back" screen="reclaim"
                lead="For when every device, the 24 words, the file and the password are lost. There is no faster way: it would be one for thieves, too." />
            <ul class="advice">
                { for POINTS.iter().map(|(symbol, text)| html! { <li><Sign symbol={*symbol} /><span>{ *text }</span></li> }) }
            </ul>
            if is_signed_in {
                <p class="notice info"><span>{ "You are signed in, so your keys are not lost. Sign out first if this is about somebody else." }</span></p>
            } else {
                if let Some(me) = &props.parked {
                    <p class="notice info"><span>{ format!("The key of {} is still in this browser. ", me.shown_name()) }
                        <a class="text-link" href={Route::SignIn.to_fragment()}>{ "Sign in with it" }</a>{ "." }</span></p>
                }
                <Form name={props.me.as_ref().map(|me| me.name.clone())} />
            }
            <p class="account-foot"><a class="text-link" href={Route::SignIn.to_fragment()}>{ "I found something after all" }</a><Leave label="Close" /></p>
        </>
    }
}

/// Properties of [`Form`].
#[derive(Clone, PartialEq, Properties)]
struct FormProps {
    name: Option<String>,
}

/// Name, address, and that the loss was understood.
#[component]
fn Form(props: &FormProps) -> Html {
    let desk = use_desk();
    let (name, email, tick) = (use_node_ref(), use_node_ref(), use_node_ref());
    let onsubmit = {
        let (name, email, tick) = (name.clone(), email.clone(), tick.clone());
        desk.submits(move || Intent::Reclaim { name: typed(&name), email: typed(&email), ticked: is_ticked(&tick) })
    };
    let initial = props.name.clone().or_else(storage::remembered_name).unwrap_or_default();
    html! {
        <form class="account-form" {onsubmit} novalidate=true>
            <TextField field={Field::Name} id="reclaim-name" label="Name" autocomplete="nickname" max="40" input={name} {initial} testid="reclaim-name" />
            <TextField field={Field::Email} id="reclaim-email" label="E-mail of the lost account" kind="email" autocomplete="email" input={email} testid="reclaim-email" />
            <Tick id="reclaim-tick" label="I know that the old account and everything in it will be gone" input={tick} testid="reclaim-tick" />
            <Notices />
            <Submit label="Send the code" testid="reclaim-submit" />
        </form>
    }
}

/// Properties of [`Waiting`].
#[derive(Clone, PartialEq, Properties)]
struct WaitingProps {
    takeover: Takeover,
}

/// An hour, in seconds: shorter waits count down.
const HOUR_S: u64 = 3_600;

/// The old account can still object.
#[component]
fn Waiting(props: &WaitingProps) -> Html {
    let desk = use_desk();
    let Takeover { email, ready_at_ms, .. } = &props.takeover;
    let left_s = text::seconds_until(*ready_at_ms, use_now_until(*ready_at_ms));
    html! {
        <>
            <Heading title="Your address is on its way" screen="reclaim-waiting" />
            <p class="account-lead"><b class="address">{ email.clone() }</b>{ " comes to your new identity unless somebody who has the old account objects." }</p>
            <p class="big-code" data-testid="reclaim-date">{ text::moment(*ready_at_ms, clock::utc_offset_min()) }</p>
            { match left_s {
                0 => html! { <p class="small waiting"><span class="spinner" aria-hidden="true"></span>{ "Asking the server" }</p> },
                1..HOUR_S => html! { <p class="small" aria-hidden="true">{ format!("In {}", text::countdown(left_s)) }</p> },
                _ => html! {},
            } }
            <ul class="advice">
                <li><Sign symbol={Symbol::House} /><span>{ "Come back to this browser then, and within three weeks. The new key is only here: do not clear it, and stay out of private windows." }</span></li>
                <li><Sign symbol={Symbol::Mail} /><span>{ "Letters tell your address about it. You need to do nothing with them." }</span></li>
            </ul>
            <Notices />
            <p class="account-foot">
                <Drop />
                if desk.problem.is_some() {
                    <Button rank={Rank::Key} class="small-button" label="Look again" onclick={desk.wishes(Intent::FollowReclaim)} />
                }
                <Leave label="Close" />
            </p>
        </>
    }
}

/// The way to give it up, asked twice.
#[component]
fn Drop() -> Html {
    let desk = use_desk();
    let asking = use_state_eq(|| false);
    let ask = |on: bool| {
        let asking = asking.setter();
        Callback::from(move |_: MouseEvent| asking.set(on))
    };
    if !*asking {
        return html! { <Button rank={Rank::Ghost} class="small-button" label="Give it up" onclick={ask(true)} testid="reclaim-drop" /> };
    }
    html! {
        <span class="drop-ask">{ "The address stays with the old account. " }
            <Button rank={Rank::Danger} class="small-button" label="Give it up" onclick={desk.wishes(Intent::DropReclaim)} testid="reclaim-drop-confirm" />
            <Button rank={Rank::Ghost} class="small-button" label="Go on waiting" onclick={ask(false)} /></span>
    }
}

/// Properties of [`Ready`].
#[derive(Clone, PartialEq, Properties)]
struct ReadyProps {
    email: String,
    me: Option<Me>,
}

/// Nobody objected.
#[component]
fn Ready(props: &ReadyProps) -> Html {
    let desk = use_desk();
    html! {
        <>
            <Heading title="Your address is ready" screen="reclaim-ready" />
            <p class="account-lead">{ "Nobody objected. With the next step the old account is deleted, and " }<b class="address">{ props.email.clone() }</b>{ " belongs to your new identity." }</p>
            <AlreadyHere me={props.me.clone()} />
            <form class="account-form" onsubmit={desk.submits(|| Intent::FinishReclaim)} novalidate=true>
                <Notices />
                <Submit label="Finish" testid="reclaim-finish" />
            </form>
            <p class="account-foot"><Drop /><Leave label="Later" /></p>
        </>
    }
}

/// The old account objected.
#[component]
fn Stopped() -> Html {
    html! {
        <>
            <Heading title="Somebody objected" screen="reclaim-stopped"
                lead="Whoever has the old account signed in, or followed the link in one of the letters. Nothing was changed: the address stays where it was." />
            <ul class="advice">
                <li><Sign symbol={Symbol::Laptop} /><span>{ "If that was you, one of your devices still has the old key. Look for it, and link this browser from there." }</span></li>
                <li><Sign symbol={Symbol::Warning} /><span>{ "If not, somebody else has your old keys or reads your mail. Change your mailbox's password, then ask again." }</span></li>
            </ul>
            <Again />
        </>
    }
}

/// The server forgot it.
#[component]
fn Gone() -> Html {
    html! {
        <>
            <Heading title="The server no longer knows of this" screen="reclaim-gone"
                lead="It was not finished in time, or somebody else who reads your mailbox asked later than you. Nothing was changed." />
            <Again />
        </>
    }
}

/// The ways on when it came to nothing.
#[component]
fn Again() -> Html {
    let desk = use_desk();
    html! {
        <>
            <nav class="choices" aria-label="Ways on"><Choice symbol={Symbol::Phone} title="Sign in" about="With a device, words, a file or a password" to={Route::SignIn} /></nav>
            <Notices />
            <p class="account-foot"><Button rank={Rank::Key} label="Ask again" onclick={desk.wishes(Intent::DropReclaim)} testid="reclaim-again" /><Leave label="Close" /></p>
        </>
    }
}
