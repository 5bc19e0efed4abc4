//! How much is sent over one connection: `RTCRtpSender.setParameters` (W3C WebRTC 5.2), which needs no negotiation.
//!
//! Sound goes before pictures. A browser that refuses sends as much as it thinks fit.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStreamTrack, RtcPeerConnection, RtcRtpSender};

use super::steps;
use crate::state::ladder::Rung;

/// Sends at most what `rung` says from now on.
pub(super) async fn tune(connection: &RtcPeerConnection, rung: Rung) {
    for transceiver in steps::ours(connection) {
        let sender = transceiver.sender();
        let wanted = if steps::is_audio(&transceiver) {
            vec![("priority", "high".into()), ("networkPriority", "high".into())]
        } else {
            vec![
                ("maxBitrate", rung.bits_per_s.into()),
                ("maxFramerate", rung.frames_per_s.into()),
                ("scaleResolutionDownBy", scale_down(sender.track().as_ref(), rung).into()),
            ]
        };
        if let Some(set) = set(&sender, &wanted) {
            // Refused when another change came in between, which then holds.
            JsFuture::from(set).await.ok();
        }
    }
}

/// `None` where nothing is to be changed, or nothing can be set yet.
fn set(sender: &RtcRtpSender, wanted: &[(&str, JsValue)]) -> Option<Promise> {
    let parameters = method(sender, "getParameters")?.call0(sender).ok()?;
    let encodings: Array = Reflect::get(&parameters, &"encodings".into()).ok()?.dyn_into().ok()?;
    let mut is_changed = false;
    for encoding in encodings.iter() {
        for (name, value) in wanted {
            is_changed |= Reflect::get(&encoding, &(*name).into()).ok().as_ref() != Some(value);
            Reflect::set(&encoding, &(*name).into(), value).ok()?;
        }
    }
    if !is_changed {
        return None;
    }
    method(sender, "setParameters")?.call1(sender, &parameters).ok()?.dyn_into().ok()
}

fn method(sender: &RtcRtpSender, name: &str) -> Option<Function> {
    Reflect::get(sender, &name.into()).ok()?.dyn_into().ok()
}

fn scale_down(track: Option<&MediaStreamTrack>, rung: Rung) -> f64 {
    let settings = track.map(MediaStreamTrack::get_settings);
    let side = |name: &str| settings.as_ref().and_then(|settings| Reflect::get(settings, &name.into()).ok()?.as_f64());
    match (side("width"), side("height")) {
        (Some(width), Some(height)) => rung.scale_down(width, height),
        _ => 1.0,
    }
}
