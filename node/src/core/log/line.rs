//! One message and everything that happened to it.

use milanio_identity::AccountId;

use crate::{
    core::{
        room::ChatMessage,
        sorted::{SortedMap, SortedSet},
        time::RoomTime,
    },
    wire::{file::FileOffer, message::MessageId},
};

/// Reactions (an account and an emoji) that one message keeps. Chosen: a full room that reacts five times each.
pub const MAX_REACTIONS: usize = 500;

/// Where an entry stands among the others, the same for everybody: causal position, then name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// Lamport time.
    pub lamport: u64,
    /// The entry's name.
    pub id: MessageId,
}

impl Order {
    /// Where `message` stands.
    pub(super) fn of(message: &ChatMessage) -> Self {
        Self { lamport: message.lamport, id: message.id }
    }
}

/// What a message says now.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(String),
    /// A file.
    Offer(FileOffer),
    /// Nothing any more: its author took it back.
    Deleted,
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name for ever; `id.device` is the author.
    pub id: MessageId,
    /// The author's account.
    pub account: AccountId,
    /// The author's name when it came.
    pub name: String,
    /// Lamport time.
    pub lamport: u64,
    /// When it was written, by the author's clock; for display alone.
    pub written: RoomTime,
    /// Only this account can read it, besides the author.
    pub private: Option<AccountId>,
    /// Written here, or by this person elsewhere.
    pub own: bool,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// From an earlier visit, as this device kept it.
    pub is_history: bool,
    /// From before this visit, as somebody of this name handed it on.
    pub handed_by: Option<String>,
    pub(super) content: Content,
    /// The change that holds, if the author made one.
    pub(super) edited: Option<Order>,
    pub(super) reactions: SortedMap<(String, AccountId), Reaction>,
}

/// The last that an account said about one emoji.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) order: Order,
    pub(super) on: bool,
}

/// A change of one message.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Where it stands itself.
    pub(super) order: Order,
    /// Who makes it.
    pub(super) account: AccountId,
    /// It was said in private.
    pub(super) is_private: bool,
    pub(super) kind: Kind,
}

/// What changes.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Edit(String),
    Delete,
    React { emoji: String, on: bool },
}

impl Line {
    pub(super) fn new(message: &ChatMessage, content: Content, reply_to: Option<MessageId>) -> Self {
        Self {
            id: message.id,
            account: message.account,
            name: message.name.clone(),
            lamport: message.lamport,
            written: message.written,
            private: message.private,
            own: message.own,
            reply_to,
            is_history: false,
            handed_by: None,
            content,
            edited: None,
            reactions: SortedMap::new(),
        }
    }

    /// What it says now.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Its author changed it.
    pub fn is_edited(&self) -> bool {
        self.edited.is_some() && self.content != Content::Deleted
    }

    /// Who reacted with what, by emoji. Nothing to what was taken back.
    pub fn reactions(&self) -> SortedMap<&str, SortedSet<AccountId>> {
        let mut shown: SortedMap<&str, SortedSet<AccountId>> = SortedMap::new();
        if self.content != Content::Deleted {
            for ((emoji, account), _) in self.reactions.iter().filter(|(_, reaction)| reaction.on) {
                shown.entry(emoji).or_default().insert(*account);
            }
        }
        shown
    }

    /// The one other account that reads a private message; nobody for an open one.
    pub fn partner(&self) -> Option<AccountId> {
        self.private.map(|reader| if self.own { reader } else { self.account })
    }

    /// Where it stands.
    pub(super) fn order(&self) -> Order {
        Order { lamport: self.lamport, id: self.id }
    }

    /// The latest Lamport time of it and its changes.
    pub(super) fn latest(&self) -> u64 {
        let reacted = self.reactions.values().map(|reaction| reaction.order.lamport).max();
        let edited = self.edited.map(|order| order.lamport);
        [Some(self.lamport), reacted, edited].into_iter().flatten().max().unwrap_or(0)
    }

    /// True if something is different now. What may not be, or is older than what holds, changes nothing.
    pub(super) fn apply(&mut self, change: Change) -> bool {
        let is_author = change.account == self.account;
        // What was said to one alone is not carried into the open, and one's open words do not differ from reader to reader.
        if change.is_private != self.private.is_some() || !(is_author || matches!(change.kind, Kind::React { .. })) {
            return false;
        }
        match change.kind {
            Kind::Edit(text) => self.edit(text, change.order),
            Kind::Delete => {
                self.edited = None;
                std::mem::replace(&mut self.content, Content::Deleted) != Content::Deleted
            }
            Kind::React { emoji, on } => self.react(emoji, change.account, Reaction { order: change.order, on }),
        }
    }

    fn edit(&mut self, text: String, order: Order) -> bool {
        let Content::Text(said) = &mut self.content else { return false };
        if self.edited.is_some_and(|edited| edited >= order) {
            return false;
        }
        *said = text;
        self.edited = Some(order);
        true
    }

    fn react(&mut self, emoji: String, account: AccountId, reaction: Reaction) -> bool {
        let key = (emoji, account);
        let before = self.reactions.get(&key).copied();
        if before.is_some_and(|before| before.order >= reaction.order) {
            return false;
        }
        self.reactions.insert(key, reaction);
        if self.reactions.len() > MAX_REACTIONS {
            // Always the same one, so that everybody keeps the same.
            self.reactions.pop_last();
        }
        before.is_some_and(|before| before.on) != reaction.on
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What people write is in no log.
        f.debug_struct("Line").field("id", &self.id).field("own", &self.own).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("order", &self.order).finish_non_exhaustive()
    }
}
