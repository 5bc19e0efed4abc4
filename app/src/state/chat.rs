//! What was said, in the order the room agrees on.

use milanio_node::{
    core::sorted::{SortedMap, SortedSet},
    wire::file::FileOffer,
};

use super::{
    room::{Person, PersonId},
    trust::AccountBytes,
};

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
    /// One's own and private: when it went out its reader had left, and nobody can read it.
    Undelivered,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A text; marks in it are read by `markup`.
    Text(String),
    /// A file that its author gives to whoever wants it.
    File(FileOffer),
    /// Nothing any more: the author took it back.
    Deleted,
    /// No message: so many of this author are missing and will not come.
    Gap(u32),
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Which.
    pub id: ItemId,
    /// Its author's name and its beginning; `None` when it is not here.
    pub said: Option<(String, String)>,
}

/// How many react with one emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many people.
    pub count: usize,
    /// Oneself, too.
    pub mine: bool,
}

/// The one other person who reads a private message, seen from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// Their account.
    pub account: AccountBytes,
    /// Their name.
    pub name: String,
}

/// A text that was written and not sent; it goes back to where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// The text.
    pub text: String,
    /// The one person who is to read it.
    pub to: Option<Partner>,
    /// The message that was to say this instead of what it says.
    pub edit: Option<ItemId>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub id: ItemId,
    /// The author's account.
    pub account: AccountBytes,
    /// Causal position; messages are shown by (lamport, id), history first.
    pub lamport: u64,
    /// The author's name when it was said; empty for one's own.
    pub author_name: String,
    /// True for one's own.
    pub own: bool,
    /// What it says.
    pub said: Said,
    /// What it answers.
    pub reply: Option<Quote>,
    /// The author changed it.
    pub edited: bool,
    /// The reactions to it.
    pub reactions: Vec<Reaction>,
    /// It is private: between oneself and this person.
    pub private: Option<Partner>,
    /// From before this visit.
    pub history: bool,
    /// Who handed it on; empty if this device kept it.
    pub handed_by: String,
    /// When it was written, in milliseconds since 1970; for display alone.
    pub written_ms: u64,
    /// What became of it.
    pub delivery: Delivery,
}

impl Item {
    /// The text or the file's name, or nothing if it says none.
    pub fn text(&self) -> &str {
        match &self.said {
            Said::Text(text) => text,
            Said::File(offer) => &offer.name,
            Said::Deleted | Said::Gap(_) => "",
        }
    }

    /// Whether a search for `query`, in lower case, finds it.
    pub fn matches(&self, query: &str) -> bool {
        self.text().to_lowercase().contains(query) || self.author_name.to_lowercase().contains(query)
    }

    /// Whether it is one's own text, which one can change.
    pub fn is_own_text(&self) -> bool {
        self.own && matches!(self.said, Said::Text(_))
    }

    /// What stands under one heading: from before, and whether somebody handed it on.
    pub fn section(&self) -> (bool, bool) {
        (!self.history, !self.handed_by.is_empty())
    }

    fn order(&self) -> ((bool, bool), u64, ItemId) {
        (self.section(), self.lamport, self.id)
    }
}

/// How long this device keeps what is said in the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Not beyond the visit.
    #[default]
    Never,
    /// A day.
    Day,
    /// Until it is cleared.
    Always,
}

/// The chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chat {
    /// In their order; at most [`MAX_ITEMS`].
    pub items: Vec<Item>,
    /// Messages of others that came while the chat was closed.
    pub unread: u32,
    /// The first of them: the "New" line stands above it. Stays until the chat is closed again.
    pub first_new: Option<ItemId>,
    /// Who is writing just now.
    pub typing: SortedSet<PersonId>,
    /// Neither tells that one is writing nor shows that others are.
    pub typing_hidden: bool,
    /// Up to which message of one's own others have read.
    pub read: SortedMap<PersonId, ItemId>,
    /// Tells others how far one has read, and shows how far they have.
    pub reading_shared: bool,
    /// How long this device keeps it.
    pub keep: Keep,
    /// What was not taken or not finished, until the field has it back.
    pub unsent: Option<Unsent>,
}

/// A change of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatAction {
    /// A message, new or changed; known by its id.
    Put(Box<Item>),
    /// One's own message is on its way.
    Sent(ItemId),
    /// Messages are missing and will not come: the author's name, and how many.
    Missing(String, u32),
    /// The same of messages from before this visit, between those that somebody handed on.
    MissingBefore(String, u32),
    /// Somebody writes (true), or not any more.
    Typing(PersonId, bool),
    /// The switch that hides writing, both ways.
    HideTyping(bool),
    /// Somebody has read this message of one's own, and those before it.
    Read(PersonId, ItemId),
    /// The switch that shows how far people have read, both ways.
    ShareReading(bool),
    /// Somebody is not here any more.
    Gone(PersonId),
    /// How long this device keeps what is said.
    Keep(Keep),
    /// What was kept from earlier visits is gone.
    HistoryCleared,
    /// A text was not taken or not finished; or the field has it back.
    Unsent(Option<Unsent>),
}

impl Chat {
    /// Changes one thing; `open` says whether the person is looking at the chat.
    pub fn apply(&mut self, action: ChatAction, open: bool) {
        match action {
            ChatAction::Put(item) => self.put(*item, open),
            ChatAction::Sent(id) => {
                if let Some(item) = self.items.iter_mut().rev().find(|item| item.id == id) {
                    item.delivery = Delivery::Sent;
                }
            }
            ChatAction::Missing(name, count) => self.miss(name, count, false),
            ChatAction::MissingBefore(name, count) => self.miss(name, count, true),
            ChatAction::Typing(person, true) => drop(self.typing.insert(person)),
            ChatAction::Typing(person, false) => drop(self.typing.remove(&person)),
            ChatAction::HideTyping(hidden) => self.typing_hidden = hidden,
            ChatAction::Read(person, through) => drop(self.read.insert(person, through)),
            ChatAction::ShareReading(shared) => self.reading_shared = shared,
            ChatAction::Gone(person) => {
                self.typing.remove(&person);
                self.read.remove(&person);
            }
            ChatAction::Keep(keep) => self.keep = keep,
            ChatAction::Unsent(unsent) => self.unsent = unsent,
            ChatAction::HistoryCleared => self.items.retain(|item| !item.history || !item.handed_by.is_empty()),
        }
    }

    /// The message named `id`.
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().rev().find(|item| item.id == id)
    }

    /// An empty one; what the person chose stays.
    pub fn anew(&self) -> Self {
        let (typing_hidden, reading_shared) = (self.typing_hidden, self.reading_shared);
        Self { typing_hidden, reading_shared, ..Self::default() }
    }

    /// The last message of one's own that somebody has read who is here, and who has; each account once. Nothing if that is not shared.
    pub fn last_read<'a>(&self, people: &'a [Person]) -> Option<(ItemId, Vec<&'a Person>)> {
        let items = self.items.iter().rev().filter(|item| self.reading_shared && item.own && !item.history);
        items.map(|item| (item.id, self.readers(item, people))).find(|(_, readers)| !readers.is_empty())
    }

    fn readers<'a>(&self, item: &Item, people: &'a [Person]) -> Vec<&'a Person> {
        let run = |id: ItemId| (id.author, id.run);
        let mut readers: Vec<&Person> = Vec::new();
        for person in people {
            let has_read = self.read.get(&person.id).is_some_and(|last| run(*last) == run(item.id) && item.id <= *last);
            let may_read = item.private.as_ref().is_none_or(|partner| partner.account == person.account);
            if has_read && may_read && readers.iter().all(|reader| reader.account != person.account) {
                readers.push(person);
            }
        }
        readers
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

    /// Shows a hole as a hole: where the conversation is now, or below what is from before.
    fn miss(&mut self, author_name: String, count: u32, history: bool) {
        let last = self.items.iter().rfind(|item| item.history == history);
        let gaps = self.items.iter().filter(|item| matches!(item.said, Said::Gap(_))).count();
        let gap = Item {
            // Nobody's id is all ones: it stands after everything of its moment, and is told from other holes by its number.
            id: ItemId { author: PersonId([0xff; 32]), run: [0xff; 8], seq: u32::try_from(gaps).unwrap_or(u32::MAX) },
            account: [0; 32],
            lamport: last.map_or(0, |item| item.lamport),
            author_name,
            own: false,
            said: Said::Gap(count),
            reply: None,
            edited: false,
            reactions: Vec::new(),
            private: None,
            history,
            handed_by: last.map(|item| item.handed_by.clone()).unwrap_or_default(),
            written_ms: last.map_or(0, |item| item.written_ms),
            delivery: Delivery::Sent,
        };
        self.put(gap, true);
    }

    fn put(&mut self, item: Item, open: bool) {
        match self.items.binary_search_by_key(&item.order(), Item::order) {
            Ok(at) => self.items[at] = item,
            Err(at) => {
                if !item.own && !open && !item.history {
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
pub(super) mod tests {
    use super::*;

    /// A message of Ravi's, or one's own, that says its number.
    pub fn item(seq: u32, lamport: u64, own: bool) -> Item {
        Item {
            id: ItemId { author: PersonId([own.into(); 32]), run: [0; 8], seq },
            account: [own.into(); 32],
            lamport,
            author_name: "Ravi".into(),
            own,
            said: Said::Text(seq.to_string()),
            reply: None,
            edited: false,
            reactions: Vec::new(),
            private: None,
            history: false,
            handed_by: String::new(),
            written_ms: 0,
            delivery: if own { Delivery::Waiting } else { Delivery::Sent },
        }
    }

    #[test]
    fn late_messages_take_their_causal_place() {
        let mut chat = Chat::default();
        for item in [item(1, 5, false), item(2, 9, false), item(3, 7, false)] {
            chat.apply(ChatAction::Put(item.into()), true);
        }
        assert_eq!(chat.items.iter().map(|item| item.lamport).collect::<Vec<_>>(), [5, 7, 9]);
    }

    #[test]
    fn only_messages_of_others_count_as_unread() {
        let mut chat = Chat::default();
        chat.apply(ChatAction::Put(item(1, 1, false).into()), false);
        chat.apply(ChatAction::Put(item(1, 2, true).into()), false);
        assert_eq!(chat.unread, 1);
        chat.seen(true);
        assert_eq!((chat.unread, chat.first_new), (0, Some(item(1, 1, false).id)));
        chat.seen(false);
        assert_eq!(chat.first_new, None);
    }

    #[test]
    fn the_last_own_message_that_somebody_here_has_read_says_who_has() {
        let person = |id: u8, account: u8| Person {
            account: [account; 32],
            ..Person::new(PersonId([id; 32]), "Ravi".into(), String::new())
        };
        let people = [person(10, 10), person(11, 11), person(12, 11)];
        let mut chat = Chat::default();
        for number in 1..=4 {
            chat.apply(ChatAction::Put(item(number, number.into(), number != 3).into()), true);
        }
        let partner = Some(Partner { account: [10; 32], name: "Ravi".into() });
        chat.apply(ChatAction::Put(Item { private: partner, ..item(5, 5, true) }.into()), true);
        let read = |chat: &Chat| {
            let (id, readers) = chat.last_read(&people)?;
            Some((id.seq, readers.into_iter().map(|person| person.id.0[0]).collect::<Vec<_>>()))
        };
        chat.apply(ChatAction::Read(people[0].id, item(2, 2, true).id), true);
        assert_eq!(read(&chat), None, "it is not shared");
        chat.apply(ChatAction::ShareReading(true), true);
        assert_eq!(read(&chat), Some((2, vec![10])));
        for number in [1, 2] {
            chat.apply(ChatAction::Read(people[number].id, item(5, 5, true).id), true);
        }
        assert_eq!(read(&chat), Some((4, vec![11])), "the last one is not for them, and they are one person");
        chat.apply(ChatAction::Read(people[0].id, item(6, 6, true).id), true);
        assert_eq!(read(&chat), Some((5, vec![10])));
        chat.apply(ChatAction::Gone(people[0].id), true);
        assert_eq!(read(&chat), Some((4, vec![11])));
        let other = ItemId { run: [1; 8], ..item(9, 9, true).id };
        (1..3).for_each(|number| chat.apply(ChatAction::Read(people[number].id, other), true));
        assert_eq!(read(&chat), None, "that was another run");
        assert!(chat.anew().reading_shared && chat.anew().read.is_empty());
    }

    #[test]
    fn a_message_said_again_is_shown_once() {
        let mut chat = Chat::default();
        chat.apply(ChatAction::Put(item(1, 1, true).into()), true);
        chat.apply(ChatAction::Put(item(1, 1, true).into()), true);
        chat.apply(ChatAction::Sent(item(1, 1, true).id), true);
        assert_eq!(chat.items.len(), 1);
        assert_eq!(chat.items[0].delivery, Delivery::Sent);
    }

    #[test]
    fn history_stands_before_everything_and_is_never_unread() {
        let mut chat = Chat::default();
        chat.apply(ChatAction::Put(item(1, 1, true).into()), false);
        chat.apply(ChatAction::Put(Item { history: true, ..item(7, 90, false) }.into()), false);
        assert_eq!(chat.items.iter().map(|item| item.history).collect::<Vec<_>>(), [true, false]);
        assert_eq!((chat.unread, chat.first_new), (0, None));
        chat.apply(ChatAction::HistoryCleared, false);
        assert_eq!(chat.items.len(), 1);
    }

    #[test]
    fn what_was_handed_on_stands_between_what_was_kept_and_what_is_said_now() {
        let mut chat = Chat::default();
        let handed = |seq| Item { history: true, handed_by: "Ada".into(), ..item(seq, u64::from(seq), false) };
        chat.apply(ChatAction::Put(item(1, 1, false).into()), false);
        chat.apply(ChatAction::Put(handed(2).into()), false);
        chat.apply(ChatAction::Put(Item { history: true, ..item(7, 90, false) }.into()), false);
        chat.apply(ChatAction::MissingBefore("Ravi".into(), 2), false);
        assert_eq!(chat.items.iter().map(|item| item.id.seq).collect::<Vec<_>>(), [7, 2, 0, 1]);
        assert_eq!((chat.items[2].said.clone(), chat.items[2].section()), (Said::Gap(2), (false, true)));
        chat.apply(ChatAction::HistoryCleared, false);
        assert_eq!((chat.items.len(), chat.unread), (3, 1));
    }

    #[test]
    fn a_hole_is_shown_where_it_was_noticed() {
        let mut chat = Chat::default();
        chat.apply(ChatAction::Put(item(1, 5, false).into()), true);
        chat.apply(ChatAction::Missing("Ravi".into(), 3), true);
        chat.apply(ChatAction::Put(item(2, 6, false).into()), true);
        assert_eq!(chat.items.iter().map(|item| item.said == Said::Gap(3)).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn a_search_finds_words_in_any_case() {
        let said = Item { said: Said::Text("The Ramp".into()), ..item(1, 1, false) };
        assert!(said.matches("ramp") && said.matches("ravi") && !said.matches("wall"));
    }
}
