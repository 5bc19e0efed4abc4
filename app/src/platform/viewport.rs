//! The size of the window.

use gloo::utils::window;

/// Width and height in CSS pixels.
pub fn size() -> (f64, f64) {
    let pixels = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or_default();
    (pixels(window().inner_width()), pixels(window().inner_height()))
}
