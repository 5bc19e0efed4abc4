//! The menu behind the name: who is here, what is missing, and the ways on.

use yew::prelude::*;

use super::heading::Heading;
use crate::{
    account::{
        components::{
            avatar::Avatar,
            choice::Choice,
            notices::Notices,
            symbol::{Sign, Symbol},
        },
        desk::use_desk,
        intent::Intent,
        route::{BackupWay, Route, Tab},
        state::{Busy, Done, me::Me},
    },
    components::button::{Button, Rank},
};

/// Properties of [`Menu`].
#[derive(Clone, PartialEq, Properties)]
pub struct MenuProps {
    /// Who is here.
    pub me: Me,
    /// What is being done.
    pub busy: Option<Busy>,
    /// What was done just before.
    pub done: Option<Done>,
}

/// The menu.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let desk = use_desk();
    let me = &props.me;
    html! {
        <div class="account-body">
            <div class="me-head">
                <Avatar me={me.clone()} class="menu-face" />
                <div>
                    <Heading title={me.shown_name().to_owned()} screen="menu" />
                    <p class="small code">{ me.id.clone() }</p>
                </div>
            </div>
            if me.is_verified { <p><span class="chip ok"><Sign symbol={Symbol::Shield} />{ "E-mail verified" }</span></p> }
            <Notices done={props.done} />
            if !me.backups.exist() {
                <div class="reminder">
                    <Sign symbol={Symbol::Key} />
                    <div>
                        <b>{ "Your identity lives only here" }</b>
                        <p>{ "If this browser is cleared, it is gone. Write down 24 words, it takes two minutes." }</p>
                        <a class="button key" href={Route::Backup(BackupWay::Words).to_fragment()}>{ "Back up now" }</a>
                    </div>
                </div>
            }
            <nav class="choices" aria-label="Account">
                if me.is_untold {
                    <Choice symbol={Symbol::Shield} title="Sign in to your account" to={Route::Settings(Tab::Devices)} testid="menu-untold" />
                } else if !me.is_verified {
                    <Choice symbol={Symbol::Mail} title="Add your e-mail" to={Route::SignUp} />
                }
                <Choice symbol={Symbol::Settings} title="Settings" to={Route::Settings(Tab::Profile)} testid="menu-settings" />
                <Choice symbol={Symbol::Phone} title="Link a device" to={Route::Link(None)} testid="menu-link" />
            </nav>
            <Button rank={Rank::Ghost} class="wide" label={if props.busy.is_some() { "Signing out" } else { "Sign out" }} busy={props.busy.is_some()}
                onclick={desk.wishes(Intent::SignOut)} testid="signout" />
        </div>
    }
}
