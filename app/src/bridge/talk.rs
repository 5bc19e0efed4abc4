//! The conversation of one visit: the node's log, how it looks on the page, and what this device keeps of it.
//!
//! Reading and writing the store takes time and happens beside it; what was kept comes back as a message of the visit.

use std::time::Duration;

use milanio_identity::{AccountId, DeviceId};
use milanio_node::{
    core::{
        log::{Content, Line, Log, NotHere},
        room::{ChatMessage, Member},
        sorted::{SortedMap, SortedSet},
        time::RoomTime,
    },
    wire::{
        entry::Entry,
        file::FileId,
        message::{MessageId, RunId},
    },
};

use super::show::person_id;
use crate::{
    intent::Intent,
    state::{
        Action,
        chat::{ChatAction, Delivery, Item, ItemId, Keep, MAX_ITEMS, Partner, Quote, Reaction, Said},
        room::PersonId,
        toast::{Notice, ToastAction},
        trust::AccountBytes,
    },
};

/// How long after a change the conversation is kept again. Chosen: one write for a burst.
pub const SAVE_AFTER: Duration = Duration::from_millis(500);
/// How long [`Keep::Day`] is.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Characters of a message that are quoted.
const QUOTED: usize = 120;
/// Messages that are remembered as not delivered. Chosen: nobody goes on writing to who has left.
const MAX_UNDELIVERED: usize = 256;
/// People whose names are remembered. Chosen: more than a room holds.
const MAX_NAMES: usize = 512;

/// The conversation.
#[derive(Default)]
pub struct Talk {
    log: Log,
    me: Option<AccountId>,
    names: SortedMap<AccountId, String>,
    /// Accounts of devices: whose messages are missing.
    accounts: SortedMap<DeviceId, AccountId>,
    waiting: SortedSet<MessageId>,
    /// What nobody could read; at most [`MAX_UNDELIVERED`].
    undelivered: SortedSet<MessageId>,
    /// How long it is kept.
    pub keep: Keep,
    /// A save is planned.
    pub is_saving: bool,
}

impl Talk {
    /// Somebody is there, or is called differently now.
    pub fn meet(&mut self, member: &Member) {
        if self.names.len() < MAX_NAMES || self.names.contains_key(&member.account) {
            self.names.insert(member.account, member.name.clone());
        }
        if self.accounts.len() < MAX_NAMES || self.accounts.contains_key(&member.device) {
            self.accounts.insert(member.device, member.account);
        }
    }

    /// Somebody said something; what changes on the page.
    pub fn hear(&mut self, message: &ChatMessage) -> Vec<Action> {
        if message.own {
            self.me = Some(message.account);
            self.waiting.insert(message.id);
        }
        self.log.take(message.clone()).map(|id| self.changed(id)).unwrap_or_default()
    }

    /// A member handed on what was said before; what changes on the page.
    pub fn hear_history(&mut self, from: DeviceId, messages: &[ChatMessage]) -> Vec<Action> {
        let account = self.accounts.get(&from);
        let by = account.and_then(|account| self.names.get(account)).cloned().unwrap_or_else(|| from.short());
        let mut actions = Vec::new();
        for message in messages {
            if let Some(id) = self.log.take_handed(message.clone(), &by) {
                actions.extend(self.changed(id));
            }
        }
        actions
    }

    /// One's own message is on its way.
    pub fn sent(&mut self, id: MessageId) -> Vec<Action> {
        self.waiting.remove(&id);
        vec![Action::Chat(ChatAction::Sent(item_id(id)))]
    }

    /// One's own private message went out when its reader had left.
    pub fn undelivered(&mut self, id: MessageId) -> Vec<Action> {
        self.waiting.remove(&id);
        if self.log.line(id).is_none() || self.undelivered.len() >= MAX_UNDELIVERED {
            // A change of a message, or a reaction, is no message that could say so.
            return vec![Action::Toast(ToastAction::Show(Notice::ReaderGone))];
        }
        self.undelivered.insert(id);
        self.changed(id)
    }

    /// After this Lamport time one writes on.
    pub fn lamport(&self) -> u64 {
        self.log.lamport()
    }

    /// What a wish of the person says to the room, and to whom.
    ///
    /// # Errors
    /// If it is about a message that is not here (any more).
    pub fn entry(&self, wish: &Intent) -> Result<(Entry, Option<AccountId>), NotHere> {
        let named = |id: &ItemId| message_id(*id).ok_or(NotHere);
        let (entry, to) = match wish {
            Intent::SendChat { text, reply_to, to } => {
                let reply_to = reply_to.as_ref().map(named).transpose()?;
                let to = to.map(|account| AccountId::from_bytes(&account)).transpose().map_err(|_| NotHere)?;
                (Entry::Text { text: text.clone(), reply_to }, to)
            }
            Intent::EditChat(id, text) => (Entry::Edit { of: named(id)?, text: text.clone() }, None),
            Intent::DeleteChat(id) => (Entry::Delete { of: named(id)? }, None),
            Intent::ReactChat(id, emoji, on) => (Entry::React { of: named(id)?, emoji: emoji.clone(), on: *on }, None),
            _ => return Err(NotHere),
        };
        self.log.audience(&entry, to).map(|to| (entry, to))
    }

    /// The own file that a message offers.
    pub fn own_file(&self, id: ItemId) -> Option<FileId> {
        let line = self.log.line(message_id(id)?).filter(|line| line.own)?;
        if let Content::Offer(offer) = line.content() { Some(offer.id) } else { None }
    }

    /// The conversation to keep, with its last moment in milliseconds if it has one; `None` if nothing is to be kept.
    pub fn export(&self, now_ms: u64) -> Option<(Vec<u8>, Option<u64>)> {
        let (since, until) = match self.keep {
            Keep::Never => return None,
            Keep::Day => (now_ms.saturating_sub(DAY_MS), Some(now_ms.saturating_add(DAY_MS))),
            Keep::Always => (0, None),
        };
        Some((self.log.export(RoomTime::from_millis(since)), until))
    }

    /// Takes what was kept; what changes on the page, and the Lamport time after which one writes on.
    pub fn resume(&mut self, keep: Keep, kept: &[u8], now_ms: u64) -> (Vec<Action>, u64) {
        self.keep = keep;
        let since = if keep == Keep::Day { now_ms.saturating_sub(DAY_MS) } else { 0 };
        if let Err(error) = self.log.import(kept, RoomTime::from_millis(since)) {
            tracing::info!(%error, "what was kept of the conversation cannot be read");
        }
        let history = self.log.lines().filter(|line| line.is_history).take(MAX_ITEMS);
        let mut actions = vec![Action::Chat(ChatAction::Keep(keep))];
        actions.extend(history.map(|line| put(self.item(line))));
        (actions, self.log.lamport())
    }

    /// Keeps it for so long from now on. `Never` forgets what is history.
    pub fn set_keep(&mut self, keep: Keep) -> Vec<Action> {
        self.keep = keep;
        let mut actions = vec![Action::Chat(ChatAction::Keep(keep))];
        if keep == Keep::Never {
            self.log.forget_history();
            actions.push(Action::Chat(ChatAction::HistoryCleared));
        }
        actions
    }

    /// This message and those that quote it, as they look now.
    fn changed(&self, id: MessageId) -> Vec<Action> {
        let quoting = self.log.lines().filter(|line| line.reply_to == Some(id));
        self.log.line(id).into_iter().chain(quoting).map(|line| put(self.item(line))).collect()
    }

    fn item(&self, line: &Line) -> Item {
        let said = match line.content() {
            Content::Text(text) => Said::Text(text.clone()),
            Content::Deleted => Said::Deleted,
            Content::Offer(offer) => Said::File(offer.clone()),
        };
        let reaction = |(emoji, accounts): (&str, SortedSet<AccountId>)| Reaction {
            emoji: emoji.to_owned(),
            count: accounts.len(),
            mine: self.me.is_some_and(|me| accounts.contains(&me)),
        };
        let partner = |account: AccountId| {
            let partner = self.partner(*account.as_bytes());
            if line.own { partner } else { Partner { name: line.name.clone(), ..partner } }
        };
        Item {
            id: item_id(line.id),
            account: *line.account.as_bytes(),
            lamport: line.lamport,
            author_name: if line.own { String::new() } else { line.name.clone() },
            own: line.own,
            said,
            reply: line.reply_to.map(|id| self.quote(id)),
            edited: line.is_edited(),
            reactions: line.reactions().into_iter().map(reaction).collect(),
            private: line.partner().map(partner),
            history: line.is_history || line.handed_by.is_some(),
            handed_by: line.handed_by.clone().unwrap_or_default(),
            written_ms: line.written.as_millis(),
            delivery: self.delivery(line.id),
        }
    }

    fn delivery(&self, id: MessageId) -> Delivery {
        if self.waiting.contains(&id) {
            Delivery::Waiting
        } else if self.undelivered.contains(&id) {
            Delivery::Undelivered
        } else {
            Delivery::Sent
        }
    }

    fn quote(&self, id: MessageId) -> Quote {
        let said = self.log.line(id).map(|line| {
            let name = if line.own { String::new() } else { line.name.clone() };
            let text = match line.content() {
                Content::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
                Content::Offer(offer) => offer.name.clone(),
                Content::Deleted => String::new(),
            };
            (name, text.chars().take(QUOTED).collect())
        });
        Quote { id: item_id(id), said }
    }

    /// Somebody whom one writes to alone.
    pub fn partner(&self, account: AccountBytes) -> Partner {
        let id = AccountId::from_bytes(&account).ok();
        let name = id.map(|id| self.names.get(&id).cloned().unwrap_or_else(|| id.short()));
        Partner { account, name: name.unwrap_or_default() }
    }

    /// Who oneself is, for one's own reactions.
    pub fn be(&mut self, me: AccountId) {
        self.me = Some(me);
    }

    /// Messages that will not come, as a hole.
    pub fn missing(&self, author: DeviceId, count: u32) -> Action {
        let name = self.accounts.get(&author).and_then(|account| self.names.get(account)).cloned();
        Action::Chat(ChatAction::Missing(name.unwrap_or_default(), count))
    }
}

fn put(item: Item) -> Action {
    Action::Chat(ChatAction::Put(Box::new(item)))
}

/// A message as the page names it.
pub(super) fn item_id(id: MessageId) -> ItemId {
    ItemId { author: person_id(id.device), run: id.run.0, seq: id.seq }
}

fn message_id(id: ItemId) -> Option<MessageId> {
    let ItemId { author: PersonId(device), run, seq } = id;
    DeviceId::from_bytes(&device).ok().map(|device| MessageId { device, run: RunId(run), seq })
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey};
    use milanio_node::wire::file::{FileKey, FileOffer};

    use super::*;

    fn said(person: u8, seq: u32, entry: Entry) -> ChatMessage {
        ChatMessage {
            id: MessageId { device: DeviceKey::from_seed([person; 32]).id(), run: RunId([1; 8]), seq },
            account: AccountKey::from_seed([person; 32]).id(),
            name: "Ravi".into(),
            lamport: u64::from(seq),
            written: RoomTime::from_millis(1_000),
            entry,
            private: None,
            own: person == 1,
        }
    }

    fn shown(actions: Vec<Action>) -> Vec<Item> {
        let item = |action| if let Action::Chat(ChatAction::Put(item)) = action { Some(*item) } else { None };
        actions.into_iter().filter_map(item).collect()
    }

    #[test]
    fn a_changed_message_changes_what_quotes_it() {
        let mut talk = Talk::default();
        let first = said(2, 1, Entry::text("the old words"));
        let of = first.id;
        talk.hear(&first);
        let reply = shown(talk.hear(&said(1, 2, Entry::Text { text: "why?".into(), reply_to: Some(of) })));
        assert_eq!(
            reply[0].reply.as_ref().and_then(|quote| quote.said.clone()),
            Some(("Ravi".into(), "the old words".into()))
        );
        let changed = shown(talk.hear(&said(2, 3, Entry::Edit { of, text: "new words".into() })));
        assert_eq!(changed.len(), 2);
        assert!(changed[0].edited && changed[0].text() == "new words");
        assert_eq!(
            changed[1].reply.as_ref().and_then(|quote| quote.said.clone()),
            Some(("Ravi".into(), "new words".into()))
        );
    }

    #[test]
    fn what_is_about_a_private_message_goes_to_the_other_one_alone() {
        let mut talk = Talk::default();
        let [me, other] = [1, 2].map(|person| AccountKey::from_seed([person; 32]).id());
        for message in [
            ChatMessage { private: Some(me), ..said(2, 1, Entry::text("only you")) },
            ChatMessage { private: Some(other), ..said(1, 1, Entry::text("and only you")) },
        ] {
            let item = shown(talk.hear(&message)).remove(0);
            assert_eq!(item.private.map(|partner| partner.account), Some(*other.as_bytes()));
            let reply = Intent::SendChat { text: "yes".into(), reply_to: Some(item.id), to: None };
            for wish in [reply, Intent::ReactChat(item.id, "👍".into(), true), Intent::DeleteChat(item.id)] {
                assert_eq!(talk.entry(&wish).map(|(_, to)| to), Ok(Some(other)));
            }
        }
    }

    #[test]
    fn what_its_reader_did_not_get_says_so_and_stays() {
        let mut talk = Talk::default();
        let other = AccountKey::from_seed([2; 32]).id();
        let message = ChatMessage { private: Some(other), ..said(1, 1, Entry::text("still there?")) };
        assert_eq!(shown(talk.hear(&message))[0].delivery, Delivery::Waiting);
        let told = shown(talk.undelivered(message.id));
        assert_eq!((told[0].delivery, told[0].text()), (Delivery::Undelivered, "still there?"));
        let edit = ChatMessage { private: Some(other), ..said(1, 2, Entry::Edit { of: message.id, text: "?".into() }) };
        assert_eq!(shown(talk.hear(&edit))[0].delivery, Delivery::Undelivered);
        assert_eq!(talk.undelivered(edit.id), [Action::Toast(ToastAction::Show(Notice::ReaderGone))]);
    }

    #[test]
    fn nobody_answers_what_is_not_here() {
        let id = ItemId { author: person_id(DeviceKey::from_seed([2; 32]).id()), run: [1; 8], seq: 1 };
        let reply = Intent::SendChat { text: "yes".into(), reply_to: Some(id), to: None };
        assert_eq!(Talk::default().entry(&reply), Err(NotHere));
    }

    #[test]
    fn a_file_is_shown_with_all_that_fetching_it_takes() {
        let offer = FileOffer {
            id: FileId([3; 16]),
            name: "plan.pdf".into(),
            size_bytes: 12,
            sha256: [4; 32],
            key: FileKey([5; 32]),
        };
        let items = shown(Talk::default().hear(&said(2, 1, Entry::Offer(offer.clone()))));
        assert_eq!((items[0].text(), &items[0].said), ("plan.pdf", &Said::File(offer)));
    }

    #[test]
    fn what_is_kept_for_a_day_comes_back_within_a_day() {
        let mut talk = Talk::default();
        talk.hear(&said(2, 1, Entry::text("hello")));
        assert_eq!(talk.export(1_000), None);
        talk.set_keep(Keep::Day);
        let (kept, until) = talk.export(2_000).unwrap();
        assert_eq!(until, Some(2_000 + DAY_MS));
        let resumed = |now_ms| shown(Talk::default().resume(Keep::Day, &kept, now_ms).0).len();
        assert_eq!((resumed(DAY_MS), resumed(1_001 + DAY_MS)), (1, 0));
    }
}
