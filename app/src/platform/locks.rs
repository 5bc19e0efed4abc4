//! Web Locks: work that only one page of this browser does at a time. Who is in a room, and lets others take over, is `claim`.

use std::future::Future;

use futures::channel::oneshot;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

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
