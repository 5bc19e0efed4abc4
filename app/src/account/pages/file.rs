//! Restoring from an encrypted file and its password. Works without a network.

use yew::prelude::*;

use super::{
    heading::Heading,
    phrase::{AccountAddress, AlreadyHere, WithoutAccount},
};
use crate::{
    account::{
        components::{
            field::{FieldNotes, described_by, use_problem},
            notices::Notices,
            password::{PasswordField, typed, typed_secret},
            submit::Submit,
        },
        desk::use_desk,
        intent::{FileBytes, Intent, Telling},
        route::Route,
        state::{Action, me::Me, problem::Field},
    },
    platform::files,
};

/// Properties of [`File`].
#[derive(Clone, PartialEq, Properties)]
pub struct FileProps {
    /// Who is here already.
    pub me: Option<Me>,
    /// Who signed out here.
    pub parked: Option<Me>,
}

/// The form.
#[component]
pub fn File(props: &FileProps) -> Html {
    let desk = use_desk();
    let (file, password, email) = (use_node_ref(), use_node_ref(), use_node_ref());
    let content = use_state_eq(|| None::<FileBytes>);
    let problem = use_problem(Field::File, &file);
    let onchange = {
        let (desk, content, file) = (desk.clone(), content.setter(), file.clone());
        Callback::from(move |_: Event| {
            desk.dispatch.emit(Action::Edited);
            let content = content.clone();
            files::read_chosen(&file, MAX_BACKUP, move |bytes| content.set(bytes.map(|bytes| FileBytes(bytes.into()))));
        })
    };
    let restore = {
        let password = password.clone();
        move |telling: Telling| Intent::RestoreFile {
            file: (*content).clone(),
            password: typed_secret(&password),
            telling,
        }
    };
    let onsubmit = {
        let (restore, email) = (restore.clone(), email.clone());
        desk.submits(move || restore(Telling::Now(typed(&email))))
    };
    html! {
        <div class="account-body">
            <Heading title="Restore from a file" lead="The file that you saved when you backed up, and the password you chose for it." screen="file" />
            <AlreadyHere me={props.me.clone()} parked={props.parked.clone()} />
            <form class="account-form" {onsubmit} novalidate=true>
                <div class="form-field">
                    <label class="label" for="restore-file">{ "Backup file" }</label>
                    <input ref={file} id="restore-file" type="file" class={classes!("field", "file-field", problem.is_some().then_some("bad"))} {onchange}
                        aria-invalid={problem.is_some().then_some("true")} aria-describedby={described_by("restore-file", problem.is_some(), false)}
                        data-testid="restore-file" />
                    <FieldNotes id="restore-file" {problem} />
                </div>
                <PasswordField id="restore-password" label="Password of the file" input={password} testid="restore-password" />
                <AccountAddress input={email} />
                <Notices />
                <Submit label="Restore" testid="restore-submit" />
                <WithoutAccount onclick={desk.presses(move || restore(Telling::Later))} />
            </form>
            <p class="account-foot"><span></span><a class="button ghost small-button" href={Route::SignIn.to_fragment()}>{ "Other ways" }</a></p>
        </div>
    }
}

/// The largest file that is read, in bytes: a backup has a few KiB.
const MAX_BACKUP: u32 = 64 * 1_024;
