//! The e-mail address: what it is for, and changing it.

use yew::prelude::*;

use crate::{
    account::{
        components::{choice::Choice, field::TextField, password::typed, symbol::Symbol},
        desk::use_desk,
        intent::Intent,
        pages::{heading::Heading, mail_page, settings::address::NameAddress},
        route::Route,
        state::{Busy, State, mail::Purpose, me::Me, problem::Field},
        text,
    },
    components::button::{Button, Rank},
};

/// Properties of [`Email`].
#[derive(Clone, PartialEq, Properties)]
pub struct EmailProps {
    /// Who is here.
    pub me: Me,
    /// Everything.
    pub state: State,
}

/// The tab.
#[component]
pub fn Email(props: &EmailProps) -> Html {
    let desk = use_desk();
    let (old, new) = (use_node_ref(), use_node_ref());
    let onsubmit = {
        let (old, new) = (old.clone(), new.clone());
        desk.submits(move || Intent::ChangeEmail { old: typed(&old), new: typed(&new) })
    };
    let state = &props.state;
    if state.mail.as_ref().is_some_and(|step| step.purpose == Purpose::EmailChange) {
        return mail_page(state);
    }
    if props.me.is_untold {
        return html! {
            <>
                <Heading title="E-mail" lead="This browser has not signed in to your account yet." screen="settings-email" />
                <NameAddress />
            </>
        };
    }
    if !props.me.is_verified {
        return html! {
            <>
                <Heading title="E-mail" lead="This identity has no address. Calls work without one." screen="settings-email" />
                <nav class="card choices"><Choice symbol={Symbol::Mail} title="Add your e-mail" about="It brings your identity to other devices" to={Route::SignUp} /></nav>
            </>
        };
    }
    let busy = state.busy == Some(Busy::Sending);
    html! {
        <>
            <Heading title="E-mail" screen="settings-email"
                lead="The server keeps no readable address, so type the old one too. A code goes to the new address, and a notice to the old one." />
            <form class="account-form" {onsubmit} novalidate=true>
                <TextField field={Field::OldEmail} id="email-old" label="Address so far" kind="email" autocomplete="email" input={old}
                    initial={props.me.email.clone().unwrap_or_default()} testid="email-old" />
                <TextField field={Field::Email} id="email-new" label="New address" kind="email" autocomplete="off" input={new} testid="email-new" />
                <div class="actions"><Button rank={Rank::Primary} label={if busy { text::busy(Busy::Sending) } else { "Change address" }} {busy} testid="email-change" /></div>
            </form>
        </>
    }
}
