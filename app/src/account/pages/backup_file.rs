//! A backup in an encrypted file, under a password of its own.

use yew::prelude::*;

use super::heading::Heading;
use crate::account::{
    components::{
        leave::Leave,
        notices::Notices,
        password::{PasswordField, typed_secret},
        submit::Submit,
        tick::{Tick, is_ticked},
    },
    desk::use_desk,
    intent::Intent,
    route::{Route, Tab},
    state::{Done, problem::Field},
};

/// Properties of [`BackupFile`].
#[derive(Clone, PartialEq, Properties)]
pub struct BackupFileProps {
    /// How good the password is.
    pub strength: Option<u8>,
    /// It was done.
    pub done: Option<Done>,
}

/// The form.
#[component]
pub fn BackupFile(props: &BackupFileProps) -> Html {
    let desk = use_desk();
    let (password, again, tick) = (use_node_ref(), use_node_ref(), use_node_ref());
    let onsubmit = {
        let (password, again, tick) = (password.clone(), again.clone(), tick.clone());
        desk.submits(move || Intent::SaveFile {
            password: typed_secret(&password),
            again: typed_secret(&again),
            ticked: is_ticked(&tick),
        })
    };
    html! {
        <div class="account-body">
            <Heading title="Save an encrypted file" lead="The file and its password together bring you back, without any server." screen="backup-file" />
            <form class="account-form" {onsubmit} novalidate=true>
                <PasswordField id="file-password" label="Password for this file" strength={Some(props.strength)} input={password} testid="file-password" />
                <PasswordField field={Field::Again} id="file-again" label="Once more" input={again} testid="file-again" />
                <Tick id="file-tick" label="I understand that I must keep both the password and the file" input={tick} testid="file-tick" />
                <Notices done={props.done} />
                <Submit label="Save the file" testid="file-save" />
            </form>
            <Back done={props.done.is_some()} />
        </div>
    }
}

/// Properties of [`Back`].
#[derive(Clone, PartialEq, Properties)]
pub struct BackProps {
    /// There is nothing left to do here.
    pub done: bool,
}

/// The way back to all backups.
#[component]
pub fn Back(props: &BackProps) -> Html {
    html! {
        <p class="account-foot">
            <a class="button ghost small-button" href={Route::Settings(Tab::Backups).to_fragment()}>{ "All backups" }</a>
            if props.done {
                <Leave class="key small-button" label="Done" testid="backup-done" />
            }
        </p>
    }
}
