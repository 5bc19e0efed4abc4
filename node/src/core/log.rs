//! The conversation of a room, put together from entries in whatever order they come.
//!
//! Pure and commutative: the same entries give the same conversation, except where a bound drops the oldest. Only the author's
//! account changes or takes back what it said; of several changes the one that is causally last holds, and what was taken back
//! stays so. Reactions count per account. What is said in private is changed and answered in private alone.
//!
//! `line` is one message with everything that happened to it, `history` keeps lines across visits. Left out: sending, gaps and
//! their repair (`room`), and who is a member.

mod history;
mod line;

use milanio_identity::AccountId;
use thiserror::Error;

use self::line::Change;
pub use self::{
    history::{HistoryError, MAX_HISTORY_BYTES},
    line::{Content, Line, MAX_REACTIONS, Order},
};
use crate::{
    core::{room::ChatMessage, sorted::SortedMap},
    wire::{entry::Entry, message::MessageId},
};

/// Messages that are kept; the oldest go first. Chosen: a long meeting stays whole.
pub const MAX_LINES: usize = 2_000;
/// Changes that are kept for messages which have not come; the oldest go first. Chosen: far more than a burst brings out of order.
pub const MAX_WAITING: usize = 512;

/// Why nobody can tell who may read an entry: it is about a message that is not here. Nobody is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the message it is about is not here")]
pub struct NotHere;

/// The conversation.
///
/// Method groups: [`Log::take`] for what a room tells, questions, and `history` (`export`, `import`).
#[derive(Debug, Default)]
pub struct Log {
    lines: SortedMap<Order, Line>,
    orders: SortedMap<MessageId, Order>,
    /// Changes of messages that have not come, by their own place.
    waiting: SortedMap<Order, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    of: MessageId,
    change: Change,
}

impl Log {
    /// Takes what somebody said. Returns the message that is new or different now, if one is.
    pub fn take(&mut self, message: ChatMessage) -> Option<MessageId> {
        let (of, kind) = match message.entry {
            Entry::Text { ref text, reply_to } => {
                return self.put(Line::new(&message, Content::Text(text.clone()), reply_to));
            }
            Entry::Offer(ref offer) => {
                let content = Content::Offer(offer.clone());
                return self.put(Line::new(&message, content, None));
            }
            Entry::Edit { of, ref text } => (of, line::Kind::Edit(text.clone())),
            Entry::Delete { of } => (of, line::Kind::Delete),
            Entry::React { of, ref emoji, on } => (of, line::Kind::React { emoji: emoji.clone(), on }),
            // A room tells what is in it instead.
            Entry::Private(_) => return None,
        };
        let (order, account) = (Order::of(&message), message.account);
        self.change(of, Change { order, account, is_private: message.private.is_some(), kind })
    }

    /// Takes what was said before this visit, as somebody called `by` handed it on. Returns the same.
    pub fn take_handed(&mut self, message: ChatMessage, by: &str) -> Option<MessageId> {
        let id = message.id;
        let taken = self.take(message)?;
        if taken == id
            && let Some(line) = self.orders.get(&id).and_then(|order| self.lines.get_mut(order))
        {
            line.handed_by = Some(by.to_owned());
        }
        Some(taken)
    }

    /// The messages, in their order.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> + '_ {
        self.lines.values()
    }

    /// One message.
    pub fn line(&self, id: MessageId) -> Option<&Line> {
        self.lines.get(self.orders.get(&id)?)
    }

    /// To which account an entry goes that is meant for `to`; nobody named: to everybody. What is about a private message stays
    /// between the two who read that, whatever was meant; what changes an open one is open.
    ///
    /// # Errors
    /// If it is about a message that is not here: that might have been private.
    pub fn audience(&self, entry: &Entry, to: Option<AccountId>) -> Result<Option<AccountId>, NotHere> {
        let (of, open) = match entry {
            Entry::Text { reply_to: Some(of), .. } => (of, to),
            Entry::Edit { of, .. } | Entry::Delete { of } | Entry::React { of, .. } => (of, None),
            Entry::Text { .. } | Entry::Offer(_) | Entry::Private(_) => return Ok(to),
        };
        Ok(self.line(*of).ok_or(NotHere)?.partner().or(open))
    }

    /// The latest Lamport time in it; 0 when it is empty.
    pub fn lamport(&self) -> u64 {
        self.lines.values().map(Line::latest).max().unwrap_or(0)
    }

    fn put(&mut self, mut line: Line) -> Option<MessageId> {
        let (id, order) = (line.id, line.order());
        if self.orders.contains_key(&id) {
            return None;
        }
        let (theirs, others) = std::mem::take(&mut self.waiting).into_iter().partition(|(_, waiting)| waiting.of == id);
        self.waiting = others;
        let theirs: SortedMap<_, Waiting> = theirs;
        for waiting in theirs.into_values() {
            line.apply(waiting.change);
        }
        self.lines.insert(order, line);
        self.orders.insert(id, order);
        if self.lines.len() > MAX_LINES
            && let Some((_, oldest)) = self.lines.pop_first()
        {
            self.orders.remove(&oldest.id);
        }
        self.orders.contains_key(&id).then_some(id)
    }

    fn change(&mut self, of: MessageId, change: Change) -> Option<MessageId> {
        if let Some(line) = self.orders.get(&of).and_then(|order| self.lines.get_mut(order)) {
            return line.apply(change).then_some(of);
        }
        self.waiting.insert(change.order, Waiting { of, change });
        if self.waiting.len() > MAX_WAITING {
            self.waiting.pop_first();
        }
        None
    }
}

#[cfg(test)]
mod tests;
