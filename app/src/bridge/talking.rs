//! The bridge's part in the conversation: wishes of the person into the room, what is said there onto the page, and keeping it.

use milanio_identity::AccountId;
use milanio_node::{
    core::{
        room::{RoomEvent, SendChatError},
        session::SessionInput,
    },
    wire::entry::Entry,
};

use super::{Bridge, talk::item_id};
use crate::{
    intent::Intent,
    platform::{clock, history, storage},
    state::{
        Action,
        chat::{ChatAction, ItemId, Keep, Unsent},
        toast::{Notice, ToastAction},
        trust::AccountBytes,
    },
};

impl Bridge {
    /// What an event of the room changes in the conversation.
    pub(super) fn take_talk(&mut self, event: &RoomEvent) {
        let Some(visit) = &mut self.visit else { return };
        let actions = match event {
            RoomEvent::MemberJoined(member) | RoomEvent::MemberChanged(member) => {
                visit.talk.meet(member);
                return;
            }
            RoomEvent::Chat(message) => visit.talk.hear(message),
            RoomEvent::History { from, messages } => visit.talk.hear_history(*from, messages),
            RoomEvent::HistoryMissing { author, count } => {
                vec![Action::Chat(ChatAction::MissingBefore(author.clone(), *count))]
            }
            RoomEvent::ChatSent(id) => visit.talk.sent(*id),
            RoomEvent::ChatUndelivered(id) => visit.talk.undelivered(*id),
            RoomEvent::ChatMissing { author, count } => vec![visit.talk.missing(*author, *count)],
            _ => return,
        };
        visit.save_talk_soon();
        self.show_all(actions);
    }

    pub(super) fn take_history(&mut self, kept: Option<history::Kept>) {
        let (Some(visit), Some(kept)) = (&mut self.visit, kept) else { return };
        let (actions, lamport) = visit.talk.resume(kept.keep, &kept.conversation, clock::now_ms());
        visit.send(SessionInput::ResumeAfter(lamport));
        self.show_all(actions);
    }

    pub(super) fn save_talk(&mut self) {
        if let Some(visit) = &mut self.visit {
            visit.save_talk();
        }
    }

    pub(super) fn put_into_talk(&mut self, wish: &Intent) {
        // The page does not let anybody write while somebody is not who they were; it may not have heard of it yet.
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.people.blocked().is_empty()) else { return };
        // Who takes back an offer takes back the file.
        let file = if let Intent::DeleteChat(id) = wish { visit.talk.own_file(*id) } else { None };
        match visit.talk.entry(wish) {
            Ok((entry, to)) => {
                visit.send(SessionInput::SendEntry(entry, to));
                file.into_iter().for_each(|file| self.withdraw_file(file));
            }
            Err(error) => {
                tracing::info!(%error, "nothing was said");
                self.show(Action::Toast(ToastAction::Show(Notice::MessageGone)));
                match wish {
                    Intent::SendChat { text, to, .. } => self.put_back(text.clone(), *to, None),
                    Intent::EditChat(id, text) => self.put_back(text.clone(), None, Some(*id)),
                    _ => {}
                }
            }
        }
    }

    /// The room did not take what the person said: says why, and gives the text back.
    pub(super) fn give_back(&mut self, error: SendChatError, entry: Entry, to: Option<AccountId>) {
        tracing::info!(%error, "a message was not taken");
        let notice = match error {
            SendChatError::TooLong => Notice::TooLong,
            SendChatError::NotThere => Notice::ReaderGone,
            SendChatError::NotAllowed => Notice::NotAllowed,
            _ => Notice::SendingTooFast,
        };
        self.show(Action::Toast(ToastAction::Show(notice)));
        match entry {
            Entry::Text { text, .. } => self.put_back(text, to.map(|account| *account.as_bytes()), None),
            Entry::Edit { of, text } => self.put_back(text, None, Some(item_id(of))),
            Entry::Offer(offer) => self.take_offer_back(&offer),
            _ => {}
        }
    }

    /// Gives a text back to be written on: a message, for this account alone if one is named, or a change of `edit`.
    fn put_back(&mut self, text: String, to: Option<AccountBytes>, edit: Option<ItemId>) {
        let Some(visit) = &self.visit else { return };
        let to = to.map(|account| visit.talk.partner(account));
        self.show(Action::Chat(ChatAction::Unsent(Some(Unsent { text, to, edit }))));
    }

    pub(super) fn tell_typing(&mut self) {
        if let Some(visit) = self.visit.as_mut().filter(|_| !storage::is_typing_hidden()) {
            visit.send(SessionInput::Typing);
        }
    }

    pub(super) fn hide_typing(&mut self, hidden: bool) {
        storage::hide_typing(hidden);
        self.show(Action::Chat(ChatAction::HideTyping(hidden)));
    }

    pub(super) fn tell_reading(&mut self, on: bool) {
        if let Some(visit) = &mut self.visit {
            visit.send(SessionInput::SetReading(on));
        }
    }

    pub(super) fn share_reading(&mut self, shared: bool) {
        storage::share_reading(shared);
        self.show(Action::Chat(ChatAction::ShareReading(shared)));
    }

    pub(super) fn keep_talk(&mut self, keep: Keep) {
        let Some(visit) = &mut self.visit else { return };
        let actions = visit.talk.set_keep(keep);
        if keep == Keep::Never {
            visit.clear_history();
        } else {
            visit.save_talk();
        }
        self.show_all(actions);
    }
}
