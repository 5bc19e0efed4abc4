//! The account screens' worker: starting it, asking it, and being it. It is started with the first question and kept.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::channel::oneshot;
use gloo::{events::EventListener, utils::document};
use js_sys::{Object, Reflect, Uint8Array};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zeroize::Zeroize;

use super::worker::{Worker, trusted};
use crate::account::job::{Answer, Job, JobError, MAX_MESSAGE_BYTES, Outcome, Request, Workshop};

/// The name of the Trusted Types policy that lets this worker's URL through; the server's policy header names it too.
const TRUSTED_TYPES_POLICY: &str = "milanio-account";

/// The page's end.
#[derive(Clone, Default)]
pub struct AccountWorker(Rc<Inner>);

#[derive(Default)]
struct Inner {
    next_id: Cell<u32>,
    running: Slot,
    waiting: Waiting,
}

/// The worker, while there is one that works.
type Slot = Rc<RefCell<Option<Running>>>;

/// Who waits for which answer.
type Waiting = Rc<RefCell<BTreeMap<u32, oneshot::Sender<Result<Outcome, JobError>>>>>;

struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl AccountWorker {
    /// Has it done.
    ///
    /// # Errors
    /// If the job says so, or there is no worker.
    pub async fn ask(&self, job: Job) -> Result<Outcome, JobError> {
        let id = self.0.next_id.replace(self.0.next_id.get().wrapping_add(1));
        let mut request = postcard::to_allocvec(&Request { id, job }).map_err(|_| JobError::Worker)?;
        let (sender, receiver) = oneshot::channel();
        self.0.waiting.borrow_mut().insert(id, sender);
        let sent = self.send(&request);
        request.zeroize();
        if sent.is_none() {
            self.0.waiting.borrow_mut().remove(&id);
        }
        receiver.await.unwrap_or(Err(JobError::Worker))
    }

    /// Starts it, so that it is there when it is needed, even if the network goes meanwhile.
    pub fn warm_up(&self) {
        let mut running = self.0.running.borrow_mut();
        if running.is_none() {
            *running = start(&self.0.waiting, &self.0.running);
        }
    }

    fn send(&self, request: &[u8]) -> Option<()> {
        let mut running = self.0.running.borrow_mut();
        if running.is_none() {
            *running = Some(start(&self.0.waiting, &self.0.running)?);
        }
        running.as_ref()?.worker.post_message(&Uint8Array::from(request)).ok()
    }
}

fn start(waiting: &Waiting, slot: &Slot) -> Option<Running> {
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &"module".into()).ok()?;
    let url = document().query_selector("script[data-account-worker]").ok()??.get_attribute("data-account-worker")?;
    let worker = Worker::new(&trusted(&url, TRUSTED_TYPES_POLICY), &options).ok()?;
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
            tracing::warn!("the account worker failed");
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

fn read(event: &MessageEvent) -> Option<Vec<u8>> {
    let data = event.data().dyn_into::<Uint8Array>().ok()?;
    (data.length() as usize <= MAX_MESSAGE_BYTES).then(|| data.to_vec())
}

fn decode(mut bytes: Vec<u8>) -> Option<Answer> {
    let answer = postcard::from_bytes(&bytes).ok();
    bytes.zeroize();
    answer
}

/// The worker's end: answers every question until the page ends it. Does nothing if the browser gives no randomness.
pub fn serve() {
    let mut seed = [0; 32];
    if getrandom::fill(&mut seed).is_err() {
        return;
    }
    let mut rng = ChaCha20Rng::from_seed(seed);
    seed.zeroize();
    let mut workshop = Workshop::default();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answering = scope.clone();
    let listener = EventListener::new(&scope, "message", move |event| {
        let Some(mut request) = event.dyn_ref::<MessageEvent>().and_then(read) else { return };
        let answer = workshop.answer(&request, &mut rng);
        request.zeroize();
        if let Some(mut answer) = answer {
            // Posting fails only when the worker is being ended.
            let _ = answering.post_message(&Uint8Array::from(answer.as_slice()));
            answer.zeroize();
        }
    });
    // It listens for as long as the worker lives.
    listener.forget();
}
