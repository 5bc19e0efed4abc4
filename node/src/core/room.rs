//! Chat, presence and membership of one room, for one device.
//!
//! [`Room`] is pure: frames, results and time come in, commands and events go out. Its parts each keep one thing: `topics` (which
//! day), `roster` (who is there), `announcer` (when to say so), `inbox` and `outbox` (what was written), `signals` (to one
//! device), `search` (the genesis). `hear` says what comes of what others say, and `say` what is said.
//!
//! Left out: roles and admission (the room code alone lets in), later floor epochs, history, and whatever is done with signals.

mod announcer;
mod bucket;
mod command;
mod config;
mod event;
mod hear;
mod held;
mod inbox;
mod limits;
mod meter;
mod outbox;
mod replay;
mod roster;
mod say;
mod search;
mod signals;
mod strangers;
mod topics;

use std::{collections::VecDeque, time::Duration};

use milanio_identity::{
    AccountId, DeviceId, DeviceKey, EphemeralSecret, RegistryKeys, RoomId, RoomKeys, SignedGenesis, TopicName,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use thiserror::Error;

use self::{
    announcer::Announcer,
    bucket::Bucket,
    held::Held,
    inbox::Inbox,
    meter::Meter,
    outbox::{Attempt, Outbox},
    replay::ReplayCache,
    roster::{Moment, Roster},
    search::Search,
    signals::SignalQueue,
    strangers::Strangers,
    topics::Topics,
};
pub use self::{
    command::{PublishTicket, RegistryAnswer, RoomCommand, Verdict},
    config::RoomConfig,
    event::{ChatMessage, Departure, Member, RoomEvent},
    limits::{Rate, RoomLimits},
    signals::SendSignalError,
};
use crate::{
    core::time::{ClockOffset, RoomTime, Timestamp},
    wire::{
        limits::{CHAT_BYTES, FRAME_WINDOW},
        message::{Chat, FloorBody, MediaState, MessageId, RunId},
        name,
        signal::Signal,
    },
};

/// One room as one device sees and uses it.
///
/// It begins by observing: it follows the topics and tells who is there, without being a member. [`Room::enter`] makes it a member,
/// [`Room::leave`] ends it.
///
/// Method groups: commands of the user (`enter`, `leave`, `send_chat`, `send_signal`, `set_*`), inputs of the shell (`handle_*`),
/// outputs (`poll_*`), and questions (the rest). Drive order: one command or input, then `poll_command` and `poll_event` until
/// both return `None` (so neither queue ever holds more than one input makes), then sleep until `poll_timeout` and call
/// `handle_timeout`. Time never goes backwards.
pub struct Room {
    me: DeviceId,
    account: AccountId,
    device: DeviceKey,
    cert: Vec<u8>,
    run: RunId,
    keys: RoomKeys,
    room_id: RoomId,
    ephemeral: EphemeralSecret,
    rng: ChaCha20Rng,
    limits: RoomLimits,

    standing: Standing,
    name: String,
    media: MediaState,
    away: bool,
    revision: u32,
    last_said: RoomTime,
    lamport: u64,

    offset: ClockOffset,
    told_clock_wrong: bool,
    connected: bool,
    last_ticket: u64,
    presence_ticket: Option<PublishTicket>,
    /// Who only observes asks everybody who they are: how often it did, and when it does next.
    look_around: Option<(usize, Timestamp)>,
    registry_beat_at: Timestamp,
    requests: Bucket,

    topics: Topics,
    replay: ReplayCache,
    meter: Meter,
    roster: Roster,
    strangers: Strangers,
    held: Held,
    inbox: Inbox,
    outbox: Outbox,
    signals: SignalQueue,
    search: Search,

    commands: VecDeque<RoomCommand>,
    events: VecDeque<RoomEvent>,
    timeout: Option<Timestamp>,
}

/// How this device stands to the room.
enum Standing {
    Observing,
    Inside { entered: RoomTime, announcer: Box<Announcer> },
    Left,
}

/// Why a chat message is not taken. The caller is at fault, except where it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendChatError {
    /// This device has not entered the room, or has left it.
    #[error("only members write")]
    NotEntered,
    /// There is no text but white space.
    #[error("the message is empty")]
    Empty,
    /// The text is longer than `wire::limits::CHAT_BYTES`.
    #[error("the message is too long")]
    TooLong,
    /// Too many messages wait for a connection, or were written too fast. Nobody is at fault: try again later.
    #[error("too many messages wait already")]
    TooManyWaiting,
}

/// Commands of the user.
impl Room {
    /// Observes the room: follows its topics, hears who is there, looks for the genesis.
    pub fn new(config: RoomConfig, now: Timestamp) -> Self {
        let mut rng = ChaCha20Rng::from_seed(config.seed);
        let keys = RoomKeys::new(&config.root);
        let limits = config.limits;
        let mut room = Self {
            me: config.device.id(),
            account: config.cert.account(),
            device: config.device,
            cert: config.cert.to_bytes(),
            run: config.run,
            room_id: keys.room_id(),
            ephemeral: EphemeralSecret::generate(&mut rng),
            rng,
            limits,
            standing: Standing::Observing,
            name: name::clean(&config.name),
            media: MediaState::default(),
            away: false,
            revision: 0,
            last_said: RoomTime::default(),
            lamport: 0,
            offset: ClockOffset::default(),
            told_clock_wrong: false,
            connected: false,
            last_ticket: 0,
            presence_ticket: None,
            look_around: None,
            registry_beat_at: now,
            requests: Bucket::new(limits.request, now),
            topics: Topics::new(keys.clone()),
            keys,
            replay: ReplayCache::default(),
            meter: Meter::new(limits),
            roster: Roster::default(),
            strangers: Strangers::default(),
            held: Held::default(),
            inbox: Inbox::default(),
            outbox: Outbox::new(limits.chat, now),
            signals: SignalQueue::default(),
            search: Search::new(config.genesis, now),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            timeout: None,
        };
        if let Some(genesis) = room.search.genesis() {
            room.events.push_back(RoomEvent::Ready(Box::new(genesis.clone())));
        }
        room.run_due(now);
        room
    }

    /// Becomes a member with this name and media. Messages count from here on. Does nothing when inside already or gone.
    pub fn enter(&mut self, media: MediaState, now: Timestamp) {
        if !matches!(self.standing, Standing::Observing) {
            return;
        }
        let entered = self.room_time(now);
        self.media = media;
        self.standing = Standing::Inside { entered, announcer: Box::new(Announcer::new(self.limits, now)) };
        self.look_around = None;
        self.inbox.start_here();
        self.roster.place((entered, self.me));
        self.registry_beat_at = now.after(FIRST_REGISTRY_BEAT);
        self.run_due(now);
    }

    /// Says goodbye and stops following the room. Nothing happens in this `Room` afterwards.
    pub fn leave(&mut self, now: Timestamp) {
        if matches!(self.standing, Standing::Inside { .. }) && self.connected {
            self.say(&FloorBody::Leave(self.run), now);
        }
        self.standing = Standing::Left;
        let closed = self.topics.close();
        self.commands.extend(closed);
        self.timeout = None;
    }

    /// Takes a message to be sent, at once or when the connection is there; told as an event too. Returns its name.
    pub fn send_chat(&mut self, text: &str, now: Timestamp) -> Result<MessageId, SendChatError> {
        if !self.is_inside() {
            return Err(SendChatError::NotEntered);
        }
        let text = text.trim();
        if text.is_empty() {
            return Err(SendChatError::Empty);
        }
        if text.len() > CHAT_BYTES {
            return Err(SendChatError::TooLong);
        }
        let seq = self.outbox.next_seq().ok_or(SendChatError::TooManyWaiting)?;
        self.lamport = self.lamport.saturating_add(1);
        let written = self.room_time(now);
        let chat = Chat { run: self.run, seq, lamport: self.lamport, written, text: text.to_owned() };
        self.outbox.write(chat.clone());
        self.tell_own_chat(chat);
        self.run_due(now);
        let id = MessageId { device: self.me, run: self.run, seq };
        if self.outbox.is_waiting(seq) {
            self.events.push_back(RoomEvent::ChatWaiting(id));
        }
        Ok(id)
    }

    /// Seals a signal to a member and sends it, or keeps it for a few seconds until the connection is there. Returns the SHA-256
    /// of the encoded signal, which an answer to it must carry.
    pub fn send_signal(&mut self, to: DeviceId, signal: &Signal, now: Timestamp) -> Result<[u8; 32], SendSignalError> {
        if !self.is_inside() {
            return Err(SendSignalError::NotEntered);
        }
        let target = self.roster.ephemeral(&to).ok_or(SendSignalError::NotThere)?;
        let path = signals::Path { room: self.room_id, from: self.me, to };
        let (sealed, hash) = signals::seal(path, target, signal, &mut self.rng)?;
        if !self.signals.push(sealed, now) {
            return Err(SendSignalError::TooManyWaiting);
        }
        self.run_due(now);
        Ok(hash)
    }

    /// What is switched on now.
    pub fn set_media(&mut self, media: MediaState, now: Timestamp) {
        if self.media != media {
            self.media = media;
            self.beat_changed(now);
        }
    }

    /// Whether the page is hidden: then others are patient with a silent device.
    pub fn set_away(&mut self, away: bool, now: Timestamp) {
        if self.away != away {
            self.away = away;
            self.beat_changed(now);
        }
    }

    /// The name to show from now on; what is not allowed in names is left out.
    pub fn set_name(&mut self, text: &str, now: Timestamp) {
        let name = name::clean(text);
        if self.name != name {
            self.name = name;
            self.revision = self.revision.saturating_add(1);
            if let Standing::Inside { announcer, .. } = &mut self.standing {
                announcer.presence_changed(now);
            }
            self.run_due(now);
        }
    }
}

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
            match &mut self.standing {
                Standing::Inside { announcer, .. } => announcer.introduce(now),
                Standing::Observing => self.look_around = Some((0, now)),
                Standing::Left => {}
            }
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
    /// it is known.
    pub fn handle_clock(&mut self, offset: ClockOffset, now: Timestamp) {
        let before = self.room_time(now);
        self.offset = offset;
        let after = self.room_time(now);
        // Nobody can have heard a device that was so far off: it enters when the right clock says it did.
        if let Standing::Inside { entered, .. } = &mut self.standing
            && before.distance(after) > FRAME_WINDOW
        {
            *entered = after;
            self.roster.place((after, self.me));
        }
        if offset.magnitude() > CLOCK_TOLERANCE && !self.told_clock_wrong {
            self.told_clock_wrong = true;
            self.events.push_back(RoomEvent::ClockWrong);
        }
        self.run_due(now);
    }

    /// The registry's answer to [`RoomCommand::AskRegistry`].
    pub fn handle_registry(&mut self, answer: RegistryAnswer, now: Timestamp) {
        self.search.handle_registry(answer, now.in_room(self.offset), now);
        self.run_due(now);
    }

    /// The answer to [`RoomCommand::CheckGenesis`]: whether the room code commits to this genesis.
    pub fn handle_genesis_checked(&mut self, genesis: &[u8], code_matches: bool, now: Timestamp) {
        if self.search.handle_checked(genesis, code_matches)
            && let Some(genesis) = self.search.genesis()
        {
            self.events.push_back(RoomEvent::Ready(Box::new(genesis.clone())));
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
}

/// Outputs.
impl Room {
    /// The next thing to do, in order.
    pub fn poll_command(&mut self) -> Option<RoomCommand> {
        self.commands.pop_front()
    }

    /// The next thing that happened, in order.
    pub fn poll_event(&mut self) -> Option<RoomEvent> {
        self.events.pop_front()
    }

    /// When `handle_timeout` is to be called at the latest. Never once the room is left.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timeout
    }
}

/// Questions.
impl Room {
    /// This device.
    pub fn me(&self) -> DeviceId {
        self.me
    }

    /// This run.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// True between `enter` and `leave`.
    pub fn is_inside(&self) -> bool {
        matches!(self.standing, Standing::Inside { .. })
    }

    /// The other members, by device.
    pub fn members(&self) -> impl Iterator<Item = &Member> + '_ {
        self.roster.members()
    }

    /// The topics that are followed now.
    pub fn topics(&self) -> impl Iterator<Item = TopicName> + '_ {
        self.topics.names()
    }

    /// The room's genesis, once it is known to be the right one.
    pub fn genesis(&self) -> Option<&SignedGenesis> {
        self.search.genesis()
    }

    /// What the registry's record of this room is named, sealed and kept alive with.
    pub fn registry_keys(&self) -> RegistryKeys {
        self.keys.registry()
    }

    /// The moment in room time.
    pub fn room_time(&self, now: Timestamp) -> RoomTime {
        now.in_room(self.offset)
    }
}

impl Room {
    fn moment(&self, now: Timestamp) -> Moment {
        Moment { local: now, room: self.room_time(now) }
    }

    fn own_message(&self, seq: u32) -> MessageId {
        MessageId { device: self.me, run: self.run, seq }
    }

    fn beat_changed(&mut self, now: Timestamp) {
        if let Standing::Inside { announcer, .. } = &mut self.standing {
            announcer.beat_changed(now);
        }
        self.run_due(now);
    }
}

/// A local clock that is off by more is told of. Chosen: certificates and days bear more, people do not.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// The registry hears of a room in use soon after entering (joining told it already) ...
const FIRST_REGISTRY_BEAT: Duration = Duration::from_secs(10);
