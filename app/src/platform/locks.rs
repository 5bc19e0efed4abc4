//! Web Locks: a name that only one page of this browser holds at a time.

use std::{cell::RefCell, rc::Rc};

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Takes the lock for as long as the page lives; `false` if another page holds it. Where the browser has no locks, everybody
/// gets it: a duplicated tab then has the same identity, which peers see as a new run of it.
pub async fn hold(name: &str) -> bool {
    let (sender, receiver) = oneshot::channel();
    match request(name, sender) {
        Some(()) => receiver.await.unwrap_or(true),
        None => true,
    }
}

fn request(name: &str, granted: oneshot::Sender<bool>) -> Option<()> {
    let navigator = gloo::utils::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE).ok()?;
    let granted = Rc::new(RefCell::new(Some(granted)));
    let decide = Closure::once_into_js(move |lock: JsValue| {
        let is_granted = !lock.is_null();
        if let Some(granted) = granted.borrow_mut().take() {
            // Whoever asked may have gone.
            let _ = granted.send(is_granted);
        }
        // The lock is held until this settles, which it never does: the browser frees it with the page.
        if is_granted { Promise::new(&mut |_, _| {}).into() } else { JsValue::UNDEFINED }
    });
    request.call3(&locks, &name.into(), &options, &decide).ok()?;
    Some(())
}
