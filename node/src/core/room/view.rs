//! The roster as a page shows it: who belongs to the room, and what may be done by whom.

use std::collections::BTreeSet;

use milanio_identity::AccountId;

use crate::{
    core::membership::{Age, DeviceStanding, Membership},
    wire::operation::{Role, RoomPolicy},
};

/// Who belongs to the room and may do what, as this device knows it. Belonging is not being there: see
/// [`Member`](super::Member).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterView {
    /// What this account is; `None` while it is not in.
    pub own: Option<Role>,
    /// Who owns the room.
    pub owner: AccountId,
    /// Who takes over when the owner leaves for good.
    pub heir: Option<AccountId>,
    /// Who may do what.
    pub policy: RoomPolicy,
    /// Everybody who belongs to the room: by role, highest first, then by how long.
    pub members: Vec<Listed>,
    /// Who is kept out.
    pub banned: BTreeSet<AccountId>,
    /// Names all of this: the same digest, the same roster ([`Roster::digest`](crate::core::membership::Roster::digest)).
    pub digest: [u8; 32],
}

/// An account that belongs to the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub account: AccountId,
    /// What it is.
    pub role: Role,
    /// Since when: smaller is longer.
    pub since: Age,
    /// One of its devices contradicted itself and is frozen.
    pub frozen: bool,
    /// This account may put it out and change its role.
    pub outranked: bool,
}

impl RosterView {
    /// What `membership` says to `own`.
    pub(super) fn of(membership: &mut Membership, own: AccountId) -> Self {
        let roster = membership.roster().clone();
        let outranked: BTreeSet<_> =
            roster.members.keys().filter(|account| membership.outranks(&own, account)).copied().collect();
        let listed = |(account, member): (&AccountId, &crate::core::membership::Member)| Listed {
            account: *account,
            role: member.role,
            since: member.since,
            frozen: member.devices.values().any(|standing| *standing == DeviceStanding::Frozen),
            outranked: outranked.contains(account),
        };
        let mut members: Vec<_> = roster.members.iter().map(listed).collect();
        members.sort_by_key(|member| (std::cmp::Reverse(member.role), member.since));
        Self {
            own: roster.role(&own),
            owner: roster.owner,
            heir: membership.heir(),
            digest: roster.digest(),
            policy: roster.policy,
            members,
            banned: roster.banned,
        }
    }

    /// Whether this account decides who comes in, who goes, and what may be done.
    pub fn may_moderate(&self) -> bool {
        self.own >= Some(Role::Moderator)
    }

    /// One account that belongs to the room.
    pub fn find(&self, account: &AccountId) -> Option<&Listed> {
        self.members.iter().find(|member| member.account == *account)
    }
}
