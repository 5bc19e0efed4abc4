//! The level of the microphone, as a row of lights.

use yew::prelude::*;

use crate::state::media::LEVEL_STEPS;

/// The meter of a loudness of 0 to [`LEVEL_STEPS`]; 0 as well while the microphone is off.
pub fn meter(level: u8) -> Html {
    html! {
        <div class="meter" role="meter" aria-label="Microphone level" aria-valuemin="0" aria-valuemax={LEVEL_STEPS.to_string()}
            aria-valuenow={level.to_string()}>
            { for (0..LEVEL_STEPS).map(|step| html! { <span class={classes!("meter-step", (step < level).then_some("lit"))}></span> }) }
        </div>
    }
}
