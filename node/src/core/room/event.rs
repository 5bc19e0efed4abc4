//! What a room tells: who is there, what they say, and how the room itself is.

use milanio_identity::{AccountId, DeviceId, SignedGenesis};

use super::{exchange::Apart, floors::KeptFloor, view::RosterView};
use crate::{
    core::time::RoomTime,
    wire::{
        door::RefusalReason,
        entry::Entry,
        file::FileSignal,
        floor::Ask,
        message::{MediaState, MessageId, RunId},
        operation::{Role, RoomPolicy},
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
    /// A message of this device for one account has gone out when no device of that account was in the room any more: nobody can read it.
    ChatUndelivered(MessageId),
    /// Messages of this author will never come: they are gone, or their author is.
    ChatMissing {
        /// Who wrote them.
        author: DeviceId,
        /// How many.
        count: u32,
    },
    /// What was said before this device came, as one member has it: new to this device and said by those who are named, in order. It
    /// may come again as a `Chat`.
    History {
        /// Who handed it on: a member, told before.
        from: DeviceId,
        /// The messages; none is private.
        messages: Vec<ChatMessage>,
    },
    /// Messages from before this device came that nobody handed on, between others that somebody did.
    HistoryMissing {
        /// The name of their author.
        author: String,
        /// How many.
        count: u32,
    },
    /// A signal about a file for this device.
    FileSignal {
        /// From whom: a member, told before.
        from: DeviceId,
        /// What it says.
        signal: FileSignal,
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
    /// A member has read this message of this run, and those before it.
    Read {
        /// Who: told before.
        device: DeviceId,
        /// The last one.
        through: MessageId,
    },
    /// Who belongs to the room, and who may do what: told first when the room is ready, and on every change.
    Roster(Box<RosterView>),
    /// Whether all say that they know the same of who belongs to the room. Told whenever that changes, first when somebody differs.
    Apart(Apart),
    /// Somebody waits at the door until a moderator decides. Told to moderators alone, again when something about them changes.
    Knock(Knocker),
    /// A knocker is no longer waiting: let in, refused, or gone.
    KnockGone(DeviceId),
    /// This device waits at the door. Told when it begins and whenever the answer changes.
    Waiting {
        /// Whether somebody is there who can decide.
        host_online: bool,
    },
    /// This device is not let in. It may be later: `Roster` tells, with a role of one's own.
    Refused(RefusalReason),
    /// A moderator asks something of this device. All but [`Ask::Unmute`] is to be done at once, and said by whom.
    Asked {
        /// Who asks: a member, told before.
        by: DeviceId,
        /// What.
        what: Ask,
    },
    /// A member's device says far more than it may, and for a minute only its beats, operations and floors' secrets are heard here.
    /// Moderators should know.
    Muted {
        /// Which device.
        device: DeviceId,
        /// The account it speaks for.
        account: AccountId,
    },
    /// A member did something that everybody should know of. Told for what happens while this device is in.
    Acted {
        /// Who.
        by: AccountId,
        /// What.
        what: Act,
    },
    /// This account was put out. The room has ended for this device.
    Removed {
        /// By whom.
        by: AccountId,
        /// Whether it is kept out.
        banned: bool,
    },
    /// The owner ended the room, for everybody.
    Destroyed {
        /// Who did.
        by: AccountId,
    },
    /// New operations of the room, to be kept and given to [`RoomConfig`](super::RoomConfig) next time.
    Operations(Vec<Vec<u8>>),
    /// A floor's secret, to be kept (sealed) and given to [`RoomConfig`](super::RoomConfig) next time.
    Floor(KeptFloor),
}

/// What a member did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Let this account in.
    Added(AccountId),
    /// Put this account out; itself: left for good.
    Removed(AccountId),
    /// Put this account out and keeps it out.
    Banned(AccountId),
    /// Took a ban back.
    Unbanned(AccountId),
    /// Gave this account another role.
    SetRole(AccountId, Role),
    /// Changed who may do what.
    SetPolicy(RoomPolicy),
    /// Made this account the owner.
    Transferred(AccountId),
}

/// Somebody who waits at the door.
#[derive(Clone, PartialEq, Eq)]
pub struct Knocker {
    /// The device.
    pub device: DeviceId,
    /// The account the device belongs to, by a verified certificate.
    pub account: AccountId,
    /// One of the servers that count attests that the account's owner reads mail at some address.
    pub verified: bool,
    /// What they call themselves.
    pub name: String,
    /// It was frozen because it contradicted itself: letting it in again takes that back.
    pub frozen: bool,
}

impl std::fmt::Debug for Knocker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names are in no log.
        f.debug_struct("Knocker").field("device", &self.device).finish_non_exhaustive()
    }
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
    /// They are no longer a member, or not by this device.
    Removed {
        /// Who put them out, if that is known.
        by: Option<AccountId>,
    },
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
    /// What they are in this room.
    pub role: Role,
    /// What is switched on.
    pub media: MediaState,
    /// Their page is hidden.
    pub away: bool,
    /// Since when their hand is raised, if it is.
    pub hand: Option<RoomTime>,
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
