//! Letters to people: what this server writes by mail, and how it leaves.
//!
//! [`Mailer::send`] returns at once. A bounded queue holds letters in memory only, so that no address is ever on disk; one that is
//! lost with the process is asked for again by the person who waits for it. Left out: who may be written to how often
//! ([`crate::core::mail_budget`]).

mod letter;
mod spool;

use std::{path::PathBuf, sync::Arc};

use tokio::sync::mpsc;

pub use letter::{Language, Letter, MailCode};
pub use spool::Spool;

use crate::core::email::EmailAddress;

/// Letters that may wait; beyond, the newest are dropped.
pub const MAX_WAITING: usize = 500;

/// A letter on its way.
#[derive(Debug)]
pub(crate) struct Outgoing {
    to: EmailAddress,
    language: Language,
    letter: Letter,
}

/// Sends letters. Clones share one queue, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Mailer {
    queue: mpsc::Sender<Outgoing>,
}

impl Mailer {
    /// A mailer that writes letters into files in `directory`, with links to the app at `origin` (such as `https://meet.example`).
    /// Needs a tokio runtime.
    pub fn spool(directory: PathBuf, origin: &str) -> Self {
        let (queue, inbox) = mpsc::channel(MAX_WAITING);
        tokio::spawn(write_all(inbox, Spool::new(directory), origin.into()));
        Self { queue }
    }

    /// Takes a letter, and returns at once. It is dropped if too many wait already: nobody may learn from an answer whether their
    /// letter was.
    pub fn send(&self, to: EmailAddress, language: Language, letter: Letter) {
        if self.queue.try_send(Outgoing { to, language, letter }).is_err() {
            tracing::warn!("a letter was dropped: too many wait");
        }
    }

    /// True while no letter leaves, so that asking for one is no use.
    pub fn is_down(&self) -> bool {
        self.queue.is_closed()
    }
}

async fn write_all(mut inbox: mpsc::Receiver<Outgoing>, spool: Spool, origin: Arc<str>) {
    while let Some(Outgoing { to, language, letter }) = inbox.recv().await {
        tracing::debug!(?language, "a letter is written");
        let text = letter.plain(&origin);
        let (spool, shown) = (spool.clone(), to.masked());
        let written = tokio::task::spawn_blocking(move || spool.write(to.as_str(), &text)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::error!(to = shown, "a letter could not be written to the spool");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_letter_lies_in_the_spool_with_its_address_and_code() {
        let directory = tempfile::tempdir().unwrap();
        let mailer = Mailer::spool(directory.path().join("spool"), "http://localhost:8080");
        let to = EmailAddress::parse("ada@example.org").unwrap();
        mailer.send(to, Language::English, Letter::Verify { code: MailCode::new("request", "ABCD2345") });
        let spool = Spool::new(directory.path().join("spool"));
        let letter = loop {
            match spool.newest(1).unwrap().pop() {
                Some(letter) => break letter,
                None => tokio::task::yield_now().await,
            }
        };
        assert!(letter.contains("ada@example.org") && letter.contains("ABCD-2345"), "{letter}");
        assert!(letter.contains("http://localhost:8080/#/verify/request/ABCD2345"), "{letter}");
        assert!(!mailer.is_down());
    }
}
