//! The bar above the quiet pages: the mark, who is signed in, and the theme.

use yew::prelude::*;

use super::{
    face::initials,
    icon::{Glyph, icon},
    mark::mark,
    theme_switch::theme_switch,
};
use crate::{
    state::{account::Account, theme::Theme},
    text,
    ui::Ui,
};

/// The header, with the theme chosen and who is signed in.
pub fn header(ui: &Ui, theme: Theme, account: Option<&Account>) -> Html {
    html! {
        <header class="header">
            <a class="brand" href="#/" aria-label="Milanio, start page">{ mark() }<span>{ "Milanio" }</span></a>
            <div class="header-end">
                { way_to_account(account) }
                { theme_switch(ui, theme) }
            </div>
        </header>
    }
}

/// The way to one's account, or to having one: plain links, which work before any of the app has arrived.
fn way_to_account(account: Option<&Account>) -> Html {
    let Some(account) = account else {
        return html! {
            <a class="button ghost sign-in" href="#/signin" data-testid="sign-in">{ icon(Glyph::LogIn) }<span>{ "Sign in" }</span></a>
        };
    };
    let name = text::account_name(account);
    html! {
        <a class="account-menu" href="#/account" data-testid="account-menu">
            <span class="sr-only">{ "Your account, " }{ name }</span>
            <span class="account-initial" aria-hidden="true">{ initials(name) }</span>
            <span class="account-name" aria-hidden="true">{ name }</span>
        </a>
    }
}
