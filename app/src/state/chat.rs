//! What was said, in the order the room agrees on.

use super::room::PersonId;

/// Most messages kept on the page; the oldest go first. Chosen: a long meeting stays whole, memory stays under 10 MB.
pub const MAX_ITEMS: usize = 2_000;

/// Names one message for ever. Ordered so that equal causal positions have one order everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemId {
    /// The author.
    pub author: PersonId,
    /// The author's run.
    pub run: [u8; 8],
    /// The author's count in that run.
    pub seq: u32,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// One's own, not on its way yet: it waits for the link.
    Waiting,
    /// On its way, or from somebody else.
    Sent,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub id: ItemId,
    /// Causal position; messages are shown by (lamport, id).
    pub lamport: u64,
    /// The author's name when it was said; empty for one's own.
    pub author_name: String,
    /// True for one's own.
    pub own: bool,
    /// The text, shown as text only.
    pub text: String,
    /// When it was written, in milliseconds since 1970; for display alone.
    pub written_ms: u64,
    /// What became of it.
    pub delivery: Delivery,
}

/// The chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chat {
    /// Ordered by (lamport, id); at most [`MAX_ITEMS`].
    pub items: Vec<Item>,
    /// Messages of others that came while the chat was closed.
    pub unread: u32,
    /// The first of them: the "New" line stands above it. Stays until the chat is closed again.
    pub first_new: Option<ItemId>,
}

/// A change of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatAction {
    /// A message, new or changed; known by its id.
    Put(Item),
    /// One's own message is on its way.
    Sent(ItemId),
}

impl Chat {
    /// Changes one thing; `open` says whether the person is looking at the chat.
    pub fn apply(&mut self, action: ChatAction, open: bool) {
        match action {
            ChatAction::Put(item) => self.put(item, open),
            ChatAction::Sent(id) => {
                if let Some(item) = self.items.iter_mut().rev().find(|item| item.id == id) {
                    item.delivery = Delivery::Sent;
                }
            }
        }
    }

    /// The chat was opened (true) or closed (false).
    pub fn seen(&mut self, open: bool) {
        if !open {
            self.first_new = None;
        }
        if open {
            self.unread = 0;
        }
    }

    fn put(&mut self, item: Item, open: bool) {
        let key = |item: &Item| (item.lamport, item.id);
        match self.items.binary_search_by_key(&key(&item), key) {
            Ok(at) => self.items[at] = item,
            Err(at) => {
                if !item.own && !open {
                    self.unread = self.unread.saturating_add(1);
                    self.first_new.get_or_insert(item.id);
                }
                self.items.insert(at, item);
            }
        }
        if self.items.len() > MAX_ITEMS {
            self.items.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(seq: u32, lamport: u64, own: bool) -> Item {
        Item {
            id: ItemId { author: PersonId([own.into(); 32]), run: [0; 8], seq },
            lamport,
            author_name: "Ravi".into(),
            own,
            text: seq.to_string(),
            written_ms: 0,
            delivery: if own { Delivery::Waiting } else { Delivery::Sent },
        }
    }

    #[test]
    fn late_messages_take_their_causal_place() {
        let mut chat = Chat::default();
        for item in [item(1, 5, false), item(2, 9, false), item(3, 7, false)] {
            chat.apply(ChatAction::Put(item), true);
        }
        assert_eq!(chat.items.iter().map(|item| item.lamport).collect::<Vec<_>>(), [5, 7, 9]);
    }

    #[test]
    fn only_messages_of_others_count_as_unread() {
        let mut chat = Chat::default();
        chat.apply(ChatAction::Put(item(1, 1, false)), false);
        chat.apply(ChatAction::Put(item(1, 2, true)), false);
        assert_eq!(chat.unread, 1);
        chat.seen(true);
        assert_eq!((chat.unread, chat.first_new), (0, Some(item(1, 1, false).id)));
        chat.seen(false);
        assert_eq!(chat.first_new, None);
    }

    #[test]
    fn a_message_said_again_is_shown_once() {
        let mut chat = Chat::default();
        chat.apply(ChatAction::Put(item(1, 1, true)), true);
        chat.apply(ChatAction::Put(item(1, 1, true)), true);
        chat.apply(ChatAction::Sent(item(1, 1, true).id), true);
        assert_eq!(chat.items.len(), 1);
        assert_eq!(chat.items[0].delivery, Delivery::Sent);
    }
}
