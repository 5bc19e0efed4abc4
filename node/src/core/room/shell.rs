//! What the shell of a room reports: frames, the network, clocks, answers, and that time has passed.

use std::time::Duration;

use milanio_identity::{DeviceId, TopicName};

use super::{PublishTicket, RegistryAnswer, Room, RoomEvent, Standing, Verdict, outbox::Attempt};
use crate::{
    core::time::{ClockOffset, Timestamp},
    wire::limits::FRAME_WINDOW,
};

/// A local clock that is off by more is told of. Chosen: certificates and days bear more, people do not.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Inputs of the shell.
impl Room {
    /// A frame came on a topic. The verdict is for gossip's validation.
    pub fn handle_frame(&mut self, topic: &TopicName, data: &[u8], now: Timestamp) -> Verdict {
        if matches!(self.standing, Standing::Left) {
            return Verdict::Ignore;
        }
        let verdict = self.hear_frame(topic, data, now);
        self.run_due(now);
        verdict
    }

    /// What became of a [`RoomCommand::Publish`]: `taken` when at least one peer has it.
    pub fn handle_published(&mut self, ticket: PublishTicket, taken: bool, now: Timestamp) {
        if let Some(attempt) = self.outbox.published(ticket, taken, now) {
            let event = match attempt {
                Attempt::Sent(seq) => RoomEvent::ChatSent(self.own_message(seq)),
                Attempt::Undelivered(seq) => RoomEvent::ChatUndelivered(self.own_message(seq)),
                Attempt::Waiting(seq) => RoomEvent::ChatWaiting(self.own_message(seq)),
            };
            self.events.push_back(event);
        }
        self.signals.published(ticket, taken, now);
        if self.presence_ticket.take_if(|waiting| *waiting == ticket).is_some()
            && !taken
            && let Standing::Inside { announcer, .. } = &mut self.standing
        {
            announcer.presence_failed(now);
        }
        self.run_due(now);
    }

    /// The connection to the room's topics came (`up`: a relay follows all of them for us) or went.
    pub fn handle_network(&mut self, up: bool, now: Timestamp) {
        if self.connected == up {
            return;
        }
        self.connected = up;
        if up {
            self.roster.forgive_silence(now);
            self.inbox.retry(now);
            self.outbox.connection_back(now);
            self.look_in(now);
        } else {
            for seq in self.outbox.connection_lost() {
                let waiting = RoomEvent::ChatWaiting(self.own_message(seq));
                self.events.push_back(waiting);
            }
            self.signals.connection_lost();
        }
        self.run_due(now);
    }

    /// How far room time is from local time, as a relay or the registry told. To be told before [`Room::handle_network`] where
    /// it is known: what comes first weighs most, see `clock`.
    pub fn handle_clock(&mut self, offset: ClockOffset, now: Timestamp) {
        let before = self.room_time(now);
        self.clock.tell(offset);
        let after = self.room_time(now);
        // Nobody can have heard a device that was so far off: it enters when the right clock says it did.
        if let Standing::Inside { entered, .. } = &mut self.standing
            && before.distance(after) > FRAME_WINDOW
        {
            *entered = after;
            self.roster.place((after, self.me));
        }
        if self.clock.offset().magnitude() > CLOCK_TOLERANCE && !self.told_clock_wrong {
            self.told_clock_wrong = true;
            self.events.push_back(RoomEvent::ClockWrong);
        }
        self.run_due(now);
    }

    /// The registry's answer to [`RoomCommand::AskRegistry`].
    pub fn handle_registry(&mut self, answer: RegistryAnswer, now: Timestamp) {
        self.search.handle_registry(answer, self.room_time(now), now);
        self.run_due(now);
    }

    /// The answer to [`RoomCommand::CheckGenesis`]: whether the room code commits to this genesis.
    pub fn handle_genesis_checked(&mut self, genesis: &[u8], code_matches: bool, now: Timestamp) {
        if self.search.handle_checked(genesis, code_matches) {
            self.ready(now);
        }
        self.run_due(now);
    }

    /// Whether media flows from or to this member: then silence does not make it gone.
    pub fn handle_media_alive(&mut self, device: DeviceId, alive: bool, now: Timestamp) {
        self.roster.set_media_alive(device, alive, now);
        self.run_due(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.run_due(now);
    }

    /// Begins with the genesis, if it is known.
    pub(super) fn ready(&mut self, now: Timestamp) {
        if let Some(genesis) = self.search.genesis().cloned() {
            self.events.push_back(RoomEvent::Ready(Box::new(genesis.clone())));
            self.found(genesis.genesis(), now);
        }
    }
}
