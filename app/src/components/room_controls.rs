//! What moderators do for the whole room: mute everybody, lock, and who may do what.

use milanio_node::wire::operation::{Door, RoomPolicy};
use yew::prelude::*;

use super::{
    button::Button,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    state::{Action, dialog::Dialog, room::Room},
    ui::Ui,
};

/// The row; nothing as long as it is not known how things are.
pub fn room_controls(ui: &Ui, room: &Room) -> Html {
    let Some(policy) = room.policy else { return html! {} };
    let is_locked = policy.door == Door::Locked;
    let door = if is_locked { room.unlocks_to.unwrap_or(Door::Open) } else { Door::Locked };
    let open = |dialog: Dialog| ui.does(Action::Dialog(Some(dialog)));
    html! {
        <div class="room-controls" role="group" aria-label="The whole room">
            if !room.people.is_empty() {
                <Button class="small-button" glyph={Glyph::MicOff} label="Mute all" onclick={open(Dialog::MuteAll)} testid="mute-all" />
            }
            <button type="button" class="button key small-button" aria-pressed={is_locked.to_string()} data-testid="room-lock"
                onclick={ui.wishes(Intent::SetPolicy(RoomPolicy { door, ..policy }))}>
                { icon(if is_locked { Glyph::Lock } else { Glyph::LockOpen }) }<span>{ if is_locked { "Unlock room" } else { "Lock room" } }</span>
            </button>
            <button type="button" class="icon-button" aria-label="Who may do what" title="Who may do what" data-testid="room-policy"
                onclick={open(Dialog::Policy)}>{ icon(Glyph::Settings) }</button>
        </div>
    }
}
