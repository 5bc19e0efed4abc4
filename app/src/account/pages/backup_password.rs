//! A vault at the server, under a password that the server never sees.

use yew::prelude::*;

use super::{backup_file::Back, heading::Heading};
use crate::{
    account::{
        components::{
            choice::Choice,
            notices::Notices,
            password::{PasswordField, typed_secret},
            submit::Submit,
            symbol::Symbol,
        },
        desk::use_desk,
        intent::Intent,
        route::Route,
        state::{Done, me::Me, problem::Field},
    },
    components::button::{Button, Rank},
};

/// Properties of [`BackupPassword`].
#[derive(Clone, PartialEq, Properties)]
pub struct BackupPasswordProps {
    /// Who is here.
    pub me: Me,
    /// How good the password is.
    pub strength: Option<u8>,
    /// It was done.
    pub done: Option<Done>,
}

/// The form.
#[component]
pub fn BackupPassword(props: &BackupPasswordProps) -> Html {
    let desk = use_desk();
    let (password, again) = (use_node_ref(), use_node_ref());
    let onsubmit = {
        let (password, again) = (password.clone(), again.clone());
        desk.submits(move || Intent::SaveVault { password: typed_secret(&password), again: typed_secret(&again) })
    };
    let has_vault = props.me.backups.has_vault;
    let title = if has_vault { "Change the password" } else { "Set a password" };
    html! {
        <div class="account-body">
            <Heading {title} screen="backup-password"
                lead="Your e-mail, this password and a code by mail then bring you back on any browser. The password itself never leaves this page." />
            if props.me.is_verified {
                <form class="account-form" {onsubmit} novalidate=true>
                    <PasswordField id="vault-password" strength={Some(props.strength)} input={password} testid="vault-password" />
                    <PasswordField field={Field::Again} id="vault-again" label="Once more" input={again} testid="vault-again" />
                    <Notices done={props.done} />
                    <Submit label={title} testid="vault-save" />
                    if has_vault {
                        <Button rank={Rank::Ghost} class="wide" label="Remove the password" onclick={desk.wishes(Intent::RemoveVault)} testid="vault-remove" />
                    }
                </form>
            } else {
                <Choice symbol={Symbol::Mail} title="Add your e-mail first" about="The code goes there" to={Route::SignUp} />
            }
            <Back done={props.done == Some(Done::VaultSaved)} />
        </div>
    }
}
