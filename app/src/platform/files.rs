//! Files that the person chooses or gets.

use gloo::utils::document;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, HtmlInputElement, Url};
use yew::NodeRef;

/// The first file that was chosen in this field.
pub(super) fn chosen(input: &NodeRef) -> Option<File> {
    input.cast::<HtmlInputElement>()?.files()?.get(0)
}

/// Reads the file that was chosen in this field; `None` if there is none, it cannot be read, or it has more than `max` bytes.
pub fn read_chosen(input: &NodeRef, max: u32, done: impl FnOnce(Option<Vec<u8>>) + 'static) {
    let file = chosen(input).filter(|file| file.size() <= f64::from(max));
    spawn_local(async move {
        let bytes = match file {
            Some(file) => read(&file).await,
            None => None,
        };
        done(bytes);
    });
}

pub(super) async fn read(blob: &Blob) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Hands a file to the browser, which asks or puts it where downloads go. `None` if it would not take it.
pub fn save(name: &str, media_type: &str, bytes: &[u8]) -> Option<()> {
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(bytes)), &kind).ok()?;
    save_blob(name, &blob)
}

/// The same with bytes that the browser has already.
pub(super) fn save_blob(name: &str, blob: &Blob) -> Option<()> {
    let url = Url::create_object_url_with_blob(blob).ok()?;
    let link: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has begun to read it by now; what it reads stays until it has.
    gloo::timers::callback::Timeout::new(RELEASE_MS, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}

/// How long a download may take to begin. Chosen.
pub const RELEASE_MS: u32 = 60_000;
