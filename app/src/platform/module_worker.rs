//! A worker as a page holds it: started from the page's own script, told of its answers and its end. What is said to it, and what it
//! does, is left to whoever starts it.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use gloo::{events::EventListener, utils::document};
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, MessageEvent};

#[wasm_bindgen]
extern "C" {
    // Declared here because the URL may have to be a `TrustedScriptURL` object, and because the constructor throws.
    #[wasm_bindgen(extends = EventTarget)]
    #[derive(Clone, Debug)]
    type Worker;

    #[wasm_bindgen(constructor, catch)]
    fn new(url: &JsValue, options: &JsValue) -> Result<Worker, JsValue>;

    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn post_message(this: &Worker, message: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    fn terminate(this: &Worker);
}

/// The worker, while there is one that works.
pub(super) type Slot = Rc<RefCell<Option<Running>>>;

/// Which worker.
#[derive(Clone, Copy)]
pub(super) struct Script {
    /// The attribute of the page's start script that carries the worker's hashed name.
    pub attribute: &'static str,
    /// The Trusted Types policy that lets this one URL through; the server's policy header names it too.
    pub policy: &'static str,
}

/// A worker that was started; it ends when this is dropped.
pub(super) struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

impl Running {
    /// Starts the worker; `None` if the browser does not. `heard` gets its messages. If it fails, the slot, in which the caller keeps
    /// it, is emptied, so that the next question starts another, and `failed` is called.
    pub(super) fn start(
        script: Script,
        slot: &Slot,
        mut heard: impl FnMut(&MessageEvent) + 'static,
        failed: impl Fn() + 'static,
    ) -> Option<Self> {
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"module".into()).ok()?;
        let selector = format!("script[{}]", script.attribute);
        let url = document().query_selector(&selector).ok()??.get_attribute(script.attribute)?;
        let worker = Worker::new(&trusted(&url, script.policy), &options).ok()?;
        let answered = EventListener::new(&worker, "message", move |event| {
            event.dyn_ref::<MessageEvent>().into_iter().for_each(&mut heard);
        });
        let slot = Rc::downgrade(slot);
        let ended = EventListener::new(&worker, "error", move |_| {
            tracing::warn!("the worker of {} failed", script.attribute);
            failed();
            empty_soon(slot.clone());
        });
        Some(Self { worker, _listeners: [answered, ended] })
    }

    /// Says something to it.
    pub(super) fn say(&self, message: &[u8]) -> Option<()> {
        self.post(&Uint8Array::from(message))
    }

    /// Hands it something that browsers can copy.
    pub(super) fn post(&self, thing: &JsValue) -> Option<()> {
        self.worker.post_message(thing).ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// The listener that calls this goes with the worker, so not before it has returned.
fn empty_soon(slot: Weak<RefCell<Option<Running>>>) {
    spawn_local(async move {
        let dead = slot.upgrade().and_then(|slot| slot.borrow_mut().take());
        drop(dead);
    });
}

/// The URL in the form that a page with Trusted Types demands, or as it is where the browser knows none. A module always names the
/// same policy, and no other module names it.
fn trusted(url: &str, name: &str) -> JsValue {
    thread_local! {
        // A policy of one name can be made only once in a page, and a worker may have to be started again.
        static POLICY: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    }
    let policy = POLICY.with_borrow_mut(|policy| {
        if policy.is_none() {
            *policy = make_policy(url, name);
        }
        policy.clone()
    });
    policy.and_then(|policy| pass(&policy, url)).unwrap_or_else(|| url.into())
}

/// A policy that lets this URL through and nothing else.
fn make_policy(url: &str, name: &str) -> Option<JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"trustedTypes".into()).ok().filter(JsValue::is_object)?;
    let rules = Object::new();
    let allowed = url.to_owned();
    let check =
        Closure::<dyn Fn(String) -> String>::new(move |asked| if asked == allowed { asked } else { String::new() });
    Reflect::set(&rules, &"createScriptURL".into(), &check.into_js_value()).ok()?;
    let create: Function = Reflect::get(&factory, &"createPolicy".into()).ok()?.dyn_into().ok()?;
    create.apply(&factory, &Array::of2(&name.into(), &rules)).ok()
}

fn pass(policy: &JsValue, url: &str) -> Option<JsValue> {
    let make: Function = Reflect::get(policy, &"createScriptURL".into()).ok()?.dyn_into().ok()?;
    make.call1(policy, &url.into()).ok()
}
