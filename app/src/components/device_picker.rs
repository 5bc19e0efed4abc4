//! Chooses a camera, a microphone or a speaker.

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    state::media::{Device, DeviceKind},
    text,
    ui::use_ui,
};

/// Properties of [`DevicePicker`].
#[derive(Clone, PartialEq, Properties)]
pub struct DevicePickerProps {
    /// Which kind.
    pub kind: DeviceKind,
    /// All there are.
    pub devices: Vec<Device>,
    /// The chosen one's id; none is the browser's default.
    pub chosen: Option<String>,
    /// What stands below.
    #[prop_or_default]
    pub children: Html,
}

/// The picker: a native select, so that it works with every keyboard, screen reader and phone.
#[component]
pub fn DevicePicker(props: &DevicePickerProps) -> Html {
    let ui = use_ui();
    let select = use_node_ref();
    let kind = props.kind;
    let (id, glyph) = match kind {
        DeviceKind::Camera => ("pick-camera", Glyph::Video),
        DeviceKind::Microphone => ("pick-microphone", Glyph::Mic),
        DeviceKind::Speaker => ("pick-speaker", Glyph::Volume),
    };
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(select) = select {
            ui.wish.emit(Intent::PickDevice { kind, id: select.value() });
        }
    });
    {
        let select = select.clone();
        let shown = props.chosen.clone().or_else(|| props.devices.first().map(|device| device.id.clone()));
        use_effect_with((shown, props.devices.clone()), move |(shown, _)| {
            // The attribute of an option has no effect any more once the person has chosen.
            if let (Some(select), Some(shown)) = (select.cast::<HtmlSelectElement>(), shown) {
                select.set_value(shown);
            }
        });
    }
    html! {
        <div class="picker">
            <label class="label" for={id}>{ text::device_kind(kind) }</label>
            <div class="select">
                { icon(glyph) }
                <select {id} ref={select} {onchange} disabled={props.devices.is_empty()}>
                    if props.devices.is_empty() {
                        <option>{ "None found" }</option>
                    }
                    { for props.devices.iter().enumerate().map(|(n, device)| html! {
                        <option key={device.id.clone()} value={device.id.clone()}>{ label(kind, n, device) }</option>
                    }) }
                </select>
                { icon(Glyph::ChevronDown) }
            </div>
            { props.children.clone() }
        </div>
    }
}

/// A device's name; browsers give none before capture was allowed.
pub fn label(kind: DeviceKind, number: usize, device: &Device) -> String {
    if device.label.is_empty() { format!("{} {}", text::device_kind(kind), number + 1) } else { device.label.clone() }
}
