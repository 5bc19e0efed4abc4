//! The call's controls, in their fixed order: microphone, camera, chat, people, and leave apart.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    control_key::ControlKey,
    device_menu::DeviceMenu,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    state::{
        Action,
        dialog::Dialog,
        media::{DeviceKind, Media},
        panel::{Panel, PanelAction},
    },
    ui::use_ui,
};

/// Properties of [`Tray`].
#[derive(Clone, PartialEq, Properties)]
pub struct TrayProps {
    /// One's own microphone and camera.
    pub media: Rc<Media>,
    /// The open panel.
    pub panel: Panel,
    /// Messages not seen yet.
    pub unread: u32,
    /// Whether one's own hand is raised; `None` while it cannot be.
    pub hand: Option<bool>,
    /// One's own role may switch on microphone and camera.
    pub may_speak: bool,
    /// Leaving is asked first: the room gets another owner.
    pub asks_first: bool,
    /// How many people are inside, the person included.
    pub people: usize,
}

/// The tray.
#[component]
pub fn Tray(props: &TrayProps) -> Html {
    let ui = use_ui();
    let (media, panel) = (&props.media, props.panel);
    let (mic, camera) = (media.microphone.on, media.camera.on);
    let open = |of: Panel| (panel == of).then_some("open");
    let toggle = |of: Panel| ui.does(Action::Panel(PanelAction::Toggle(of)));
    let mut sound = vec![(DeviceKind::Microphone, media.microphone.devices.clone(), media.microphone.chosen.clone())];
    if !media.speakers.is_empty() {
        sound.push((DeviceKind::Speaker, media.speakers.clone(), media.speaker.clone()));
    }
    let picture = vec![(DeviceKind::Camera, media.camera.devices.clone(), media.camera.chosen.clone())];
    let unread = if props.unread == 0 { "Chat".to_owned() } else { format!("Chat, {} unread", props.unread) };
    let leave = if props.asks_first { ui.does(Action::Dialog(Some(Dialog::Leave))) } else { ui.wishes(Intent::Leave) };
    html! {
        <div class="tray" role="toolbar" aria-label="Call controls">
            if props.may_speak {
            <div class="split">
                <ControlKey label={if mic { "Mute" } else { "Unmute" }} shortcut="M" glyph={if mic { Glyph::Mic } else { Glyph::MicOff }}
                    class={classes!((!mic).then_some("off"))} pressed={mic} testid="call-mic" onclick={ui.wishes(Intent::ToggleMicrophone)} />
                <DeviceMenu kinds={sound} label={if media.speakers.is_empty() { "Microphones" } else { "Microphone and speaker" }} />
            </div>
            <div class="split">
                <ControlKey label={if camera { "Turn camera off" } else { "Turn camera on" }} shortcut="V"
                    glyph={if camera { Glyph::Video } else { Glyph::VideoOff }} class={classes!((!camera).then_some("off"))} pressed={camera}
                    testid="call-camera" onclick={ui.wishes(Intent::ToggleCamera)} />
                <DeviceMenu kinds={picture} label="Cameras" />
            </div>
            } else {
            <p class="listens" role="status" data-testid="call-listens">{ icon(Glyph::MicOff) }{ "Your role here only listens." }</p>
            }
            <span class="tray-line" aria-hidden="true"></span>
            if let Some(hand) = props.hand {
                <ControlKey label={if hand { "Lower hand" } else { "Raise hand" }} shortcut="H" glyph={Glyph::Hand} pressed={hand}
                    class={classes!(hand.then_some("raised"))} testid="call-hand" onclick={ui.wishes(Intent::ToggleHand)} />
            }
            <ControlKey label={unread} shortcut="C" glyph={Glyph::Message} class={classes!(open(Panel::Chat))} expanded={panel == Panel::Chat}
                testid="call-chat" onclick={toggle(Panel::Chat)}>
                if props.unread > 0 { <span class="badge">{ props.unread.min(99) }</span> }
            </ControlKey>
            <ControlKey label={format!("People, {}", props.people)} shortcut="P" glyph={Glyph::Users} class={classes!("with-count", open(Panel::People))}
                expanded={panel == Panel::People} testid="call-people" onclick={toggle(Panel::People)}>
                <span class="count">{ props.people }</span>
            </ControlKey>
            <span class="tray-line" aria-hidden="true"></span>
            <button type="button" class="control-key leave" data-testid="call-leave" onclick={leave} aria-label="Leave">
                { icon(Glyph::PhoneOff) }<span class="leave-word">{ "Leave" }</span>
            </button>
        </div>
    }
}
