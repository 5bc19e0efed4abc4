//! Candidates on their way: ours gathered into few signals, theirs held until a description makes them usable.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::call::sdp::{Description, IceCandidate, MAX_CANDIDATES};
use crate::core::time::Timestamp;
use crate::wire::limits::{MID_BYTES, UFRAG_BYTES};
use crate::wire::signal::Candidate;

/// Our candidates since our last description.
#[derive(Default)]
pub(in crate::core::call) struct LocalCandidates {
    all: Vec<Candidate>,
    /// How many of `all` were sent.
    sent: usize,
    /// A description is being made: what belongs to it must not overtake it.
    held: bool,
    /// When the unsent ones go out.
    flush_at: Option<Timestamp>,
}

impl LocalCandidates {
    /// A candidate was found. Those beyond [`MAX_CANDIDATES`] are dropped.
    pub(in crate::core::call) fn push(&mut self, candidate: Candidate, now: Timestamp) {
        if self.all.len() < MAX_CANDIDATES && !self.all.contains(&candidate) {
            self.all.push(candidate);
            self.schedule(now.after(BATCH));
        }
    }

    /// A description is being made.
    pub(in crate::core::call) fn hold(&mut self) {
        self.held = true;
    }

    /// The description was made and sent: candidates of earlier ones are of no use any more.
    pub(in crate::core::call) fn release(&mut self, description: &Description, now: Timestamp) {
        let current = |candidate: &Candidate| description.has_ufrag(&candidate.ufrag);
        self.sent = self.all.iter().take(self.sent).filter(|candidate| current(candidate)).count();
        self.all.retain(current);
        self.held = false;
        self.schedule(now.after(BATCH));
    }

    /// Everything goes out once more, since it may have been lost.
    pub(in crate::core::call) fn repeat(&mut self, now: Timestamp) {
        self.sent = 0;
        self.schedule(now.after(BATCH));
    }

    /// What is to be sent now, if anything.
    pub(in crate::core::call) fn due(&mut self, now: Timestamp) -> Option<Vec<Candidate>> {
        let is_due = !self.held && self.flush_at.is_some_and(|at| at <= now);
        is_due.then(|| self.all.get(self.sent..).unwrap_or_default().to_vec())
    }

    /// What was due was sent, or may only be sent `later`.
    pub(in crate::core::call) fn sent(&mut self, result: Result<[u8; 32], Timestamp>) {
        match result {
            Ok(_) => (self.sent, self.flush_at) = (self.all.len(), None),
            Err(later) => self.flush_at = Some(later),
        }
    }

    pub(in crate::core::call) fn timeout(&self) -> Option<Timestamp> {
        self.flush_at.filter(|_| !self.held)
    }

    fn schedule(&mut self, at: Timestamp) {
        if self.sent < self.all.len() && self.flush_at.is_none() {
            self.flush_at = Some(at);
        }
    }
}

/// Their candidates.
#[derive(Default)]
pub(in crate::core::call) struct RemoteCandidates {
    /// The description the browser has or is about to get.
    description: Option<Description>,
    /// Given to the browser since then.
    given: Vec<Candidate>,
    /// Came before the description they belong to.
    held: VecDeque<Candidate>,
}

impl RemoteCandidates {
    /// Checks and rebuilds what a peer sent; `None` if it is of no use.
    pub(in crate::core::call) fn check(candidate: &Candidate) -> Option<Candidate> {
        let rebuilt = IceCandidate::parse(&candidate.candidate).ok()?.to_string();
        let fits = candidate.mid.len() <= MID_BYTES && candidate.ufrag.len() <= UFRAG_BYTES;
        fits.then(|| Candidate { candidate: rebuilt, mid: candidate.mid.clone(), ufrag: candidate.ufrag.clone() })
    }

    /// A checked candidate came: returned if the browser can use it at once, else held (the oldest gives way) or dropped.
    pub(in crate::core::call) fn push(&mut self, candidate: Candidate) -> Option<Candidate> {
        let is_current = |description: &Description| description.has_ufrag(&candidate.ufrag);
        if !self.description.as_ref().is_some_and(is_current) {
            if self.held.len() >= MAX_CANDIDATES {
                self.held.pop_front();
            }
            self.held.push_back(candidate);
            return None;
        }
        let known_mid = self.description.as_ref().is_some_and(|description| description.has_mid(&candidate.mid));
        if !known_mid || self.given.len() >= MAX_CANDIDATES || self.given.contains(&candidate) {
            return None;
        }
        self.given.push(candidate.clone());
        Some(candidate)
    }

    /// The browser gets this description now; returns the held candidates that belong to it.
    pub(in crate::core::call) fn described(&mut self, description: Description) -> Vec<Candidate> {
        self.given.retain(|candidate| description.has_ufrag(&candidate.ufrag));
        self.description = Some(description);
        std::mem::take(&mut self.held).into_iter().filter_map(|candidate| self.push(candidate)).collect()
    }
}

/// Candidates are gathered for this long before they are sent: one signal for all interfaces. Chosen: unnoticeable.
const BATCH: Duration = Duration::from_millis(20);
