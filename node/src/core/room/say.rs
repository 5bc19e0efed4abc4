//! What a room says of itself and when: everything that is due, turned into frames and commands.

use std::time::Duration;

use milanio_identity::Attestation;
use rand_core::Rng;

use super::{
    PublishTicket, Room, RoomCommand, RoomEvent, Standing,
    announcer::Say,
    search::Step,
    topics::{self, Epoch, Place},
};
use crate::{
    core::time::{RoomTime, Timestamp},
    wire::{
        body::Body,
        frame, inner,
        message::{Beat, DoorBody, FloorBody, Presence},
    },
};

/// The registry hears of a room in use this often, from the member with the lowest device id.
const REGISTRY_BEAT_EVERY: Duration = Duration::from_secs(30);
/// Who observes asks who is there, again after these waits while nobody answered.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(900), Duration::from_secs(3)];
/// A clock that was set back by more than this is followed; by less, what is said just counts on.
const CLOCK_STEP: Duration = Duration::from_secs(1);

impl Room {
    /// Does everything that is due, and notes when the next is.
    pub(super) fn run_due(&mut self, now: Timestamp) {
        if matches!(self.standing, Standing::Left) {
            return;
        }
        let unmarked = self.roster.unmark(self.room_time(now));
        self.events.extend(unmarked);
        for event in self.roster.expire(!self.connected, self.moment(now)) {
            self.tell_member_event(event, now);
        }
        for device in self.typing.expire(now) {
            self.events.push_back(RoomEvent::Typing { device, on: false });
        }
        self.search_on(now);
        if matches!(self.standing, Standing::Left) {
            return;
        }
        self.follow(now);
        self.renew_keys(now);
        if self.connected && self.ledger.is_some() {
            self.rotate_if_due(now);
            if let Some(floor) = self.floors.reached() {
                self.say_unsaid(floor, now);
            }
            self.knock_if_due(now);
            self.answer_knocks(now);
            self.exchange_operations(now);
            self.tell_late(now);
            self.announce(now);
            self.ask_for_past(now);
            self.send_signals(now);
            self.update_readers(now);
            self.say_keys(now);
            self.send_waiting_chat(now);
            self.ask_for_missing(now);
            self.tell_read(now);
            self.ask_who(now);
            self.beat_registry(now);
        }
        self.timeout = Some(self.next_due(now));
    }

    fn announce(&mut self, now: Timestamp) {
        if self.floors.spoken().is_none() {
            return;
        }
        let members = self.roster.len();
        while let Standing::Inside { announcer, .. } = &mut self.standing
            && let Some(say) = announcer.due(members, &mut self.rng, now)
        {
            match say {
                Say::Beat => {
                    let beat = self.own_beat(now);
                    self.say(&FloorBody::Beat(beat), now);
                }
                Say::Presence { answer_wanted } => {
                    let presence = self.own_presence(answer_wanted, now);
                    self.presence_ticket = self.say(&FloorBody::Presence(presence), now);
                }
            }
        }
    }

    fn own_beat(&mut self, now: Timestamp) -> Beat {
        Beat {
            run: self.run,
            said: self.say_time(now),
            last_chat: self.outbox.last_sent(),
            lamport: self.lamport,
            revision: self.revision,
            media: self.media,
            away: self.away,
            hand: self.hand,
            heads: self.ledger.as_ref().map(|ledger| ledger.digest()).unwrap_or_default(),
        }
    }

    /// The room time to say something with: later than all that was said before.
    pub(super) fn say_time(&mut self, now: Timestamp) -> RoomTime {
        let room_now = self.room_time(now);
        let next = RoomTime::from_millis(self.last_said.as_millis() + 1);
        let set_back = next > room_now.after(CLOCK_STEP);
        self.last_said = if set_back { room_now } else { next.max(room_now) };
        self.last_said
    }

    fn own_presence(&mut self, answer_wanted: bool, now: Timestamp) -> Presence {
        let beat = self.own_beat(now);
        let entered = match self.standing {
            Standing::Inside { entered, .. } => entered,
            Standing::Observing | Standing::Left => beat.said,
        };
        let ephemeral = self.content.ephemeral(now);
        Presence {
            cert: self.cert.clone(),
            attestation: self.attestation.as_ref().map(Attestation::to_bytes),
            ephemeral: ephemeral.key,
            ephemeral_age: u32::try_from(ephemeral.age.as_millis()).unwrap_or(u32::MAX),
            name: self.name.clone(),
            entered,
            answer_wanted,
            beat,
        }
    }

    fn send_signals(&mut self, now: Timestamp) {
        loop {
            let ticket = self.next_ticket();
            let Some(floor) = self.floors.spoken() else { return };
            let Some(signal) = self.signals.send_next(ticket, now) else { return };
            self.say_as(ticket, Place::Floor(floor), &FloorBody::Signal(signal), now);
        }
    }

    /// The next beat tells of a message: soon, so that who lost it learns of it.
    pub(super) fn note_chat_sent(&mut self, now: Timestamp) {
        let members = self.roster.len();
        if let Standing::Inside { announcer, .. } = &mut self.standing {
            announcer.chat_sent(members, now);
        }
    }

    fn ask_for_missing(&mut self, now: Timestamp) {
        if !self.is_inside() || self.floors.spoken().is_none() {
            return;
        }
        let (wanted, lost) = self.inbox.due(now);
        for wanted in wanted {
            self.request(&FloorBody::ChatWanted(wanted), now);
        }
        for (author, count) in lost.into_iter().filter(|(_, count)| *count > 0) {
            self.events.push_back(RoomEvent::ChatMissing { author, count });
        }
    }

    fn ask_who(&mut self, now: Timestamp) {
        if let Some((tries, at)) = self.look_around.filter(|(_, at)| *at <= now) {
            if tries == 0 || self.roster.len() == 0 {
                self.request(&FloorBody::PresenceWanted(None), now);
            }
            self.look_around = LOOK_AGAIN.get(tries).map(|wait| (tries + 1, at.after(*wait)));
        }
        for device in self.roster.doubt(now) {
            self.strangers.wonder(device, &mut self.rng, now);
        }
        for device in self.strangers.due(now) {
            self.request(&FloorBody::PresenceWanted(Some(device)), now);
        }
    }

    fn beat_registry(&mut self, now: Timestamp) {
        if self.registry_beat_at > now || !self.is_inside() {
            return;
        }
        self.registry_beat_at = now.after(REGISTRY_BEAT_EVERY);
        if self.roster.members().filter(|member| !member.away).all(|member| member.device > self.me) {
            self.commands.push_back(RoomCommand::BeatRegistry);
        }
    }

    fn search_on(&mut self, now: Timestamp) {
        let alone = !self.heard_anybody;
        for step in self.search.due(self.connected, alone, now) {
            match step {
                Step::AskRegistry => self.commands.push_back(RoomCommand::AskRegistry),
                Step::Check(offer) => self.commands.push_back(RoomCommand::CheckGenesis(offer)),
                Step::AskMembers => self.say_at_door(&DoorBody::GenesisWanted, now),
                Step::Answer(genesis) => self.say_at_door(&DoorBody::Genesis(genesis), now),
                Step::TellUnreachable => self.events.push_back(RoomEvent::RegistryUnreachable),
                Step::TellUnknown => self.events.push_back(RoomEvent::NoSuchRoom),
            }
        }
    }

    fn say_at_door(&mut self, body: &DoorBody, now: Timestamp) {
        if self.said_at_door.take(now) {
            let ticket = self.next_ticket();
            self.say_as(ticket, Place::Door, body, now);
        }
    }

    /// Asks for something, within one's own budget: what is not asked now is asked again later.
    pub(super) fn request(&mut self, body: &FloorBody, now: Timestamp) {
        if self.requests.take(now) {
            self.say(body, now);
        }
    }

    /// Asks for something on one floor, within one's own budget.
    pub(super) fn request_on(&mut self, floor: Epoch, body: &FloorBody, now: Timestamp) {
        if self.requests.take(now) {
            self.say_on(floor, body, now);
        }
    }

    /// Says something on the floor that is spoken on. Nothing is returned when it cannot be said.
    pub(super) fn say(&mut self, body: &FloorBody, now: Timestamp) -> Option<PublishTicket> {
        self.floors.spoken().and_then(|floor| self.say_on(floor, body, now))
    }

    /// Says something on one floor.
    pub(super) fn say_on(&mut self, floor: Epoch, body: &FloorBody, now: Timestamp) -> Option<PublishTicket> {
        let ticket = self.next_ticket();
        self.say_as(ticket, Place::Floor(floor), body, now).then_some(ticket)
    }

    pub(super) fn say_as<B: Body>(&mut self, ticket: PublishTicket, place: Place, body: &B, now: Timestamp) -> bool {
        let room_now = self.room_time(now);
        let mut nonce = [0; 24];
        self.rng.fill_bytes(&mut nonce);
        let said = self.say_time(now);
        let sealed = inner::seal(&self.device, self.room_id, said, body).ok();
        let framed = sealed.zip(self.topics.today(place, room_now)).and_then(|(inner, keys)| {
            let data = frame::seal(keys, room_now, nonce, &inner).ok()?;
            // What comes back to us, under whatever signature, was heard already.
            self.replay.insert((keys.topic(), nonce));
            Some(RoomCommand::Publish { ticket, topic: keys.topic(), data })
        });
        let said = framed.is_some();
        self.commands.extend(framed);
        said
    }

    pub(super) fn next_ticket(&mut self) -> PublishTicket {
        self.last_ticket += 1;
        PublishTicket(self.last_ticket)
    }

    /// When something is due next; never now, so that a shell cannot spin.
    fn next_due(&mut self, now: Timestamp) -> Timestamp {
        // What cannot be said is not due.
        let speaks = self.floors.spoken().is_some();
        let mut due = vec![
            Some(now.after(topics::until_change(self.room_time(now)))),
            self.search.next_due(self.connected),
            self.typing.next_due(),
            self.floors.next_due(),
            Some(self.content.next_due(self.connected && speaks, now)),
        ];
        if self.connected {
            due.push(self.roster.next_due());
            due.push(self.next_chat(now));
            due.push(self.signals.next_due().filter(|_| speaks));
            due.push(self.strangers.next_due());
            due.push(self.look_around.map(|(_, at)| at));
            due.push(self.exchange.next_due());
            due.push(self.handing.next_due());
            due.push(self.next_read(now).filter(|_| speaks));
            due.push(self.moves.rotate_at);
            due.push(self.moves.hourly_at);
            due.push(self.knocks.next_due());
            due.push(self.next_knock(now));
            due.extend(self.moves.late.values().map(|at| Some(*at)));
            if let Standing::Inside { announcer, .. } = &self.standing {
                let announce = Some(announcer.next_due()).filter(|_| speaks);
                due.extend([announce, self.inbox.next_due().filter(|_| speaks), Some(self.registry_beat_at)]);
            }
        }
        let soonest = now.after(Duration::from_millis(1));
        due.into_iter().flatten().min().unwrap_or(soonest).max(soonest)
    }
}
