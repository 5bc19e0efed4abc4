//! What was said in the room lately, as it may be handed to who comes later: each message with its author's word for it.
//!
//! A text that its author takes back or replaces is forgotten at once; what stays is its outline. Private messages are here in
//! outline alone. What is missing between messages that are here is a hole; an outline that nothing explains is one, too.
//!
//! Pure, and bounded in number, bytes and age. Left out: whether a word holds and who may read it (`handing`).

use std::{collections::BTreeSet, time::Duration};

use milanio_identity::{AccountId, DeviceId};

use crate::{
    core::{sorted::SortedMap, time::RoomTime},
    wire::{
        codec::to_bytes,
        entry::Entry,
        history::{Said, Saying},
        limits::{HISTORY_PART_BYTES, HISTORY_PARTS, HISTORY_SAYINGS},
        message::{MessageId, RunId},
        proof::Outline,
    },
};

/// Messages that are kept to be handed on; the oldest go first. Chosen: what fills an answer, with changes and reactions.
pub const MAX_SAYINGS: usize = HISTORY_PARTS as usize * HISTORY_SAYINGS;
/// Their length, in bytes. Chosen: two answers of the greatest length.
const MAX_BYTES: usize = 2 * HISTORY_PARTS as usize * HISTORY_PART_BYTES;
/// How old, by its author's clock, a message may be that is handed on. Chosen: the day of a meeting.
pub const HANDED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a message stands among the others.
type Order = (u64, MessageId);

/// The messages.
#[derive(Default)]
pub struct Past {
    sayings: SortedMap<Order, Saying>,
    bytes: usize,
}

/// Messages of one author that must be there and are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The name under which the author spoke.
    pub author: String,
    /// How many.
    pub count: u32,
}

impl Past {
    /// Keeps a message whose word holds. True if it says something that was not known here.
    pub fn take(&mut self, saying: Saying) -> bool {
        let (order, account) = (saying.order(), saying.account);
        let target = match &saying.said {
            Said::Whole(Entry::Edit { of, .. } | Entry::Delete { of }) => *of,
            Said::Whole(_) | Said::Outline(_) => saying.id,
        };
        let is_new = match self.sayings.get(&order) {
            None => true,
            Some(known) => matches!((&known.said, &saying.said), (Said::Outline(_), Said::Whole(_))),
        };
        if !is_new {
            return false;
        }
        self.put(order, saying);
        self.supersede(account, target);
        while self.sayings.len() > MAX_SAYINGS || self.bytes > MAX_BYTES {
            if let Some((_, oldest)) = self.sayings.pop_first() {
                self.bytes -= size(&oldest);
            }
        }
        self.sayings.contains_key(&order)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sayings.len()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is handed to somebody now: the newest that fits, in parts of which each fits a signal. At least one.
    pub fn answer(&self, now: RoomTime) -> Vec<Vec<Saying>> {
        let mut parts: Vec<Vec<Saying>> = vec![Vec::new()];
        let mut room = HISTORY_PART_BYTES;
        for saying in self.sayings.values().rev().filter(|saying| is_fresh(saying, now)) {
            let size = size(saying);
            if size > room || parts.last().is_some_and(|part| part.len() >= HISTORY_SAYINGS) {
                if parts.len() >= usize::from(HISTORY_PARTS) {
                    break;
                }
                parts.push(Vec::new());
                room = HISTORY_PART_BYTES;
            }
            room = room.saturating_sub(size);
            parts.last_mut().into_iter().for_each(|part| part.push(saying.clone()));
        }
        parts
    }

    /// What a message says to a reader: its author, account and all of it as an entry. A text that was replaced says what it says now.
    pub fn tell(&self, order: &Order) -> Option<(&Saying, Entry)> {
        let saying = self.sayings.get(order)?;
        let entry = match &saying.said {
            Said::Whole(entry) => entry.clone(),
            Said::Outline(Outline::Text { reply_to, .. }) => match self.latest(saying.account, saying.id)? {
                Entry::Edit { text, .. } => Entry::Text { text: text.clone(), reply_to: *reply_to },
                _ => return None,
            },
            Said::Outline(_) => return None,
        };
        Some((saying, entry))
    }

    /// What is missing: numbers between an author's first message here and its last, or the one that `through` says it had said
    /// when this device came; and outlines that nothing explains.
    pub fn holes(&self, through: impl Fn(DeviceId, RunId) -> Option<u32>) -> Vec<Hole> {
        let mut authors: SortedMap<(DeviceId, RunId), (BTreeSet<u32>, &Saying, u32)> = SortedMap::default();
        for saying in self.sayings.values() {
            let key = (saying.id.device, saying.id.run);
            let (known, _, silent) = authors.entry(key).or_insert_with(|| (BTreeSet::new(), saying, 0));
            known.insert(saying.id.seq);
            *silent += u32::from(!self.is_explained(saying));
        }
        let hole = |((device, run), (known, saying, silent)): ((DeviceId, RunId), (BTreeSet<u32>, &Saying, u32))| {
            let first = known.first().copied().unwrap_or(1);
            let last = through(device, run).or(known.last().copied()).unwrap_or(0);
            let there = known.range(..=last.max(first)).count() as u32;
            let count = last.saturating_add(1).saturating_sub(first).saturating_sub(there).saturating_add(silent);
            Hole { author: saying.proof.name.clone(), count }
        };
        authors.into_iter().map(hole).filter(|hole| hole.count > 0).collect()
    }

    fn put(&mut self, order: Order, saying: Saying) {
        self.bytes += size(&saying);
        if let Some(before) = self.sayings.insert(order, saying) {
            self.bytes -= size(&before);
        }
    }

    /// Forgets what `account` took back or replaced of its message `target`.
    fn supersede(&mut self, account: AccountId, target: MessageId) {
        let own = |saying: &&Saying| saying.account == account;
        let Some((last, is_deleted)) = self.last_change(account, target) else { return };
        let is_over = |saying: &&Saying| match &saying.said {
            Said::Whole(Entry::Text { .. }) => saying.id == target,
            Said::Whole(Entry::Offer(_)) => saying.id == target && is_deleted,
            Said::Whole(Entry::Edit { of, .. }) => *of == target && (is_deleted || saying.order() < last),
            Said::Whole(_) | Said::Outline(_) => false,
        };
        let over: Vec<Saying> = self.sayings.values().filter(own).filter(is_over).cloned().collect();
        for saying in over {
            self.put(saying.order(), saying.outlined());
        }
    }

    /// The change of `target` by `account` that holds, and whether it takes it back.
    fn last_change(&self, account: AccountId, target: MessageId) -> Option<(Order, bool)> {
        let change = |saying: &Saying| match &saying.said {
            Said::Whole(Entry::Delete { of }) if *of == target => Some((true, saying.order())),
            Said::Whole(Entry::Edit { of, .. }) if *of == target => Some((false, saying.order())),
            _ => None,
        };
        let own = self.sayings.values().filter(|saying| saying.account == account);
        own.filter_map(change).max().map(|(is_deleted, order)| (order, is_deleted))
    }

    fn latest(&self, account: AccountId, target: MessageId) -> Option<&Entry> {
        let (order, _) = self.last_change(account, target)?;
        match &self.sayings.get(&order)?.said {
            Said::Whole(entry) => Some(entry),
            Said::Outline(_) => None,
        }
    }

    /// Whether it is plain why a message says nothing.
    fn is_explained(&self, saying: &Saying) -> bool {
        let Said::Outline(outline) = &saying.said else { return true };
        match outline {
            Outline::Private(_) => true,
            Outline::Text { .. } => self.last_change(saying.account, saying.id).is_some(),
            Outline::Edit { of, .. } => {
                let change = self.last_change(saying.account, *of);
                change.is_some_and(|(order, is_deleted)| is_deleted || order > saying.order())
            }
            Outline::Other(_) => self.last_change(saying.account, saying.id).is_some_and(|(_, is_deleted)| is_deleted),
        }
    }
}

/// Whether a message is young enough to be handed on.
pub fn is_fresh(saying: &Saying, now: RoomTime) -> bool {
    saying.written.after(HANDED_FOR) >= now
}

/// Its encoded length, in bytes.
fn size(saying: &Saying) -> usize {
    to_bytes(saying).len()
}

#[cfg(test)]
mod tests;
