//! Plays a sound on the chosen speaker, to hear whether it is the right one.

use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{intent::Intent, ui::use_ui};

/// The button.
#[component]
pub fn TestSound() -> Html {
    let ui = use_ui();
    html! {
        <button type="button" class="button ghost small-button test-sound" data-testid="test-sound" onclick={ui.wishes(Intent::TestSound)}>
            <Icon glyph={Glyph::Volume} /><span>{ "Play test sound" }</span>
        </button>
    }
}
