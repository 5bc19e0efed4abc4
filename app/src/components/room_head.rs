//! The room before the call: its code, its state, and who is inside.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    face::Face,
    icon::{Glyph, Icon},
};
use crate::{
    intent::Intent,
    state::{
        room::{Door, Room},
        toast::Notice,
    },
    text,
    ui::use_ui,
};

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
    let inside = text::inside(&room.people);
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
                <p>{ if room.waiting.is_some() { "Who is inside shows when you are" } else if open { &inside } else { text::door(room.door) } }</p>
            </div>
        </>
    }
}
