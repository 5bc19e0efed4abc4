//! What a room tells: who is there, what they say, and how the room itself is.

use milanio_identity::{AccountId, DeviceId, SignedGenesis};

use crate::{
    core::time::RoomTime,
    wire::{
        entry::Entry,
        message::{MediaState, MessageId, RunId},
        signal::Signal,
    },
};

/// Something that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// The room's genesis is known and is the one the code commits to. Once.
    Ready(Box<SignedGenesis>),
    /// The registry does not know the room and nobody in it answers. The search goes on quietly; `Ready` may still come.
    NoSuchRoom,
    /// The registry cannot be reached. The search goes on; told once until it answers again.
    RegistryUnreachable,
    /// The local clock is wrong by more than 5 minutes. The room works all the same. Once.
    ClockWrong,
    /// Somebody is there (also told while only observing).
    MemberJoined(Member),
    /// A member's name, mark, media state, or being away is different now.
    MemberChanged(Member),
    /// Somebody is no longer there.
    MemberLeft {
        /// Who.
        device: DeviceId,
        /// In which run.
        run: RunId,
        /// Why.
        reason: Departure,
    },
    /// A message, one's own included. Each is told once; show them by [`ChatMessage::order`].
    Chat(Box<ChatMessage>),
    /// An own message could not go out yet and waits.
    ChatWaiting(MessageId),
    /// An own message has gone out.
    ChatSent(MessageId),
    /// Messages of this author will never come: they are gone, or their author is.
    ChatMissing {
        /// Who wrote them.
        author: DeviceId,
        /// How many.
        count: u32,
    },
    /// A call signal for this device.
    Signal {
        /// From whom: a member, told before.
        from: DeviceId,
        /// What it says.
        signal: Signal,
        /// SHA-256 of the encoded signal: what an answer binds an offer by.
        hash: [u8; 32],
    },
    /// A member began to write something, or stopped. Nobody writes who is gone.
    Typing {
        /// Who.
        device: DeviceId,
        /// Writing (true) or not any more.
        on: bool,
    },
}

/// Why somebody is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// They said goodbye.
    Left,
    /// Nothing was heard of them for too long, and no media is alive.
    Silent,
    /// The same device came back in a new run, which joins next.
    Restarted,
    /// Their certificate has run out.
    Expired,
}

/// A member as the others see them.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// The device.
    pub device: DeviceId,
    /// The account the device belongs to, by a verified certificate.
    pub account: AccountId,
    /// The run of the app on that device.
    pub run: RunId,
    /// One of the servers that count attests that the account's owner reads mail at some address. Says nothing about the name.
    pub verified: bool,
    /// The name to show: what they call themselves, nothing more.
    pub name: String,
    /// What is switched on.
    pub media: MediaState,
    /// Their page is hidden.
    pub away: bool,
    /// When they entered, by their clock.
    pub entered: RoomTime,
    /// They entered after this device did, so this device calls them. Of two members exactly one sees the other so, and for
    /// somebody who only observes it is false.
    pub joined_after_me: bool,
}

/// A chat message.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Its name for ever; `id.device` is the author.
    pub id: MessageId,
    /// The author's account.
    pub account: AccountId,
    /// The author's name when it came.
    pub name: String,
    /// Lamport time: later than everything the author had seen.
    pub lamport: u64,
    /// When the author wrote it, by the author's clock; for display alone.
    pub written: RoomTime,
    /// What it says. Never [`Entry::Private`]: what was sealed is open here.
    pub entry: Entry,
    /// Only this account can read it, besides the author.
    pub private: Option<AccountId>,
    /// Written here.
    pub own: bool,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names are in no log.
        f.debug_struct("Member").field("device", &self.device).field("run", &self.run).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ChatMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nor is what people write.
        f.debug_struct("ChatMessage").field("id", &self.id).field("own", &self.own).finish_non_exhaustive()
    }
}

impl ChatMessage {
    /// Where it stands among the others, the same for everybody: causal position, then id.
    pub fn order(&self) -> (u64, MessageId) {
        (self.lamport, self.id)
    }

    /// The text that was said; empty for what is no text of its own.
    pub fn text(&self) -> &str {
        match &self.entry {
            Entry::Text { text, .. } => text,
            _ => "",
        }
    }
}
