//! Keys pressed anywhere on the page.

use gloo::{events::EventListener, utils::document};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Listens as long as it lives.
pub struct Listener {
    _listener: EventListener,
}

/// Calls back with every key that is meant as a shortcut: no modifier, and not while writing. Escape always comes through.
pub fn listen(mut pressed: impl FnMut(&str) -> bool + 'static) -> Listener {
    let listener = EventListener::new_with_options(
        &document(),
        "keydown",
        gloo::events::EventListenerOptions::enable_prevent_default(),
        move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            let modified = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
            if modified || (writing(event) && event.key() != "Escape") || is_covered() {
                return;
            }
            if pressed(&event.key().to_lowercase()) {
                event.prevent_default();
            }
        },
    );
    Listener { _listener: listener }
}

/// Something is open over the page, which has the keys to itself; also where nothing in it has the focus any more.
fn is_covered() -> bool {
    document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_some())
}

fn writing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}
