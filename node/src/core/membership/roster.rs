//! The roster: what all operations together say. Plain data, equal for everybody who holds the same operations.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use milanio_identity::{AccountId, DeviceId};
use sha2::{Digest as _, Sha256};

use super::{
    MAX_MEMBERS,
    age::Age,
    standing::{Inside, Standing},
    view::View,
};
use crate::wire::operation::{Door, OperationBody, OperationHash, Role, RoomPolicy};

/// Who is in a room and under which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Who owns the room.
    pub owner: AccountId,
    /// Who is in, at most [`MAX_MEMBERS`].
    pub members: BTreeMap<AccountId, Member>,
    /// Who is kept out.
    pub banned: BTreeSet<AccountId>,
    /// Who may do what.
    pub policy: RoomPolicy,
    /// The latest floor rotations with the commitments to their secrets. Of more than one, the first is to be used for sending.
    pub floor: BTreeMap<OperationHash, [u8; 32]>,
    /// Whether the owner ended the room.
    pub destroyed: bool,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub role: Role,
    /// Since when it is in.
    pub since: Age,
    /// Its devices, at most [`MAX_DEVICES`](super::MAX_DEVICES).
    pub devices: BTreeMap<DeviceId, DeviceStanding>,
}

/// Whether a device's operations count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStanding {
    /// They do.
    Good,
    /// It contradicted itself: they do not, until a moderator adds it again.
    Frozen,
}

impl Roster {
    /// What `view` says.
    pub(super) fn of(view: &View<'_>) -> Self {
        let mut banned = BTreeSet::new();
        let mut inside = Vec::new();
        for (account, standing) in view.standings() {
            let Standing { banned: is_banned, inside: is_inside } = standing;
            if is_banned {
                banned.insert(account);
            }
            inside.extend(is_inside.map(|inside| (account, inside)));
        }
        inside.sort_by_key(|(_, inside)| (Reverse(inside.role), inside.since));
        inside.truncate(MAX_MEMBERS);
        let member = |(account, inside): (AccountId, Inside)| {
            let standing = |device| match view.is_frozen(account, device) {
                true => DeviceStanding::Frozen,
                false => DeviceStanding::Good,
            };
            let devices = inside.devices.iter().map(|device| (*device, standing(*device))).collect();
            (account, Member { role: inside.role, since: inside.since, devices })
        };
        let rotation = |(hash, body): (OperationHash, &OperationBody)| match body {
            OperationBody::FloorRotate { commitment } => Some((hash, *commitment)),
            _ => None,
        };
        let rotations = view.rotations();
        Self {
            owner: view.owner().0,
            members: inside.into_iter().map(member).collect(),
            banned,
            policy: view.policy(),
            floor: rotations.iter().filter_map(|entry| rotation((entry.age.hash, entry.body()))).collect(),
            destroyed: view.is_destroyed(),
        }
    }

    /// The role of `account`; `None` for who is not in.
    pub fn role(&self, account: &AccountId) -> Option<Role> {
        self.members.get(account).map(|member| member.role)
    }

    /// Whether `device` may speak for `account`.
    pub fn speaks_for(&self, account: &AccountId, device: &DeviceId) -> bool {
        let standing = self.members.get(account).and_then(|member| member.devices.get(device));
        standing == Some(&DeviceStanding::Good)
    }

    /// Names this roster: SHA-256 over fixed layouts of all fields in order, each list with its length (4, big-endian) in front.
    ///
    /// `owner(32) | members: account(32) role(1) depth(4) hash(32) devices: device(32) frozen(1) | banned: account(32) |
    /// door, speak, share, chat, history(1 each) | floor: hash(32) commitment(32) | destroyed(1)`.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        hasher.update(self.owner.as_bytes());
        hasher.update(length(self.members.len()));
        for (account, member) in &self.members {
            hasher.update(account.as_bytes());
            hasher.update([role_byte(member.role)]);
            hasher.update(member.since.depth.to_be_bytes());
            hasher.update(member.since.hash.0);
            hasher.update(length(member.devices.len()));
            for (device, standing) in &member.devices {
                hasher.update(device.as_bytes());
                hasher.update([u8::from(*standing == DeviceStanding::Frozen)]);
            }
        }
        hasher.update(length(self.banned.len()));
        self.banned.iter().for_each(|account| hasher.update(account.as_bytes()));
        let RoomPolicy { door, speak, share, chat, history } = self.policy;
        hasher.update([door_byte(door), role_byte(speak), role_byte(share), role_byte(chat), u8::from(history)]);
        hasher.update(length(self.floor.len()));
        for (hash, commitment) in &self.floor {
            hasher.update(hash.0);
            hasher.update(commitment);
        }
        hasher.update([u8::from(self.destroyed)]);
        hasher.finalize().into()
    }
}

/// A role's number in a digest: its place in the order, as on the wire.
const fn role_byte(role: Role) -> u8 {
    match role {
        Role::Viewer => 0,
        Role::Member => 1,
        Role::Moderator => 2,
        Role::Owner => 3,
    }
}

/// A door's number in a digest: its place in the order, as on the wire.
const fn door_byte(door: Door) -> u8 {
    match door {
        Door::Open => 0,
        Door::Lobby => 1,
        Door::Locked => 2,
    }
}
