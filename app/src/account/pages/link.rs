//! Passing the identity on: the new device shows a code, the old one takes it, both compare words, then it is handed over.

use yew::prelude::*;

use super::heading::Heading;
use crate::{
    account::{
        components::{field::TextField, leave::Leave, notices::Notices, password::typed},
        desk::use_desk,
        intent::Intent,
        state::{
            link::{LINK_WORDS, LinkStep},
            me::Me,
            problem::Field,
        },
    },
    components::{
        button::{Button, Rank},
        invite::Qr,
    },
};

/// Properties of [`Link`].
#[derive(Clone, PartialEq, Properties)]
pub struct LinkProps {
    /// Who is here: with an identity this is the old device.
    pub me: Option<Me>,
    /// How far it has got.
    pub step: LinkStep,
    /// The code of the address.
    pub code: Option<String>,
}

/// The screen of either side.
#[component]
pub fn Link(props: &LinkProps) -> Html {
    let desk = use_desk();
    {
        // A new device has nothing to decide: its code is made at once. A scanned code is used at once, too.
        let (wish, is_old, code) = (desk.wish.clone(), props.me.is_some(), props.code.clone());
        use_effect_with((is_old, code), move |(is_old, code)| match (*is_old, code) {
            (false, _) => wish.emit(Intent::OfferLink),
            (true, Some(code)) => wish.emit(Intent::UseLink(code.clone())),
            (true, None) => {}
        });
    }
    html! {
        <div class="account-body link-body">
            { match &props.step {
                LinkStep::Idle | LinkStep::Looking if props.me.is_some() => html! { <Enter looking={props.step == LinkStep::Looking} /> },
                LinkStep::Idle if desk.problem.is_some() => html! { <Again /> },
                LinkStep::Idle | LinkStep::Making | LinkStep::Looking => html! { <Wait title="Making a code" /> },
                LinkStep::Offering { code, link } => html! { <Offer code={code.clone()} link={link.clone()} /> },
                LinkStep::Comparing { words, hands_over } => html! { <Compare words={*words} hands_over={*hands_over} /> },
                LinkStep::HandingOver => html! { <Wait title="Handing over" /> },
                LinkStep::Linked => html! { <Linked /> },
            } }
        </div>
    }
}

/// Properties of [`Wait`].
#[derive(Clone, PartialEq, Properties)]
struct WaitProps {
    title: AttrValue,
}

#[component]
fn Wait(props: &WaitProps) -> Html {
    html! {
        <>
            <Heading title={props.title.clone()} screen="link-wait" />
            <p class="account-lead waiting"><span class="spinner" aria-hidden="true"></span>{ "A few seconds" }</p>
        </>
    }
}

#[component]
fn Again() -> Html {
    let desk = use_desk();
    html! {
        <>
            <Heading title="The link was not made" screen="link-again" />
            <Notices />
            <div class="actions"><Button rank={Rank::Primary} label="Begin again" onclick={desk.wishes(Intent::OfferLink)} testid="link-again" /></div>
        </>
    }
}

/// Properties of [`Offer`].
#[derive(Clone, PartialEq, Properties)]
struct OfferProps {
    code: String,
    link: String,
}

/// New device: the code.
#[component]
fn Offer(props: &OfferProps) -> Html {
    html! {
        <>
            <Heading title="Link this device" lead="With the camera of a device where you are signed in, scan this and open its link. Or open Milanio there, choose your name, then Link a device, and type the code." screen="link-offer" />
            <div class="link-offer">
                <Qr link={props.link.clone()} label="QR code that links this device" />
                <p class="big-code code" data-testid="link-code">{ props.code.clone() }</p>
            </div>
            <p class="small waiting"><span class="spinner" aria-hidden="true"></span>{ "Waiting for the other device. The code works for 10 minutes, on this server only." }</p>
        </>
    }
}

/// Properties of [`Enter`].
#[derive(Clone, PartialEq, Properties)]
struct EnterProps {
    looking: bool,
}

/// Old device: where the code goes.
#[component]
fn Enter(props: &EnterProps) -> Html {
    let desk = use_desk();
    let code = use_node_ref();
    let onsubmit = {
        let (code, wish, looking) = (code.clone(), desk.wish.clone(), props.looking);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !looking {
                wish.emit(Intent::UseLink(typed(&code)));
            }
        })
    };
    html! {
        <>
            <Heading title="Link a device" screen="link-enter"
                lead="On the new device, open Milanio, choose Sign in, then Yes, link it. Scan the QR code that it shows with this device's camera, or type its 16 characters here." />
            <form class="account-form" {onsubmit} novalidate=true>
                <TextField field={Field::Code} id="link-code" label="Code of the new device" autocomplete="off" max="64" input={code} class="code-field"
                    placeholder="xxxx-xxxx-xxxx-xxxx" testid="link-code-input" />
                <Notices />
                <Button rank={Rank::Primary} class="wide large" label={if props.looking { "Looking for the device" } else { "Continue" }} busy={props.looking} testid="link-submit" />
            </form>
        </>
    }
}

/// Properties of [`Compare`].
#[derive(Clone, PartialEq, Properties)]
struct CompareProps {
    words: [&'static str; LINK_WORDS],
    hands_over: bool,
}

/// Both: the same words?
#[component]
fn Compare(props: &CompareProps) -> Html {
    let desk = use_desk();
    let lead = if props.hands_over {
        "Both screens must show the same four words. If they do, this device hands your identity to the other one."
    } else {
        "Both screens must show the same four words. Confirm it on the other device."
    };
    html! {
        <>
            <Heading title="Compare the words" {lead} screen="link-compare" />
            <ol class="link-words" aria-label="Words to compare">
                { for props.words.iter().map(|word| html! { <li data-testid="link-word">{ *word }</li> }) }
            </ol>
            if props.hands_over {
                <div class="actions">
                    <Button rank={Rank::Primary} class="large" label="They are the same" onclick={desk.wishes(Intent::ConfirmLink)} testid="link-confirm" />
                    <Button rank={Rank::Danger} class="large" label="They differ" onclick={desk.wishes(Intent::StopLink)} testid="link-refuse" />
                </div>
            } else {
                <p class="small waiting"><span class="spinner" aria-hidden="true"></span>{ "Waiting for the other device" }</p>
                <Button rank={Rank::Ghost} label="They differ" onclick={desk.wishes(Intent::StopLink)} />
            }
        </>
    }
}

#[component]
fn Linked() -> Html {
    html! {
        <>
            <Heading title="Linked" lead="Both devices hold your identity now. Each has its own key, and you can revoke either in the settings." screen="linked" />
            <div class="actions"><Leave class="primary large" label="Done" testid="link-done" /></div>
        </>
    }
}
