//! The race between the paths of one relay.

use crate::core::time::Timestamp;

use super::{AttemptId, Carrier, RACE_LIMIT, STAGGER};

/// A race: paths not yet tried, and attempts under way.
#[derive(Debug)]
pub(super) struct Race {
    /// Paths in the order they are tried.
    order: Vec<(usize, Carrier)>,
    next: usize,
    running: Vec<(AttemptId, Carrier)>,
    latest: Option<Carrier>,
    started: Timestamp,
    rival_at: Timestamp,
}

impl Race {
    /// A race over paths with these carriers. No path has started yet.
    pub(super) fn new(carriers: &[Carrier], now: Timestamp) -> Self {
        let mut order: Vec<(usize, usize, Carrier)> = Vec::with_capacity(carriers.len());
        for (path, carrier) in carriers.iter().enumerate() {
            let rank = order.iter().filter(|(.., other)| other == carrier).count();
            order.push((rank, path, *carrier));
        }
        // The best path of every carrier first, so that a blocked carrier costs one pause and not one per address.
        order.sort_by_key(|(rank, path, carrier)| (*rank, *carrier, *path));
        Self {
            order: order.into_iter().map(|(_, path, carrier)| (path, carrier)).collect(),
            next: 0,
            running: Vec::new(),
            latest: None,
            started: now,
            rival_at: now.after(STAGGER),
        }
    }

    pub(super) fn started(&self) -> Timestamp {
        self.started
    }

    pub(super) fn latest_carrier(&self) -> Option<Carrier> {
        self.latest
    }

    pub(super) fn running(&self) -> impl Iterator<Item = AttemptId> + '_ {
        self.running.iter().map(|(attempt, _)| *attempt)
    }

    pub(super) fn carrier(&self, attempt: AttemptId) -> Option<Carrier> {
        self.running.iter().find(|(running, _)| *running == attempt).map(|(_, carrier)| *carrier)
    }

    pub(super) fn has_next(&self) -> bool {
        self.next < self.order.len()
    }

    /// Starts the next path under this id and names it; `None` if there is none.
    pub(super) fn start_next(&mut self, attempt: AttemptId, now: Timestamp) -> Option<usize> {
        let (path, carrier) = *self.order.get(self.next)?;
        self.next += 1;
        self.running.push((attempt, carrier));
        self.latest = Some(carrier);
        self.rival_at = now.after(STAGGER);
        Some(path)
    }

    /// Takes an attempt out; does nothing if it was not under way.
    pub(super) fn end(&mut self, attempt: AttemptId) {
        self.running.retain(|(running, _)| *running != attempt);
    }

    /// Nothing has connected for too long.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.started.after(RACE_LIMIT) <= now
    }

    /// The latest path needs a rival, and there is one.
    pub(super) fn is_late(&self, now: Timestamp) -> bool {
        self.has_next() && self.rival_at <= now
    }

    pub(super) fn wakes(&self) -> Timestamp {
        let limit = self.started.after(RACE_LIMIT);
        if self.has_next() { limit.min(self.rival_at) } else { limit }
    }
}
