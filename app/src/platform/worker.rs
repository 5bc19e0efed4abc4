//! The worker for slow derivations: starting it, asking it, and being it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::channel::oneshot;
use gloo::{events::EventListener, utils::document};
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, EventTarget, MessageEvent};
use zeroize::Zeroize;

use crate::stretch::{self, Answer, Derived, Job, MAX_MESSAGE_BYTES, Request};

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
}

/// The worker, while there is one that works.
type Slot = Rc<RefCell<Option<Running>>>;

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
        let mut request = postcard::to_allocvec(&Request { id, job }).ok()?;
        let (sender, receiver) = oneshot::channel();
        self.0.waiting.borrow_mut().insert(id, sender);
        let sent = self.send(&request);
        request.zeroize();
        if sent.is_none() {
            self.0.waiting.borrow_mut().remove(&id);
        }
        receiver.await.ok().flatten()
    }

    fn send(&self, request: &[u8]) -> Option<()> {
        let mut running = self.0.running.borrow_mut();
        if running.is_none() {
            *running = Some(start(&self.0.waiting, &self.0.running)?);
        }
        running.as_ref()?.worker.post_message(&Uint8Array::from(request)).ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn start(waiting: &Waiting, slot: &Slot) -> Option<Running> {
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &"module".into()).ok()?;
    let worker = Worker::new(&trusted(&script_url()?), &options).ok()?;
    let answered = {
        let waiting = waiting.clone();
        EventListener::new(&worker, "message", move |event| {
            let Some(answer) = event.dyn_ref::<MessageEvent>().and_then(read).and_then(decode) else { return };
            if let Some(sender) = waiting.borrow_mut().remove(&answer.id) {
                // Whoever asked may have gone.
                let _ = sender.send(answer.outcome);
            }
        })
    };
    let failed = {
        let (waiting, slot) = (waiting.clone(), Rc::downgrade(slot));
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

/// The URL in the form that a page with Trusted Types demands, or as it is where the browser knows none.
fn trusted(url: &str) -> JsValue {
    thread_local! {
        // A policy of one name can be made only once in a page, and a worker may have to be started again.
        static POLICY: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    }
    let policy = POLICY.with_borrow_mut(|policy| {
        if policy.is_none() {
            *policy = make_policy(url);
        }
        policy.clone()
    });
    policy.and_then(|policy| pass(&policy, url)).unwrap_or_else(|| url.into())
}

/// A policy that lets this URL through and nothing else.
fn make_policy(url: &str) -> Option<JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"trustedTypes".into()).ok().filter(JsValue::is_object)?;
    let rules = Object::new();
    let allowed = url.to_owned();
    let check =
        Closure::<dyn Fn(String) -> String>::new(move |asked| if asked == allowed { asked } else { String::new() });
    Reflect::set(&rules, &"createScriptURL".into(), &check.into_js_value()).ok()?;
    let create: Function = Reflect::get(&factory, &"createPolicy".into()).ok()?.dyn_into().ok()?;
    create.apply(&factory, &Array::of2(&TRUSTED_TYPES_POLICY.into(), &rules)).ok()
}

fn pass(policy: &JsValue, url: &str) -> Option<JsValue> {
    let make: Function = Reflect::get(policy, &"createScriptURL".into()).ok()?.dyn_into().ok()?;
    make.call1(policy, &url.into()).ok()
}

fn read(event: &MessageEvent) -> Option<Vec<u8>> {
    let data = event.data().dyn_into::<Uint8Array>().ok()?;
    (data.length() as usize <= MAX_MESSAGE_BYTES).then(|| data.to_vec())
}

fn decode(mut bytes: Vec<u8>) -> Option<Answer> {
    let answer = postcard::from_bytes(&bytes).ok();
    bytes.zeroize();
    answer
}

/// The worker's end: answers every question until the page ends it.
pub fn serve() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answering = scope.clone();
    let listener = EventListener::new(&scope, "message", move |event| {
        let Some(mut answer) =
            event.dyn_ref::<MessageEvent>().and_then(read).and_then(|request| stretch::answer(&request))
        else {
            return;
        };
        // Posting fails only when the worker is being ended.
        let _ = answering.post_message(&Uint8Array::from(answer.as_slice()));
        answer.zeroize();
    });
    // It listens for as long as the worker lives.
    listener.forget();
}
