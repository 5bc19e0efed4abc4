//! What one account is in a view: section 2 of the rule, for one account.

use milanio_identity::{AccountId, DeviceId};

use super::{MAX_DEVICES, age::Age, graph::Entry, view::View};
use crate::wire::operation::{OperationBody, Role};

/// What an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it is kept out.
    pub(super) banned: bool,
    /// What it is inside, if it is.
    pub(super) inside: Option<Inside>,
}

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inside {
    /// Its role.
    pub(super) role: Role,
    /// Since when it has that role.
    pub(super) appointed: Age,
    /// Since when it is in.
    pub(super) since: Age,
    /// Its devices, at most [`MAX_DEVICES`].
    pub(super) devices: Vec<DeviceId>,
}

impl Standing {
    /// Reads what counts in `view` about `account`.
    pub(super) fn of(account: &AccountId, view: &View<'_>) -> Self {
        let about: Vec<&Entry> = view.counting(view.graph.about(account)).collect();
        let (owner, owned_since) = view.owner();
        let is_owner = owner == *account;
        let is_removal = |entry: &&Entry| matches!(entry.body(), OperationBody::Remove(_) | OperationBody::Ban(_));
        let removals = latest(about.iter().copied().filter(is_removal));
        let holds = |entry: &&&Entry| removals.iter().all(|removal| entry.past.contains(removal.index));
        let admissions: Vec<_> =
            about.iter().filter(holds).filter(|entry| entry.operation.admitted().is_some()).collect();
        let founding = (*account == view.graph.founder() && removals.is_empty()).then_some(Age::GENESIS);
        let oldest = admissions.iter().map(|entry| entry.age).chain(founding).min();
        let since = oldest.or(is_owner.then_some(owned_since));
        let inside = since.map(|since| {
            let (role, appointed) = if is_owner {
                (Role::Owner, owned_since)
            } else {
                granted(about.iter().copied().filter(|entry| holds(&entry))).unwrap_or((Role::Member, since))
            };
            Inside { role, appointed, since, devices: devices(&admissions) }
        });
        Self { banned: !is_owner && is_banned(&about), inside }
    }

    /// Its role, if it is inside.
    pub(super) fn role(&self) -> Option<Role> {
        self.inside.as_ref().map(|inside| inside.role)
    }
}

impl Inside {
    /// Whether this one may put `other` out.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        let is_older_moderator = self.role == Role::Moderator && self.appointed < other.appointed;
        self.role > other.role || (self.role == other.role && is_older_moderator)
    }
}

/// A ban counts until somebody who knows it takes it back.
fn is_banned(about: &[&Entry]) -> bool {
    let is_ban = |entry: &&&Entry| matches!(entry.body(), OperationBody::Ban(_));
    let is_unban = |entry: &&&Entry| matches!(entry.body(), OperationBody::Unban(_));
    about.iter().filter(is_ban).any(|ban| !about.iter().filter(is_unban).any(|unban| unban.past.contains(ban.index)))
}

/// The role that the latest grants give, and since when: of concurrent ones the lowest, of equal ones the oldest.
fn granted<'a>(about: impl DoubleEndedIterator<Item = &'a Entry>) -> Option<(Role, Age)> {
    let role = |entry: &Entry| match entry.body() {
        OperationBody::SetRole { role, .. } => Some(*role),
        OperationBody::Transfer(_) => Some(Role::Moderator),
        _ => None,
    };
    let grants = latest(about.filter(|entry| role(entry).is_some()));
    grants.into_iter().filter_map(|entry| Some((role(entry)?, entry.age))).min()
}

/// The youngest devices, each as old as its latest admission.
fn devices(admissions: &[&&Entry]) -> Vec<DeviceId> {
    let mut ages: Vec<(Age, DeviceId)> =
        admissions.iter().filter_map(|entry| Some((entry.age, entry.operation.admitted()?.device))).collect();
    ages.sort_unstable_by(|one, other| other.cmp(one));
    let mut devices = Vec::new();
    for (_, device) in ages {
        if devices.len() < MAX_DEVICES && !devices.contains(&device) {
            devices.push(device);
        }
    }
    devices
}

/// Those that no other of them has in its past. They come past before future.
pub(super) fn latest<'a>(entries: impl DoubleEndedIterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    let mut latest: Vec<&Entry> = Vec::new();
    for entry in entries.rev() {
        if !latest.iter().any(|later| later.past.contains(entry.index)) {
            latest.push(entry);
        }
    }
    latest
}
