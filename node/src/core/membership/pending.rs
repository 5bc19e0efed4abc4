//! Operations whose dependencies have not come yet: bounded, the oldest gives way.

use std::collections::{BTreeSet, VecDeque};

use super::MAX_PENDING;
use crate::wire::operation::{OperationHash, VerifiedOperation};

/// The waiting room.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending(VecDeque<VerifiedOperation>);

impl Pending {
    /// Takes `operation`; of too many, drops the one that waits longest.
    pub(super) fn put(&mut self, operation: VerifiedOperation) {
        if self.0.iter().any(|waiting| waiting.hash() == operation.hash()) {
            return;
        }
        if self.0.len() == MAX_PENDING {
            self.0.pop_front();
        }
        self.0.push_back(operation);
    }

    /// Takes out what depends on `arrived` and waits for nothing else.
    pub(super) fn take_waiting_for(
        &mut self,
        arrived: &OperationHash,
        has_all: impl Fn(&[OperationHash]) -> bool,
    ) -> Vec<VerifiedOperation> {
        let is_ready = |waiting: &VerifiedOperation| {
            let dependencies = &waiting.operation().dependencies;
            dependencies.contains(arrived) && has_all(dependencies)
        };
        let (ready, waiting) = std::mem::take(&mut self.0).into_iter().partition(is_ready);
        self.0 = waiting;
        Vec::from(ready)
    }

    /// What is waited for, sorted, at most [`MAX_PENDING`].
    pub(super) fn missing(&self, is_known: impl Fn(&OperationHash) -> bool) -> Vec<OperationHash> {
        let waiting: BTreeSet<_> = self.0.iter().map(VerifiedOperation::hash).collect();
        let wanted: BTreeSet<_> =
            self.0.iter().flat_map(|waiting| waiting.operation().dependencies.iter().copied()).collect();
        wanted.difference(&waiting).filter(|hash| !is_known(hash)).copied().take(MAX_PENDING).collect()
    }
}
