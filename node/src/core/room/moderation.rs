//! What those who may decide do: let in, put out, change roles and policy, ask something of a device.

use milanio_identity::{AccountId, DeviceId};
use thiserror::Error;

use super::Room;
use crate::{
    core::{membership::Refusal, time::Timestamp},
    wire::{
        floor::Ask,
        operation::{Role, RoomPolicy},
    },
};

/// One act of moderation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moderation {
    /// Let in who waits at the door.
    Admit(DeviceId),
    /// Let in everybody who waits at the door.
    AdmitAll,
    /// Tell who waits at the door that the answer is no.
    Decline(DeviceId),
    /// Put an account out. It can come back as anybody can.
    Remove(AccountId),
    /// Put an account out, or keep it out, for good.
    Ban(AccountId),
    /// Take a ban back.
    Unban(AccountId),
    /// Give a member another role.
    SetRole {
        /// Whom.
        account: AccountId,
        /// Which; never [`Role::Owner`], which is given by [`Moderation::Transfer`].
        role: Role,
    },
    /// Change who may come in, and what those inside may do.
    SetPolicy(RoomPolicy),
    /// Make a member the owner.
    Transfer(AccountId),
    /// End the room for everybody.
    Destroy,
    /// Ask something of a device.
    Ask {
        /// Whom.
        device: DeviceId,
        /// What.
        what: Ask,
    },
}

/// Why an act of moderation is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ModerateError {
    /// This device has not entered the room, has left it, or does not know the room's genesis yet: the caller is at fault.
    #[error("only members who are in the room moderate it")]
    NotEntered,
    /// It is not allowed to this account, or does not fit who it is about: the caller is at fault.
    #[error("it is not allowed: {0}")]
    NotAllowed(Refusal),
    /// Whom it is about is not at the door, or not in the room (any more): nobody is at fault.
    #[error("whom it is about is not there")]
    NotThere,
    /// The room holds as many operations as it can, or more than the wire allows: nobody is at fault.
    #[error("the room holds no more operations")]
    Full,
}

/// Commands of those who may decide.
impl Room {
    /// Does one act of moderation, if it is allowed.
    pub fn moderate(&mut self, _act: Moderation, _now: Timestamp) -> Result<(), ModerateError> {
        Err(ModerateError::NotEntered)
    }
}
