//! Plays a sound on the chosen speaker, to hear whether it is the right one.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{intent::Intent, ui::Ui};

/// The button.
pub fn test_sound(ui: &Ui) -> Html {
    html! {
        <button type="button" class="button ghost small-button test-sound" data-testid="test-sound" onclick={ui.wishes(Intent::TestSound)}>
            { icon(Glyph::Volume) }<span>{ "Play test sound" }</span>
        </button>
    }
}
