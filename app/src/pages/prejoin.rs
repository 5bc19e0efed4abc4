//! Before the call: how one looks and sounds, under which name, who is inside, and whether the way is clear.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    components::{
        button::{Button, Rank},
        connection_line::ConnectionLine,
        control_key::ControlKey,
        device_picker::DevicePicker,
        face::Face,
        header::Header,
        icon::{Glyph, Icon},
        meter::Meter,
        own_video::OwnVideo,
    },
    intent::Intent,
    state::{
        Action,
        connection::Connection,
        media::{DeviceKind, Media},
        room::{Door, Room, RoomAction},
        theme::Theme,
        toast::Notice,
    },
    text,
    ui::use_ui,
};

/// Longest name, in characters; the room takes no longer one.
const MAX_NAME: &str = "40";

/// Properties of [`PrejoinPage`].
#[derive(Clone, PartialEq, Properties)]
pub struct PrejoinPageProps {
    /// The room.
    pub room: Rc<Room>,
    /// One's own devices.
    pub media: Rc<Media>,
    /// The link to the relay.
    pub connection: Connection,
    /// Join was pressed and the room is not open yet.
    pub entering: bool,
    /// How far the clock is off, when that matters.
    pub clock_off_s: Option<i64>,
    /// The theme chosen.
    pub theme: Theme,
}

/// The prejoin page.
#[component]
pub fn PrejoinPage(props: &PrejoinPageProps) -> Html {
    let room = &props.room;
    html! {
        <div class="page prejoin">
            <Header theme={props.theme} />
            <main class="prejoin-main">
                <Preview room={room.clone()} media={props.media.clone()} />
                <section class="prejoin-side">
                    <RoomHead room={room.clone()} />
                    <NameForm name={room.my_name.clone()} entering={props.entering} door={room.door} />
                    <div class="card facts">
                        <ConnectionLine connection={props.connection.clone()} door={room.door} />
                        if let Some(off) = props.clock_off_s {
                            <div class="info-row warn" role="status">
                                <Icon glyph={Glyph::Warning} />
                                <div><p class="info-title">{ "This device's clock is wrong" }</p><p class="small">{ text::clock_off(off) }</p></div>
                            </div>
                        }
                        <div class="info-row">
                            <Icon glyph={Glyph::Route} />
                            <div>
                                <p class="info-title">{ "Straight between you" }</p>
                                <p class="small">{ "Direct calls show your IP address to the others in the room. Relays see addresses and times, never words or pictures." }</p>
                            </div>
                        </div>
                    </div>
                </section>
            </main>
        </div>
    }
}

/// Properties of [`RoomHead`].
#[derive(Clone, PartialEq, Properties)]
pub struct RoomHeadProps {
    /// The room.
    pub room: Rc<Room>,
}

/// The room's code, its state, and who is inside.
#[component]
pub fn RoomHead(props: &RoomHeadProps) -> Html {
    let ui = use_ui();
    let room = &props.room;
    let open = room.door == Door::Open;
    let (tone, word) = match (open, room.people.is_empty()) {
        (true, false) => ("chip ok lit", "Active"),
        (true, true) => ("chip verde", "Waiting"),
        _ => ("chip", "Opening"),
    };
    html! {
        <>
            <div class="chips">
                <span class={tone}>{ word }</span>
                <span class="chip code" data-testid="room-code">{ room.code.clone() }</span>
                <button type="button" class="button ghost small-button" data-testid="copy-link"
                    onclick={ui.wishes(Intent::Copy { text: room.link.clone(), notice: Notice::LinkCopied })}>
                    <Icon glyph={Glyph::Copy} /><span>{ "Copy link" }</span>
                </button>
            </div>
            <h1>{ "Ready to join?" }</h1>
            <div class="inside" role="status">
                if !room.people.is_empty() {
                    <span class="faces">{ for room.people.iter().take(3).map(|p| html! { <Face id={p.id} name={text::name_of(p)} /> }) }</span>
                }
                <p>{ if open { text::inside(&room.people) } else { text::door(room.door).to_owned() } }</p>
            </div>
        </>
    }
}

/// Properties of [`NameForm`].
#[derive(Clone, PartialEq, Properties)]
pub struct NameFormProps {
    /// The name.
    pub name: String,
    /// Join was pressed.
    pub entering: bool,
    /// How far the room is open.
    pub door: Door,
}

/// The name and the join button.
#[component]
pub fn NameForm(props: &NameFormProps) -> Html {
    let ui = use_ui();
    let oninput = {
        let dispatch = ui.dispatch.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
                dispatch.emit(Action::Room(RoomAction::Named(input.value())));
            }
        })
    };
    let onsubmit = {
        let (wish, name, entering) = (ui.wish.clone(), props.name.trim().to_owned(), props.entering);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !entering {
                wish.emit(Intent::SetName(name.clone()));
                wish.emit(Intent::Enter);
            }
        })
    };
    let label = if props.entering { "Joining" } else { "Join now" };
    html! {
        <form class="name-form" {onsubmit}>
            <label class="label" for="name">{ "Your name" }</label>
            <input class="field" id="name" type="text" maxlength={MAX_NAME} autocomplete="nickname" value={props.name.clone()} {oninput}
                placeholder="As others will see it" data-testid="prejoin-name" aria-describedby="name-hint" />
            <p class="hint" id="name-hint">{ "Seen only by people in this room." }</p>
            <Button rank={Rank::Primary} class="wide large" {label} busy={props.entering} testid="prejoin-join" />
        </form>
    }
}

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
                <OwnVideo name={props.room.my_name.clone()} id={props.room.my_id} media={media.clone()} />
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
                        <button type="button" class="button quiet small-button" onclick={ui.wishes(Intent::PlayTestSound)}>
                            <Icon glyph={Glyph::Play} /><span>{ "Play test sound" }</span>
                        </button>
                    </DevicePicker>
                }
            </div>
        </section>
    }
}
