//! The name to join under, and the join button.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::button::{Button, Rank};
use crate::{
    intent::Intent,
    state::{
        Action,
        room::{Room, RoomAction},
    },
    ui::Ui,
};

/// Longest name, in characters; the room takes no longer one.
const MAX_NAME: &str = "40";

/// The name and the join button. `entering`: it was pressed.
pub fn name_form(ui: &Ui, room: &Room, entering: bool) -> Html {
    let oninput = {
        let dispatch = ui.dispatch.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
                dispatch.emit(Action::Room(RoomAction::Named(input.value())));
            }
        })
    };
    let onsubmit = {
        let (wish, name) = (ui.wish.clone(), room.my_name.trim().to_owned());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !entering {
                wish.emit(Intent::SetName(name.clone()));
                wish.emit(Intent::Enter);
            }
        })
    };
    let label = match (entering, room.must_knock) {
        (true, _) => "Joining",
        (false, true) => "Request to join",
        (false, false) => "Join now",
    };
    html! {
        <form class="name-form" {onsubmit}>
            <label class="label" for="name">{ "Your name" }</label>
            <input class="field" id="name" type="text" maxlength={MAX_NAME} autocomplete="nickname" value={room.my_name.clone()} {oninput}
                placeholder="As others will see it" data-testid="prejoin-name" aria-describedby="name-hint" />
            <p class="hint" id="name-hint">{ "Seen only by people in this room." }</p>
            <Button rank={Rank::Primary} class="wide large" {label} busy={entering} testid="prejoin-join" />
        </form>
    }
}
