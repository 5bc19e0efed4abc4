//! A view: what counts in a causal past, or in the whole set. Section 2 of the rule.

use std::collections::BTreeMap;

use milanio_identity::{AccountId, DeviceId};

use super::{
    MAX_MEMBERS,
    age::Age,
    graph::{Entry, Graph},
    op_set::OpSet,
    standing::{Standing, latest},
};
use crate::wire::operation::{Admitted, OperationBody, Role, RoomPolicy};

/// What counts of `past`.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) graph: &'a Graph,
    past: &'a OpSet,
    counted: &'a OpSet,
    owner: (AccountId, Age),
}

impl<'a> View<'a> {
    /// What of `past` is in `counted`; `owners` are the ownership operations that count, and whom they make owner.
    pub(super) fn new(
        graph: &'a Graph,
        past: &'a OpSet,
        counted: &'a OpSet,
        owners: &BTreeMap<usize, AccountId>,
    ) -> Self {
        let founding = (graph.founder(), Age::GENESIS);
        let mut view = Self { graph, past, counted, owner: founding };
        let changes = latest(owners.keys().map(|index| graph.entry(*index)).filter(|entry| view.has(entry.index)));
        let last = changes.into_iter().min_by_key(|entry| entry.age.hash);
        view.owner = last.and_then(|entry| Some((*owners.get(&entry.index)?, entry.age))).unwrap_or(founding);
        view
    }

    fn has(&self, index: usize) -> bool {
        self.past.contains(index) && self.counted.contains(index)
    }

    /// Those of `indices` (a list of the graph) that count here, past before future.
    pub(super) fn counting(self, indices: &'a [usize]) -> impl DoubleEndedIterator<Item = &'a Entry> {
        indices.iter().filter(move |index| self.has(**index)).map(move |index| self.graph.entry(*index))
    }

    /// The owner, and since when.
    pub(super) fn owner(&self) -> (AccountId, Age) {
        self.owner
    }

    pub(super) fn standing(&self, account: &AccountId) -> Standing {
        Standing::of(account, self)
    }

    /// Everybody who is or was concerned, with their standing.
    pub(super) fn standings(&self) -> impl Iterator<Item = (AccountId, Standing)> {
        let founder = self.graph.founder();
        let others = self.graph.accounts().copied().filter(move |account| *account != founder);
        std::iter::once(founder).chain(others).map(|account| (account, self.standing(&account)))
    }

    /// Whether one more account may come in.
    pub(super) fn has_room(&self) -> bool {
        self.graph.accounts().len() < MAX_MEMBERS
            || self.standings().filter(|(_, standing)| standing.inside.is_some()).take(MAX_MEMBERS).count()
                < MAX_MEMBERS
    }

    pub(super) fn policy(&self) -> RoomPolicy {
        let policies =
            latest(self.counting(self.graph.policies())).into_iter().filter_map(|entry| match entry.body() {
                OperationBody::SetPolicy(policy) => Some(*policy),
                _ => None,
            });
        policies.reduce(RoomPolicy::strictest).unwrap_or(self.graph.founding_policy())
    }

    /// The latest rotations of the floor.
    pub(super) fn rotations(&self) -> Vec<&'a Entry> {
        latest(self.counting(self.graph.rotations()))
    }

    pub(super) fn is_destroyed(&self) -> bool {
        self.counting(self.graph.destructions()).next().is_some()
    }

    /// Whether `device` contradicted itself and nobody let it act again for `account`.
    pub(super) fn is_frozen(&self, account: AccountId, device: DeviceId) -> bool {
        let twins: Vec<_> = self.graph.twins(&device, self.past).collect();
        let renews = |entry: &Entry| {
            matches!(entry.body(), OperationBody::Add(_)) && twins.iter().all(|twin| entry.past.contains(*twin))
        };
        !twins.is_empty() && !self.counting(self.graph.admissions(&Admitted { account, device })).any(renews)
    }

    /// Who takes over when the owner leaves: the oldest moderator, else the oldest member, else the oldest viewer.
    pub(super) fn heir(&self) -> Option<AccountId> {
        let claim = |(account, standing): (AccountId, Standing)| {
            let inside = standing.inside.filter(|inside| inside.role != Role::Owner)?;
            let age = if inside.role == Role::Moderator { inside.appointed } else { inside.since };
            Some((std::cmp::Reverse(inside.role), age, account))
        };
        self.standings().filter_map(claim).min().map(|(.., account)| account)
    }
}
