//! The set of operations as a graph: each with its causal past, and found by whom and what it concerns.
//!
//! Grows only, past before future. Holds what is rooted (section 1 of the rule); knows nothing of what counts.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::{AccountId, DeviceId, Genesis};
use thiserror::Error;

use super::{age::Age, op_set::OpSet};
use crate::wire::{
    message::RunId,
    operation::{Admitted, Door, OperationBody, OperationHash, RoomPolicy, VerifiedOperation},
};

/// Why an operation is not rooted. Its author is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RootError {
    /// It does not know the operation before it.
    #[error("the author's operation before this one is not in its past")]
    Sequence,
    /// It does not know how its author came in.
    #[error("nothing in its past lets its author in")]
    Author,
    /// It joins a room whose door never was open.
    #[error("the door was never open to this join")]
    Door,
}

/// An operation in the graph.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The operation.
    pub(super) operation: VerifiedOperation,
    /// Where it is in the graph.
    pub(super) index: usize,
    /// All that its author knew.
    pub(super) past: OpSet,
    /// How it compares to others.
    pub(super) age: Age,
}

impl Entry {
    /// Who states it.
    pub(super) fn author(&self) -> AccountId {
        self.operation.operation().account
    }

    /// The device that states it.
    pub(super) fn device(&self) -> DeviceId {
        self.operation.operation().device
    }

    /// What it does.
    pub(super) fn body(&self) -> &OperationBody {
        &self.operation.operation().body
    }

    /// Whether `index` is in its past or is this very operation.
    pub(super) fn knows_or_is(&self, index: usize) -> bool {
        self.index == index || self.past.contains(index)
    }

    /// Whether neither knows the other.
    pub(super) fn is_concurrent(&self, other: &Self) -> bool {
        !self.knows_or_is(other.index) && !other.knows_or_is(self.index)
    }

    fn slot(&self) -> Slot {
        let operation = self.operation.operation();
        (operation.device, operation.run, operation.seq)
    }
}

/// One number of one run.
type Slot = (DeviceId, RunId, u32);

/// The graph.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    founder: AccountId,
    founding_policy: RoomPolicy,
    entries: Vec<Entry>,
    places: BTreeMap<OperationHash, usize>,
    heads: BTreeSet<usize>,
    by_author: BTreeMap<AccountId, Vec<usize>>,
    about: BTreeMap<AccountId, Vec<usize>>,
    admissions: BTreeMap<Admitted, Vec<usize>>,
    slots: BTreeMap<Slot, Vec<usize>>,
    twins: BTreeMap<DeviceId, BTreeSet<usize>>,
    joins: Vec<usize>,
    policies: Vec<usize>,
    rotations: Vec<usize>,
    destructions: Vec<usize>,
}

impl Graph {
    pub(super) fn new(genesis: &Genesis) -> Self {
        Self {
            founder: genesis.owner,
            founding_policy: RoomPolicy::founding(genesis),
            entries: Vec::new(),
            places: BTreeMap::new(),
            heads: BTreeSet::new(),
            by_author: BTreeMap::new(),
            about: BTreeMap::new(),
            admissions: BTreeMap::new(),
            slots: BTreeMap::new(),
            twins: BTreeMap::new(),
            joins: Vec::new(),
            policies: Vec::new(),
            rotations: Vec::new(),
            destructions: Vec::new(),
        }
    }

    /// Takes in an operation whose dependencies are all there, if it is rooted.
    pub(super) fn insert(&mut self, operation: VerifiedOperation) -> Result<(), RootError> {
        let entry = self.candidate(operation);
        self.check_root(&entry)?;
        for place in entry.operation.operation().dependencies.iter().filter_map(|hash| self.places.get(hash)) {
            self.heads.remove(place);
        }
        self.heads.insert(entry.index);
        self.places.insert(entry.age.hash, entry.index);
        self.file(&entry);
        self.entries.push(entry);
        Ok(())
    }

    /// `operation`, whose dependencies are all there, as it would be in the graph.
    pub(super) fn candidate(&self, operation: VerifiedOperation) -> Entry {
        let mut past = OpSet::default();
        let mut depth = 0;
        for known in operation.operation().dependencies.iter().filter_map(|hash| self.places.get(hash)) {
            let known = self.entry(*known);
            past.union(&known.past);
            past.insert(known.index);
            depth = depth.max(known.age.depth);
        }
        let age = Age { depth: depth + 1, hash: operation.hash() };
        Entry { operation, index: self.entries.len(), past, age }
    }

    /// Whether it is rooted.
    pub(super) fn check_root(&self, entry: &Entry) -> Result<(), RootError> {
        let is_past = |index: &usize| entry.past.contains(*index);
        let (device, run, seq) = entry.slot();
        if seq > 1 && !of(&self.slots, &(device, run, seq - 1)).iter().any(is_past) {
            return Err(RootError::Sequence);
        }
        let account = entry.author();
        if !matches!(entry.body(), OperationBody::Join(_)) {
            let admissions = of(&self.admissions, &Admitted { account, device });
            return if admissions.iter().any(is_past) { Ok(()) } else { Err(RootError::Author) };
        }
        let is_added = |index: &usize| matches!(self.entry(*index).body(), OperationBody::Add(_));
        let opens = |index: &usize| {
            matches!(self.entry(*index).body(), OperationBody::SetPolicy(RoomPolicy { door: Door::Open, .. }))
        };
        let may_come = account == self.founder
            || self.founding_policy.door == Door::Open
            || self.about(&account).iter().any(|index| is_past(index) && is_added(index))
            || self.policies.iter().any(|index| is_past(index) && opens(index));
        if may_come { Ok(()) } else { Err(RootError::Door) }
    }

    /// Notes whom and what an operation concerns.
    fn file(&mut self, entry: &Entry) {
        let index = entry.index;
        let author = entry.author();
        self.by_author.entry(author).or_default().push(index);
        let slot = self.slots.entry(entry.slot()).or_default();
        slot.push(index);
        if slot.len() > 1 {
            self.twins.entry(entry.device()).or_default().extend(slot.iter());
        }
        if let Some(admitted) = entry.operation.admitted() {
            self.admissions.entry(admitted).or_default().push(index);
            self.about.entry(admitted.account).or_default().push(index);
        }
        match entry.body() {
            OperationBody::Join(_) => self.joins.push(index),
            OperationBody::Remove(account)
            | OperationBody::Ban(account)
            | OperationBody::Unban(account)
            | OperationBody::SetRole { account, .. } => self.about.entry(*account).or_default().push(index),
            OperationBody::Transfer(_) => self.about.entry(author).or_default().push(index),
            OperationBody::SetPolicy(_) => self.policies.push(index),
            OperationBody::FloorRotate { .. } => self.rotations.push(index),
            OperationBody::Destroy => self.destructions.push(index),
            OperationBody::Add(_) | OperationBody::Snapshot { .. } => {}
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn all(&self) -> OpSet {
        OpSet::below(self.entries.len())
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The operation at `index`, which came from this graph.
    pub(super) fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    pub(super) fn find(&self, hash: &OperationHash) -> Option<usize> {
        self.places.get(hash).copied()
    }

    pub(super) fn has_all(&self, hashes: &[OperationHash]) -> bool {
        hashes.iter().all(|hash| self.places.contains_key(hash))
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = &Entry> {
        self.heads.iter().map(|index| self.entry(*index))
    }

    /// The place and number of the last operation of a run.
    pub(super) fn last_of(&self, device: DeviceId, run: RunId) -> Option<(usize, u32)> {
        let run = self.slots.range((device, run, 0)..=(device, run, u32::MAX)).next_back();
        run.and_then(|((.., seq), indices)| Some((*indices.last()?, *seq)))
    }

    pub(super) fn founder(&self) -> AccountId {
        self.founder
    }

    pub(super) fn founding_policy(&self) -> RoomPolicy {
        self.founding_policy
    }

    /// Everybody whom an operation concerns.
    pub(super) fn accounts(&self) -> impl ExactSizeIterator<Item = &AccountId> {
        self.about.keys()
    }

    /// The operations by `account`, oldest place first; so are all lists here.
    pub(super) fn by_author(&self, account: &AccountId) -> &[usize] {
        of(&self.by_author, account)
    }

    /// Admissions, removals, bans, unbans and role changes of `account`, and its own transfers.
    pub(super) fn about(&self, account: &AccountId) -> &[usize] {
        of(&self.about, account)
    }

    pub(super) fn admissions(&self, admitted: &Admitted) -> &[usize] {
        of(&self.admissions, admitted)
    }

    /// The operations of `device` in `past` that have a twin there.
    pub(super) fn twins<'a>(&'a self, device: &DeviceId, past: &'a OpSet) -> impl Iterator<Item = usize> + 'a {
        let has_twin = |index: &usize| {
            let twins = of(&self.slots, &self.entry(*index).slot());
            twins.iter().filter(|twin| past.contains(**twin)).count() > 1
        };
        let suspects = self.twins.get(device).into_iter().flatten().copied();
        suspects.filter(|index| past.contains(*index)).filter(has_twin)
    }

    pub(super) fn joins(&self) -> &[usize] {
        &self.joins
    }

    pub(super) fn policies(&self) -> &[usize] {
        &self.policies
    }

    pub(super) fn rotations(&self) -> &[usize] {
        &self.rotations
    }

    pub(super) fn destructions(&self) -> &[usize] {
        &self.destructions
    }
}

fn of<'a, K: Ord>(lists: &'a BTreeMap<K, Vec<usize>>, key: &K) -> &'a [usize] {
    lists.get(key).map_or(&[], Vec::as_slice)
}
