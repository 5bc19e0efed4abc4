//! Where the link of a mail leads: verifies at once where the request was made, and shows the code to type anywhere else.

use yew::prelude::*;

use super::heading::Heading;
use crate::{
    account::{
        components::{choice::Choice, leave::Leave, notices::Notices, symbol::Symbol},
        desk::use_desk,
        intent::Intent,
        route::{BackupWay, Route},
        state::{Busy, mail, me::Me, problem::Problem},
    },
    components::button::{Button, Rank},
};

/// Properties of [`Verify`].
#[derive(Clone, PartialEq, Properties)]
pub struct VerifyProps {
    /// Who is here.
    pub me: Option<Me>,
    /// The code of the link.
    pub code: AttrValue,
    /// What is being done.
    pub busy: Option<Busy>,
}

/// The screen.
#[component]
pub fn Verify(props: &VerifyProps) -> Html {
    let desk = use_desk();
    if props.busy.is_some() {
        return html! {
            <div class="account-body">
                <Heading title="Verifying" screen="verifying" />
                <p class="account-lead waiting"><span class="spinner" aria-hidden="true"></span>{ "One moment" }</p>
            </div>
        };
    }
    let verified = props.me.as_ref().is_some_and(|me| me.is_verified) && desk.problem.is_none();
    if verified {
        return html! {
            <div class="account-body">
                <Heading title="Your address is verified" lead="There is nothing left to do with this mail." screen="verified" />
                if props.me.as_ref().is_some_and(|me| !me.backups.exist()) {
                    <Choice symbol={Symbol::Key} title="Back up your identity" about="Two minutes now, or gone if this browser is cleared" to={Route::Backup(BackupWay::Words)} />
                }
                <p class="account-foot"><span></span><Leave class="key" label="Go on" /></p>
            </div>
        };
    }
    if desk.problem == Some(Problem::CodeExpired) {
        return html! {
            <div class="account-body">
                <Heading title="This link has expired" lead="A code works for ten minutes." screen="expired" />
                <Choice symbol={Symbol::Mail} title="Ask for a new code" to={Route::SignUp} />
            </div>
        };
    }
    html! {
        <div class="account-body">
            <Heading title="Use this code where you began" screen="verify" lead="The code belongs to the browser in which you asked for it. Type it there." />
            <p class="big-code code" data-testid="verify-shown">{ mail::code(&props.code).unwrap_or_else(|| props.code.to_string()) }</p>
            <Notices />
            if let Some(problem) = desk.problem.filter(|problem| problem.field().is_some()) {
                <p class="field-error" role="alert">{ crate::account::text::problem(problem, crate::platform::clock::now_ms()) }</p>
            }
            <p class="account-foot"><span></span>
                <Button rank={Rank::Key} label="Close" onclick={desk.wishes(Intent::Go(Route::Elsewhere))} /></p>
        </div>
    }
}
