//! What was heard and cannot be read yet: its sender knew operations that are not known here, or its keys are on their way.

use std::collections::VecDeque;

use milanio_identity::DeviceId;

use super::limits::{MAX_WAITING, MAX_WAITING_PER_DEVICE, WAITING_KEPT};
use crate::{
    core::time::Timestamp,
    wire::group::{GroupMessage, VerifiedBundle},
};

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A message.
    Message(GroupMessage),
    /// A bundle.
    Bundle(VerifiedBundle),
}

/// All that waits, in the order in which it came.
#[derive(Clone, Default)]
pub struct WaitingRoom(VecDeque<Entry>);

#[derive(Clone)]
struct Entry {
    /// Who said it, who may not be who wrote it: this is whose share it takes.
    from: DeviceId,
    what: Waiting,
    since: Timestamp,
}

impl WaitingRoom {
    /// Lets `what` wait. Of too many the oldest gives way: of the same device, else of all.
    pub fn push(&mut self, from: DeviceId, what: Waiting, now: Timestamp) {
        if self.0.iter().any(|entry| entry.what == what) {
            return;
        }
        let of_device = self.0.iter().filter(|entry| entry.from == from).count();
        if of_device >= MAX_WAITING_PER_DEVICE {
            let oldest = self.0.iter().position(|entry| entry.from == from);
            oldest.and_then(|oldest| self.0.remove(oldest));
        } else if self.0.len() >= MAX_WAITING {
            self.0.pop_front();
        }
        self.0.push_back(Entry { from, what, since: now });
    }

    /// Takes out all that still waits, to be tried again: bundles first.
    pub fn take_all(&mut self, now: Timestamp) -> Vec<(DeviceId, Waiting, Timestamp)> {
        self.expire(now);
        let mut all: Vec<_> = self.0.drain(..).map(|entry| (entry.from, entry.what, entry.since)).collect();
        all.sort_by_key(|(_, what, _)| matches!(what, Waiting::Message(_)));
        all
    }

    /// Forgets what waited too long.
    pub fn expire(&mut self, now: Timestamp) {
        self.0.retain(|entry| now.since(entry.since) < WAITING_KEPT);
    }
}
