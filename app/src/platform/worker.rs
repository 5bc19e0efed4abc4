//! The worker for slow derivations and steady ticks: starting it, asking it, and being it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::channel::oneshot;
use gloo::{events::EventListener, timers::callback::Interval};
use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zeroize::Zeroize;

use super::module_worker::{Running, Script, Slot};
use crate::stretch::{self, Derived, Job, MAX_MESSAGE_BYTES, Request, ToPage, ToWorker};
use milanio_node::core::sorted::SortedMap;

/// Where this worker's script is.
const SCRIPT: Script = Script { attribute: "data-worker", policy: "milanio" };

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

/// What is called every second, if anything.
type Ticking = Rc<RefCell<Option<Rc<dyn Fn()>>>>;

/// Who waits for which answer.
type Waiting = Rc<RefCell<SortedMap<u32, oneshot::Sender<Option<Derived>>>>>;

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
        let sent = running.as_ref()?.say(&message);
        message.zeroize();
        sent
    }
}

fn start(inner: &Inner) -> Option<Running> {
    let (waiting, ticking) = (inner.waiting.clone(), inner.ticking.clone());
    let heard = move |event: &MessageEvent| match read(event) {
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
    };
    // Dropping the senders tells whoever waits that nothing will come.
    let waiting = inner.waiting.clone();
    let running = Running::start(SCRIPT, &inner.running, heard, move || waiting.borrow_mut().clear())?;
    // The worker is this module once more: nothing is fetched or compiled for it (`static/worker.js`).
    running.post(&wasm_bindgen::module())?;
    Some(running)
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
