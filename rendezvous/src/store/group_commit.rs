//! One writer thread that answers many writes with one flush.
//!
//! A flush takes as long for one write as for a hundred, so writes that arrive while one runs are applied together and share
//! the next. Left out: what a write does (a closure over the tree).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc as std_mpsc,
    },
    thread,
};

use tokio::sync::oneshot;

use super::{Revision, StoreError};

/// A write: changes the tree in memory and tells the entry's new revision.
pub type Write = Box<dyn FnOnce(&sled::Db) -> Result<Revision, StoreError> + Send>;

/// Hands writes to the writer thread.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: std_mpsc::SyncSender<Job>,
    flushes: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread. It flushes what it was given, drops its hold on `db` and ends when the last `Writer` is gone.
    pub fn start(db: sled::Db) -> std::io::Result<(Self, thread::JoinHandle<()>)> {
        let (jobs, inbox) = std_mpsc::sync_channel(MAX_WAITING);
        let flushes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&flushes);
        let thread =
            thread::Builder::new().name("store-writer".into()).spawn(move || write_all(&db, &inbox, &counted))?;
        Ok((Self { jobs, flushes }, thread))
    }

    /// How many flushes there have been.
    pub fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }

    /// Applies `write` and waits until it is on disk. [`StoreError::Busy`] if too many wait already.
    pub async fn write(&self, write: Write) -> Result<Revision, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job { write, answer }).map_err(|refused| match refused {
            std_mpsc::TrySendError::Full(_) => StoreError::Busy,
            std_mpsc::TrySendError::Disconnected(_) => StoreError::Failed,
        })?;
        answered.await.unwrap_or(Err(StoreError::Failed))
    }
}

struct Job {
    write: Write,
    answer: oneshot::Sender<Result<Revision, StoreError>>,
}

/// Most writes that wait for the thread (chosen: at 50 KiB each, 50 MiB).
const MAX_WAITING: usize = 1024;
/// Most writes that share one flush, so that none waits for an endless stream of later ones (chosen).
const MAX_GROUP: usize = 256;

fn write_all(db: &sled::Db, inbox: &std_mpsc::Receiver<Job>, flushes: &AtomicU64) {
    while let Ok(first) = inbox.recv() {
        let group = std::iter::once(first).chain(inbox.try_iter().take(MAX_GROUP - 1));
        let applied: Vec<_> = group.map(|job| ((job.write)(db), job.answer)).collect();
        let changed = applied.iter().any(|(result, _)| result.is_ok());
        let flushed = if changed { flush(db, flushes) } else { Ok(()) };
        for (result, answer) in applied {
            // Nobody listens any more when the request was cancelled; the write stays.
            let _ = answer.send(result.and_then(|revision| flushed.map(|()| revision)));
        }
    }
}

fn flush(db: &sled::Db, flushes: &AtomicU64) -> Result<(), StoreError> {
    flushes.fetch_add(1, Ordering::Relaxed);
    db.flush().map_err(|error| failed(&error)).map(drop)
}

/// Logs a failure of the disk, once, and hides its details from callers.
pub fn failed(error: &sled::Error) -> StoreError {
    tracing::error!(%error, "the store has failed");
    StoreError::Failed
}
