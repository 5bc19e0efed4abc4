//! Chains whose messages came and whose keys did not: when their owners are asked.

use super::limits::{ASK_AFTER, MAX_WANTED};
use crate::core::sorted::SortedMap;
use crate::{core::time::Timestamp, wire::group::ChainId};

/// What is wanted.
#[derive(Clone, Default)]
pub struct Wants(SortedMap<ChainId, Want>);

#[derive(Clone)]
struct Want {
    since: Timestamp,
    tries: usize,
}

impl Wants {
    /// The keys of a chain are wanted. When too many are, nothing is noted: a later message of the chain says it again.
    pub fn note(&mut self, chain: ChainId, now: Timestamp) {
        if self.0.len() < MAX_WANTED {
            self.0.entry(chain).or_insert(Want { since: now, tries: 0 });
        }
    }

    /// The keys came, or will never come.
    pub fn settle(&mut self, chain: &ChainId) {
        self.0.remove(chain);
    }

    /// The chains to ask for now; those that were asked for often enough are forgotten.
    pub fn due(&mut self, now: Timestamp) -> Vec<ChainId> {
        let mut due = Vec::new();
        self.0.retain(|chain, want| match want.next() {
            Some(at) if at <= now => {
                due.push(*chain);
                want.tries += 1;
                want.next().is_some()
            }
            next => next.is_some(),
        });
        due
    }

    /// When the next is to be asked for.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.0.values().filter_map(Want::next).min()
    }
}

impl Want {
    fn next(&self) -> Option<Timestamp> {
        ASK_AFTER.get(self.tries).map(|wait| self.since.after(*wait))
    }
}
