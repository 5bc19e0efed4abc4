//! The fragment of the page's address, for the account screens. No server sees it.

use gloo::{
    events::EventListener,
    utils::{document, window},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// What stands after the `#`, with it.
pub fn current() -> String {
    window().location().hash().unwrap_or_default()
}

/// Goes there; whoever listens hears of it. False if the page is there already.
pub fn go(fragment: &str) -> bool {
    if current() == fragment {
        return false;
    }
    // Fails only in a page that is being torn down.
    window().location().set_hash(fragment).is_ok()
}

/// The place that the account screens lie over, where closing them leads; `static/boot.js` notes it on the root element.
pub fn below() -> String {
    let root = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
    root.and_then(|root| root.dataset().get("below")).unwrap_or_else(|| "#/".to_owned())
}

/// Takes what stands after the `#` out of the address and the history, and nobody hears of it: for secrets that were read.
pub fn forget() {
    if let Ok(history) = window().history() {
        // Fails only in a page that is being torn down; the secret is short-lived then, too.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some("#/account"));
    }
}

/// The link to a place, whole.
pub fn link(fragment: &str) -> String {
    let location = window().location();
    format!("{}{}{fragment}", location.origin().unwrap_or_default(), location.pathname().unwrap_or_default())
}

/// The page's origin, as requests are bound to it.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Listens for as long as it is not dropped.
pub struct Listener(EventListener);

impl Listener {
    /// Listens for as long as the page lives.
    pub fn forget(self) {
        self.0.forget();
    }
}

/// Calls back with every new place.
pub fn listen(changed: impl Fn() + 'static) -> Listener {
    Listener(EventListener::new(&window(), "hashchange", move |_| changed()))
}
