//! The level of the microphone, as a row of lights.

use yew::prelude::*;

use crate::state::media::LEVEL_STEPS;

/// Properties of [`Meter`].
#[derive(Clone, PartialEq, Properties)]
pub struct MeterProps {
    /// Loudness, 0 to [`LEVEL_STEPS`].
    pub level: u8,
    /// The microphone is on.
    pub on: bool,
}

/// The meter.
#[component]
pub fn Meter(props: &MeterProps) -> Html {
    let level = if props.on { props.level } else { 0 };
    html! {
        <div class="meter" role="meter" aria-label="Microphone level" aria-valuemin="0" aria-valuemax={LEVEL_STEPS.to_string()}
            aria-valuenow={level.to_string()}>
            { for (0..LEVEL_STEPS).map(|step| html! { <span class={classes!("meter-step", (step < level).then_some("lit"))}></span> }) }
        </div>
    }
}
