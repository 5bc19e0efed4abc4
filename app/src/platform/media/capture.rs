//! `getUserMedia`: what is asked for, and what each refusal means.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack};

use crate::state::media::Access;

/// Opens what is `Some`: the device with this id, or the browser's default; the default also where the named one is gone.
///
/// # Errors
/// Why not, in the pages' words.
pub(super) async fn open(audio: Option<Option<&str>>, video: Option<Option<&str>>) -> Result<MediaStream, Access> {
    let result = ask(audio, video).await;
    let named = audio.flatten().is_some() || video.flatten().is_some();
    match result {
        Err(Refusal::Overconstrained | Refusal::Because(Access::Missing)) if named => {
            ask(audio.map(|_| None), video.map(|_| None)).await.map_err(Refusal::access)
        }
        other => other.map_err(Refusal::access),
    }
}

/// The browser's devices; `None` in an insecure context, where there are none.
pub(super) fn media_devices() -> Option<MediaDevices> {
    let devices = web_sys::window()?.navigator().media_devices().ok()?;
    (!devices.is_undefined()).then_some(devices)
}

/// All tracks of a stream.
pub(super) fn tracks_of(stream: &MediaStream) -> Vec<MediaStreamTrack> {
    stream.get_tracks().iter().filter_map(|track| track.dyn_into().ok()).collect()
}

enum Refusal {
    /// No device fits what was asked for.
    Overconstrained,
    Because(Access),
}

impl Refusal {
    /// From the name of a `DOMException` (W3C Media Capture and Streams 10.2).
    fn from_error(error: &JsValue) -> Self {
        let name = Reflect::get(error, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
        match name.as_deref() {
            Some("OverconstrainedError") => Self::Overconstrained,
            Some("NotAllowedError" | "SecurityError") => Self::Because(Access::Denied),
            Some("NotFoundError") => Self::Because(Access::Missing),
            Some("NotReadableError" | "AbortError") => Self::Because(Access::Busy),
            _ => Self::Because(Access::Failed),
        }
    }

    fn access(self) -> Access {
        match self {
            Self::Overconstrained => Access::Missing,
            Self::Because(access) => access,
        }
    }
}

async fn ask(audio: Option<Option<&str>>, video: Option<Option<&str>>) -> Result<MediaStream, Refusal> {
    let devices = media_devices().ok_or(Refusal::Because(Access::Failed))?;
    let constraints = MediaStreamConstraints::new();
    if let Some(id) = audio {
        constraints.set_audio(&with_device(AUDIO, id));
    }
    if let Some(id) = video {
        constraints.set_video(&with_device(VIDEO, id));
    }
    let asked = devices.get_user_media_with_constraints(&constraints).map_err(|error| Refusal::from_error(&error))?;
    let stream = JsFuture::from(asked).await.map_err(|error| Refusal::from_error(&error))?;
    stream.dyn_into().map_err(|_| Refusal::Because(Access::Failed))
}

/// `{name: {ideal: value}, ..}`, with `deviceId: {exact: id}` where one is chosen.
fn with_device(ideals: &[(&str, f64)], id: Option<&str>) -> JsValue {
    let constraints = Object::new();
    for (name, value) in ideals {
        set(&constraints, name, &limit("ideal", &JsValue::from_f64(*value)));
    }
    if let Some(id) = id {
        set(&constraints, "deviceId", &limit("exact", &JsValue::from_str(id)));
    }
    constraints.into()
}

fn limit(word: &str, value: &JsValue) -> JsValue {
    let limit = Object::new();
    set(&limit, word, value);
    limit.into()
}

fn set(target: &Object, name: &str, value: &JsValue) {
    // Setting a property of a plain object cannot fail.
    Reflect::set(target, &JsValue::from_str(name), value).ok();
}

/// Browsers clean the sound by default: echo, noise, gain.
const AUDIO: &[(&str, f64)] = &[];
/// What the top rung of `state::ladder` sends; whoever is sent less is sent a smaller copy.
const VIDEO: &[(&str, f64)] = &[("width", 1_280.0), ("height", 720.0), ("frameRate", 30.0)];
