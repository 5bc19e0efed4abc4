//! Which devices there are, and when that changes.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDeviceInfo, MediaDeviceKind};

use super::capture::media_devices;
use crate::platform::speaker;
use crate::state::media::{Device, DeviceKind, MAX_DEVICES};

/// All devices; empty lists where the browser tells nothing, and no speakers where it lets nobody choose one.
pub(super) async fn list() -> [(DeviceKind, Vec<Device>); 3] {
    let found = enumerate().await.unwrap_or_default();
    KINDS.map(|(kind, theirs)| {
        let may_list = kind != DeviceKind::Speaker || speaker::can_choose();
        let of_kind = found.iter().filter(|device| may_list && device.kind() == theirs);
        // Before capture is allowed, browsers list nameless placeholders with empty ids, which cannot be picked.
        let named = of_kind.map(|device| Device { id: device.device_id(), label: device.label() });
        (kind, named.filter(|device| !device.id.is_empty()).take(MAX_DEVICES).collect())
    })
}

const KINDS: [(DeviceKind, MediaDeviceKind); 3] = [
    (DeviceKind::Camera, MediaDeviceKind::Videoinput),
    (DeviceKind::Microphone, MediaDeviceKind::Audioinput),
    (DeviceKind::Speaker, MediaDeviceKind::Audiooutput),
];

/// Calls `act` whenever a device comes or goes; `None` where there are no devices.
pub(super) fn on_change(act: impl Fn() + 'static) -> Option<EventListener> {
    media_devices().map(|devices| EventListener::new(&devices, "devicechange", move |_| act()))
}

async fn enumerate() -> Option<Vec<MediaDeviceInfo>> {
    let list = JsFuture::from(media_devices()?.enumerate_devices().ok()?).await.ok()?;
    let list: js_sys::Array = list.dyn_into().ok()?;
    // Some browsers hand out input devices as a subclass without a global name: only the shape is sure.
    Some(list.iter().map(JsCast::unchecked_into).collect())
}
