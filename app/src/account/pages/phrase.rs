//! Restoring from the 24 words. Works without a network.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::heading::Heading;
use crate::{
    account::{
        components::{
            field::{FieldNotes, TextField, described_by, use_problem},
            notices::Notices,
            password::typed,
            submit::Submit,
        },
        desk::use_desk,
        intent::{Intent, Telling},
        route::Route,
        secret::Secret,
        state::{Action, me::Me, problem::Field},
    },
    components::button::{Button, Rank},
};

/// Properties of [`Phrase`].
#[derive(Clone, PartialEq, Properties)]
pub struct PhraseProps {
    /// Who is here already.
    pub me: Option<Me>,
    /// Who signed out here.
    pub parked: Option<Me>,
}

/// The form.
#[component]
pub fn Phrase(props: &PhraseProps) -> Html {
    let desk = use_desk();
    let (words, email) = (use_node_ref(), use_node_ref());
    let problem = use_problem(Field::Phrase, &words);
    let restore = {
        let words = words.clone();
        move |telling: Telling| {
            let phrase = words.cast::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default();
            Intent::RestorePhrase { words: Secret::new(phrase), telling }
        }
    };
    let onsubmit = {
        let (restore, email) = (restore.clone(), email.clone());
        desk.submits(move || restore(Telling::Now(typed(&email))))
    };
    html! {
        <div class="account-body">
            <Heading title="Your 24 words" lead="In their order. Numbers, capitals and line breaks do not matter; the first four letters of a word are enough." screen="phrase" />
            <AlreadyHere me={props.me.clone()} parked={props.parked.clone()} />
            <form class="account-form" {onsubmit} novalidate=true>
                <div class="form-field">
                    <label class="label" for="restore-phrase">{ "Words" }</label>
                    <textarea ref={words} id="restore-phrase" class={classes!("field", "phrase-field", problem.is_some().then_some("bad"))} rows="5"
                        maxlength="1024" autocomplete="off" autocapitalize="none" spellcheck="false" oninput={desk.does(Action::Edited)}
                        aria-invalid={problem.is_some().then_some("true")} aria-describedby={described_by("restore-phrase", problem.is_some(), false)}
                        data-testid="restore-phrase" />
                    <FieldNotes id="restore-phrase" {problem} />
                </div>
                <AccountAddress input={email} />
                <Notices />
                <Submit label="Restore" testid="restore-submit" />
                <WithoutAccount onclick={desk.presses(move || restore(Telling::Later))} />
            </form>
            <p class="account-foot"><span></span><a class="button ghost small-button" href={Route::SignIn.to_fragment()}>{ "Other ways" }</a></p>
        </div>
    }
}

/// Properties of [`AlreadyHere`].
#[derive(Clone, PartialEq, Properties)]
pub struct AlreadyHereProps {
    /// Who is here.
    #[prop_or_default]
    pub me: Option<Me>,
    /// Who signed out here.
    #[prop_or_default]
    pub parked: Option<Me>,
}

/// Says that somebody else's identity takes the place of the one that is here.
#[component]
pub fn AlreadyHere(props: &AlreadyHereProps) -> Html {
    let (me, how) = match (&props.me, &props.parked) {
        (Some(me), _) => (me, "is signed in here"),
        (None, Some(parked)) => (parked, "signed out here, and this browser still has the key"),
        (None, None) => return html! {},
    };
    html! {
        <p class="notice warn" data-testid="already-here">{ format!("{} {how}. Another identity takes that one out of this browser.", me.shown_name()) }</p>
    }
}

/// Properties of [`AccountAddress`].
#[derive(Clone, PartialEq, Properties)]
pub struct AccountAddressProps {
    /// The input.
    pub input: NodeRef,
}

/// Properties of [`WithoutAccount`].
#[derive(Clone, PartialEq, Properties)]
pub struct WithoutAccountProps {
    /// Takes it.
    pub onclick: Callback<MouseEvent>,
}

/// The way on for who cannot name the account's address, as soon as it was asked for, and what is missing then.
#[component]
pub fn WithoutAccount(props: &WithoutAccountProps) -> Html {
    let desk = use_desk();
    if !desk.wants_address {
        return html! {};
    }
    html! {
        <div class="reminder" role="group" aria-labelledby="without-account-title" aria-describedby="without-account-about">
            <div>
                <b id="without-account-title">{ "You do not remember the address?" }</b>
                <p id="without-account-about">{ "Your identity works without its account, in calls and rooms. Until you sign in there is no verified mark, no vault and no list of your devices, \
                    and nothing of your profile that only the server keeps. You can sign in later, under Settings." }</p>
                <Button rank={Rank::Key} label="Use this identity without signing in" busy={desk.busy.is_some()} onclick={props.onclick.clone()} testid="restore-alone" />
            </div>
        </div>
    }
}

/// Asks for the account's address: a server that has an account lets no new browser in without it.
#[component]
pub fn AccountAddress(props: &AccountAddressProps) -> Html {
    html! {
        <TextField field={Field::Email} id="restore-email" label="E-mail of your account" note="If it has one" kind="email" autocomplete="email"
            hint="It gets a letter that this browser is new" input={props.input.clone()} testid="restore-email" />
    }
}
