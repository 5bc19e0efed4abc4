//! The caret beside microphone and camera in the call: a menu of devices that opens upwards.

use yew::prelude::*;

use super::{
    device_picker::label,
    icon::{Glyph, icon},
    test_sound::test_sound,
};
use crate::{
    intent::Intent,
    state::media::{Device, DeviceKind},
    text,
    ui::use_ui,
};

/// Properties of [`DeviceMenu`].
#[derive(Clone, PartialEq, Properties)]
pub struct DeviceMenuProps {
    /// Kinds and their devices, each with the chosen id.
    pub kinds: Vec<(DeviceKind, Vec<Device>, Option<String>)>,
    /// What the caret is called.
    pub label: AttrValue,
}

/// The caret and its menu: a native `details`, so that it opens without help; it closes on a choice, Escape, or when the
/// focus leaves.
#[component]
pub fn DeviceMenu(props: &DeviceMenuProps) -> Html {
    let ui = use_ui();
    let open = use_state_eq(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_| open.set(!*open))
    };
    let onkeydown = {
        let open = open.setter();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                open.set(false);
            }
        })
    };
    let pick = |kind: DeviceKind, id: &str| {
        let (open, wish, id) = (open.setter(), ui.wish.clone(), id.to_owned());
        Callback::from(move |_: Event| {
            wish.emit(Intent::PickDevice { kind, id: id.clone() });
            open.set(false);
        })
    };
    let veil = {
        let open = open.setter();
        Callback::from(move |_: MouseEvent| open.set(false))
    };
    html! {
        <div class="device-menu" {onkeydown}>
            <button type="button" class="control-key caret" aria-label={props.label.clone()} aria-expanded={open.to_string()} onclick={toggle}>
                { icon(Glyph::ChevronUp) }
            </button>
            if *open {
                <div class="menu-catch" onclick={veil}></div>
                <div class="menu" role="group" aria-label={props.label.clone()}>
                    { for props.kinds.iter().map(|(kind, devices, chosen)| html! {
                        <fieldset>
                            <legend>{ text::device_kind(*kind) }</legend>
                            { for devices.iter().enumerate().map(|(n, device)| html! {
                                <label class="menu-row">
                                    <input type="radio" name={text::device_kind(*kind)} onchange={pick(*kind, &device.id)}
                                        checked={chosen.as_ref() == Some(&device.id) || (chosen.is_none() && n == 0)} />
                                    <span>{ label(*kind, n, device) }</span>
                                </label>
                            }) }
                            if devices.is_empty() { <p class="small">{ "None found" }</p> }
                            if *kind == DeviceKind::Speaker { { test_sound(&ui) } }
                        </fieldset>
                    }) }
                </div>
            }
        </div>
    }
}
