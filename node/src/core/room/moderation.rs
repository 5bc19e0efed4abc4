//! What those who may decide do: let in, put out, change roles and policy, ask something of a device.

use milanio_identity::{AccountId, DeviceId};
use thiserror::Error;

use super::{Room, RoomEvent, limits::MAX_AUTHORS};
use crate::{
    core::{membership::Refusal, time::Timestamp},
    wire::{
        floor::{Ask, AskDevice},
        limits::FRAME_WINDOW,
        message::FloorBody,
        operation::{Door, OperationBody, OperationHash, Role, RoomPolicy},
    },
};

/// One act of moderation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moderation {
    /// Let in who waits at the door.
    Admit(DeviceId),
    /// Let in everybody who waits at the door, except who was shut out for contradicting itself.
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
    /// This account decides, and cannot show it to somebody at the door, who would go on knocking: nobody is at fault.
    #[error("the right to it cannot be shown at the door")]
    NotShown,
    /// The room holds as many operations as it can, or more than the wire allows: nobody is at fault.
    #[error("the room holds no more operations")]
    Full,
}

/// Commands of those who may decide.
impl Room {
    /// Does one act of moderation, if it is allowed.
    pub fn moderate(&mut self, act: Moderation, now: Timestamp) -> Result<(), ModerateError> {
        if !self.is_inside() || self.ledger.is_none() {
            return Err(ModerateError::NotEntered);
        }
        let done = match act {
            Moderation::Admit(device) => self.admit(device, now),
            Moderation::AdmitAll => self.admit_all(now),
            Moderation::Decline(device) => self.decline(device, now),
            // The room ends with one's own removal, so that is said first; and nobody who is out makes a floor.
            Moderation::Remove(account) if account == self.account => self.decide(OperationBody::Remove(account), now),
            Moderation::Remove(account) => self.put_out(OperationBody::Remove(account), now),
            Moderation::Ban(account) => self.put_out(OperationBody::Ban(account), now),
            Moderation::Unban(account) => self.decide(OperationBody::Unban(account), now),
            Moderation::SetRole { account, role } => self.decide(OperationBody::SetRole { account, role }, now),
            Moderation::SetPolicy(policy) if policy.door != Door::Open => {
                self.put_out(OperationBody::SetPolicy(policy), now)
            }
            Moderation::SetPolicy(policy) => self.decide(OperationBody::SetPolicy(policy), now),
            Moderation::Transfer(account) => self.decide(OperationBody::Transfer(account), now),
            Moderation::Destroy => self.decide(OperationBody::Destroy, now),
            Moderation::Ask { device, what } => self.ask(device, what, now),
        };
        self.run_due(now);
        done
    }

    /// States an operation, and says it where others are reached until then.
    pub(super) fn decide(&mut self, body: OperationBody, now: Timestamp) -> Result<(), ModerateError> {
        let floor = self.floors.reached();
        let hash = self.state(body, now)?;
        if let Some(floor) = floor {
            self.say_unsaid(floor, now);
        }
        self.membership_changed(&[hash], now);
        Ok(())
    }

    /// States an operation that makes an outsider of somebody who knows the floor: a new floor follows at once.
    fn put_out(&mut self, body: OperationBody, now: Timestamp) -> Result<(), ModerateError> {
        let hash = self.state(body, now)?;
        // Those who are out must not get the new secret, so they are seen to be out first.
        self.membership_changed(&[hash], now);
        self.rotate(now)
    }

    pub(super) fn state(&mut self, body: OperationBody, now: Timestamp) -> Result<OperationHash, ModerateError> {
        let ledger = self.ledger.as_mut().ok_or(ModerateError::NotEntered)?;
        let operation = ledger.state(body, &self.device)?;
        self.exchange.knows(ledger.digest(), false, now);
        self.say_operation(operation.as_bytes().to_vec());
        Ok(operation.hash())
    }

    fn ask(&mut self, device: DeviceId, what: Ask, now: Timestamp) -> Result<(), ModerateError> {
        if self.own_role() < Some(Role::Moderator) {
            return Err(ModerateError::NotAllowed(Refusal::NoRight));
        }
        if self.roster.find(&device).is_none() {
            return Err(ModerateError::NotThere);
        }
        let said = self.say_time(now);
        self.say(&FloorBody::Ask(AskDevice { to: device, what, said }), now).map(drop).ok_or(ModerateError::NotThere)
    }

    /// A device asks something of this one: heard from moderators alone, and once.
    pub(super) fn hear_ask(&mut self, from: DeviceId, ask: AskDevice, now: Timestamp) {
        let is_moderator = self.roster.find(&from).is_some_and(|member| member.role >= Role::Moderator);
        let is_fresh = ask.said.distance(self.room_time(now)) <= FRAME_WINDOW;
        if ask.to != self.me || !self.is_inside() || !is_moderator || !is_fresh {
            return;
        }
        if !self.asked.insert((ask.said, from)) {
            return;
        }
        if self.asked.len() > MAX_AUTHORS {
            self.asked.pop_first();
        }
        if ask.what == Ask::LowerHand {
            self.set_hand(false, now);
        }
        self.events.push_back(RoomEvent::Asked { by: from, what: ask.what });
    }
}
