//! Keyboard shortcuts: M microphone, V camera, C chat, P people, I invite, H hand, F full screen, Escape closes. Not while writing.

use yew::prelude::*;

use crate::{
    intent::Intent,
    platform::{fullscreen, keyboard},
    state::{
        Action,
        panel::{Panel, PanelAction},
    },
    ui::{Ui, use_ui},
};

/// Properties of [`Shortcuts`].
#[derive(Clone, PartialEq, Properties)]
pub struct ShortcutsProps {
    /// In the call: all of them.
    pub in_call: bool,
    /// On the prejoin page: microphone and camera.
    pub in_prejoin: bool,
}

/// Listens and shows nothing.
#[component]
pub fn Shortcuts(props: &ShortcutsProps) -> Html {
    let ui = use_ui();
    use_effect_with((props.in_call, props.in_prejoin), move |(in_call, in_prejoin)| {
        let (in_call, in_prejoin) = (*in_call, *in_prejoin);
        let listener = (in_call || in_prejoin).then(|| keyboard::listen(move |key| press(&ui, key, in_call)));
        move || drop(listener)
    });
    html! {}
}

/// Does what a key means; false when it means nothing here.
fn press(ui: &Ui, key: &str, in_call: bool) -> bool {
    let toggle = |panel| ui.dispatch.emit(Action::Panel(PanelAction::Toggle(panel)));
    match key {
        "m" => ui.wish.emit(Intent::ToggleMicrophone),
        "v" => ui.wish.emit(Intent::ToggleCamera),
        "c" if in_call => toggle(Panel::Chat),
        "p" if in_call => toggle(Panel::People),
        "i" if in_call => toggle(Panel::Invite),
        "f" if in_call => fullscreen::toggle(),
        "h" if in_call => ui.wish.emit(Intent::ToggleHand),
        "escape" if in_call => ui.dispatch.emit(Action::Panel(PanelAction::Close)),
        _ => return false,
    }
    true
}
