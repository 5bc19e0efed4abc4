//! The task that carries letters out: renders each, hands it to the spool or the mail server, and hears how that went.
//!
//! Left out: which letter goes when, which is [`Outbox`]'s.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lettre::message::Mailbox;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Outgoing, message, smtp::Smtp, spool::Spool, template};
use crate::{
    core::outbox::{Attempt, Fate, Outbox, Outcome},
    metrics::Metrics,
};

/// What letters leave by.
#[derive(Clone)]
pub enum Carrier {
    /// Files.
    Spool(Spool),
    /// A mail server.
    Smtp(Smtp),
}

/// The task's state.
pub struct Post {
    envelope: Arc<Envelope>,
    down: Arc<AtomicBool>,
    failing: bool,
    metrics: Metrics,
    outbox: Outbox<Outgoing>,
    sending: JoinSet<(Attempt<Outgoing>, Outcome)>,
    started: Instant,
}

/// What is the same for all letters.
pub struct Envelope {
    /// Who they are from.
    pub from: Mailbox,
    /// Where the app is.
    pub origin: String,
    /// What they leave by.
    pub carrier: Carrier,
}

impl Post {
    /// A task that has nothing to do yet and gives letters up after `life_ms`. `down` tells others while a letter is no use.
    pub fn new(envelope: Envelope, life_ms: u64, down: Arc<AtomicBool>, metrics: Metrics) -> Self {
        let (outbox, sending, started) = (Outbox::new(life_ms), JoinSet::new(), Instant::now());
        Self { envelope: Arc::new(envelope), down, failing: false, metrics, outbox, sending, started }
    }

    /// Runs until `inbox` is closed and what was being sent has ended; what waits then is lost.
    pub async fn run(mut self, mut inbox: mpsc::Receiver<Outgoing>) {
        loop {
            let now_ms = self.now_ms();
            while let Some(attempt) = self.outbox.next(now_ms) {
                let envelope = Arc::clone(&self.envelope);
                self.sending.spawn(async move {
                    let outcome = envelope.carry(&attempt.letter).await;
                    (attempt, outcome)
                });
            }
            self.publish();
            let wake = self.wake();
            tokio::select! {
                outgoing = inbox.recv() => match outgoing {
                    Some(outgoing) => self.outbox.put(outgoing, self.now_ms()),
                    None => break,
                },
                Some(sent) = self.sending.join_next() => {
                    if let Ok((attempt, outcome)) = sent {
                        self.finish(attempt, outcome);
                    }
                }
                () = wake => {
                    for _ in 0..self.outbox.expire(self.now_ms()) {
                        self.note(Fate::Expired, "");
                    }
                }
            }
        }
        while let Some(sent) = self.sending.join_next().await {
            if let Ok((attempt, outcome)) = sent {
                self.finish(attempt, outcome);
            }
        }
    }

    fn finish(&mut self, attempt: Attempt<Outgoing>, outcome: Outcome) {
        let shown = attempt.letter.to.masked();
        let now_ms = self.now_ms();
        let fate = self.outbox.finish(attempt, outcome, now_ms);
        self.note(fate, &shown);
    }

    fn note(&self, fate: Fate, shown: &str) {
        self.metrics.letter(fate);
        match fate {
            Fate::Sent => tracing::info!(to = shown, "a letter was sent"),
            Fate::Waiting => tracing::debug!(to = shown, "a letter waits to be tried again"),
            Fate::Bounced => tracing::warn!(to = shown, "a letter was refused"),
            Fate::Expired => tracing::warn!(to = shown, "a letter was given up"),
        }
    }

    fn publish(&mut self) {
        let now_ms = self.now_ms();
        self.down.store(self.outbox.is_down(now_ms), Ordering::Relaxed);
        let failing = self.outbox.is_failing(now_ms);
        self.metrics.mail_down(failing);
        if std::mem::replace(&mut self.failing, failing) != failing {
            if failing {
                tracing::error!("letters do not leave: the mail server does not work");
            } else {
                tracing::info!("letters leave again");
            }
        }
    }

    // Until a letter may be tried or a pause ends, but a while at least: one that may be tried now waits for another to end.
    fn wake(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let soonest = Instant::now() + SOONEST;
        match self.outbox.wake_ms(self.now_ms()) {
            Some(wake_ms) => Box::pin(sleep_until((self.started + Duration::from_millis(wake_ms)).max(soonest))),
            None => Box::pin(std::future::pending()),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// How often the outbox is looked at while something may be sent but is held back (chosen).
const SOONEST: Duration = Duration::from_millis(100);

impl Envelope {
    async fn carry(&self, outgoing: &Outgoing) -> Outcome {
        let packed = template::words(&outgoing.letter, outgoing.language, &self.origin);
        let Ok(words) = packed.inspect_err(|error| tracing::error!(%error, "a letter cannot be rendered")) else {
            return Outcome::Bounced;
        };
        let to = outgoing.to.as_str();
        let shown = format!("To: {to}\nSubject: {}\n\n{}", words.subject, words.text);
        let packed = message::pack(&self.from, &outgoing.to, words);
        let Ok(message) = packed.inspect_err(|error| tracing::warn!(%error, "a letter cannot be packed")) else {
            return Outcome::Bounced;
        };
        match &self.carrier {
            Carrier::Smtp(smtp) => smtp.send(message).await,
            Carrier::Spool(spool) => {
                let spool = spool.clone();
                let written = tokio::task::spawn_blocking(move || spool.write(&message.formatted(), &shown)).await;
                match written {
                    Ok(Ok(())) => Outcome::Sent,
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the spool cannot be written to");
                        Outcome::Unreachable
                    }
                    Err(_) => Outcome::Unreachable,
                }
            }
        }
    }
}
