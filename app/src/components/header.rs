//! The bar above the quiet pages: the mark, who is signed in, and the theme.

use yew::prelude::*;

use super::{
    face::initials,
    icon::{Glyph, Icon},
    mark::Mark,
    theme_switch::ThemeSwitch,
};
use crate::{
    state::{account::Account, theme::Theme},
    text,
};

/// Properties of [`Header`].
#[derive(Clone, PartialEq, Properties)]
pub struct HeaderProps {
    /// The theme chosen.
    pub theme: Theme,
    /// Who is signed in.
    pub account: Option<Account>,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    html! {
        <header class="header">
            <a class="brand" href="#/" aria-label="Milanio, start page"><Mark /><span>{ "Milanio" }</span></a>
            <div class="header-end">
                { account(props.account.as_ref()) }
                <ThemeSwitch theme={props.theme} />
            </div>
        </header>
    }
}

/// The way to one's account, or to having one: plain links, which work before any of the app has arrived.
fn account(account: Option<&Account>) -> Html {
    let Some(account) = account else {
        return html! {
            <a class="button ghost sign-in" href="#/signin" data-testid="sign-in"><Icon glyph={Glyph::LogIn} /><span>{ "Sign in" }</span></a>
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
