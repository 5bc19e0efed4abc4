//! Reading `RTCPeerConnection.getStats` (W3C webrtc-stats): the path, the round trip and the loss.

use js_sys::{Map, Reflect};
use milanio_node::core::call::{LinkStats, MediaPath};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

/// What a connection says about itself, counted from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) path: Option<MediaPath>,
    round_trip_ms: Option<u32>,
    received: f64,
    lost: f64,
}

/// The counts of the reading before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    received: f64,
    lost: f64,
}

impl Totals {
    /// What came since the reading before.
    pub(super) fn advance(&mut self, reading: &Reading) -> LinkStats {
        let since = |now: f64, before: f64| (now - before).clamp(0.0, f64::from(u32::MAX)) as u32;
        let figures = LinkStats {
            round_trip_ms: reading.round_trip_ms,
            packets_received: since(reading.received, self.received),
            packets_lost: since(reading.lost, self.lost),
        };
        *self = Self { received: reading.received, lost: reading.lost };
        figures
    }
}

/// Reads them; `None` if the browser gives none.
pub(super) async fn read(connection: &RtcPeerConnection) -> Option<Reading> {
    let report: Map = JsFuture::from(connection.get_stats()).await.ok()?.unchecked_into();
    let mut entries = Vec::new();
    report.for_each(&mut |entry, _| entries.push(entry));
    let mut reading = Reading::default();
    for entry in entries.iter().filter(|entry| text(entry, "type").as_deref() == Some("inbound-rtp")) {
        reading.received += number(entry, "packetsReceived").unwrap_or(0.0);
        reading.lost += number(entry, "packetsLost").unwrap_or(0.0);
    }
    let selected = entries.iter().find_map(|entry| text(entry, "selectedCandidatePairId"));
    let is_selected = |entry: &&JsValue| match &selected {
        Some(id) => text(entry, "id").as_ref() == Some(id),
        None => Reflect::get(entry, &JsValue::from_str("selected")).is_ok_and(|is| is.is_truthy()),
    };
    if let Some(pair) = entries.iter().find(is_selected) {
        reading.round_trip_ms = number(pair, "currentRoundTripTime").map(|seconds| (seconds * 1_000.0) as u32);
        let ends = [text(pair, "localCandidateId"), text(pair, "remoteCandidateId")];
        let is_end = |entry: &&JsValue| text(entry, "id").is_some_and(|id| ends.contains(&Some(id)));
        let relayed = entries.iter().filter(is_end).any(|end| text(end, "candidateType").as_deref() == Some("relay"));
        reading.path = Some(if relayed { MediaPath::Relayed } else { MediaPath::Direct });
    }
    Some(reading)
}

fn text(entry: &JsValue, name: &str) -> Option<String> {
    Reflect::get(entry, &JsValue::from_str(name)).ok()?.as_string()
}

fn number(entry: &JsValue, name: &str) -> Option<f64> {
    Reflect::get(entry, &JsValue::from_str(name)).ok()?.as_f64()
}
