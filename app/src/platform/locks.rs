//! Web Locks: a name that only one page of this browser holds at a time.

use std::{cell::RefCell, future::Future, rc::Rc};

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

/// Does the work while no other page of this browser holds the lock; waits for that. Where the browser has no locks, it is done at
/// once.
pub async fn exclusively<T: 'static>(name: &str, work: impl Future<Output = T> + 'static) -> T {
    let (begin, begun) = oneshot::channel();
    let (end, ended) = oneshot::channel::<()>();
    if wait_for(name, begin, ended).is_some() {
        // A lock that cannot be had is no reason not to work.
        let _ = begun.await;
    }
    let done = work.await;
    drop(end);
    done
}

/// Says `begin` when the lock is there, and keeps it until `ended` settles.
fn wait_for(name: &str, begin: oneshot::Sender<()>, ended: oneshot::Receiver<()>) -> Option<()> {
    let navigator = gloo::utils::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let hold = Closure::once_into_js(move || -> JsValue {
        // Whoever asked may have gone.
        let _ = begin.send(());
        let held = async move {
            let _ = ended.await;
            Ok(JsValue::UNDEFINED)
        };
        wasm_bindgen_futures::future_to_promise(held).into()
    });
    request.call2(&locks, &name.into(), &hold).ok()?;
    Some(())
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
