//! What the user of a room writes: entries for everybody or for one account, and that something is being written.

use milanio_identity::{AccountId, EphemeralPublic};
use thiserror::Error;

use super::{ChatMessage, Room, RoomEvent, outbox::Draft, private};
use crate::{
    core::time::Timestamp,
    wire::{
        codec::{Checked as _, LimitError},
        entry::Entry,
        message::{Chat, FloorBody, MessageId},
    },
};

/// Why a chat message is not taken. The caller is at fault, except where it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendChatError {
    /// This device has not entered the room, or has left it.
    #[error("only members write")]
    NotEntered,
    /// Only higher roles write in this room.
    #[error("this role does not write here")]
    NotAllowed,
    /// There is no text but white space.
    #[error("the message is empty")]
    Empty,
    /// The text is longer than `wire::limits::CHAT_BYTES`, or a private one than `wire::limits::PRIVATE_BYTES`.
    #[error("the message is too long")]
    TooLong,
    /// The entry is none that can be sent: no emoji, or no message that it could be about.
    #[error("the entry breaks a limit: {0}")]
    Limit(LimitError),
    /// Nobody of the account that a private message is for is in the room (any more): nobody is at fault.
    #[error("who it is for is not in the room")]
    NotThere,
    /// Too many messages wait for a connection, or were written too fast. Nobody is at fault: try again later.
    #[error("too many messages wait already")]
    TooManyWaiting,
}

/// Commands of the user who writes.
impl Room {
    /// [`Room::send_entry`] of a plain text to everybody.
    pub fn send_chat(&mut self, text: &str, now: Timestamp) -> Result<MessageId, SendChatError> {
        self.send_entry(Entry::text(text), None, now)
    }

    /// Takes an entry to be sent, at once or when the connection is there; told as an event too. `to`: only the devices of
    /// this account, as far as they are in the room when it goes out, can read it. Returns its name.
    pub fn send_entry(
        &mut self,
        entry: Entry,
        to: Option<AccountId>,
        now: Timestamp,
    ) -> Result<MessageId, SendChatError> {
        if !self.is_inside() {
            return Err(SendChatError::NotEntered);
        }
        let role = self.own_role();
        if self.ledger.as_mut().is_some_and(|ledger| role.is_some_and(|role| role < ledger.policy().chat)) {
            return Err(SendChatError::NotAllowed);
        }
        let entry = sendable(entry)?;
        if let Some(account) = to {
            if !private::fits(&entry) {
                return Err(SendChatError::TooLong);
            }
            if self.ephemerals_of(account).is_empty() {
                return Err(SendChatError::NotThere);
            }
        }
        let seq = self.outbox.next_seq().ok_or(SendChatError::TooManyWaiting)?;
        self.lamport = self.lamport.saturating_add(1);
        let chat = Chat { seq, lamport: self.lamport, written: self.room_time(now), entry, proof: None };
        let is_handed_on = self.hands_on();
        self.outbox.write(Draft { chat: chat.clone(), to, is_handed_on });
        self.typing.sent();
        self.tell_own_chat(chat, to);
        self.run_due(now);
        let id = self.own_message(seq);
        if self.outbox.is_waiting(seq) {
            self.events.push_back(RoomEvent::ChatWaiting(id));
        }
        Ok(id)
    }

    /// Something is being written for everybody: call it with every letter, it is said now and then.
    pub fn type_on(&mut self, now: Timestamp) {
        if self.is_inside() && self.connected && self.typing.say(now) {
            self.say(&FloorBody::Typing(self.run), now);
        }
        self.run_due(now);
    }

    /// What is written from here on comes after everything up to this Lamport time, which was seen in an earlier visit.
    pub fn resume_after(&mut self, lamport: u64) {
        self.lamport = self.lamport.max(lamport);
    }
}

impl Room {
    /// What goes out for a draft: the draft itself, or sealed to whom it is for.
    pub(super) fn address(&mut self, draft: Draft) -> Option<Chat> {
        let Draft { chat, to, is_handed_on } = draft;
        let Some(account) = to else { return Some(self.prove(chat, is_handed_on)) };
        let targets = self.ephemerals_of(account);
        let id = self.own_message(chat.seq);
        let entry = private::seal(self.room_id, id, &chat.entry, &targets, &mut self.rng)?;
        Some(self.prove(Chat { entry, ..chat }, is_handed_on))
    }

    /// What can be sealed to of this account: of its devices that are in the room.
    pub(super) fn ephemerals_of(&self, account: AccountId) -> Vec<EphemeralPublic> {
        let theirs = self.roster.members().filter(|member| member.account == account);
        theirs.filter_map(|member| self.roster.ephemeral(&member.device)).collect()
    }

    fn tell_own_chat(&mut self, chat: Chat, private: Option<AccountId>) {
        self.events.push_back(RoomEvent::Chat(Box::new(ChatMessage {
            id: self.own_message(chat.seq),
            account: self.account,
            name: self.name.clone(),
            lamport: chat.lamport,
            written: chat.written,
            entry: chat.entry,
            private,
            own: true,
        })));
    }
}

/// The entry as it may be sent: texts without outer white space.
fn sendable(entry: Entry) -> Result<Entry, SendChatError> {
    let entry = match entry {
        Entry::Text { text, reply_to } => Entry::Text { text: trimmed(text)?, reply_to },
        Entry::Edit { of, text } => Entry::Edit { of, text: trimmed(text)? },
        Entry::Private(_) => return Err(SendChatError::Limit(LimitError::Private)),
        other => other,
    };
    match entry.check() {
        Ok(()) => Ok(entry),
        Err(LimitError::Text) => Err(SendChatError::TooLong),
        Err(error) => Err(SendChatError::Limit(error)),
    }
}

fn trimmed(text: String) -> Result<String, SendChatError> {
    let text = text.trim();
    if text.is_empty() { Err(SendChatError::Empty) } else { Ok(text.to_owned()) }
}
