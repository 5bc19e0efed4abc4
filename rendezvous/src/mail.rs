//! Letters to people: what this server writes by mail, and how it leaves.
//!
//! [`Mailer::send`] returns at once. A bounded queue holds letters in memory only, so that no address is ever on disk; one that is
//! lost with the process is asked for again by the person who waits for it. Left out: who may be written to how often
//! ([`crate::core::mail_budget`]), and when to try again ([`crate::core::outbox`]).

mod letter;
mod message;
mod post;
mod smtp;
mod spool;
mod template;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use lettre::message::Mailbox;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

pub use letter::{Language, Letter, MailCode, StopLink};
pub use smtp::{SmtpConfig, SmtpError, SmtpSecurity};
pub use spool::Spool;

use crate::{
    core::{email::EmailAddress, outbox::LIFE_MS},
    metrics::Metrics,
};
use post::{Carrier, Envelope, Post};
use smtp::Smtp;

/// Letters that may wait or be under way; beyond, the newest are dropped.
pub const MAX_WAITING: usize = 500;

/// Where letters go.
#[derive(Clone, Debug)]
pub enum MailRoute {
    /// Into files in this directory.
    Spool(PathBuf),
    /// To a mail server.
    Smtp(SmtpConfig),
}

/// How letters are written.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Who they are from.
    pub from: Mailbox,
    /// Where the app is, for links: a web origin such as `https://meet.example`.
    pub origin: String,
    /// Where they go.
    pub route: MailRoute,
}

// A letter on its way, and its place in the queue.
struct Outgoing {
    to: EmailAddress,
    language: Language,
    letter: Letter,
    _place: OwnedSemaphorePermit,
}

/// Sends letters. Clones share one queue, which ends with the last of them.
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Outgoing>,
    places: Arc<Semaphore>,
    down: Arc<AtomicBool>,
    metrics: Metrics,
}

impl Mailer {
    /// Starts. Needs a tokio runtime. Fails if the mail server cannot be used as configured; it is not asked yet.
    pub fn start(config: MailConfig, metrics: Metrics) -> Result<Self, SmtpError> {
        Self::start_with_life(config, metrics, LIFE_MS)
    }

    // The same; what could not leave is given up after `life_ms`.
    fn start_with_life(config: MailConfig, metrics: Metrics, life_ms: u64) -> Result<Self, SmtpError> {
        let carrier = match config.route {
            MailRoute::Spool(directory) => Carrier::Spool(Spool::new(directory)),
            MailRoute::Smtp(smtp) => Carrier::Smtp(Smtp::new(&smtp)?),
        };
        let (queue, inbox) = mpsc::channel(MAX_WAITING);
        let down = Arc::new(AtomicBool::new(false));
        let envelope = Envelope { from: config.from, origin: config.origin, carrier };
        tokio::spawn(Post::new(envelope, life_ms, Arc::clone(&down), metrics.clone()).run(inbox));
        Ok(Self { queue, places: Arc::new(Semaphore::new(MAX_WAITING)), down, metrics })
    }

    /// Takes a letter, and returns at once. It is dropped if too many wait already: nobody may learn from an answer whether their
    /// letter was.
    pub fn send(&self, to: EmailAddress, language: Language, letter: Letter) {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let outgoing = place.map(|place| Outgoing { to, language, letter, _place: place });
        if outgoing.is_none_or(|outgoing| self.queue.try_send(outgoing).is_err()) {
            self.metrics.letter_dropped();
            tracing::warn!("a letter was dropped: too many wait");
        }
    }

    /// True while no letter leaves, so that asking for one is no use. After an outage that no letter outlived it ends by itself: the next
    /// one finds out whether the mail server is back.
    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
