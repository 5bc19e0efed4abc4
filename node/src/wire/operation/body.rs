//! What an operation may do, as it is encoded: roles, policies, and the kinds of operations.
//!
//! Who may do which of them is left to `core::membership`.

use milanio_identity::{AccountId, Genesis, Policy};
use serde::{Deserialize, Serialize};

use crate::wire::{
    codec::{Checked, LimitError},
    limits,
};

/// What an account is in a room. A higher one may do all that a lower one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Sees and hears.
    Viewer,
    /// Takes part.
    Member,
    /// Decides who is in and what they may do.
    Moderator,
    /// Appoints moderators. There is one owner at any moment.
    Owner,
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Door {
    /// Whoever has the code, by a join of their own.
    Open,
    /// Whoever has the code and is added by a moderator.
    Lobby,
    /// Nobody new.
    Locked,
}

impl From<Policy> for Door {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Open => Self::Open,
            Policy::Lobby => Self::Lobby,
            Policy::Locked => Self::Locked,
        }
    }
}

/// Who may come in, and what those inside may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPolicy {
    /// Who may come in.
    pub door: Door,
    /// The lowest role that may switch on camera and microphone.
    pub speak: Role,
    /// The lowest role that may share its screen.
    pub share: Role,
    /// The lowest role that may write.
    pub chat: Role,
    /// Who comes is handed what was said before they came.
    pub history: bool,
}

impl RoomPolicy {
    /// The policy a room begins with: the genesis says who may come in; members may do everything, viewers may write. Nobody is
    /// handed what was said before they came.
    pub fn founding(genesis: &Genesis) -> Self {
        Self::plain(genesis.policy.into())
    }

    /// As [`RoomPolicy::founding`], behind this door.
    pub const fn plain(door: Door) -> Self {
        Self { door, speak: Role::Member, share: Role::Member, chat: Role::Viewer, history: false }
    }

    /// What both allow.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        Self {
            door: self.door.max(other.door),
            speak: self.speak.max(other.speak),
            share: self.share.max(other.share),
            chat: self.chat.max(other.chat),
            history: self.history && other.history,
        }
    }
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationBody {
    /// "I come in": the author's own device certificate, as `DeviceCert::to_bytes` gives it.
    Join(Vec<u8>),
    /// Lets in whom this device certificate names, or lets a frozen device act again.
    Add(Vec<u8>),
    /// Puts an account out; the author's own: leaves.
    Remove(AccountId),
    /// Puts an account out and keeps it out.
    Ban(AccountId),
    /// Takes a ban back.
    Unban(AccountId),
    /// Gives a member another role; never [`Role::Owner`].
    SetRole {
        /// Whom.
        account: AccountId,
        /// Which.
        role: Role,
    },
    /// Replaces the policy.
    SetPolicy(RoomPolicy),
    /// Makes a member the owner and the author a moderator.
    Transfer(AccountId),
    /// Announces a new floor secret.
    FloorRotate {
        /// SHA-256 of the secret, so that nobody can hand out another one under this operation.
        commitment: [u8; 32],
    },
    /// Ends the room.
    Destroy,
    /// States who is in.
    Snapshot {
        /// The digest of the roster that the operation's causal past makes.
        roster: [u8; 32],
    },
}

impl Checked for OperationBody {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Join(cert) | Self::Add(cert) if cert.len() != limits::CERT_BYTES => Err(LimitError::Cert),
            Self::SetRole { role: Role::Owner, .. } => Err(LimitError::Role),
            _ => Ok(()),
        }
    }
}
