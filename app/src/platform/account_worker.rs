//! The account screens' worker: starting it, asking it, and being it. It is started with the first question and kept.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use futures::channel::oneshot;
use gloo::events::EventListener;
use js_sys::Uint8Array;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use wasm_bindgen::JsCast;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zeroize::Zeroize;

use super::module_worker::{Running, Script, Slot};
use crate::account::job::{Answer, Job, JobError, MAX_MESSAGE_BYTES, Outcome, Request, Workshop};

/// Where this worker's script is.
const SCRIPT: Script = Script { attribute: "data-account-worker", policy: "milanio-account" };

/// The page's end.
#[derive(Clone, Default)]
pub struct AccountWorker(Rc<Inner>);

#[derive(Default)]
struct Inner {
    next_id: Cell<u32>,
    running: Slot,
    waiting: Waiting,
}

/// Who waits for which answer.
type Waiting = Rc<RefCell<BTreeMap<u32, oneshot::Sender<Result<Outcome, JobError>>>>>;

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
        running.as_ref()?.say(request)
    }
}

fn start(waiting: &Waiting, slot: &Slot) -> Option<Running> {
    let answered = waiting.clone();
    let heard = move |event: &MessageEvent| {
        let Some(answer) = read(event).and_then(decode) else { return };
        if let Some(sender) = answered.borrow_mut().remove(&answer.id) {
            // Whoever asked may have gone.
            let _ = sender.send(answer.outcome);
        }
    };
    // Dropping the senders tells whoever waits that nothing will come.
    let waiting = waiting.clone();
    Running::start(SCRIPT, slot, heard, move || waiting.borrow_mut().clear())
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
