//! Who can read what is written in a room: sender keys that change with its members and with time.
//!
//! Every device that writes has a *chain* (`wire::group`): a ratchet that gives each message a key of its own, and a signing key. It
//! hands the chain's position to the devices of its roster, and to nobody else. The rules:
//!
//! 1. *A new chain* begins before the next message after anybody left the roster, 5 minutes after the last one began, and after 1,000
//!    messages. Who is out holds no key of what comes.
//! 2. *Newcomers* get the position of the next message, and the next generation of the media secret: nothing before it.
//! 3. *Bundles* are sealed to a device's ephemeral key. That key turns over every 5 minutes, and after a removal; the one before is kept
//!    for a minute. Nobody seals to a key that is older than 6 minutes: whoever stole it can use it for so long.
//! 4. *A key is used once* and wiped. Keys of messages that have not come are kept for 10 minutes, 256 of a chain; a position
//!    is forgotten 10 minutes after its bundle came. Owners keep the positions they handed out for two minutes longer than a
//!    chain is used, so that who lost a bundle on the way loses no message.
//! 5. *Requests* for keys are answered by the chain's owner alone, to devices of its own roster alone, with the position they had or
//!    the current one; three a minute for each.
//! 6. *A message counts* when its chain's owner is in the reader's roster, the reader knows all operations its sender knew, the chain
//!    signed it, and its number was never opened before.
//!
//! So a stolen state opens nothing received more than 10 minutes before, and nothing sent more than 11 minutes after
//! (unless the thief keeps taking). That needs fresh randomness: every method that makes a secret takes a generator, which the
//! caller must feed from outside.
//!
//! Left out: delivery, asking, waiting and telling ([`exchange`]), presence, and what the messages say.

pub mod exchange;
pub mod limits;

mod ephemerals;
mod inbound;
mod outbound;
mod recipients;
mod senders;
mod waiting;
mod wants;

use std::{collections::BTreeSet, time::Duration};

use milanio_identity::{AccountId, DeviceId, DeviceKey, EphemeralPublic, OpenError as HpkeError, RoomId};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

pub use inbound::IndexError;

use self::{ephemerals::Ephemerals, limits::SWEEP_EVERY, outbound::Outbound, recipients::Recipients, senders::Senders};
use crate::{
    core::{
        membership::{DeviceStanding, Membership},
        time::Timestamp,
    },
    wire::{
        codec::LimitError,
        group::{BundleContents, ChainId, GroupMessage, Heads, KeysWanted, VerifiedBundle},
        message::RunId,
        operation::{Admitted, OperationHash},
    },
};

/// What a group needs to know of a room's roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRoster {
    /// The latest operations it follows from.
    pub heads: Heads,
    /// The devices that may read and write, unfrozen, each with the account it speaks for.
    pub devices: BTreeSet<Admitted>,
}

impl GroupRoster {
    /// What `membership` says now.
    pub fn of(membership: &mut Membership) -> Self {
        let heads = Heads::new(membership.heads());
        let members = membership.roster().members.iter();
        let devices = members.flat_map(|(account, member)| {
            let good = member.devices.iter().filter(|(_, standing)| **standing == DeviceStanding::Good);
            good.map(|(device, _)| Admitted { account: *account, device: *device })
        });
        Self { heads, devices: devices.collect() }
    }
}

/// A key that others seal to, as its device tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ephemeral {
    /// The key.
    pub key: EphemeralPublic,
    /// How long ago it was made. Who hears late must not trust it longer than others.
    pub age: Duration,
}

impl Ephemeral {
    /// When it was made, by the clock of who hears it `now`.
    fn made_at(&self, now: Timestamp) -> Timestamp {
        let age = u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(now.as_millis().saturating_sub(age))
    }
}

/// A key for media. Wiped when dropped.
pub type MediaKey = Zeroizing<[u8; 32]>;

/// Tells whether an operation is in the reader's set.
pub type Knows<'a> = &'a dyn Fn(&OperationHash) -> bool;

/// What is to be said so that the group reads a message: the bundles first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Keys for those who do not have them yet.
    pub bundles: Vec<VerifiedBundle>,
    /// The message.
    pub message: GroupMessage,
}

/// A message that was opened, for the first and only time.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// For whom the sender speaks.
    pub account: AccountId,
    /// The sender's chain, with its device and run.
    pub chain: ChainId,
    /// The message's number in the chain.
    pub index: u32,
    /// What it says.
    pub plaintext: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("chain", &self.chain).field("index", &self.index).finish_non_exhaustive()
    }
}

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// This device is not in its own roster. Local.
    #[error("this device is not in the room")]
    NotListed,
    /// Nothing to say, or too much. The caller is at fault.
    #[error("the message breaks a limit: {0}")]
    Limit(#[from] LimitError),
}

/// What became of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleHeard {
    /// Its chain can be read from now on.
    New,
    /// Its chain could be read before.
    Known,
}

/// Why a bundle was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BundleError {
    /// This device's own. Nobody is at fault.
    #[error("the bundle is this device's own")]
    Own,
    /// It holds nothing for this device. Nobody is at fault.
    #[error("the bundle is not for this device")]
    NotForUs,
    /// Its sender knew operations that are not known here: to be tried again. Nobody is at fault.
    #[error("the sender knew operations that are not known here")]
    UnknownHeads,
    /// Its sender is not in the roster. Nobody is at fault: it may have been.
    #[error("the sender is not in the room")]
    NotListed,
    /// Its chain was read and forgotten. Whoever says it again may be at fault.
    #[error("the chain was forgotten")]
    Forgotten,
    /// Sealed to a key that was forgotten, or to none that this device ever had.
    #[error("the bundle does not open")]
    Unreadable,
    /// It contradicts what its sender said of the chain before, or names an impossible place. The sender is at fault.
    #[error("the bundle contradicts an earlier one or names an impossible place")]
    Contradiction,
    /// Too many chains of this sender, or senders. The sender is at fault.
    #[error("too many chains")]
    TooMany,
}

/// Why a message was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// This device's own. Nobody is at fault.
    #[error("the message is this device's own")]
    Own,
    /// No bundle of its chain came yet: its owner can be asked. Nobody is at fault.
    #[error("the chain is not known")]
    UnknownChain,
    /// Its sender knew operations that are not known here: to be tried again. Nobody is at fault.
    #[error("the sender knew operations that are not known here")]
    UnknownHeads,
    /// Its sender is not in the roster. Nobody is at fault: it may have been.
    #[error("the sender is not in the room")]
    NotListed,
    /// The chain did not sign it. Whoever passed it on is at fault.
    #[error("the message is forged")]
    Forged,
    /// There is no key for its number.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The chain signed it, but its key does not open it. The sender is at fault.
    #[error("the message does not open")]
    Unreadable,
}

/// Why a request for keys is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// Another device's chain, or another run's.
    #[error("the chain is not this run's")]
    NotOurs,
    /// Who asks is not in this device's roster. Who asks may be at fault.
    #[error("who asks is not in the room")]
    NotListed,
    /// Nobody knows a fresh key of who asks. Nobody is at fault.
    #[error("no fresh key of who asks is known")]
    NoKey,
    /// The chain is not used any more, and who asks never had it, or it was forgotten.
    #[error("the chain was forgotten")]
    Forgotten,
    /// Asked too often. Who asks is at fault.
    #[error("asked too often")]
    TooOften,
}

/// What a room needs of a scheme that lets its members, and nobody else, read what they write.
///
/// Method groups: inputs (`on_*`, `hear_*`, `handle_timeout`), use (`seal`, `open`, `answer`, `export`), outputs (`ephemeral`,
/// `poll_timeout`). `rng` must be fed with fresh randomness from outside; time never goes backwards.
pub trait GroupCrypto {
    /// The roster is another one now.
    fn on_roster_change(&mut self, roster: GroupRoster, now: Timestamp);

    /// A device of the roster, in this run, said which key to seal to.
    fn on_ephemeral(&mut self, device: DeviceId, run: RunId, said: Ephemeral, now: Timestamp);

    /// What others are to seal to. To be told to all when it changes, which `handle_timeout` alone brings about.
    fn ephemeral(&self, now: Timestamp) -> Ephemeral;

    /// Seals a message for the devices of the roster whose keys are known; the others may ask.
    fn seal(&mut self, plaintext: &[u8], rng: &mut impl CryptoRng, now: Timestamp) -> Result<Sealed, SealError>;

    /// Takes the keys that a bundle holds for this device.
    fn hear_bundle(
        &mut self,
        bundle: &VerifiedBundle,
        knows: Knows<'_>,
        now: Timestamp,
    ) -> Result<BundleHeard, BundleError>;

    /// Opens a message, whoever passed it on.
    fn open(&mut self, message: &GroupMessage, knows: Knows<'_>, now: Timestamp) -> Result<Opened, OpenError>;

    /// Answers a device that asks for the keys of a chain of this run.
    fn answer(
        &mut self,
        from: DeviceId,
        wanted: &KeysWanted,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<VerifiedBundle, AnswerError>;

    /// A key for media that the chain's owner sends, in this generation and for what `context` names; `None` if it cannot be told.
    fn export(&self, chain: ChainId, generation: u8, context: &[u8]) -> Option<MediaKey>;

    /// Turns over and forgets what is due.
    fn handle_timeout(&mut self, rng: &mut impl CryptoRng, now: Timestamp);

    /// When `handle_timeout` is to be called at the latest.
    fn poll_timeout(&self) -> Timestamp;
}

/// Sender keys: the one scheme there is.
#[derive(Clone)]
pub struct SenderKeys {
    room: RoomId,
    me: Admitted,
    roster: GroupRoster,
    ephemerals: Ephemerals,
    recipients: Recipients,
    outbound: Outbound,
    senders: Senders,
    sweep_at: Timestamp,
}

impl SenderKeys {
    /// The keys of one run of `device`, which speaks for `account` in `room`.
    pub fn new(
        room: RoomId,
        account: AccountId,
        device: DeviceKey,
        run: RunId,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Self {
        Self {
            room,
            me: Admitted { account, device: device.id() },
            roster: GroupRoster::default(),
            ephemerals: Ephemerals::new(rng, now),
            recipients: Recipients::default(),
            outbound: Outbound::new(room, account, device, run),
            senders: Senders::default(),
            sweep_at: now.after(SWEEP_EVERY),
        }
    }

    /// Opens what somebody sealed to one of this device's ephemeral keys that are still held.
    pub fn open_sealed(&self, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, HpkeError> {
        self.ephemerals.open(|secret| secret.open(info, aad, sealed))
    }

    /// What a bundle hands to this device, whatever is known of its chain and its sender; `None` if it does not open.
    pub fn read(&self, bundle: &VerifiedBundle) -> Option<BundleContents> {
        self.ephemerals.open(|secret| bundle.open(&self.me.device, secret)).ok()
    }

    /// A device is gone, or was: what was said to it may be lost, so it counts as a newcomer once it says again what to seal to.
    pub fn lose(&mut self, device: &DeviceId) {
        self.recipients.forget(device);
        self.outbound.lost_by(device);
    }

    /// What to seal to `device` with, if it said so lately.
    pub fn recipient(&self, device: &DeviceId, now: Timestamp) -> Option<EphemeralPublic> {
        self.recipients.find(device, now)
    }

    fn knows_all(heads: &Heads, knows: Knows<'_>) -> bool {
        heads.operations().iter().all(knows)
    }
}

impl GroupCrypto for SenderKeys {
    fn on_roster_change(&mut self, roster: GroupRoster, now: Timestamp) {
        let gone: Vec<Admitted> = self.roster.devices.difference(&roster.devices).copied().collect();
        self.roster = roster;
        if gone.is_empty() {
            return;
        }
        self.outbound.abandon();
        self.ephemerals.turn_over_soon(now);
        let is_listed = |device: &DeviceId| self.roster.devices.iter().any(|listed| listed.device == *device);
        self.recipients.keep(is_listed);
        self.senders.remove(&gone);
    }

    fn on_ephemeral(&mut self, device: DeviceId, run: RunId, said: Ephemeral, now: Timestamp) {
        let is_listed = self.roster.devices.iter().any(|listed| listed.device == device);
        if is_listed && device != self.me.device && self.recipients.hear(device, run, said, now) {
            self.outbound.lost_by(&device);
        }
    }

    fn ephemeral(&self, now: Timestamp) -> Ephemeral {
        self.ephemerals.public(now)
    }

    fn seal(&mut self, plaintext: &[u8], rng: &mut impl CryptoRng, now: Timestamp) -> Result<Sealed, SealError> {
        if !self.roster.devices.contains(&self.me) {
            return Err(SealError::NotListed);
        }
        let targets = self.recipients.fresh(now);
        Ok(self.outbound.seal(plaintext, &self.roster.heads, &targets, rng, now)?)
    }

    fn hear_bundle(
        &mut self,
        bundle: &VerifiedBundle,
        knows: Knows<'_>,
        now: Timestamp,
    ) -> Result<BundleHeard, BundleError> {
        let said = bundle.bundle();
        if said.chain.device == self.me.device {
            return Err(BundleError::Own);
        }
        if !bundle.is_for(&self.me.device) {
            return Err(BundleError::NotForUs);
        }
        if !Self::knows_all(&said.heads, knows) {
            return Err(BundleError::UnknownHeads);
        }
        let sender = Admitted { account: said.account, device: said.chain.device };
        if !self.roster.devices.contains(&sender) {
            return Err(BundleError::NotListed);
        }
        let place = senders::Place { account: said.account, chain: said.chain, index: said.index, signer: said.signer };
        if self.senders.knows(&place)? {
            return Ok(BundleHeard::Known);
        }
        let contents = self.read(bundle).ok_or(BundleError::Unreadable)?;
        self.senders.insert(place, contents, now)?;
        Ok(BundleHeard::New)
    }

    fn open(&mut self, message: &GroupMessage, knows: Knows<'_>, now: Timestamp) -> Result<Opened, OpenError> {
        let chain = message.chain();
        if chain.device == self.me.device {
            return Err(OpenError::Own);
        }
        let inbound = self.senders.find(&chain).ok_or(OpenError::UnknownChain)?;
        let account = inbound.account();
        message.verify(self.room, account, inbound.signer()).map_err(|_| OpenError::Forged)?;
        if !Self::knows_all(message.heads(), knows) {
            return Err(OpenError::UnknownHeads);
        }
        if !self.roster.devices.contains(&Admitted { account, device: chain.device }) {
            return Err(OpenError::NotListed);
        }
        let key = inbound.take(message.index(), now)?;
        let plaintext = message.open(self.room, account, key).map_err(|_| OpenError::Unreadable);
        self.senders.bound_skipped();
        Ok(Opened { account, chain, index: message.index(), plaintext: plaintext? })
    }

    fn answer(
        &mut self,
        from: DeviceId,
        wanted: &KeysWanted,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<VerifiedBundle, AnswerError> {
        if !self.roster.devices.iter().any(|listed| listed.device == from) {
            return Err(AnswerError::NotListed);
        }
        let target = self.recipients.find(&from, now).ok_or(AnswerError::NoKey)?;
        self.outbound.answer(wanted, (from, target), &self.roster.heads, rng, now)
    }

    fn export(&self, chain: ChainId, generation: u8, context: &[u8]) -> Option<MediaKey> {
        match chain.device == self.me.device {
            true => self.outbound.export(chain, generation, context),
            false => self.senders.export(&chain, generation, context),
        }
    }

    fn handle_timeout(&mut self, rng: &mut impl CryptoRng, now: Timestamp) {
        self.ephemerals.handle_timeout(rng, now);
        if now >= self.sweep_at {
            self.sweep_at = now.after(SWEEP_EVERY);
            self.outbound.expire(now);
            self.senders.expire(now);
        }
    }

    fn poll_timeout(&self) -> Timestamp {
        self.ephemerals.next_due().min(self.sweep_at)
    }
}

#[cfg(test)]
mod tests;
