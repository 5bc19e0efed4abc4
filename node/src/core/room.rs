//! Chat, presence and membership of one room, for one device.
//!
//! [`Room`] is pure: frames, results and time come in, commands and events go out. Its parts each keep one thing: `topics` (which
//! day), `roster` (who is there), `announcer` (when to say so), `inbox` and `outbox` (what was written), `signals` (to one
//! device), `search` (the genesis). `user`, `write` and `shell` are the inputs, `hear` says what comes of what others say, `say` what is said.
//!
//! `knocking` (when this device knocks), `gate` (which knocks of others are looked at) and `knocks` (who is at the door), `ledger` (who
//! belongs to the room and may do what, from signed operations), `exchange` (asking for them), `floors` (where it is spoken);
//! `belonging`, `operations`, `rotate`, `door` and `moderation` are what the room does with these.
//!
//! `content` (the keys that others seal to, and those of messages), `audience` (for whom a message was when it went out).
//!
//! `past` and `handing` (what was said before, for who comes late, where the policy has it); `reading` (how far others have read).
//!
//! Left out: what a device keeps across visits, and whatever is done with signals.

mod announcer;
mod audience;
mod belonging;
mod bucket;
mod clock;
mod command;
mod config;
mod content;
mod door;
mod event;
mod exchange;
mod floors;
mod gate;
mod handing;
mod hear;
mod held;
mod inbox;
mod issuers;
mod knocking;
mod knocks;
mod ledger;
mod limits;
mod meter;
mod moderation;
mod operations;
mod outbox;
mod past;
mod private;
mod reading;
mod replay;
mod right;
mod roster;
mod rotate;
mod say;
mod search;
mod shell;
mod signals;
mod strangers;
mod topics;
mod typing;
mod user;
mod view;
mod write;

use std::collections::VecDeque;

use crate::core::sorted::{SortedMap, SortedSet};
use milanio_identity::{
    AccountId, Attestation, DeviceId, DeviceKey, RegistryKeys, RoomId, RoomKeys, SignedGenesis, TopicName,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use self::{
    announcer::Announcer,
    bucket::Bucket,
    clock::RoomClock,
    content::Content,
    exchange::Exchange,
    floors::Floors,
    handing::Handing,
    held::Held,
    inbox::Inbox,
    knocking::Knocking,
    knocks::Knocks,
    ledger::Ledger,
    meter::Meter,
    outbox::Outbox,
    reading::Reading,
    replay::{MessageName, Nonce, ReplayCache},
    roster::{Moment, Roster},
    search::Search,
    signals::SignalQueue,
    strangers::Strangers,
    topics::{Epoch, Topics},
    typing::Typing,
};
pub use self::{
    command::{PublishTicket, RegistryAnswer, RoomCommand, Verdict},
    config::RoomConfig,
    event::{Act, ChatMessage, Departure, Knocker, Member, RoomEvent},
    exchange::Apart,
    floors::KeptFloor,
    limits::{MUTED_FOR, Rate, RoomLimits},
    moderation::{ModerateError, Moderation},
    signals::SendSignalError,
    view::{Listed, RosterView},
    write::SendChatError,
};
use crate::{
    core::{
        group::SenderKeys,
        time::{ClockOffset, RoomTime, Timestamp},
    },
    wire::{
        door::RefusalReason,
        message::{MediaState, MessageId, RunId},
        name,
        operation::OperationHash,
    },
};

/// One room as one device sees and uses it.
///
/// It begins by observing: it follows the topics and tells who is there, without being a member. [`Room::enter`] makes it a member,
/// [`Room::leave`] ends it.
///
/// Method groups: commands of the user (`enter`, `leave`, `send_*`, `type_on`, `set_*`), inputs of the shell (`handle_*`),
/// outputs (`poll_*`), and questions (the rest). Drive order: one command or input, then `poll_command` and `poll_event` until
/// both return `None` (so neither queue ever holds more than one input makes), then sleep until `poll_timeout` and call
/// `handle_timeout`. Time never goes backwards.
pub struct Room {
    me: DeviceId,
    account: AccountId,
    device: DeviceKey,
    cert: Vec<u8>,
    attestation: Option<Attestation>,
    run: RunId,
    keys: RoomKeys,
    room_id: RoomId,
    content: Box<Content>,
    rng: ChaCha20Rng,
    limits: RoomLimits,

    standing: Standing,
    name: String,
    media: MediaState,
    away: bool,
    hand: Option<RoomTime>,
    revision: u32,
    last_said: RoomTime,
    lamport: u64,

    clock: RoomClock,
    told_clock_wrong: bool,
    connected: bool,
    last_ticket: u64,
    presence_ticket: Option<PublishTicket>,
    /// Who only observes asks everybody who they are: how often it did, and when it does next.
    look_around: Option<(usize, Timestamp)>,
    registry_beat_at: Timestamp,
    requests: Bucket,
    /// What this device asks and answers at the door, other than knocks and what those are answered.
    said_at_door: Bucket,

    /// There from the moment the genesis is known.
    ledger: Option<Box<Ledger>>,
    exchange: Exchange,
    floors: Floors,
    kept_operations: Vec<Vec<u8>>,
    kept_floors: Vec<KeptFloor>,
    /// Own operations that were not said yet.
    unsaid: Vec<Vec<u8>>,
    /// The admission by which this device is in.
    ticket: Option<OperationHash>,
    joins: u32,
    refused: Option<RefusalReason>,
    told_roster: Option<Box<RosterView>>,
    told_apart: Apart,
    knocking: Knocking,
    knocks: Knocks,
    /// Somebody was heard on a floor, whoever that is.
    heard_anybody: bool,
    moves: Moves,
    /// What moderators asked of this device lately: when, and who.
    asked: SortedSet<(RoomTime, DeviceId)>,

    topics: Topics,
    /// Frames that were heard, so that they need not be opened again.
    replay: ReplayCache<(TopicName, Nonce)>,
    /// Messages that were heard, in whatever frame.
    heard: ReplayCache<MessageName>,
    meter: Meter,
    roster: Roster,
    strangers: Strangers,
    held: Held,
    inbox: Inbox,
    outbox: Outbox,
    signals: SignalQueue,
    typing: Typing,
    reading: Reading,
    handing: Box<Handing>,
    search: Search,

    commands: VecDeque<RoomCommand>,
    events: VecDeque<RoomEvent>,
    timeout: Option<Timestamp>,
}

/// What moving from floor to floor takes.
#[derive(Default)]
struct Moves {
    /// When this device makes a new floor, if nobody does before.
    rotate_at: Option<Timestamp>,
    /// When it is looked whether the floor is an hour old, by a device that may replace it.
    hourly_at: Option<Timestamp>,
    /// Floors that are no longer in use and on which somebody was heard: when to tell them.
    late: SortedMap<Epoch, Timestamp>,
    late_told: Option<Timestamp>,
    /// When a member fell silent last: a part of the room may be elsewhere.
    lost_at: Option<Timestamp>,
    /// Since when nobody was heard, while nobody is.
    alone_since: Option<Timestamp>,
}

/// How this device stands to the room.
enum Standing {
    Observing,
    Inside { entered: RoomTime, announcer: Box<Announcer> },
    Left,
}

impl Room {
    /// Observes the room: follows its topics, hears who is there, looks for the genesis.
    pub fn new(config: RoomConfig, now: Timestamp) -> Self {
        let (keys, limits, mut rng) = (RoomKeys::new(&config.root), config.limits, ChaCha20Rng::from_seed(config.seed));
        let mut room = Self {
            content: Box::new(Content::new(keys.room_id(), &config, &mut rng, now)),
            me: config.device.id(),
            account: config.cert.account(),
            device: config.device,
            cert: config.cert.to_bytes(),
            attestation: config.attestation,
            run: config.run,
            room_id: keys.room_id(),
            rng,
            limits,
            standing: Standing::Observing,
            name: name::clean(&config.name),
            media: MediaState::default(),
            away: false,
            hand: None,
            revision: 0,
            last_said: RoomTime::default(),
            lamport: 0,
            clock: RoomClock::default(),
            told_clock_wrong: false,
            connected: false,
            last_ticket: 0,
            presence_ticket: None,
            look_around: None,
            registry_beat_at: now,
            requests: Bucket::new(limits.request, now),
            said_at_door: Bucket::new(limits.door, now),
            ledger: None,
            exchange: Exchange::default(),
            floors: Floors::new(keys.floor_zero().clone(), now),
            kept_operations: config.operations,
            kept_floors: config.floors,
            unsaid: Vec::new(),
            ticket: None,
            joins: 0,
            refused: None,
            told_roster: None,
            told_apart: Apart::default(),
            knocking: Knocking::default(),
            knocks: Knocks::default(),
            heard_anybody: false,
            moves: Moves::default(),
            asked: SortedSet::new(),
            topics: Topics::new(keys.clone()),
            keys,
            replay: ReplayCache::default(),
            heard: ReplayCache::default(),
            meter: Meter::new(limits),
            roster: Roster::default(),
            strangers: Strangers::default(),
            held: Held::default(),
            inbox: Inbox::default(),
            outbox: Outbox::new(limits.chat, now),
            signals: SignalQueue::default(),
            typing: Typing::default(),
            reading: Reading::default(),
            handing: Box::new(Handing::new(now)),
            search: Search::new(config.genesis, now),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            timeout: None,
        };
        room.roster.set_issuers(config.issuers, room.room_time(now));
        room.ready(now);
        room.run_due(now);
        room
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
        self.clock.at(now)
    }

    /// The keys of messages that this device holds: for proofs of what they open.
    pub fn group_keys(&self) -> &SenderKeys {
        self.content.keys()
    }

    /// How far room time is from local time, as far as this room believes what it was told.
    pub fn clock_offset(&self) -> ClockOffset {
        self.clock.offset()
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
