//! Files over the page: whether they are held there, and offering what is let go.

use yew::prelude::*;

use crate::{
    intent::Intent,
    platform::picked::{self, Gesture},
    state::trust::AccountBytes,
    ui::use_ui,
};

/// Whether files are held over the page; what is let go or pasted is offered to everybody, or to one account alone. `closed`: it is
/// ignored.
#[hook]
pub fn use_gestures(to: Option<AccountBytes>, closed: bool) -> bool {
    let (ui, hovering) = (use_ui(), use_state_eq(|| false));
    let set = hovering.setter();
    use_effect_with((to, closed), move |(to, closed)| {
        let (to, closed) = (*to, *closed);
        let listener = picked::listen(move |gesture| match gesture {
            Gesture::Hovering(is_over) => set.set(is_over),
            Gesture::Given(files) if !closed => ui.wish.emit(Intent::OfferFiles { files, to }),
            Gesture::Given(_) => {}
        });
        move || drop(listener)
    });
    *hovering
}
