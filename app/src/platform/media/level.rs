//! The loudness of one's own microphone, for the meter and the frame around who speaks.

use gloo::timers::callback::Interval;
use web_sys::{AnalyserNode, AudioContext, MediaStream, MediaStreamAudioSourceNode, MediaStreamTrack};

use crate::platform::peer_connection::SpeechGate;
use crate::state::media::LEVEL_STEPS;

/// Measures a track for as long as it lives.
pub(super) struct LevelMeter {
    /// The id of what is measured.
    pub(super) track: String,
    context: AudioContext,
    /// Kept alive: browsers stop a source that nobody holds.
    _source: MediaStreamAudioSourceNode,
    _ticker: Interval,
}

impl LevelMeter {
    /// `report` gets the level (0 to [`LEVEL_STEPS`]) and whether one speaks, each only when it changed. `None` where the browser
    /// cannot measure.
    pub(super) fn new(track: &MediaStreamTrack, report: impl Fn(Option<u8>, Option<bool>) + 'static) -> Option<Self> {
        let stream = MediaStream::new().ok()?;
        stream.add_track(track);
        let context = AudioContext::new().ok()?;
        // Suspended until the person touched the page; capturing pages are resumed by most browsers.
        let _ = context.resume();
        let source = context.create_media_stream_source(&stream).ok()?;
        let analyser = context.create_analyser().ok()?;
        analyser.set_fft_size(SAMPLES as u32);
        source.connect_with_audio_node(&analyser).ok()?;
        let (mut gate, mut shown) = (SpeechGate::default(), None);
        let _ticker = Interval::new(TICK_MS, move || {
            let loudness = loudness(&analyser);
            let level = steps(loudness);
            let news = (shown != Some(level)).then_some(level);
            shown = Some(level);
            let speaking = gate.tick(f64::from(loudness), TICK_MS);
            if news.is_some() || speaking.is_some() {
                report(news, speaking);
            }
        });
        Some(Self { track: track.id(), context, _source: source, _ticker })
    }
}

impl Drop for LevelMeter {
    fn drop(&mut self) {
        // Only a context that is closed already refuses.
        let _ = self.context.close();
    }
}

/// Root mean square of the newest samples, 0 to 1.
fn loudness(analyser: &AnalyserNode) -> f32 {
    let mut samples = [0.0_f32; SAMPLES];
    analyser.get_float_time_domain_data(&mut samples);
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / SAMPLES as f32).sqrt()
}

/// Loudness on a scale of decibels, from a quiet room to shouting.
fn steps(loudness: f32) -> u8 {
    let decibels = 20.0 * loudness.max(1e-6).log10();
    let share = (decibels - QUIET_DB) / (LOUD_DB - QUIET_DB);
    (share.clamp(0.0, 1.0) * f32::from(LEVEL_STEPS)).round() as u8
}

/// 11 ms at 48 kHz: two cycles of the deepest voice.
const SAMPLES: usize = 512;
/// Ten times a second; chosen: looks alive and costs nothing.
const TICK_MS: u32 = 100;
/// The meter's lower end, chosen: a quiet room.
const QUIET_DB: f32 = -60.0;
/// The meter's upper end, chosen: shouting.
const LOUD_DB: f32 = -10.0;

#[cfg(test)]
mod tests {
    use super::{LEVEL_STEPS, steps};

    #[test]
    fn the_meter_reaches_from_a_quiet_room_to_shouting() {
        assert_eq!([0.0, 0.001, 0.3163, 1.0].map(steps), [0, 0, LEVEL_STEPS, LEVEL_STEPS]);
        assert!(steps(0.02) > 5 && steps(0.02) < 15);
    }
}
