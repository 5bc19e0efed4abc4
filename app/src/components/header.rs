//! The bar above the quiet pages: the mark and the theme.

use yew::prelude::*;

use super::{mark::Mark, theme_switch::ThemeSwitch};
use crate::state::theme::Theme;

/// Properties of [`Header`].
#[derive(Clone, PartialEq, Properties)]
pub struct HeaderProps {
    /// The theme chosen.
    pub theme: Theme,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    html! {
        <header class="header">
            <a class="brand" href="#/" aria-label="Milanio, start page"><Mark /><span>{ "Milanio" }</span></a>
            <ThemeSwitch theme={props.theme} />
        </header>
    }
}
