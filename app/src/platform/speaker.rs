//! The speaker: which one this page plays on, remembered by this browser, and a sound to try it with.
//!
//! Browsers without `setSinkId` (W3C Audio Output Devices 3.2) play on what the system chose; there is nothing to choose there.

use std::{cell::RefCell, time::Duration};

use gloo::{
    timers::future::sleep,
    utils::{document, window},
};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AudioContext, HtmlAudioElement, HtmlMediaElement};

use super::storage;

thread_local! {
    /// The browser's id of it; `None` is the system's choice.
    static CHOSEN: RefCell<Option<String>> = RefCell::new(storage::remembered_speaker());
}

/// Whether this browser lets pages choose.
pub fn can_choose() -> bool {
    let class = Reflect::get(&window(), &"HTMLMediaElement".into()).ok();
    let prototype = class.and_then(|class| Reflect::get(&class, &"prototype".into()).ok());
    prototype.is_some_and(|prototype| Reflect::has(&prototype, &SET_SINK.into()).unwrap_or(false))
}

/// The chosen one's id.
pub fn chosen() -> Option<String> {
    CHOSEN.with_borrow(Clone::clone)
}

/// Plays everything on this one from now on, and the next time; `None` is the system's choice.
pub fn choose(id: Option<String>) {
    storage::remember_speaker(id.as_deref());
    CHOSEN.set(id);
    let Ok(playing) = document().query_selector_all("video") else { return };
    for index in 0..playing.length() {
        if let Some(element) = playing.get(index).and_then(|node| node.dyn_into::<HtmlMediaElement>().ok()) {
            spawn_local(async move { route(&element).await });
        }
    }
}

/// Has this element play on the chosen speaker.
pub async fn route(element: &HtmlMediaElement) {
    let id = chosen().unwrap_or_default();
    let set = Reflect::get(element, &SET_SINK.into()).ok().and_then(|set| set.dyn_into::<Function>().ok());
    let Some(set) = set.filter(|_| sink_of(element).as_deref() != Some(&id)) else { return };
    let routed = set.call1(element, &id.into()).ok().and_then(|promise| promise.dyn_into::<Promise>().ok());
    if let Some(routed) = routed
        && JsFuture::from(routed).await.is_err()
    {
        // It is gone or may not be used: the sound stays where it is.
        tracing::info!("the chosen speaker cannot be used");
    }
}

/// Plays two notes on the chosen speaker.
pub fn play_test_sound() {
    spawn_local(async {
        // A browser that cannot play sound has nothing to test.
        let _ = play().await;
    });
}

async fn play() -> Result<(), JsValue> {
    let context = AudioContext::new()?;
    let end = context.create_media_stream_destination()?;
    let start = context.current_time() + 0.1;
    for (note, frequency) in NOTES_HZ.into_iter().enumerate() {
        let (tone, volume) = (context.create_oscillator()?, context.create_gain()?);
        let from = start + NOTE_S * note as f64;
        tone.frequency().set_value(frequency);
        volume.gain().set_value_at_time(0.0, from)?;
        volume.gain().linear_ramp_to_value_at_time(VOLUME, from + 0.02)?;
        volume.gain().linear_ramp_to_value_at_time(0.0, from + NOTE_S)?;
        tone.connect_with_audio_node(&volume)?;
        volume.connect_with_audio_node(&end)?;
        tone.start_with_when(from)?;
        tone.stop_with_when(from + NOTE_S)?;
    }
    let player = HtmlAudioElement::new()?;
    player.set_src_object(Some(&end.stream()));
    route(&player).await;
    JsFuture::from(player.play()?).await?;
    sleep(SOUND).await;
    player.set_src_object(None);
    JsFuture::from(context.close()?).await.map(drop)
}

fn sink_of(element: &HtmlMediaElement) -> Option<String> {
    Reflect::get(element, &"sinkId".into()).ok()?.as_string()
}

const SET_SINK: &str = "setSinkId";
/// A fifth upwards, chosen: pleasant, and hard to take for anything else.
const NOTES_HZ: [f32; 2] = [523.25, 783.99];
const NOTE_S: f64 = 0.35;
/// Chosen: heard on laptops, no shock in headphones.
const VOLUME: f32 = 0.25;
/// All notes, and the silence around them.
const SOUND: Duration = Duration::from_millis(1_200);
