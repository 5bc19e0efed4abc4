//! Makes a chosen picture a small square, drawn anew, so that nothing of what cameras write into files stays.

use gloo::utils::{document, window};
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, CanvasRenderingContext2d, File, HtmlCanvasElement, ImageBitmap};
use yew::NodeRef;

use super::files;

/// The most bytes of a picture: what a profile carries.
const MAX_PICTURE: usize = 32 * 1_024;

/// Side of the square, in pixels. Chosen: a tile's arch on a sharp screen.
const SIDE: u32 = 256;

/// Largest file that is opened, in bytes. Chosen: larger than any camera's JPEG.
const MAX_FILE: f64 = 32.0 * 1_024.0 * 1_024.0;

/// What is tried until it is small enough: type and quality. The canvas gives PNG for a type that it does not know.
const TRIES: [(&str, f64); 6] = [
    ("image/webp", 0.86),
    ("image/webp", 0.7),
    ("image/webp", 0.4),
    ("image/jpeg", 0.82),
    ("image/jpeg", 0.6),
    ("image/jpeg", 0.3),
];

/// Reads the picture that was chosen in this field; `None` if it is none or cannot be made small enough.
pub fn read_chosen(input: &NodeRef, done: impl FnOnce(Option<Vec<u8>>) + 'static) {
    let file = files::chosen(input).filter(|file| file.size() <= MAX_FILE);
    spawn_local(async move {
        let picture = match file {
            Some(file) => make(&file).await,
            None => None,
        };
        done(picture);
    });
}

async fn make(file: &File) -> Option<Vec<u8>> {
    let bitmap = window().create_image_bitmap_with_blob(file).ok()?;
    let bitmap: ImageBitmap = JsFuture::from(bitmap).await.ok()?.dyn_into().ok()?;
    let canvas = square(&bitmap)?;
    bitmap.close();
    for (kind, quality) in TRIES {
        let Some(blob) = encoded(&canvas, kind, quality).await.filter(|blob| blob.type_() == kind) else { continue };
        if blob.size() <= MAX_PICTURE as f64 {
            return files::read(&blob).await;
        }
    }
    None
}

/// The middle of the picture as a square.
fn square(bitmap: &ImageBitmap) -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(SIDE);
    canvas.set_height(SIDE);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let side = width.min(height);
    let (left, top) = ((width - side) / 2.0, (height - side) / 2.0);
    let to = f64::from(SIDE);
    context
        .draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            bitmap, left, top, side, side, 0.0, 0.0, to, to,
        )
        .ok()?;
    Some(canvas)
}

async fn encoded(canvas: &HtmlCanvasElement, kind: &str, quality: f64) -> Option<Blob> {
    let promise = Promise::new(&mut |resolve: Function, _| {
        let give = Closure::once_into_js(move |blob: JsValue| {
            // Resolving a promise does not throw.
            let _ = resolve.call1(&JsValue::NULL, &blob);
        });
        // A canvas that cannot be read leaves the promise open, which only a tainted one is; ours has one picture of our own.
        let _ = canvas.to_blob_with_type_and_encoder_options(give.unchecked_ref(), kind, &quality.into());
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
