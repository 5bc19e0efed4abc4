//! Shows a media stream in a video element.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlVideoElement;
use yew::prelude::*;

use crate::platform::{
    speaker,
    streams::{self, StreamKey},
};

/// Attaches the stream of `key` to the element whenever its revision changes. `muted` is for one's own, which must not echo.
#[hook]
pub fn use_stream(node: &NodeRef, key: StreamKey, revision: u32, muted: bool) {
    let node = node.clone();
    use_effect_with((key, revision, muted), move |(key, revision, muted)| {
        if let Some(video) = node.cast::<HtmlVideoElement>() {
            // The attribute alone has no effect on elements that a script makes.
            video.set_muted(*muted);
            let stream = if *revision == 0 { None } else { streams::get(*key) };
            video.set_src_object(stream.as_ref());
            if !*muted {
                spawn_local(async move { speaker::route(&video).await });
            }
        }
    });
}
