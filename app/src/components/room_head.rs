//! The room before the call: its code, its state, and who is inside.

use yew::prelude::*;

use super::{
    face::face,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    state::{
        room::{Door, Room},
        toast::Notice,
    },
    text,
    ui::Ui,
};

/// The room's code, its state, and who is inside.
pub fn room_head(ui: &Ui, room: &Room) -> Html {
    let open = room.door == Door::Open;
    // Who is let in by others sees nobody before, except that somebody could answer.
    let unseen = room.people.is_empty() && (room.must_knock || room.waiting.is_some());
    let (tone, word) = match (open, room.people.is_empty() && room.waiting != Some(true)) {
        (true, false) => ("chip ok lit", "Active"),
        (true, true) if unseen => ("chip", "On request"),
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
                    { icon(Glyph::Copy) }<span>{ "Copy link" }</span>
                </button>
            </div>
            <h1>{ "Ready to join?" }</h1>
            <div class="inside" role="status">
                if !room.people.is_empty() {
                    <span class="faces">{ for room.people.iter().take(3).map(|p| face(Some(p.id), &text::name_of(p), Classes::new())) }</span>
                }
                <p>{ if unseen { "Who is inside shows when you are" } else if open { &inside } else { text::door(room.door) } }</p>
            </div>
        </>
    }
}
