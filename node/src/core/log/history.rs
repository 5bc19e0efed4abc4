//! Keeping the conversation across visits: a bounded export, and its import as history.
//!
//! The encoding (postcard, behind a version) is for one device alone and is read strictly all the same: storage can be older than
//! the program, or broken. What does not decode is refused whole. Changes that wait for their message are not kept.

use milanio_identity::AccountId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    Log, MAX_LINES, Order,
    line::{Content, Line, MAX_REACTIONS, Reaction},
};
use crate::{
    core::{sorted::SortedMap, time::RoomTime},
    wire::{
        codec::{Checked, LimitError, decode, encode},
        entry::{Entry, is_emoji},
        file::FileOffer,
        limits::NAME_BYTES,
        message::MessageId,
    },
};

/// Length of an export, in bytes: the oldest messages are left out of a longer one. Chosen: two thousand messages of a kilobyte.
pub const MAX_HISTORY_BYTES: usize = 2 * 1024 * 1024;

/// The version of the encoding: the first byte.
const VERSION: u8 = 1;

/// Why kept history was refused. Whoever kept it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// Of a version that is not known here.
    #[error("unknown version of history")]
    Version,
    /// Too long, or no encoding of messages within their limits.
    #[error("the history is malformed")]
    Malformed,
}

#[derive(Serialize, Deserialize)]
struct Kept(Vec<KeptLine>);

#[derive(Serialize, Deserialize)]
struct KeptLine {
    id: MessageId,
    account: AccountId,
    name: String,
    lamport: u64,
    written: RoomTime,
    private: Option<AccountId>,
    own: bool,
    reply_to: Option<MessageId>,
    content: KeptContent,
    edited: Option<(u64, MessageId)>,
    reactions: Vec<(String, AccountId, u64, MessageId, bool)>,
}

#[derive(Serialize, Deserialize)]
enum KeptContent {
    Text(String),
    Offer(FileOffer),
    Deleted,
}

impl Log {
    /// The conversation as bytes to keep: the newest messages that fit [`MAX_HISTORY_BYTES`], of those written at `since` or later.
    pub fn export(&self, since: RoomTime) -> Vec<u8> {
        let mut room = MAX_HISTORY_BYTES;
        let fits = |line: &KeptLine| {
            room = room.saturating_sub(line.size());
            room > 0
        };
        let newest = self.lines().rev().filter(|line| line.written >= since).map(KeptLine::from);
        let mut kept: Vec<KeptLine> = newest.take_while(fits).collect();
        kept.reverse();
        let lines = encode(&Kept(kept)).unwrap_or_default();
        [&[VERSION], lines.as_slice()].concat()
    }

    /// Takes what [`Log::export`] made in an earlier visit, as history: what was written at `since` or later and is not here already.
    /// Returns how many messages that is.
    pub fn import(&mut self, bytes: &[u8], since: RoomTime) -> Result<usize, HistoryError> {
        let (&version, lines) = bytes.split_first().ok_or(HistoryError::Malformed)?;
        if version != VERSION {
            return Err(HistoryError::Version);
        }
        if bytes.len() > MAX_HISTORY_BYTES {
            return Err(HistoryError::Malformed);
        }
        let kept: Kept = decode(lines).map_err(|_| HistoryError::Malformed)?;
        let wanted = kept.0.into_iter().filter(|line| line.written >= since).map(Line::from);
        Ok(wanted.filter_map(|line| self.put(line)).count())
    }

    /// Forgets what is history. Returns the messages that are gone.
    pub fn forget_history(&mut self) -> Vec<MessageId> {
        let gone: Vec<MessageId> = self.lines().filter(|line| line.is_history).map(|line| line.id).collect();
        self.lines.retain(|_, line| !line.is_history);
        self.orders.retain(|_, order| self.lines.contains_key(order));
        gone
    }
}

impl KeptLine {
    /// At least its encoded length, in bytes.
    fn size(&self) -> usize {
        /// More than all fields of fixed length take: ids of 44 bytes, accounts of 32, numbers of 10.
        const FIXED: usize = 300;
        let text = match &self.content {
            KeptContent::Text(text) => text.len(),
            KeptContent::Offer(offer) => offer.name.len(),
            KeptContent::Deleted => 0,
        };
        let reactions: usize = self.reactions.iter().map(|(emoji, ..)| emoji.len() + FIXED / 2).sum();
        FIXED + self.name.len() + text + reactions
    }
}

impl Checked for Kept {
    fn check(&self) -> Result<(), LimitError> {
        if self.0.len() > MAX_LINES {
            return Err(LimitError::Range);
        }
        self.0.iter().try_for_each(KeptLine::check)
    }
}

impl Checked for KeptLine {
    fn check(&self) -> Result<(), LimitError> {
        if self.name.len() > NAME_BYTES {
            return Err(LimitError::Name);
        }
        if self.reactions.len() > MAX_REACTIONS || !self.reactions.iter().all(|(emoji, ..)| is_emoji(emoji)) {
            return Err(LimitError::Emoji);
        }
        match &self.content {
            KeptContent::Text(text) => Entry::text(text).check(),
            KeptContent::Offer(offer) => offer.check(),
            KeptContent::Deleted => Ok(()),
        }
    }
}

impl From<&Line> for KeptLine {
    fn from(line: &Line) -> Self {
        let reaction = |((emoji, account), reaction): (&(String, AccountId), &Reaction)| {
            (emoji.clone(), *account, reaction.order.lamport, reaction.order.id, reaction.on)
        };
        Self {
            id: line.id,
            account: line.account,
            name: line.name.clone(),
            lamport: line.lamport,
            written: line.written,
            private: line.private,
            own: line.own,
            reply_to: line.reply_to,
            content: match &line.content {
                Content::Text(text) => KeptContent::Text(text.clone()),
                Content::Offer(offer) => KeptContent::Offer(offer.clone()),
                Content::Deleted => KeptContent::Deleted,
            },
            edited: line.edited.map(|order| (order.lamport, order.id)),
            reactions: line.reactions.iter().map(reaction).collect(),
        }
    }
}

impl From<KeptLine> for Line {
    fn from(kept: KeptLine) -> Self {
        let reactions: SortedMap<_, _> = kept
            .reactions
            .into_iter()
            .map(|(emoji, account, lamport, id, on)| ((emoji, account), Reaction { order: Order { lamport, id }, on }))
            .collect();
        Self {
            id: kept.id,
            account: kept.account,
            name: kept.name,
            lamport: kept.lamport,
            written: kept.written,
            private: kept.private,
            own: kept.own,
            reply_to: kept.reply_to,
            is_history: true,
            handed_by: None,
            content: match kept.content {
                KeptContent::Text(text) => Content::Text(text),
                KeptContent::Offer(offer) => Content::Offer(offer),
                KeptContent::Deleted => Content::Deleted,
            },
            edited: kept.edited.map(|(lamport, id)| Order { lamport, id }),
            reactions,
        }
    }
}
