//! Keeps the screen from going dark during a call. Browsers without wake locks just let it go dark.

use std::{cell::RefCell, rc::Rc};

use gloo::{
    events::EventListener,
    utils::{document, window},
};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// The browser's lock, once it was given.
type Sentinel = Rc<RefCell<Option<JsValue>>>;

/// Keeps the screen on as long as it lives. Browsers take the lock away from hidden pages, so it is asked for again.
pub struct WakeLock {
    sentinel: Sentinel,
    _listener: EventListener,
}

impl WakeLock {
    /// Asks for the lock.
    pub fn hold() -> Self {
        let sentinel = Sentinel::default();
        request(&sentinel);
        let again = sentinel.clone();
        let listener = EventListener::new(&document(), "visibilitychange", move |_| {
            if !document().hidden() {
                request(&again);
            }
        });
        Self { sentinel, _listener: listener }
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        if let Some(sentinel) = self.sentinel.take() {
            // Releasing what the browser took already changes nothing.
            let _ = call(&sentinel, "release", &[]);
        }
    }
}

fn request(sentinel: &Sentinel) {
    let Ok(locks) = Reflect::get(&window().navigator(), &"wakeLock".into()) else { return };
    let Some(promise) = call(&locks, "request", &["screen".into()]).and_then(|value| value.dyn_into::<Promise>().ok())
    else {
        return;
    };
    let sentinel = sentinel.clone();
    spawn_local(async move {
        // Refused with an empty battery, or when the page was hidden meanwhile.
        let Ok(given) = JsFuture::from(promise).await else { return };
        if Rc::strong_count(&sentinel) == 1 {
            // The call ended while the browser was thinking.
            let _ = call(&given, "release", &[]);
        } else {
            sentinel.replace(Some(given));
        }
    });
}

/// Calls a method by name; `None` where there is none. Wake locks are not in the stable bindings.
fn call(target: &JsValue, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method: Function = Reflect::get(target, &method.into()).ok()?.dyn_into().ok()?;
    method.apply(target, &arguments.iter().collect()).ok()
}
