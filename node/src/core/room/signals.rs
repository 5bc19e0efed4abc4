//! Call signals on their way to one device: sealed so that only it can read them, and kept until the connection takes them.
//!
//! The seal's context names the room, the sender and the target, and the frame's inner signature names the sender: nobody can
//! pass another's signal off as their own, or carry one into another room.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use milanio_identity::{DeviceId, EphemeralPublic, EphemeralSecret, RoomId};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    command::PublishTicket,
    limits::{MAX_SIGNALS_WAITING, SIGNAL_WAIT},
};
use crate::{
    core::time::Timestamp,
    wire::{codec::LimitError, message::SealedSignal, signal::Signal},
};

/// Why a signal is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendSignalError {
    /// This device has not entered the room, or has left it: the caller is at fault.
    #[error("only members send signals")]
    NotEntered,
    /// The target is no member (any more): nobody is at fault.
    #[error("the target is not in the room")]
    NotThere,
    /// The target's key cannot be sealed to: the target is at fault.
    #[error("the target's key is weak")]
    WeakKey,
    /// The signal breaks a limit of the wire: the caller is at fault.
    #[error("the signal breaks a limit: {0}")]
    Limit(#[from] LimitError),
    /// Too many wait for the connection already.
    #[error("too many signals wait for the connection")]
    TooManyWaiting,
}

/// The room and the two ends of a signal.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// The room.
    pub room: RoomId,
    /// Who sends.
    pub from: DeviceId,
    /// For whom.
    pub to: DeviceId,
}

impl Path {
    /// The sealing context. All parts have fixed lengths.
    fn info(&self) -> Vec<u8> {
        [INFO_LABEL, self.room.as_bytes().as_slice(), self.from.as_bytes(), self.to.as_bytes()].concat()
    }
}

const INFO_LABEL: &[u8] = b"milanio/v1/signal\0";

/// Seals `signal`; also returns the hash of its encoding.
pub fn seal(
    path: Path,
    target: EphemeralPublic,
    signal: &Signal,
    rng: &mut impl CryptoRng,
) -> Result<(SealedSignal, [u8; 32]), SendSignalError> {
    let encoded = signal.encode()?;
    let sealed = target.seal(&path.info(), &[], &encoded, rng).map_err(|_| SendSignalError::WeakKey)?;
    Ok((SealedSignal { to: path.to, sealed }, Sha256::digest(&encoded).into()))
}

/// Opens a signal for this device and decodes it; nothing if it is not well-formed or was not sealed for this path.
pub fn open(path: Path, secret: &EphemeralSecret, sealed: &SealedSignal) -> Option<(Signal, [u8; 32])> {
    let encoded = secret.open(&path.info(), &[], &sealed.sealed).ok()?;
    let signal = Signal::decode(&encoded).ok()?;
    Some((signal, Sha256::digest(&encoded).into()))
}

/// How long after a failed attempt the next is made while the connection seems to be there.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Sealed signals that are not known to have gone out, in order.
#[derive(Default)]
pub struct SignalQueue {
    waiting: VecDeque<Queued>,
    trying: BTreeMap<PublishTicket, Queued>,
    /// No attempt before this: the last one failed.
    held_until: Timestamp,
}

#[derive(Clone)]
struct Queued {
    signal: SealedSignal,
    since: Timestamp,
}

impl SignalQueue {
    /// Queues a signal; false when too many wait.
    pub fn push(&mut self, signal: SealedSignal, now: Timestamp) -> bool {
        self.expire(now);
        if self.waiting.len() >= MAX_SIGNALS_WAITING {
            return false;
        }
        self.waiting.push_back(Queued { signal, since: now });
        true
    }

    /// The next to send, as attempt `ticket`.
    pub fn send_next(&mut self, ticket: PublishTicket, now: Timestamp) -> Option<SealedSignal> {
        self.expire(now);
        if self.held_until > now {
            return None;
        }
        let queued = self.waiting.pop_front()?;
        if self.trying.len() >= MAX_SIGNALS_WAITING {
            self.trying.pop_first();
        }
        self.trying.insert(ticket, queued.clone());
        Some(queued.signal)
    }

    /// When [`Self::send_next`] has something next, if it has.
    pub fn next_due(&self) -> Option<Timestamp> {
        (!self.waiting.is_empty()).then_some(self.held_until)
    }

    /// What became of an attempt: what nobody took waits in its old place.
    pub fn published(&mut self, ticket: PublishTicket, taken: bool, now: Timestamp) {
        if let Some(queued) = self.trying.remove(&ticket)
            && !taken
        {
            self.waiting.push_front(queued);
            self.held_until = now.after(RETRY_AFTER);
        }
    }

    /// The connection is gone: attempts nobody reported on are made again. The target knows repeats by their number.
    pub fn connection_lost(&mut self) {
        while let Some((_, queued)) = self.trying.pop_last() {
            self.waiting.push_front(queued);
        }
        self.waiting.truncate(MAX_SIGNALS_WAITING);
        self.held_until = Timestamp::default();
    }

    /// Nothing to `device` is worth sending any more.
    pub fn forget(&mut self, device: &DeviceId) {
        self.waiting.retain(|queued| queued.signal.to != *device);
        self.trying.retain(|_, queued| queued.signal.to != *device);
    }

    fn expire(&mut self, now: Timestamp) {
        self.waiting.retain(|queued| now.since(queued.since) <= SIGNAL_WAIT);
    }
}
