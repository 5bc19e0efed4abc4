//! The account screens, one per file, and which of them an address shows.

pub mod backup_file;
pub mod backup_password;
pub mod backup_words;
pub mod file;
pub mod heading;
pub mod link;
pub mod mail;
pub mod menu;
pub mod password;
pub mod phrase;
pub mod reclaim;
pub mod reclaim_stop;
pub mod settings;
pub mod sign_in;
pub mod sign_up;
pub mod verify;

use yew::prelude::*;

use super::{
    route::{BackupWay, Route},
    state::{State, link::LinkStep, mail::Purpose},
};

/// The shape of the dialog: `shape-split` with an aside, `shape-full` for a page of its own, `shape-menu` in a
/// corner, `shape-narrow` otherwise.
pub fn shape(state: &State) -> &'static str {
    match &state.route {
        _ if needs_sign_in(state) => "shape-split",
        _ if is_waiting_for_mail(state) => "shape-narrow",
        Route::Backup(BackupWay::Words) | Route::Settings(_) => "shape-full",
        Route::Menu => "shape-menu",
        Route::SignUp | Route::SignIn => "shape-split",
        _ => "shape-narrow",
    }
}

/// The screen. Long because every address has its line.
pub fn page(state: &State) -> Html {
    if needs_sign_in(state) {
        return html! { <sign_in::SignIn parked={state.parked.clone()} me={None} takeover={state.takeover.clone()} /> };
    }
    let (me, busy) = (state.me.clone(), state.busy);
    match &state.route {
        Route::Elsewhere => html! {},
        Route::SignUp | Route::Password | Route::Reclaim if is_waiting_for_mail(state) => mail_page(state),
        Route::SignUp => html! { <sign_up::SignUp {me} parked={state.parked.clone()} /> },
        Route::SignIn => {
            html! { <sign_in::SignIn parked={state.parked.clone()} {me} takeover={state.takeover.clone()} /> }
        }
        Route::Password => html! { <password::Password /> },
        Route::Reclaim => {
            html! { <reclaim::Reclaim {me} parked={state.parked.clone()} takeover={state.takeover.clone()} /> }
        }
        Route::ReclaimStop(stop) => html! { <reclaim_stop::ReclaimStop stop={stop.clone()} done={state.done} /> },
        Route::Phrase => html! { <phrase::Phrase {me} parked={state.parked.clone()} /> },
        Route::File => html! { <file::File {me} parked={state.parked.clone()} /> },
        Route::Verify { code, .. } => html! { <verify::Verify {me} code={code.clone()} {busy} /> },
        Route::Link(code) => html! { <link::Link {me} step={state.link.clone()} code={code.clone()} /> },
        Route::Backup(way) => backup(state, *way),
        Route::Settings(tab) => html! { <settings::Settings tab={*tab} state={state.clone()} /> },
        Route::Menu => match me {
            Some(me) => html! { <menu::Menu {me} {busy} done={state.done} /> },
            None => html! {},
        },
    }
}

fn backup(state: &State, way: BackupWay) -> Html {
    let Some(me) = state.me.clone() else { return html! {} };
    match way {
        BackupWay::Words => html! { <backup_words::BackupWords step={state.words.clone()} {me} /> },
        BackupWay::File => {
            html! { <backup_file::BackupFile strength={state.strength} done={state.done} /> }
        }
        BackupWay::Password => {
            html! { <backup_password::BackupPassword {me} strength={state.strength} done={state.done} /> }
        }
    }
}

/// The page that waits for a mail's code.
pub(super) fn mail_page(state: &State) -> Html {
    match &state.mail {
        Some(step) => html! { <mail::Mail step={step.clone()} done={state.done} /> },
        None => html! {},
    }
}

/// Whether a code for what this screen does is on its way.
fn is_waiting_for_mail(state: &State) -> bool {
    let purpose = state.mail.as_ref().map(|step| step.purpose);
    match state.route {
        Route::SignUp => purpose == Some(Purpose::SignUp),
        Route::Password => purpose == Some(Purpose::Password),
        Route::Reclaim => purpose == Some(Purpose::Reclaim),
        _ => false,
    }
}

/// Whether the screen is for people with an identity, and there is none.
fn needs_sign_in(state: &State) -> bool {
    let links_from_here = matches!(state.route, Route::Link(Some(_))) && state.link == LinkStep::Idle;
    state.me.is_none() && (state.route.needs_identity() || links_from_here)
}
