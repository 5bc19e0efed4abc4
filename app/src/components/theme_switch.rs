//! Light, dark or as the system says: three keys in a trough.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    state::{Action, theme::Theme},
    ui::Ui,
};

/// The theme switch, with the theme chosen.
pub fn theme_switch(ui: &Ui, chosen: Theme) -> Html {
    let choices = [
        (Theme::Light, "Light theme", Glyph::Sun),
        (Theme::Dark, "Dark theme", Glyph::Moon),
        (Theme::System, "Theme of the system", Glyph::Monitor),
    ];
    html! {
        <div class="segmented" role="group" aria-label="Theme">
            { for choices.map(|(theme, label, glyph)| html! {
                <button type="button" class="segment" aria-label={label} title={label}
                    aria-pressed={(chosen == theme).to_string()} onclick={ui.does(Action::Theme(theme))}>
                    { icon(glyph) }
                </button>
            }) }
        </div>
    }
}
