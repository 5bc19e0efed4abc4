//! A claim: a name that one page of this browser has at a time, and that another page may take over (Web Locks).
//!
//! Where the browser has no locks, everybody gets every claim: two tabs then have one identity, which peers see as a new run of it.

use std::{cell::Cell, rc::Rc, time::Duration};

use futures::channel::oneshot;
use gloo::timers::future::sleep;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

/// How often a claim that another page has is tried, and the pause between: a page that is being loaded again may not have let go
/// of it yet. Chosen: nobody waits noticeably longer for being told.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(150);

/// Has the name until it is dropped, or another page takes it over.
#[derive(Debug)]
pub struct Claim {
    // Dropping it settles the promise that holds the lock.
    _release: Option<oneshot::Sender<()>>,
}

/// Claims `name`; `None` if another page has it and keeps it. `take_over` takes it from that page. `lost` is called when
/// another page takes it from here.
pub async fn claim(name: &str, take_over: bool, lost: impl Fn() + Clone + 'static) -> Option<Claim> {
    for _ in 0..TRIES {
        match request(name, take_over, lost.clone()) {
            None => return Some(Claim { _release: None }),
            Some((granted, release)) => {
                // A browser that refuses to answer has no locks to give.
                if granted.await.unwrap_or(true) {
                    return Some(Claim { _release: Some(release) });
                }
            }
        }
        sleep(PAUSE).await;
    }
    None
}

/// Whether it is granted comes from the receiver; dropping the sender gives it back. `None` without locks.
fn request(
    name: &str,
    take_over: bool,
    lost: impl Fn() + 'static,
) -> Option<(oneshot::Receiver<bool>, oneshot::Sender<()>)> {
    let navigator = gloo::utils::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &if take_over { "steal" } else { "ifAvailable" }.into(), &JsValue::TRUE).ok()?;
    let (tell, granted) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let is_held = Rc::new(Cell::new(false));
    let holding = is_held.clone();
    let decide = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        holding.set(!lock.is_null());
        // Whoever asked may have gone.
        let _ = tell.send(holding.get());
        if !holding.get() {
            return JsValue::UNDEFINED;
        }
        let held = async move {
            let _ = released.await;
            Ok(JsValue::UNDEFINED)
        };
        future_to_promise(held).into()
    });
    let over: Promise = request.call3(&locks, &name.into(), &options, &decide).ok()?.dyn_into().ok()?;
    spawn_local(async move {
        // It fails when another page takes the lock over, and ends well when it is given back.
        if JsFuture::from(over).await.is_err() && is_held.get() {
            lost();
        }
    });
    Some((granted, release))
}
