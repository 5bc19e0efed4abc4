//! What a room asks of its membership beyond the roster: what somebody may do now, what happened, and what another does not know.

use milanio_identity::AccountId;

use super::{Membership, Refusal, RootError, graph::Entry, judge::judge, op_set::OpSet, view::View};
use crate::wire::operation::{Door, OperationBody, OperationHash, Role, RoomPolicy, VerifiedOperation};

/// A removal or ban that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The operation.
    pub hash: OperationHash,
    /// Who stated it.
    pub by: AccountId,
    /// Whether it is a ban.
    pub banned: bool,
}

/// A latest rotation of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The operation.
    pub hash: OperationHash,
    /// SHA-256 of the secret.
    pub commitment: [u8; 32],
    /// Every removal, ban, and closing of the door that counts is in its past and counted there, too: nobody who is out was given
    /// the secret.
    pub clean: bool,
}

impl Membership {
    /// Whether `one` may put `other` out.
    pub fn outranks(&mut self, one: &AccountId, other: &AccountId) -> bool {
        self.in_view(|view| match (view.standing(one).inside, view.standing(other).inside) {
            (Some(one), Some(other)) => one.role >= Role::Moderator && one.outranks(&other),
            _ => false,
        })
    }

    /// Who takes over when the owner leaves.
    pub fn heir(&mut self) -> Option<AccountId> {
        self.in_view(|view| view.heir())
    }

    /// Whether one more account may come in.
    pub fn has_room(&mut self) -> bool {
        self.in_view(|view| view.has_room())
    }

    /// Whether `operation`, which is not in the set and whose dependencies are, would be allowed by what its author knows.
    pub fn allows(&mut self, operation: &VerifiedOperation) -> Result<(), Refusal> {
        self.catch_up();
        let entry = self.graph.candidate(operation.clone());
        self.graph.check_root(&entry).map_err(|error| match error {
            RootError::Door => Refusal::Door,
            RootError::Sequence | RootError::Author => Refusal::NotAMember,
        })?;
        judge(&entry, &self.verdicts.view(&self.graph, &entry.past)).map(|_| ())
    }

    /// The operations that somebody who knows `heads` and their past does not know, at most `limit`, the oldest first: the same order
    /// for everybody. Heads that are not known here are passed over.
    pub fn unknown_to(&self, heads: &[OperationHash], limit: usize) -> Vec<&VerifiedOperation> {
        let mut known = OpSet::default();
        for entry in heads.iter().filter_map(|head| self.graph.find(head)).map(|index| self.graph.entry(index)) {
            known.union(&entry.past);
            known.insert(entry.index);
        }
        let mut unknown: Vec<_> = self.graph.entries().iter().filter(|entry| !known.contains(entry.index)).collect();
        unknown.sort_unstable_by_key(|entry| entry.age);
        unknown.into_iter().take(limit).map(|entry| &entry.operation).collect()
    }

    /// Whether the author of `later` knew `earlier`, or they are the same.
    pub fn is_known_to(&self, earlier: &OperationHash, later: &OperationHash) -> bool {
        match (self.graph.find(earlier), self.graph.find(later)) {
            (Some(earlier), Some(later)) => self.graph.entry(later).knows_or_is(earlier),
            _ => false,
        }
    }

    /// An operation of the set.
    pub fn find(&self, hash: &OperationHash) -> Option<&VerifiedOperation> {
        self.graph.find(hash).map(|index| &self.graph.entry(index).operation)
    }

    /// The removals and bans of `account` that count, the oldest place first.
    pub fn removals_of(&mut self, account: &AccountId) -> Vec<Removal> {
        self.in_view(|view| {
            let removal = |entry: &Entry| match entry.body() {
                OperationBody::Remove(_) => Some(Removal { hash: entry.age.hash, by: entry.author(), banned: false }),
                OperationBody::Ban(_) => Some(Removal { hash: entry.age.hash, by: entry.author(), banned: true }),
                _ => None,
            };
            view.counting(view.graph.about(account)).filter_map(removal).collect()
        })
    }

    /// The owner's word that ended the room.
    pub fn destroyed_by(&mut self) -> Option<AccountId> {
        self.in_view(|view| view.counting(view.graph.destructions()).next().map(Entry::author))
    }

    /// The latest rotations of the floor, by hash.
    pub fn rotations(&mut self) -> Vec<Rotation> {
        self.catch_up();
        let all = self.graph.all();
        let view = self.verdicts.view(&self.graph, &all);
        let closings: Vec<_> = closings(view).map(|entry| entry.index).collect();
        let rotation = |entry: &Entry| match entry.body() {
            OperationBody::FloorRotate { commitment } => {
                let knew_all = closings.iter().all(|closing| entry.past.contains(*closing));
                let clean = knew_all && !self.verdicts.differs_from(&self.graph, &entry.past);
                Some(Rotation { hash: entry.age.hash, commitment: *commitment, clean })
            }
            _ => None,
        };
        let mut rotations: Vec<_> = view.rotations().into_iter().filter_map(rotation).collect();
        rotations.sort_unstable_by_key(|rotation| rotation.hash);
        rotations
    }

    /// Whether somebody was put out, or the door closed, and no rotation of the floor followed yet.
    pub fn wants_rotation(&mut self) -> bool {
        let has_closings = self.in_view(|view| closings(view).next().is_some());
        has_closings && !self.rotations().iter().any(|rotation| rotation.clean)
    }

    fn in_view<T>(&mut self, ask: impl FnOnce(View<'_>) -> T) -> T {
        self.catch_up();
        let all = self.graph.all();
        ask(self.verdicts.view(&self.graph, &all))
    }
}

/// What counts and makes somebody who knows the floor's secret an outsider.
fn closings<'a>(view: View<'a>) -> impl Iterator<Item = &'a Entry> {
    let removals = view.graph.accounts().flat_map(move |account| {
        let is_removal = |entry: &&Entry| matches!(entry.body(), OperationBody::Remove(_) | OperationBody::Ban(_));
        view.counting(view.graph.about(account)).filter(is_removal)
    });
    let closes = |entry: &&Entry| matches!(entry.body(), OperationBody::SetPolicy(RoomPolicy { door, .. }) if *door != Door::Open);
    removals.chain(view.counting(view.graph.policies()).filter(closes))
}
