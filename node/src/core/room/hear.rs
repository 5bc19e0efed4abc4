//! What comes of what others say.
//!
//! Everything here was chosen by somebody else. A frame that opens was made by somebody who has the room code, and says by its inner
//! signature which device spoke; whether that device is a member is found here.

use std::time::Duration;

use milanio_identity::{AccountId, DeviceId, TopicName};

use super::{
    ChatMessage, Departure, Room, RoomEvent, Standing, Verdict,
    held::HeldBody,
    meter::{Allowance, Utterance},
    private,
    replay::{self, MessageName},
    roster::{BeatHeard, Refused},
    signals,
    topics::{Epoch, Place},
};
use crate::{
    core::{
        group::Ephemeral,
        time::{RoomTime, Timestamp},
    },
    wire::{
        entry::Entry,
        frame::{self, FrameError},
        group::GroupBody,
        inner::{self, Inner},
        limits::FRAME_WINDOW,
        message::{Beat, Chat, DoorBody, FloorBody, MessageId, Presence, RunId, SealedSignal},
        operation::Role,
        whisper::Whisper,
    },
};

/// How far one message can move the causal clock: a liar's huge number must not use it up.
const MAX_LAMPORT_STEP: u64 = 1_000;

impl Room {
    pub(super) fn hear_frame(&mut self, topic: &TopicName, data: &[u8], now: Timestamp) -> Verdict {
        let Some((place, keys)) = self.topics.find(topic) else { return Verdict::Ignore };
        let Some(nonce) = frame::nonce(data) else { return Verdict::Reject };
        if self.replay.contains(&(*topic, nonce)) {
            return Verdict::Ignore;
        }
        let inner = match frame::open(keys, data, self.room_time(now)) {
            Ok(inner) => inner,
            Err(FrameError::Size) => return Verdict::Reject,
            // Whoever passed it on could not see this.
            Err(_) => return Verdict::Ignore,
        };
        self.replay.insert((*topic, nonce));
        let name = replay::message_name(&inner);
        if self.heard.contains(&name) {
            // Somebody frames anew what another said: it must not count, nor be counted against who said it.
            return Verdict::Ignore;
        }
        let understood = match place {
            Place::Door => inner::open(self.room_id, &inner).is_ok_and(|said| self.hear_at_door(said, name, now)),
            Place::Floor(epoch) => {
                inner::open(self.room_id, &inner).is_ok_and(|said| self.hear_on_floor(said, name, epoch, now))
            }
        };
        if understood { Verdict::Accept } else { Verdict::Ignore }
    }

    /// Whether something may have been said just now; if not, somebody kept it.
    fn is_fresh(&self, said: RoomTime, now: Timestamp) -> bool {
        said.distance(self.room_time(now)) <= FRAME_WINDOW
    }

    /// False for what was said too long ago.
    fn hear_at_door(&mut self, said: Inner<DoorBody>, name: MessageName, now: Timestamp) -> bool {
        let Inner { from, said, body } = said;
        if from == self.me || !self.is_fresh(said, now) {
            return from == self.me;
        }
        self.clock.hear(now);
        let kind = match &body {
            DoorBody::Answer(answer) if answer.to == self.me => Utterance::Answer,
            // What a stranger answers another is of no use here.
            DoorBody::Answer(_) if self.roster.find(&from).is_none() => return true,
            DoorBody::Answer(_) => Utterance::Answer,
            DoorBody::Knock(knock) => Utterance::Knock(self.caller(from, knock, now)),
            DoorBody::GenesisWanted | DoorBody::Genesis(_) => Utterance::Door,
        };
        if !self.allows(from, kind, now) {
            return true;
        }
        self.heard.insert(name);
        match body {
            DoorBody::GenesisWanted => self.search.handle_wanted(&mut self.rng, now),
            DoorBody::Genesis(bytes) => self.search.handle_offer(bytes, self.room_time(now)),
            DoorBody::Knock(knock) => self.hear_knock(from, knock, now),
            DoorBody::Answer(answer) => self.hear_knock_answer(from, &answer, now),
        }
        true
    }

    /// False for what was said too long ago.
    fn hear_on_floor(&mut self, said: Inner<FloorBody>, name: MessageName, floor: Epoch, now: Timestamp) -> bool {
        let Inner { from, said, body } = said;
        if from == self.me || !self.is_fresh(said, now) {
            return from == self.me;
        }
        self.heard_anybody = true;
        // Who belongs to the room cannot be known before the genesis is.
        if self.ledger.is_none() {
            return true;
        }
        self.clock.hear(now);
        let kind = match &body {
            FloorBody::Presence(_) => Some(Utterance::Presence),
            FloorBody::Beat(_) | FloorBody::Typing(_) | FloorBody::Read(_) => Some(Utterance::Beat),
            FloorBody::PresenceWanted(_) | FloorBody::ChatWanted(_) | FloorBody::Leave(_) => Some(Utterance::Request),
            FloorBody::Signal(signal) if signal.to == self.me => Some(Utterance::Signal),
            FloorBody::Signal(_) => None,
            FloorBody::Operations(_) | FloorBody::FloorKeys(_) => Some(Utterance::Operations),
            FloorBody::OperationsWanted(_) | FloorBody::Ask(_) => Some(Utterance::Request),
            FloorBody::Group(GroupBody::Message(_)) => Some(Utterance::Chat),
            FloorBody::Group(GroupBody::Keys(_)) => Some(Utterance::Keys),
            FloorBody::Group(GroupBody::KeysWanted(wanted)) if wanted.chain.device == self.me => {
                Some(Utterance::Request)
            }
            FloorBody::Again(again) if again.is_for(&self.me) => Some(Utterance::Chat),
            FloorBody::Group(GroupBody::KeysWanted(_)) | FloorBody::Again(_) => None,
        };
        if !kind.is_some_and(|kind| self.allows(from, kind, now)) {
            return true;
        }
        self.heard.insert(name);
        match body {
            FloorBody::Presence(presence) => self.hear_presence(from, presence, floor, now),
            FloorBody::Beat(beat) => self.hear_beat(from, &beat, floor, now),
            FloorBody::PresenceWanted(device) => self.hear_presence_wanted(device, now),
            FloorBody::Leave(run) => self.hear_leave(from, run, now),
            FloorBody::Group(body) => self.hear_group(from, &body, floor, now),
            FloorBody::Again(again) => self.hear_again(from, &again, now),
            FloorBody::ChatWanted(wanted) => self.hear_chat_wanted(from, &wanted, now),
            FloorBody::Signal(signal) => self.hear_signal(from, signal, now),
            FloorBody::Typing(run) => self.hear_typing(from, run, now),
            FloorBody::Operations(said) => self.hear_operations(from, &said, floor, now),
            FloorBody::OperationsWanted(wanted) => self.hear_operations_wanted(wanted, floor, now),
            FloorBody::FloorKeys(keys) => self.hear_floor_keys(from, &keys, floor, now),
            FloorBody::Ask(ask) => self.hear_ask(from, ask, now),
            FloorBody::Read(read) => self.hear_read(from, &read),
        }
        true
    }

    /// Whether this device may say this now; counted for itself, and for its account or all strangers. Who goes on for long is
    /// muted, which is told.
    fn allows(&mut self, from: DeviceId, what: Utterance, now: Timestamp) -> bool {
        let account = self.roster.find(&from).map(|member| member.account);
        let allowance = self.meter.hear(from, account, what, now);
        if allowance == Allowance::Muted
            && let Some(account) = account
        {
            self.events.push_back(RoomEvent::Muted { device: from, account });
        }
        allowance == Allowance::Heard
    }

    fn hear_presence(&mut self, from: DeviceId, presence: Presence, floor: Epoch, now: Timestamp) {
        let heads = presence.beat.heads;
        if !self.hear_presence_since(from, presence, now, now) {
            self.exchange.miss(floor, &mut self.rng, now);
        } else if self.roster.find(&from).is_some() {
            self.hear_digest(from, heads, floor, now);
            self.note_late(floor, now);
        }
    }

    /// Takes a full presence that came at `since`. False if it is held, since its sender does not belong to the room as far as is
    /// known here.
    pub(super) fn hear_presence_since(
        &mut self,
        from: DeviceId,
        presence: Presence,
        since: Timestamp,
        now: Timestamp,
    ) -> bool {
        let entered = match self.standing {
            Standing::Inside { entered, .. } => Some(entered),
            Standing::Observing | Standing::Left => None,
        };
        let own = entered.map(|entered| (entered, self.me));
        let moment = self.moment(now);
        let ledger = &mut self.ledger;
        let role = |account: &AccountId| ledger.as_mut()?.role(account, &from);
        let events = match self.roster.hear_presence(from, &presence, own, role, moment) {
            Ok(events) => events,
            Err(Refused::NotAMember) => {
                self.held.push_presence(from, presence, since, now);
                return false;
            }
            Err(_) => return true,
        };
        self.moves.alone_since = None;
        for event in events {
            self.tell_member_event(event, now);
        }
        self.strangers.settle(&from);
        let run = presence.beat.run;
        let age = Duration::from_millis(presence.ephemeral_age.into()) + now.since(since);
        self.content.hear_ephemeral(from, run, Ephemeral { key: presence.ephemeral, age }, now);
        self.see_lamport(presence.beat.lamport);
        if self.ledger.as_ref().is_some_and(|ledger| ledger.covers(&presence.beat.heads)) {
            self.content.settle();
        }
        self.inbox.announce(from, run, presence.beat.last_chat, now);
        let whole = entered.is_some_and(|entered| presence.entered >= entered);
        self.inbox.author_joined(from, run, whole, now);
        let members = self.roster.len();
        if let Standing::Inside { announcer, .. } = &mut self.standing {
            announcer.heard_answer();
            if presence.answer_wanted {
                announcer.answer(members, &mut self.rng, now);
            }
        }
        for body in self.held.take(from, now) {
            match body {
                HeldBody::Chat(run, chat) => self.hear_chat(from, run, chat, now),
                HeldBody::Signal(signal) => self.hear_signal(from, signal, now),
            }
        }
        true
    }

    fn hear_beat(&mut self, from: DeviceId, beat: &Beat, floor: Epoch, now: Timestamp) {
        match self.roster.hear_beat(from, beat, self.moment(now)) {
            BeatHeard::Stale => return,
            BeatHeard::Member(event) => {
                self.moves.alone_since = None;
                self.note_late(floor, now);
                self.hear_digest(from, beat.heads, floor, now);
                self.strangers.settle(&from);
                self.see_lamport(beat.lamport);
                self.events.extend(event.map(|event| *event));
            }
            BeatHeard::Unknown => {
                self.strangers.wonder(from, &mut self.rng, now);
                if self.floors.spoken() != Some(floor) {
                    // It does not hear what is asked where this device speaks. What operations say leads both to one floor.
                    self.exchange.miss(floor, &mut self.rng, now);
                }
            }
        }
        self.inbox.announce(from, beat.run, beat.last_chat, now);
    }

    fn hear_presence_wanted(&mut self, device: Option<DeviceId>, now: Timestamp) {
        let members = self.roster.len();
        if device.is_none_or(|device| device == self.me)
            && let Standing::Inside { announcer, .. } = &mut self.standing
        {
            announcer.answer(members, &mut self.rng, now);
        }
        self.strangers.overhear(device, now);
    }

    fn hear_leave(&mut self, from: DeviceId, run: RunId, now: Timestamp) {
        if let Some(event) = self.roster.hear_leave(from, run, now) {
            self.tell_member_event(event, now);
        }
    }

    /// Moves the causal clock on; one message moves it by so much at most.
    fn see_lamport(&mut self, seen: u64) {
        let step = seen.saturating_sub(self.lamport).min(MAX_LAMPORT_STEP);
        self.lamport = self.lamport.saturating_add(step);
    }

    /// Takes a message that was opened.
    pub(super) fn hear_chat(&mut self, from: DeviceId, run: RunId, chat: Chat, now: Timestamp) {
        let Some(member) = self.roster.find(&from).filter(|member| member.run == run) else {
            self.inbox.glimpse(from, run, chat.seq, now);
            self.held.push(from, HeldBody::Chat(run, chat), now);
            self.strangers.wonder(from, &mut self.rng, now);
            return;
        };
        if !self.inbox.wants(from, run, chat.seq) {
            return;
        }
        let (account, name, role) = (member.account, member.name.clone(), member.role);
        self.see_lamport(chat.lamport);
        let id = MessageId { device: from, run, seq: chat.seq };
        let lost = self.inbox.deliver(from, run, chat.seq, now);
        self.tell_missing(from, lost);
        self.stop_typing(from);
        if !self.may_write(role) {
            return;
        }
        self.keep_said(account, id, &chat);
        let (entry, private) = match chat.entry {
            Entry::Private(seals) => match private::open(self.room_id, id, &seals, &*self.content) {
                Some(entry) => (entry, Some(self.account)),
                // For somebody else: nothing but its number is of use here.
                None => return,
            },
            entry => (entry, None),
        };
        let (lamport, written) = (chat.lamport, chat.written);
        let message = ChatMessage { id, account, name, lamport, written, entry, private, own: false };
        self.events.push_back(RoomEvent::Chat(Box::new(message)));
    }

    /// Whether who has this role writes here.
    fn may_write(&mut self, role: Role) -> bool {
        self.ledger.as_mut().is_none_or(|ledger| role >= ledger.policy().chat)
    }

    fn hear_typing(&mut self, from: DeviceId, run: RunId, now: Timestamp) {
        if self.is_inside()
            && let Some(role) = self.roster.find(&from).filter(|member| member.run == run).map(|member| member.role)
            && self.may_write(role)
            && self.typing.hear(from, now)
        {
            self.events.push_back(RoomEvent::Typing { device: from, on: true });
        }
    }

    fn stop_typing(&mut self, device: DeviceId) {
        if self.typing.stop(&device) {
            self.events.push_back(RoomEvent::Typing { device, on: false });
        }
    }

    fn hear_signal(&mut self, from: DeviceId, sealed: SealedSignal, now: Timestamp) {
        if !self.is_inside() {
            return;
        }
        if self.roster.find(&from).is_none() {
            self.held.push(from, HeldBody::Signal(sealed), now);
            self.strangers.wonder(from, &mut self.rng, now);
            return;
        }
        let path = signals::Path { room: self.room_id, from, to: self.me };
        match signals::open(path, &*self.content, &sealed) {
            Some((Whisper::Call(signal), hash)) => self.events.push_back(RoomEvent::Signal { from, signal, hash }),
            Some((Whisper::File(signal), _)) => self.events.push_back(RoomEvent::FileSignal { from, signal }),
            Some((Whisper::History(signal), _)) => self.hear_history(from, signal, now),
            None => {}
        }
    }

    /// Tells an event of the roster, and has everything else forget who is gone.
    pub(super) fn tell_member_event(&mut self, event: RoomEvent, now: Timestamp) {
        let mut lost = None;
        if let RoomEvent::MemberLeft { device, run, reason } = &event {
            self.signals.forget(device);
            self.typing.stop(device);
            self.strangers.settle(device);
            self.exchange.forget(device);
            self.content.forget(device);
            match reason {
                Departure::Silent => {
                    self.inbox.author_silent(*device, *run);
                    self.moves.lost_at = Some(now);
                }
                // A join that came to nothing may be stated again at once.
                Departure::Removed { .. } => self.inbox.author_out(*device, *run),
                Departure::Left | Departure::Restarted | Departure::Expired => {
                    lost = Some((*device, self.inbox.author_gone(*device, *run)));
                }
            }
        }
        self.events.push_back(event);
        if let Some((device, count)) = lost {
            self.tell_missing(device, count);
        }
    }

    fn tell_missing(&mut self, author: DeviceId, count: u32) {
        if count > 0 && self.is_inside() {
            self.events.push_back(RoomEvent::ChatMissing { author, count });
        }
    }
}
