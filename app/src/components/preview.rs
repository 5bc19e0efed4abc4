//! One's own picture before the call, the two switches, and the devices.

use yew::prelude::*;

use super::{
    control_key::ControlKey,
    device_picker::DevicePicker,
    icon::{Glyph, icon},
    meter::meter,
    own_video::own_video,
    test_sound::test_sound,
};
use crate::{
    intent::Intent,
    state::{
        media::{DeviceKind, Media},
        room::Room,
    },
    ui::Ui,
};

/// One's own picture, the two switches, and the devices.
pub fn preview(ui: &Ui, room: &Room, media: &Media) -> Html {
    let (mic, camera) = (media.microphone.on, media.camera.on);
    html! {
        <section class="preview" aria-label="Your camera and microphone">
            <div class="preview-picture on-video">
                { own_video(&room.my_name, room.my_id(), media) }
                <span class="tile-chip preview-note">{ icon(Glyph::Eye) }{ "Only you see this" }</span>
                <div class="tray preview-tray">
                    <ControlKey label={if mic { "Mic on" } else { "Mic off" }} glyph={if mic { Glyph::Mic } else { Glyph::MicOff }} shortcut="M"
                        class={classes!("labelled", (!mic).then_some("off"))} pressed={mic} testid="prejoin-mic" onclick={ui.wishes(Intent::ToggleMicrophone)}>
                        <span>{ if mic { "Mic on" } else { "Mic off" } }</span>
                    </ControlKey>
                    <ControlKey label={if camera { "Camera on" } else { "Camera off" }} glyph={if camera { Glyph::Video } else { Glyph::VideoOff }}
                        shortcut="V" class={classes!("labelled", (!camera).then_some("off"))} pressed={camera} testid="prejoin-camera"
                        onclick={ui.wishes(Intent::ToggleCamera)}>
                        <span>{ if camera { "Camera on" } else { "Camera off" } }</span>
                    </ControlKey>
                </div>
            </div>
            <div class="pickers">
                <DevicePicker kind={DeviceKind::Camera} devices={media.camera.devices.clone()} chosen={media.camera.chosen.clone()} />
                <DevicePicker kind={DeviceKind::Microphone} devices={media.microphone.devices.clone()} chosen={media.microphone.chosen.clone()}>
                    { meter(if mic { media.level } else { 0 }) }
                </DevicePicker>
                if !media.speakers.is_empty() {
                    <DevicePicker kind={DeviceKind::Speaker} devices={media.speakers.clone()} chosen={media.speaker.clone()}>
                        { test_sound(ui) }
                    </DevicePicker>
                }
            </div>
        </section>
    }
}
