//! Light, dark or as the system says: three keys in a trough.

use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    state::{Action, theme::Theme},
    ui::use_ui,
};

/// Properties of [`ThemeSwitch`].
#[derive(Clone, PartialEq, Properties)]
pub struct ThemeSwitchProps {
    /// The choice.
    pub theme: Theme,
}

/// The theme switch.
#[component]
pub fn ThemeSwitch(props: &ThemeSwitchProps) -> Html {
    let ui = use_ui();
    let choices = [
        (Theme::Light, "Light theme", Glyph::Sun),
        (Theme::Dark, "Dark theme", Glyph::Moon),
        (Theme::System, "Theme of the system", Glyph::Monitor),
    ];
    html! {
        <div class="segmented" role="group" aria-label="Theme">
            { for choices.map(|(theme, label, glyph)| html! {
                <button type="button" class="segment" aria-label={label} title={label}
                    aria-pressed={(props.theme == theme).to_string()} onclick={ui.does(Action::Theme(theme))}>
                    <Icon {glyph} />
                </button>
            }) }
        </div>
    }
}
