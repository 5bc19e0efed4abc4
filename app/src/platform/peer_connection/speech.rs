//! Who is speaking: from loudness to a steady yes or no.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{RtcPeerConnection, RtcRtpReceiver};

/// Turns loudness into a steady "speaks" or "is silent".
#[derive(Debug, Default)]
pub struct SpeechGate {
    speaking: bool,
    /// How long it has been quiet.
    quiet_ms: u32,
}

impl SpeechGate {
    /// `level` (0 to 1) was measured `tick_ms` after the one before; gives the news, if any.
    pub fn tick(&mut self, level: f64, tick_ms: u32) -> Option<bool> {
        let is_loud = level >= LOUD;
        self.quiet_ms = if is_loud { 0 } else { self.quiet_ms.saturating_add(tick_ms) };
        let speaking = is_loud || (self.speaking && self.quiet_ms < HOLD_MS);
        let is_news = speaking != self.speaking;
        self.speaking = speaking;
        is_news.then_some(speaking)
    }
}

/// The loudness of what comes over a connection right now, 0 to 1: what the sender wrote into its packets (RFC 6464).
pub(super) fn level(connection: &RtcPeerConnection) -> f64 {
    let receivers = connection.get_receivers();
    let receivers = receivers.iter().filter_map(|receiver| receiver.dyn_into::<RtcRtpReceiver>().ok());
    receivers
        .filter(|receiver| receiver.track().kind() == "audio")
        .filter_map(|receiver| loudest(&receiver))
        .fold(0.0, f64::max)
}

fn loudest(receiver: &RtcRtpReceiver) -> Option<f64> {
    // Missing in some browsers; without it nobody is marked as speaking.
    let method = Reflect::get(receiver, &JsValue::from_str("getSynchronizationSources")).ok()?;
    let sources = method.dyn_into::<js_sys::Function>().ok()?.call0(receiver).ok()?;
    let sources = sources.dyn_into::<js_sys::Array>().ok()?;
    let level = |source: JsValue| Reflect::get(&source, &JsValue::from_str("audioLevel")).ok()?.as_f64();
    sources.iter().filter_map(level).reduce(f64::max)
}

/// Louder than breath and keyboards; chosen by ear.
const LOUD: f64 = 0.02;
/// Pauses between words are not silence; chosen.
const HOLD_MS: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::SpeechGate;

    #[test]
    fn pauses_between_words_are_not_silence() {
        let mut gate = SpeechGate::default();
        let news: Vec<_> =
            [0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].map(|level| gate.tick(level, 200)).into();
        let expected = [None, Some(true), None, None, None, None, None, None, None, Some(false), None];
        assert_eq!(news, expected);
    }
}
