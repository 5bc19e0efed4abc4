//! What the bridge remembers of people and rooms beyond the page: contacts, and the rooms visited lately (`platform::book`).

use std::time::Duration;

use gloo::timers::future::sleep;
use milanio_identity::{RoomCode, RoomKeys};
use milanio_node::core::room::Member;
use milanio_rendezvous::api::{ErrorCode, Rid, RoomState};
use wasm_bindgen_futures::spawn_local;

use super::{Bridge, founding, message::Message, visit::Known};
use crate::{
    platform::{
        api::{self, Failure},
        book, clock, history, page,
    },
    state::{
        Action,
        recent::{Life, RecentAction, RecentRoom, RecentRooms},
        room::PersonId,
        trust::Contacts,
    },
};

/// The registry is not asked again about the same rooms within this time, in milliseconds. Chosen: for all rooms that are kept it makes
/// 36 questions a minute; it answers 100 to an address.
const ASK_AGAIN_MS: u64 = 20_000;
/// After so many failures in a row the pause before the next question doubles no more: five minutes.
const MOST_FAILURES: u32 = 4;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Today, in days since 1970.
fn today() -> u32 {
    // A clock beyond the year 10,000,000 only costs the order of contacts.
    u32::try_from(clock::now_ms() / DAY_MS).unwrap_or(u32::MAX)
}

impl Bridge {
    pub(super) fn load_book(&self) {
        let post = self.post.clone();
        spawn_local(async move {
            post.send(Message::Contacts(book::load(book::CONTACTS).await));
            post.send(Message::Rooms(book::load(book::ROOMS).await));
        });
    }

    pub(super) fn take_contacts(&mut self, contacts: Contacts) {
        self.contacts = contacts;
        let Some(visit) = &mut self.visit else { return };
        let actions = visit.people.learn(self.contacts.clone());
        self.show_all(actions);
        self.block_changed();
    }

    /// Sends nothing to those whose key has changed.
    pub(super) fn block_changed(&self) {
        if let Some(visit) = &self.visit
            && let Some(peers) = visit.peers()
        {
            peers.block(visit.people.blocked());
        }
    }

    /// Somebody is there. Only accounts that last are pinned: a guest is another one in the next room.
    pub(super) fn meet(&self, member: &Member) {
        let (account, name, day) = (*member.account.as_bytes(), member.name.clone(), today());
        if member.verified && self.contacts.clone().meet(account, &name, day) {
            self.change_contacts(move |contacts| {
                contacts.meet(account, &name, day);
            });
        }
    }

    pub(super) fn compare(&self, person: PersonId, is_same: bool) {
        if let Some((account, name)) = self.visit.as_ref().and_then(|visit| visit.people.who(person)) {
            self.change_contacts(move |contacts| contacts.compare(account, &name, is_same, today()));
        }
    }

    pub(super) fn accept(&self, person: PersonId) {
        if let Some((account, name)) = self.visit.as_ref().and_then(|visit| visit.people.who(person)) {
            self.change_contacts(move |contacts| contacts.accept(account, &name, today()));
        }
    }

    fn change_contacts(&self, edit: impl FnOnce(&mut Contacts) + 'static) {
        let post = self.post.clone();
        spawn_local(async move { post.send(Message::Contacts(book::update(book::CONTACTS, edit).await)) });
    }

    /// The rooms as they are kept. Their lives are asked for where they are shown.
    pub(super) fn take_rooms(&mut self, rooms: RecentRooms) {
        self.rooms = rooms.0.iter().map(|room| room.rid).collect();
        self.show(Action::Recent(RecentAction::All(rooms)));
        self.ask_lives();
    }

    /// Asks the registry how the rooms on the landing page are, and again from time to time.
    pub(super) fn ask_lives(&mut self) {
        let is_asked = self.asked.0 == self.rooms && clock::now_ms().saturating_sub(self.asked.1) < ASK_AGAIN_MS;
        if !is_asked {
            self.ask_lives_of(self.rooms.clone(), 0);
        }
    }

    /// The pause is over. Nobody looks while the page is hidden; when it is shown, all is asked.
    pub(super) fn ask_lives_again(&mut self, rids: Vec<[u8; 16]>, failures: u32) {
        // Whoever asked about them meanwhile asks again, too.
        let is_asked = clock::now_ms().saturating_sub(self.asked.1) < ASK_AGAIN_MS;
        if !is_asked && !page::is_hidden() {
            self.ask_lives_of(rids, failures);
        }
    }

    /// Asks about these. What is over stays so, and is not asked about again.
    fn ask_lives_of(&mut self, rids: Vec<[u8; 16]>, failures: u32) {
        if rids.is_empty() || self.visit.is_some() || self.opening.is_some() || self.is_founding {
            return;
        }
        self.asked = (self.rooms.clone(), clock::now_ms());
        let (dispatch, post) = (self.dispatch.clone(), self.post.clone());
        spawn_local(async move {
            let mut open = Vec::new();
            let mut has_failed = false;
            for rid in rids {
                let life = life(rid).await;
                has_failed |= life.is_none();
                if life.is_none_or(|(life, _)| life.is_open()) {
                    open.push(rid);
                }
                if let Some((life, ends_s)) = life {
                    dispatch.emit(Action::Recent(RecentAction::Life(rid, life, ends_s)));
                }
            }
            let failures = if has_failed { (failures + 1).min(MOST_FAILURES) } else { 0 };
            sleep(Duration::from_millis(ASK_AGAIN_MS << failures)).await;
            post.send(Message::LivesAgain(open, failures));
        });
    }

    /// A room was founded or entered.
    pub(super) fn keep_room(&self, known: &Known) {
        let Some(root) = &known.root else { return };
        let room = RecentRoom {
            code: known.code.to_string(),
            rid: *RoomKeys::new(root).registry().rid(),
            is_own: known.is_founder(),
            visited_ms: clock::now_ms(),
            life: None,
        };
        self.change_rooms(move |rooms| rooms.visit(room));
    }

    /// Forgets a room, and what was kept of its conversation.
    pub(super) fn forget_room(&self, code: String) {
        let worker = self.worker.clone();
        if let Ok(code) = RoomCode::parse(&code) {
            spawn_local(async move {
                // The conversation is named by the room's id, which takes a while to derive.
                if !history::is_empty().await
                    && let Some(root) = founding::root(&worker, &code).await
                {
                    history::clear(RoomKeys::new(&root).room_id()).await;
                }
            });
        }
        self.change_rooms(move |rooms| rooms.forget(&code));
    }

    /// Forgets all rooms, and what was kept of any conversation.
    pub(super) fn forget_rooms(&self) {
        let post = self.post.clone();
        spawn_local(async move {
            history::clear_all().await;
            book::forget(book::ROOMS).await;
            post.send(Message::Rooms(RecentRooms::default()));
        });
    }

    fn change_rooms(&self, edit: impl FnOnce(&mut RecentRooms) + 'static) {
        let post = self.post.clone();
        spawn_local(async move { post.send(Message::Rooms(book::update(book::ROOMS, edit).await)) });
    }
}

/// How a room is, and when it ends; `None` if the registry cannot say.
async fn life(rid: [u8; 16]) -> Option<(Life, u64)> {
    match api::join(Rid::from_bytes(rid)).await {
        Ok(answer) => {
            let life = match answer.room.state {
                RoomState::Created | RoomState::Waiting => Life::Waiting,
                RoomState::Active => Life::Active,
                RoomState::Expired => Life::Expired,
                RoomState::Destroyed => Life::Destroyed,
            };
            Some((life, answer.room.expires_s))
        }
        Err(Failure::Refused(ErrorCode::RoomUnknown | ErrorCode::RoomExpired, _)) => Some((Life::Expired, 0)),
        Err(Failure::Refused(ErrorCode::RoomDestroyed, _)) => Some((Life::Destroyed, 0)),
        Err(_) => None,
    }
}
