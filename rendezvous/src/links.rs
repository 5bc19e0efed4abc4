//! Mailboxes for devices that are being linked, and waiting for their messages.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, Semaphore};

use crate::{
    api::{LINK_WAIT_S, LinkMessage, Mailbox},
    clock,
    core::link_box::{LinkBoxes, LinkError},
};

/// Requests that may wait at a time (chosen: a quarter of those that are answered); others are told at once that there is nothing.
const MAX_WAITING: usize = 128;

/// The mailboxes of one server.
pub struct Links {
    boxes: Mutex<LinkBoxes>,
    arrived: Notify,
    places: Semaphore,
    patience: Duration,
    now_ms: clock::Millis,
}

impl Links {
    /// No mailboxes yet.
    pub fn new(now_ms: clock::Millis) -> Self {
        let (boxes, arrived) = (Mutex::default(), Notify::new());
        let patience = Duration::from_secs(LINK_WAIT_S);
        Self { boxes, arrived, places: Semaphore::new(MAX_WAITING), patience, now_ms }
    }

    /// Puts message `step` into `mailbox`.
    pub fn put(&self, mailbox: Mailbox, step: u8, message: LinkMessage) -> Result<(), LinkError> {
        self.boxes().put(mailbox, step, message, (self.now_ms)() / 1_000)?;
        self.arrived.notify_waiters();
        Ok(())
    }

    /// Message `step` of `mailbox`, waiting for it for up to [`LINK_WAIT_S`].
    pub async fn message(&self, mailbox: &Mailbox, step: u8) -> Option<LinkMessage> {
        let Ok(_place) = self.places.try_acquire() else { return self.look(mailbox, step) };
        let found = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(message) = self.look(mailbox, step) {
                    return message;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(self.patience, found).await.ok()
    }

    fn look(&self, mailbox: &Mailbox, step: u8) -> Option<LinkMessage> {
        self.boxes().message(mailbox, step, (self.now_ms)() / 1_000)
    }

    // Nothing below can panic while it holds the lock, and nothing awaits.
    fn boxes(&self) -> MutexGuard<'_, LinkBoxes> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::Blob;

    #[tokio::test]
    async fn a_message_reaches_who_waits_for_it_and_waiting_ends() {
        let patience = Duration::from_millis(50);
        let links = Links { patience, ..Links::new(Arc::new(|| 1_000)) };
        let (mailbox, message) = (Mailbox::from_bytes([1; 16]), LinkMessage { message: Blob::new(vec![7]).unwrap() });
        let put = async {
            tokio::task::yield_now().await;
            links.put(mailbox, 0, message.clone()).unwrap();
        };
        let (waited, ()) = futures::future::join(links.message(&mailbox, 0), put).await;
        assert_eq!(waited, Some(message));
        assert_eq!(links.message(&mailbox, 1).await, None, "after a while");
    }
}
