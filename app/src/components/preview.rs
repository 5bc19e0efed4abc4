//! One's own picture before the call, the two switches, and the devices.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    control_key::ControlKey,
    device_picker::DevicePicker,
    icon::{Glyph, Icon},
    meter::Meter,
    own_video::OwnVideo,
    test_sound::TestSound,
};
use crate::{
    intent::Intent,
    state::{
        media::{DeviceKind, Media},
        room::Room,
    },
    ui::use_ui,
};

/// Properties of [`Preview`].
#[derive(Clone, PartialEq, Properties)]
pub struct PreviewProps {
    /// One's own name and device.
    pub room: Rc<Room>,
    /// One's own devices.
    pub media: Rc<Media>,
}

/// One's own picture, the two switches, and the devices.
#[component]
pub fn Preview(props: &PreviewProps) -> Html {
    let ui = use_ui();
    let media = &props.media;
    let (mic, camera) = (media.microphone.on, media.camera.on);
    html! {
        <section class="preview" aria-label="Your camera and microphone">
            <div class="preview-picture on-video">
                <OwnVideo name={props.room.my_name.clone()} id={props.room.my_id()} media={media.clone()} />
                <span class="tile-chip preview-note"><Icon glyph={Glyph::Eye} />{ "Only you see this" }</span>
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
                    <Meter level={media.level} on={mic} />
                </DevicePicker>
                if !media.speakers.is_empty() {
                    <DevicePicker kind={DeviceKind::Speaker} devices={media.speakers.clone()} chosen={media.speaker.clone()}>
                        <TestSound />
                    </DevicePicker>
                }
            </div>
        </section>
    }
}
