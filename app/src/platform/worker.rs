//! The worker for slow derivations and steady ticks: starting it, asking it, and being it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::channel::oneshot;
use gloo::{events::EventListener, timers::callback::Interval, utils::document};
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, EventTarget, MessageEvent};
use zeroize::Zeroize;

use crate::stretch::{self, Derived, Job, MAX_MESSAGE_BYTES, Request, ToPage, ToWorker};

#[wasm_bindgen]
extern "C" {
    // Declared here because the URL may have to be a `TrustedScriptURL` object, and because the constructor throws.
    #[wasm_bindgen(extends = EventTarget)]
    #[derive(Clone, Debug)]
    pub(super) type Worker;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(url: &JsValue, options: &JsValue) -> Result<Worker, JsValue>;

    #[wasm_bindgen(method, js_name = postMessage, catch)]
    pub(super) fn post_message(this: &Worker, message: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    pub(super) fn terminate(this: &Worker);
}

/// The name of the Trusted Types policy that lets this one URL through; the server's policy header names it too.
const TRUSTED_TYPES_POLICY: &str = "milanio";

/// The page's end: starts the worker with the first question and keeps it.
#[derive(Clone, Default)]
pub struct KeyWorker(Rc<Inner>);

#[derive(Default)]
struct Inner {
    next_id: Cell<u32>,
    running: Slot,
    waiting: Waiting,
    ticking: Ticking,
}

/// The worker, while there is one that works.
type Slot = Rc<RefCell<Option<Running>>>;

/// What is called every second, if anything.
type Ticking = Rc<RefCell<Option<Rc<dyn Fn()>>>>;

/// Who waits for which answer.
type Waiting = Rc<RefCell<BTreeMap<u32, oneshot::Sender<Option<Derived>>>>>;

struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

impl KeyWorker {
    /// Derives; `None` if it makes no sense, the memory is short, or there is no worker.
    pub async fn derive(&self, job: Job) -> Option<Derived> {
        let id = self.0.next_id.replace(self.0.next_id.get().wrapping_add(1));
        let (sender, receiver) = oneshot::channel();
        self.0.waiting.borrow_mut().insert(id, sender);
        if self.send(&ToWorker::Derive(Request { id, job })).is_none() {
            self.0.waiting.borrow_mut().remove(&id);
        }
        receiver.await.ok().flatten()
    }

    /// Calls back every second from now on, or not any more. A worker that fails ticks no more until it is asked for something.
    pub fn tick(&self, act: Option<Rc<dyn Fn()>>) {
        let is_on = act.is_some();
        let was_on = std::mem::replace(&mut *self.0.ticking.borrow_mut(), act).is_some();
        if is_on != was_on {
            // Without a worker the page's own timers have to do.
            let _ = self.send(&ToWorker::Tick(is_on));
        }
    }

    fn send(&self, message: &ToWorker) -> Option<()> {
        let mut message = postcard::to_allocvec(message).ok()?;
        let mut running = self.0.running.borrow_mut();
        if running.is_none() {
            *running = Some(start(&self.0)?);
        }
        let sent = running.as_ref()?.worker.post_message(&Uint8Array::from(message.as_slice())).ok();
        message.zeroize();
        sent
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn start(inner: &Inner) -> Option<Running> {
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &"module".into()).ok()?;
    let worker = Worker::new(&trusted(&script_url()?, TRUSTED_TYPES_POLICY), &options).ok()?;
    let answered = {
        let (waiting, ticking) = (inner.waiting.clone(), inner.ticking.clone());
        EventListener::new(&worker, "message", move |event| match event.dyn_ref::<MessageEvent>().and_then(read) {
            Some(ToPage::Answer(answer)) => {
                let sender = waiting.borrow_mut().remove(&answer.id);
                // Whoever asked may have gone.
                sender.and_then(|sender| sender.send(answer.outcome).ok());
            }
            Some(ToPage::Tick) => {
                let act = ticking.borrow().clone();
                act.inspect(|act| act());
            }
            None => {}
        })
    };
    let failed = {
        let (waiting, slot) = (inner.waiting.clone(), Rc::downgrade(&inner.running));
        EventListener::new(&worker, "error", move |_| {
            tracing::warn!("the worker failed");
            // Dropping the senders tells whoever waits that nothing will come.
            waiting.borrow_mut().clear();
            // The next question starts another. This listener goes with the worker, so not before it has returned.
            let slot = slot.clone();
            spawn_local(async move {
                let dead = slot.upgrade().and_then(|slot| slot.borrow_mut().take());
                drop(dead);
            });
        })
    };
    Some(Running { worker, _listeners: [answered, failed] })
}

/// Where the worker's script is: the page's start script carries its hashed name.
fn script_url() -> Option<String> {
    document().query_selector("script[data-worker]").ok()??.get_attribute("data-worker")
}

/// The URL in the form that a page with Trusted Types demands, or as it is where the browser knows none. A module always names the
/// same policy, and no other module names it.
pub(super) fn trusted(url: &str, name: &str) -> JsValue {
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

fn read<M: DeserializeOwned>(event: &MessageEvent) -> Option<M> {
    let data = event.data().dyn_into::<Uint8Array>().ok()?;
    if data.length() as usize > MAX_MESSAGE_BYTES {
        return None;
    }
    let mut bytes = data.to_vec();
    let message = stretch::decode(&bytes);
    bytes.zeroize();
    message
}

/// The worker's end: answers every question, and ticks while it is told to, until the page ends it.
pub fn serve() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answering = scope.clone();
    let ticker = RefCell::new(None);
    let listener =
        EventListener::new(&scope, "message", move |event| match event.dyn_ref::<MessageEvent>().and_then(read) {
            Some(ToWorker::Derive(request)) => say(&answering, &ToPage::Answer(request.answer())),
            Some(ToWorker::Tick(is_on)) => {
                let ticking = answering.clone();
                let ticks = is_on.then(|| Interval::new(TICK_MS, move || say(&ticking, &ToPage::Tick)));
                ticker.replace(ticks);
            }
            None => {}
        });
    // It listens for as long as the worker lives.
    listener.forget();
}

fn say(scope: &DedicatedWorkerGlobalScope, message: &ToPage) {
    let Ok(mut message) = postcard::to_allocvec(message) else { return };
    // Posting fails only when the worker is being ended.
    let _ = scope.post_message(&Uint8Array::from(message.as_slice()));
    message.zeroize();
}

/// Chosen: a quarter of the pause between two signs of life in a room.
const TICK_MS: u32 = 1_000;
