//! What only members read: the keys of this device in a room, what its messages are sealed with, and how others' are opened.
//!
//! A message goes out once, on this run's chain (`core::group`), behind the keys for those who lack them. Who misses it asks, and it
//! is sealed anew to them alone if they were its audience. Keys that others seal to change every few minutes.
//!
//! Left out: the numbering of messages (`outbox`, `inbox`) and what they say.

use std::time::Duration;

use milanio_identity::{DeviceId, EphemeralPublic, EphemeralSecret, OpenError, RoomId};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    PublishTicket, Room, RoomConfig,
    audience::Audience,
    bucket::Bucket,
    outbox::{Draft, Outgoing},
    topics::{Epoch, Place},
};
use crate::{
    core::{
        group::{
            Ephemeral, GroupCrypto as _, GroupRoster, SenderKeys,
            exchange::{Exchange, Heard},
        },
        time::Timestamp,
    },
    wire::{
        codec::{decode, encode},
        floor::HeadsDigest,
        group::{Again, Author, GroupBody},
        message::{Chat, ChatWanted, FloorBody, RunId},
        operation::OperationHash,
    },
};

/// How long a device that came in waits before its first message until it knows what a member knows: whom it is not sealed to
/// cannot read it. Chosen: two tries of coming in.
const SETTLES_WITHIN: Duration = Duration::from_secs(3);
/// The same where nobody was heard at all. Chosen: who is there answers the first presence, or the second after 700 ms, at once.
const ALONE_WITHIN: Duration = Duration::from_secs(1);

/// Keys that can be sealed to.
pub trait Opens {
    /// Opens what was sealed to one of them in the context `info`.
    fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError>;
}

impl Opens for EphemeralSecret {
    fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        Self::open(self, info, &[], sealed)
    }
}

/// The current key, and for a while the one before.
impl Opens for Content {
    fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.exchange.group().open_sealed(info, &[], sealed)
    }
}

/// The keys.
pub struct Content {
    exchange: Exchange<SenderKeys>,
    audience: Audience,
    /// The operations that the group's roster follows from.
    follows: Option<HeadsDigest>,
    /// The key that presence said last, or will say next.
    said: EphemeralPublic,
    /// What this device says of keys.
    budget: Bucket,
    settled: Settled,
}

/// Whether this device knows the room well enough to write.
#[derive(Clone, Copy, Debug)]
enum Settled {
    Yes,
    /// It does not, and since when it waits: since it could have written.
    No(Option<Timestamp>),
}

impl Content {
    /// With the first keys of the run that `config` begins, in `room`.
    pub fn new(room: RoomId, config: &RoomConfig, rng: &mut ChaCha20Rng, now: Timestamp) -> Self {
        let keys = SenderKeys::new(room, config.cert.account(), config.device.clone(), config.run, rng, now);
        Self {
            said: keys.ephemeral(now).key,
            exchange: Exchange::new(room, keys),
            audience: Audience::default(),
            follows: None,
            budget: Bucket::new(config.limits.keys, now),
            settled: Settled::No(None),
        }
    }

    /// The keys of messages.
    pub fn keys(&self) -> &SenderKeys {
        self.exchange.group()
    }

    /// Forgets all keys, for those of a run that reads nothing.
    pub fn wipe(&mut self, room: RoomId, keys: SenderKeys) {
        self.exchange = Exchange::new(room, keys);
    }

    /// What others are to seal to.
    pub fn ephemeral(&self, now: Timestamp) -> Ephemeral {
        self.exchange.group().ephemeral(now)
    }

    /// A member knows nothing that is not known here.
    pub fn settle(&mut self) {
        self.settled = Settled::Yes;
    }

    /// Whether a member knows nothing that is not known here.
    pub const fn is_settled(&self) -> bool {
        matches!(self.settled, Settled::Yes)
    }

    /// A member said what to seal to, in full.
    pub fn hear_ephemeral(&mut self, device: DeviceId, run: RunId, said: Ephemeral, now: Timestamp) {
        self.exchange.group_mut().on_ephemeral(device, run, said, now);
    }

    /// A member is gone: what it was given may be lost, and it says anew what to seal to when it is back.
    pub fn forget(&mut self, device: &DeviceId) {
        self.exchange.group_mut().lose(device);
    }

    /// Turns over and forgets what is due, and asks for keys if somebody can hear it. True if others are to seal to another key now.
    fn handle_timeout(&mut self, connected: bool, rng: &mut ChaCha20Rng, now: Timestamp) -> bool {
        if self.next_due(connected, now) <= now {
            match connected {
                true => self.exchange.handle_timeout(rng, now),
                false => self.exchange.group_mut().handle_timeout(rng, now),
            }
        }
        let key = self.ephemeral(now).key;
        std::mem::replace(&mut self.said, key) != key
    }

    /// When something is due next.
    pub fn next_due(&mut self, connected: bool, now: Timestamp) -> Timestamp {
        let keys = self.exchange.group().poll_timeout();
        if !connected {
            return keys;
        }
        let say = self.exchange.has_to_say().then(|| self.budget.ready_at(now));
        say.into_iter().fold(self.exchange.poll_timeout(), Timestamp::min)
    }

    /// From when on messages go out: `now`, or when it has waited long enough. `alone`: nobody was heard.
    fn writes_from(&mut self, alone: bool, now: Timestamp) -> Timestamp {
        match &mut self.settled {
            Settled::Yes => now,
            Settled::No(since) => since.get_or_insert(now).after(if alone { ALONE_WITHIN } else { SETTLES_WITHIN }),
        }
    }
}

impl Room {
    /// Fresh randomness, to be given now and then. Keys made from here on cannot be told from what the room held before.
    pub fn handle_seed(&mut self, seed: &[u8; 32]) {
        let mut own = Zeroizing::new([0; 32]);
        self.rng.fill_bytes(own.as_mut());
        let mixed = Zeroizing::new(Sha256::new().chain_update(*own).chain_update(seed).finalize().into());
        self.rng = ChaCha20Rng::from_seed(*mixed);
    }

    /// Replaces keys when it is time, and tells others of the new one.
    pub(super) fn renew_keys(&mut self, now: Timestamp) {
        let is_heard = self.connected && self.floors.spoken().is_some();
        if self.content.handle_timeout(is_heard, &mut self.rng, now) {
            self.announce_change(now);
        }
    }

    /// Follows the roster: who is out reads nothing that is written from here on.
    pub(super) fn update_readers(&mut self, now: Timestamp) {
        let Some(ledger) = &mut self.ledger else { return };
        let digest = ledger.digest();
        if self.content.follows.replace(digest) == Some(digest) {
            return;
        }
        let roster = GroupRoster::of(ledger.membership());
        self.content.audience.update(&roster.devices);
        self.content.exchange.on_roster_change(roster, &|hash| ledger.knows(hash), now);
        self.hear_opened(now);
    }

    pub(super) fn hear_group(&mut self, from: DeviceId, body: &GroupBody, floor: Epoch, now: Timestamp) {
        let Some(ledger) = self.ledger.as_ref().filter(|_| self.is_inside()) else { return };
        let knows = |hash: &OperationHash| ledger.knows(hash);
        match self.content.exchange.hear(from, body, &knows, &mut self.rng, now) {
            Ok(Heard::NeedsOperations) => self.exchange.miss(floor, &mut self.rng, now),
            Ok(Heard::Taken | Heard::NeedsKeys) => {}
            // What cannot be opened is missed by its number, and asked for.
            Err(error) => tracing::trace!(%error, from = %from, "a group message, or keys, came to nothing"),
        }
        if self.roster.find(&from).is_none() {
            self.strangers.wonder(from, &mut self.rng, now);
        }
        self.hear_opened(now);
    }

    fn hear_opened(&mut self, now: Timestamp) {
        while let Some(opened) = self.content.exchange.poll_opened() {
            if let Ok(chat) = decode::<Chat>(&opened.plaintext) {
                self.hear_chat(opened.chain.device, opened.chain.run, chat, now);
            }
        }
    }

    pub(super) fn hear_again(&mut self, from: DeviceId, again: &Again, now: Timestamp) {
        let opened = again.open((self.room_id, from), &self.me, |info, sealed| self.content.open(info, sealed));
        let chat = opened.and_then(|plaintext| decode::<Chat>(&plaintext).ok());
        if let Some(chat) = chat.filter(|_| self.is_inside()) {
            self.hear_chat(from, again.run, chat, now);
        }
    }

    /// Says what there is to say of keys.
    pub(super) fn say_keys(&mut self, now: Timestamp) {
        while self.floors.spoken().is_some()
            && self.content.exchange.has_to_say()
            && self.content.budget.ready_at(now) <= now
            && let Some(body) = self.content.exchange.poll_say()
        {
            match body {
                GroupBody::KeysWanted(_) => self.request(&FloorBody::Group(body), now),
                GroupBody::Keys(_) | GroupBody::Message(_) => {
                    self.content.budget.take(now);
                    self.say(&FloorBody::Group(body), now);
                }
            }
        }
    }

    /// When something that was written goes out next.
    pub(super) fn next_chat(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.floors.spoken().filter(|_| self.is_inside())?;
        self.own_role()?;
        // The wait begins when something could be written, not when it is.
        let from = self.content.writes_from(!self.heard_anybody, now);
        Some(self.outbox.next_due(&self.roster.unheard(), now)?.max(from))
    }

    /// Sends what was written, and again what others miss.
    pub(super) fn send_waiting_chat(&mut self, now: Timestamp) {
        while self.next_chat(now).is_some_and(|at| at <= now)
            && let Some(floor) = self.floors.spoken()
        {
            let ticket = self.next_ticket();
            let (audience, unheard) = (self.content.audience.latest(), self.roster.unheard());
            match self.outbox.send_next(ticket, audience, &unheard, now) {
                Some(Outgoing::First(draft)) => self.say_first(ticket, floor, draft, now),
                Some(Outgoing::Again(draft, askers)) => self.say_again(floor, draft, &askers, now),
                None => return,
            };
            self.note_chat_sent(now);
        }
    }

    /// Nothing comes of what cannot be sealed: the account that it is for said a weak key.
    fn say_first(&mut self, ticket: PublishTicket, floor: Epoch, draft: Draft, now: Timestamp) -> Option<()> {
        if draft.to.is_some_and(|account| self.ephemerals_of(account).is_empty()) {
            self.outbox.reaches_nobody(ticket);
        }
        let chat = self.address(draft)?;
        let plaintext = Zeroizing::new(encode(&chat).ok()?);
        self.keep_said(self.account, self.own_message(chat.seq), &chat);
        for body in self.content.exchange.seal(&plaintext, &mut self.rng, now).ok()? {
            let ticket = match body {
                GroupBody::Message(_) => ticket,
                // Readers wait for these, whatever else was said of keys lately; they bear that.
                GroupBody::Keys(_) | GroupBody::KeysWanted(_) => {
                    self.content.budget.take(now);
                    self.next_ticket()
                }
            };
            self.say_as(ticket, Place::Floor(floor), &FloorBody::Group(body), now);
        }
        Some(())
    }

    /// To those who asked and said lately what to seal to; the others ask again.
    fn say_again(&mut self, floor: Epoch, draft: Draft, askers: &[DeviceId], now: Timestamp) -> Option<()> {
        let key = |device: &DeviceId| Some((*device, self.content.exchange.group().recipient(device, now)?));
        let targets: Vec<_> = askers.iter().filter_map(key).collect();
        let plaintext = Zeroizing::new(encode(&self.address(draft)?).ok()?);
        let author = Author { room: self.room_id, device: self.me, run: self.run };
        let again = Again::seal(author, &plaintext, &targets, &mut self.rng)?;
        self.say_on(floor, &FloorBody::Again(again), now);
        Some(())
    }

    /// A device misses messages of this one: those that it was to read are said to it again.
    pub(super) fn hear_chat_wanted(&mut self, from: DeviceId, wanted: &ChatWanted, now: Timestamp) {
        if wanted.author == self.me
            && wanted.run == self.run
            && let Some(since) = self.content.audience.since(&from)
        {
            self.outbox.want(wanted, (from, since), now);
        }
    }
}
