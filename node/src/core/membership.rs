//! Who is in a room and what they may do: a set of signed operations, read in the same way by everybody.
//!
//! No server and no clock decides. Devices state operations (`wire::operation`); each names the latest ones its author knew, and these
//! with all that they know are its *causal past*. Two operations of which neither is in the other's past are *concurrent*. Whoever
//! holds the same set of operations reads the same roster from it, in whatever order they came. The rule, precisely:
//!
//! # 1. Which operations belong to the set
//!
//! One whose signature and certificate hold (`VerifiedOperation`), whose dependencies are in the set, and that is *rooted*:
//! - with a number n above 1, its causal past has operation n - 1 of the same device and run;
//! - unless it is a join, a join or an addition of its author (account and device) is in its causal past;
//! - if it is a join, then its account is the founder, or an addition of the account is in its past, or the door was ever open: the
//!   genesis or a policy in its past says so.
//!
//! # 2. What counts
//!
//! Some operations of the set *count*, the others have no effect; section 4 says which. A *view* is a causal past, or the whole set, in
//! which only what counts is looked at. *Age* orders operations: by depth (1 + the largest depth among the dependencies; 1 without any),
//! then by hash. In a view:
//!
//! - *Owner*. An ownership operation is a transfer, or a removal of its own author that had an heir when it was judged. The owner is
//!   whom the latest one names: of those that no other one has in its past, the one with the smallest hash. Without any, the founder,
//!   whose appointment is older than every operation.
//! - *Banned*. An account, not the owner, with a ban that no unban of the account has in its past.
//! - *Removals* of an account are its removals and bans. A join or an addition (an *admission*) of the account holds if every removal is
//!   in its past: a removal beats what is concurrent to it. The founder has one more admission, older than every operation,
//!   which holds while there is no removal of him.
//! - *Member*. An account that has an admission that holds, or is the owner. Since when: the oldest admission that holds, else the
//!   ownership operation.
//! - *Devices* of a member are those of the admissions that hold, each as old as its latest; of more than five the five youngest.
//! - *Role*. The owner's is owner. Else the account's grants that hold (every removal is in their past) are the role changes of it, and
//!   its own transfers, which grant moderator. Of those that no other one has in its past the lowest role is the account's,
//!   and the oldest of those granting it the appointment. Without any: member, appointed when it came in. The
//!   owner's appointment is the ownership operation.
//! - *Policy*. Of the policies that no other one has in its past, field by field the strictest. Without any, the founding one.
//! - *Frozen*. Two operations of one device with one run and number are *twins*, whether they count or not. A device is frozen if the
//!   view holds twins, until an addition of it (for the same account) has in its past every operation of the device in the
//!   view that has a twin in the view. Twins change nothing backwards: an author could else annul what others built on his word.
//! - *Outranks*. One member outranks another by a higher role, or, both moderators, by an older appointment.
//!
//! # 3. Who may do what
//!
//! An operation is *allowed* if, in the view of its causal past, nothing there destroyed the room, the author's account is a member that
//! has the author's device, unfrozen (both not asked of joins), and:
//!
//! | operation | allowed to | if |
//! |---|---|---|
//! | join | anybody | not banned, the device not frozen, and the account is a member; or the door is open, fewer than 100 members are in, and no closing (below) that has *struck* is concurrent |
//! | add | moderators | the account is not banned, and is a member; or the door is not locked and fewer than 100 members are in |
//! | remove | moderators | the target is a member whom the author outranks |
//! | remove oneself | anybody | except an owner without heir. The heir is the oldest moderator by appointment; else the member, else the viewer, with the oldest admission |
//! | ban | moderators | the target is not banned, not the author, and is no member or outranked by the author |
//! | unban | moderators | the target is banned |
//! | set a role | the owner; moderators | the target is a member other than the author, not the owner, and has another role. Moderators must outrank it and can only make members and viewers |
//! | set one's own role | moderators, members | to a lower one; not the owner |
//! | set the policy, rotate the floor | moderators | |
//! | transfer | the owner | the target is another member |
//! | destroy, snapshot | the owner | |
//!
//! "Moderators" includes the owner.
//!
//! # 4. Strong removal
//!
//! A removal or ban of another account, a role change of another account to a lower role, and every change of owner is a *strike*: on the
//! target, and on the author when the owner changes. A policy whose door is not open is a *closing*, a strike on those who
//! come in by the open door alone. What a strike hits does not count: operations of the struck account that are concurrent to
//! it, whatever they are; of a closing, concurrent joins of accounts that are no members in their own past. So nobody
//! can act on by back-dating. Strikes can hit each other, so they are taken one after the other:
//!
//! 1. Go through the set, past before future. An operation counts if it has struck already; else if no strike that has struck hits it and
//!    it is allowed.
//! 2. Among the strikes that count and have not struck yet, the most senior one strikes: the author's higher role, then the author's
//!    older appointment (both in the view of its past), then a change of owner before anything else, then the smaller hash. Then
//!    again from 1, until none is left.
//!
//! What has struck stays, as it was judged then: nothing junior undoes it. So of two who strike each other the senior one stays. It
//! ends, for every round settles a strike; and nothing in it depends on the order in which operations came. Leaving strikes nobody but
//! an owner: nobody can annul what others built on his word by leaving before it.
//!
//! # What it leaves out
//!
//! Delivery, floor secrets and keys, lifetimes of certificates, and dropping history: a room ends at 5,000 operations. Known
//! limits of any rule without a clock: an owner who gives the room away twice is believed once, by the smaller hash; joins may
//! pretend to be older than they are, which counts for nothing but who of the plain members inherits; concurrent admissions
//! may exceed 100 members, and then the list names the 100 by role and age.

mod age;
mod graph;
mod judge;
mod op_set;
mod pending;
mod questions;
mod roster;
mod standing;
mod verdicts;
mod view;

use milanio_identity::{AccountId, DeviceCert, DeviceId, Genesis};
use thiserror::Error;

pub use age::Age;
pub use graph::RootError;
pub use judge::Refusal;
pub use questions::{Removal, Rotation};
pub use roster::{DeviceStanding, Member, Roster};

use self::{graph::Graph, op_set::OpSet, pending::Pending, verdicts::Verdicts};
use crate::wire::{
    limits::DEPENDENCIES,
    message::RunId,
    operation::{Operation, OperationBody, OperationHash, Role, VerifiedOperation},
};

/// Operations in one room. Chosen: a year of a busy team, and the bound of what anybody can make a phone hold.
pub const MAX_OPERATIONS: usize = 5_000;
/// The last places, kept for moderators: whoever floods a room with operations must not be able to keep them from acting. Chosen.
pub const RESERVED_OPERATIONS: usize = 1_000;
/// Operations waiting for their dependencies; the oldest gives way. Chosen: a burst of a full room that arrives backwards.
pub const MAX_PENDING: usize = 256;
/// Members of a room, as in `core::room::limits`.
pub const MAX_MEMBERS: usize = 100;
/// Devices of one account, as in `core::room::limits`.
pub const MAX_DEVICES: usize = 5;

/// What became of an operation that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in the set, and so many others that had waited for it.
    New {
        /// How many others.
        others: usize,
    },
    /// It was there already.
    Known,
    /// It waits for dependencies: ask for [`Membership::missing`].
    Waiting,
}

/// Why an operation does not come into the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddError {
    /// It is not rooted. Its author is at fault.
    #[error("the operation is not rooted: {0}")]
    Root(#[from] RootError),
    /// There are [`MAX_OPERATIONS`], or for who is no moderator [`RESERVED_OPERATIONS`] fewer. Nobody is at fault.
    #[error("the room holds as many operations as it can")]
    Full,
}

/// The operations of one room and what follows from them.
///
/// Put operations in with [`add`](Self::add), read with [`roster`](Self::roster) and [`refusal`](Self::refusal), write with
/// [`draft`](Self::draft). What was added is judged when something is read.
#[derive(Clone, Debug)]
pub struct Membership {
    graph: Graph,
    pending: Pending,
    verdicts: Verdicts,
    roster: Roster,
}

impl Membership {
    /// The membership of the room founded by `genesis`, which must have been verified and match the room's code.
    pub fn new(genesis: &Genesis) -> Self {
        let graph = Graph::new(genesis);
        let verdicts = Verdicts::default();
        let roster = Roster::of(&verdicts.view(&graph, &OpSet::default()));
        Self { graph, pending: Pending::default(), verdicts, roster }
    }

    /// Puts an operation into the set, or aside while dependencies are missing. It must have been verified for this room.
    pub fn add(&mut self, operation: VerifiedOperation) -> Result<Added, AddError> {
        let hash = operation.hash();
        if self.graph.find(&hash).is_some() {
            return Ok(Added::Known);
        }
        if !self.graph.has_all(&operation.operation().dependencies) {
            self.pending.put(operation);
            return Ok(Added::Waiting);
        }
        self.insert(operation)?;
        let mut others = 0;
        let mut arrived = vec![hash];
        while let Some(hash) = arrived.pop() {
            for waiting in self.pending.take_waiting_for(&hash, |dependencies| self.graph.has_all(dependencies)) {
                let hash = waiting.hash();
                // Whoever sent it is not the one who sent this; it is dropped like any operation that is not rooted.
                if self.insert(waiting).is_ok() {
                    others += 1;
                    arrived.push(hash);
                }
            }
        }
        Ok(Added::New { others })
    }

    fn insert(&mut self, operation: VerifiedOperation) -> Result<(), AddError> {
        if self.graph.len() >= MAX_OPERATIONS {
            return Err(AddError::Full);
        }
        if self.graph.len() >= MAX_OPERATIONS - RESERVED_OPERATIONS {
            let author = operation.operation().account;
            if self.roster().role(&author) < Some(Role::Moderator) {
                return Err(AddError::Full);
            }
        }
        Ok(self.graph.insert(operation)?)
    }

    /// Who is in.
    pub fn roster(&mut self) -> &Roster {
        self.catch_up();
        &self.roster
    }

    /// Who was in, as far as the author of an operation knew, by what counts today. `None` for an unknown operation.
    pub fn roster_before(&mut self, operation: &OperationHash) -> Option<Roster> {
        self.catch_up();
        let entry = self.graph.entry(self.graph.find(operation)?);
        Some(Roster::of(&self.verdicts.view(&self.graph, &entry.past)))
    }

    /// Why an operation has no effect; `None` if it counts or is unknown.
    pub fn refusal(&mut self, operation: &OperationHash) -> Option<Refusal> {
        self.catch_up();
        self.verdicts.refusal(self.graph.find(operation)?)
    }

    fn catch_up(&mut self) {
        if self.verdicts.update(&self.graph) {
            self.roster = Roster::of(&self.verdicts.view(&self.graph, &self.graph.all()));
        }
    }

    /// Whether an operation is in the set.
    pub fn knows(&self, operation: &OperationHash) -> bool {
        self.graph.find(operation).is_some()
    }

    /// All operations, past before future: what a newcomer needs.
    pub fn operations(&self) -> impl Iterator<Item = &VerifiedOperation> {
        self.graph.entries().iter().map(|entry| &entry.operation)
    }

    /// The operations that none has in its past, sorted: whoever knows these knows all.
    pub fn heads(&self) -> Vec<OperationHash> {
        let mut heads: Vec<_> = self.graph.heads().map(|entry| entry.operation.hash()).collect();
        heads.sort_unstable();
        heads
    }

    /// Dependencies of waiting operations that are missing, at most [`MAX_PENDING`], sorted: what to ask for.
    pub fn missing(&self) -> Vec<OperationHash> {
        self.pending.missing(|hash| self.graph.find(hash).is_some())
    }

    /// The next operation of one's own run, on top of all that is known; of more than [`DEPENDENCIES`] heads the own one, those that
    /// know most of its author and of whom it is about, and the deepest: what they do not know it does not know.
    /// Whether it will count is told by [`refusal`](Self::refusal) once it is added.
    pub fn draft(&self, account: AccountId, device: DeviceId, run: RunId, body: OperationBody) -> Operation {
        let last = self.graph.last_of(device, run);
        let knows_last = |entry: &graph::Entry| last.is_some_and(|(index, _)| entry.knows_or_is(index));
        let mut heads: Vec<_> = self.graph.heads().collect();
        let about = [Some(account), target(&body)].into_iter().flatten().flat_map(|one| self.graph.about(&one));
        let about: Vec<_> = about.copied().collect();
        let lacks = |entry: &graph::Entry| about.iter().filter(|index| !entry.knows_or_is(**index)).count();
        heads.sort_by_key(|entry| {
            (!knows_last(entry), lacks(entry), std::cmp::Reverse(entry.age.depth), entry.age.hash)
        });
        let mut dependencies: Vec<_> = heads.into_iter().take(DEPENDENCIES).map(|entry| entry.age.hash).collect();
        dependencies.sort_unstable();
        let seq = last.map_or(0, |(_, seq)| seq).saturating_add(1);
        Operation { account, device, run, seq, dependencies, body }
    }
}

/// Whose standing an operation changes, if it is not its author's alone.
fn target(body: &OperationBody) -> Option<AccountId> {
    match body {
        OperationBody::Add(cert) => DeviceCert::from_bytes(cert).ok().map(|cert| cert.account()),
        OperationBody::Remove(account)
        | OperationBody::Ban(account)
        | OperationBody::Unban(account)
        | OperationBody::SetRole { account, .. }
        | OperationBody::Transfer(account) => Some(*account),
        OperationBody::Join(_)
        | OperationBody::SetPolicy(_)
        | OperationBody::FloorRotate { .. }
        | OperationBody::Destroy
        | OperationBody::Snapshot { .. } => None,
    }
}

#[cfg(test)]
mod tests;
