//! What an operation may do, judged by what its author knew: section 3 of the rule, and who is struck by it.

use std::cmp::Reverse;

use milanio_identity::AccountId;
use thiserror::Error;

use super::{
    age::Age,
    graph::Entry,
    standing::{Inside, Standing},
    view::View,
};
use crate::wire::operation::{Door, OperationBody, Role};

/// Why an operation has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Refusal {
    /// Its author was put out, demoted or kept out by somebody who did not know it.
    #[error("its author was struck by somebody who did not know it")]
    Struck,
    /// The room had been ended.
    #[error("the room had been ended")]
    Destroyed,
    /// Its author was no member, or not by this device.
    #[error("its author was no member")]
    NotAMember,
    /// Its device had contradicted itself.
    #[error("its device was frozen")]
    Frozen,
    /// The author's role does not allow it.
    #[error("its author had no right to it")]
    NoRight,
    /// It does not fit who it is about: not there, not outranked, or so already.
    #[error("it does not fit who it is about")]
    Target,
    /// Whom it lets in is banned.
    #[error("who comes in is banned")]
    Banned,
    /// The door is not open to whom it lets in.
    #[error("the door is closed")]
    Door,
    /// There are as many members as there can be.
    #[error("the room is full")]
    Full,
    /// An owner cannot leave a room in which nobody else is.
    #[error("nobody could take the room over")]
    NoHeir,
}

/// What an allowed operation does to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// How senior its author is.
    pub(super) rank: Rank,
    /// Whom it strikes.
    pub(super) strike: Option<Strike>,
    /// Whom it makes owner.
    pub(super) owner: Option<AccountId>,
    /// Whether it is a join by the open door alone.
    pub(super) by_open_door: bool,
}

/// Seniority: the more senior is the smaller.
pub(super) type Rank = (Reverse<Option<Role>>, Age);

/// Whose concurrent operations do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strike {
    /// Those of an account.
    Account(AccountId),
    /// Joins by the open door.
    OpenDoor,
}

/// Whether the author of `entry` may do what it does, in the `view` of its past.
pub(super) fn judge(entry: &Entry, view: &View<'_>) -> Result<Effect, Refusal> {
    if view.is_destroyed() {
        return Err(Refusal::Destroyed);
    }
    let author = entry.author();
    let standing = view.standing(&author);
    if view.is_frozen(author, entry.device()) {
        return Err(Refusal::Frozen);
    }
    if matches!(entry.body(), OperationBody::Join(_)) {
        return join(&standing, view);
    }
    let inside = standing.inside.as_ref().filter(|inside| inside.devices.contains(&entry.device()));
    let case = Case { author, own: inside.ok_or(Refusal::NotAMember)?, view };
    match entry.body() {
        OperationBody::Join(_) => join(&standing, view),
        OperationBody::Add(_) => case.add(entry.operation.admitted().map(|admitted| admitted.account)),
        OperationBody::Remove(target) if *target == author => case.leave(),
        OperationBody::Remove(target) => case.remove(*target),
        OperationBody::Ban(target) => case.ban(*target),
        OperationBody::Unban(target) => case.unban(*target),
        OperationBody::SetRole { account, role } => case.set_role(*account, *role),
        OperationBody::SetPolicy(policy) => {
            case.needs(Role::Moderator)?;
            Ok(case.striking((policy.door != Door::Open).then_some(Strike::OpenDoor)))
        }
        OperationBody::Transfer(target) => case.transfer(*target),
        OperationBody::FloorRotate { .. } => case.plain(Role::Moderator),
        OperationBody::Destroy | OperationBody::Snapshot { .. } => case.plain(Role::Owner),
    }
}

fn join(standing: &Standing, view: &View<'_>) -> Result<Effect, Refusal> {
    if standing.banned {
        return Err(Refusal::Banned);
    }
    let by_open_door = standing.inside.is_none();
    if by_open_door {
        if view.policy().door != Door::Open {
            return Err(Refusal::Door);
        }
        if !view.has_room() {
            return Err(Refusal::Full);
        }
    }
    Ok(Effect { rank: (Reverse(standing.role()), Age::GENESIS), strike: None, owner: None, by_open_door })
}

/// An operation by a member.
struct Case<'a> {
    author: AccountId,
    own: &'a Inside,
    view: &'a View<'a>,
}

impl Case<'_> {
    fn needs(&self, role: Role) -> Result<(), Refusal> {
        if self.own.role >= role { Ok(()) } else { Err(Refusal::NoRight) }
    }

    fn striking(&self, strike: Option<Strike>) -> Effect {
        let rank = (Reverse(Some(self.own.role)), self.own.appointed);
        Effect { rank, strike, owner: None, by_open_door: false }
    }

    /// Gives the room to `heir`, and strikes the author.
    fn handing_over(&self, heir: AccountId) -> Effect {
        Effect { owner: Some(heir), ..self.striking(Some(Strike::Account(self.author))) }
    }

    fn plain(&self, role: Role) -> Result<Effect, Refusal> {
        self.needs(role)?;
        Ok(self.striking(None))
    }

    fn add(&self, target: Option<AccountId>) -> Result<Effect, Refusal> {
        self.needs(Role::Moderator)?;
        let standing = self.view.standing(&target.ok_or(Refusal::Target)?);
        if standing.banned {
            return Err(Refusal::Banned);
        }
        if standing.inside.is_none() {
            if self.view.policy().door == Door::Locked {
                return Err(Refusal::Door);
            }
            if !self.view.has_room() {
                return Err(Refusal::Full);
            }
        }
        Ok(self.striking(None))
    }

    fn leave(&self) -> Result<Effect, Refusal> {
        if self.own.role != Role::Owner {
            return Ok(self.striking(None));
        }
        self.view.heir().map(|heir| self.handing_over(heir)).ok_or(Refusal::NoHeir)
    }

    fn remove(&self, target: AccountId) -> Result<Effect, Refusal> {
        self.needs(Role::Moderator)?;
        match self.view.standing(&target).inside {
            Some(inside) if self.own.outranks(&inside) => Ok(self.striking(Some(Strike::Account(target)))),
            _ => Err(Refusal::Target),
        }
    }

    fn ban(&self, target: AccountId) -> Result<Effect, Refusal> {
        self.needs(Role::Moderator)?;
        let standing = self.view.standing(&target);
        let is_above = standing.inside.is_some_and(|inside| !self.own.outranks(&inside));
        if standing.banned || is_above {
            Err(Refusal::Target)
        } else {
            Ok(self.striking(Some(Strike::Account(target))))
        }
    }

    fn unban(&self, target: AccountId) -> Result<Effect, Refusal> {
        self.needs(Role::Moderator)?;
        if self.view.standing(&target).banned { Ok(self.striking(None)) } else { Err(Refusal::Target) }
    }

    fn set_role(&self, target: AccountId, role: Role) -> Result<Effect, Refusal> {
        if target == self.author {
            let may = self.own.role != Role::Owner && role < self.own.role;
            return if may { Ok(self.striking(None)) } else { Err(Refusal::NoRight) };
        }
        self.needs(Role::Moderator)?;
        if self.own.role != Role::Owner && role > Role::Member {
            return Err(Refusal::NoRight);
        }
        match self.view.standing(&target).inside {
            Some(inside) if self.own.outranks(&inside) && inside.role != role => {
                Ok(self.striking((role < inside.role).then_some(Strike::Account(target))))
            }
            _ => Err(Refusal::Target),
        }
    }

    fn transfer(&self, target: AccountId) -> Result<Effect, Refusal> {
        self.needs(Role::Owner)?;
        if target == self.author || self.view.standing(&target).inside.is_none() {
            return Err(Refusal::Target);
        }
        Ok(self.handing_over(target))
    }
}
