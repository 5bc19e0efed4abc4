//! Signals of calls and files on their way to one device: sealed so that only it can read them, and kept until the connection takes them.
//!
//! The seal's context names the room, the sender and the target, and the frame's inner signature names the sender: nobody can
//! pass another's signal off as their own, or carry one into another room.

use std::{collections::VecDeque, time::Duration};

use crate::core::sorted::SortedMap;
use milanio_identity::{DeviceId, EphemeralPublic, RoomId};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    command::PublishTicket,
    content::Opens,
    limits::{MAX_SIGNALS_WAITING, SIGNAL_WAIT},
};
use crate::{
    core::time::Timestamp,
    wire::{codec::LimitError, message::SealedSignal, whisper::Whisper},
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

/// Seals `whisper`; also returns the hash of its encoding.
pub fn seal(
    path: Path,
    target: EphemeralPublic,
    whisper: &Whisper,
    rng: &mut impl CryptoRng,
) -> Result<(SealedSignal, [u8; 32]), SendSignalError> {
    let encoded = whisper.encode()?;
    let sealed = target.seal(&path.info(), &[], &encoded, rng).map_err(|_| SendSignalError::WeakKey)?;
    Ok((SealedSignal { to: path.to, sealed }, Sha256::digest(&encoded).into()))
}

/// Opens a signal for this device and decodes it; nothing if it is not well-formed or was not sealed for this path.
pub fn open(path: Path, keys: &impl Opens, sealed: &SealedSignal) -> Option<(Whisper, [u8; 32])> {
    let encoded = keys.open(&path.info(), &sealed.sealed).ok()?;
    let whisper = Whisper::decode(&encoded).ok()?;
    Some((whisper, Sha256::digest(&encoded).into()))
}

/// How long after a failed attempt the next is made while the connection seems to be there.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Sealed signals that are not known to have gone out, in order.
#[derive(Default)]
pub struct SignalQueue {
    waiting: VecDeque<Queued>,
    trying: SortedMap<PublishTicket, Queued>,
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

#[cfg(test)]
mod tests {
    use milanio_identity::{DeviceKey, EphemeralSecret};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::{
        core::time::RoomTime,
        wire::{
            group::tests::Constant,
            message::RunId,
            signal::{CallId, Signal, SignalKind},
            vectors::{self, array, bytes, vectors},
        },
    };

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    fn path() -> Path {
        Path { room: RoomId::from_bytes([1; 16]), from: device(1), to: device(2) }
    }

    fn bye() -> Whisper {
        let expires = RoomTime::from_millis(9);
        Whisper::Call(Signal {
            run: RunId([1; 8]),
            call: CallId([2; 16]),
            generation: 1,
            seq: 3,
            expires,
            kind: SignalKind::Bye,
        })
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_signal_opens_for_its_target_in_its_room_from_its_sender_and_not_otherwise() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (secret, other) = (EphemeralSecret::generate(&mut rng), EphemeralSecret::generate(&mut rng));
        let (sealed, hash) = seal(path(), secret.public(), &bye(), &mut rng).unwrap();
        assert_eq!(open(path(), &secret, &sealed), Some((bye(), hash)));
        assert_eq!(open(path(), &other, &sealed), None);
        for wrong in [
            Path { room: RoomId::from_bytes([9; 16]), ..path() },
            Path { from: device(3), ..path() },
            Path { to: device(3), ..path() },
            Path { from: device(2), to: device(1), ..path() },
        ] {
            assert_eq!(open(wrong, &secret, &sealed), None);
        }
        for at in 0..sealed.sealed.len() {
            let mut changed = sealed.clone();
            changed.sealed[at] ^= 1;
            assert_eq!(open(path(), &secret, &changed), None);
        }
    }

    #[test]
    fn a_weak_key_is_not_sealed_to() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let weak = EphemeralPublic::from_bytes([0; 32]);
        assert_eq!(seal(path(), weak, &bye(), &mut rng), Err(SendSignalError::WeakKey));
    }

    fn numbered(number: u8) -> SealedSignal {
        SealedSignal { to: device(number % 2), sealed: vec![number] }
    }

    fn drained(queue: &mut SignalQueue, now: Timestamp) -> Vec<u8> {
        let next = |ticket| queue.send_next(PublishTicket(ticket), now);
        (100..).map_while(next).filter_map(|signal| signal.sealed.first().copied()).collect()
    }

    #[test]
    fn what_was_under_way_goes_first_when_the_connection_is_back() {
        let mut queue = SignalQueue::default();
        (0..4).for_each(|number| assert!(queue.push(numbered(number), at(0))));
        for ticket in 0..3 {
            queue.send_next(PublishTicket(ticket), at(0));
        }
        queue.published(PublishTicket(0), true, at(0));
        queue.connection_lost();
        assert_eq!(drained(&mut queue, at(10)), [1, 2, 3]);
    }

    #[test]
    fn a_failed_attempt_is_repeated_after_a_moment_and_in_its_place() {
        let mut queue = SignalQueue::default();
        (0..2).for_each(|number| assert!(queue.push(numbered(number), at(0))));
        queue.send_next(PublishTicket(1), at(0));
        queue.published(PublishTicket(1), false, at(0));
        assert_eq!(queue.next_due(), Some(at(200)));
        assert!(drained(&mut queue, at(199)).is_empty());
        assert_eq!(drained(&mut queue, at(200)), [0, 1]);
    }

    #[test]
    fn signals_grow_old_are_forgotten_with_their_target_and_never_too_many() {
        let mut queue = SignalQueue::default();
        let pushed = (0..200).filter(|number| queue.push(numbered(*number), at(0))).count();
        assert_eq!(pushed, MAX_SIGNALS_WAITING);
        queue.forget(&device(1));
        assert_eq!(queue.waiting.len(), MAX_SIGNALS_WAITING / 2);
        assert!(drained(&mut queue, at(30_001)).is_empty());
    }

    /// The figures were computed with another implementation of HPKE.
    #[test]
    fn a_sealed_signal_matches_the_vectors() {
        let of = &vectors()["sealed_signal"];
        let path = Path {
            room: RoomId::from_bytes(array(of, "room")),
            from: vectors::device(of, "from"),
            to: vectors::device(of, "to"),
        };
        let secret = EphemeralSecret::generate(&mut Constant(array::<32>(of, "ephemeral_ikm")[0]));
        let encoded = secret.open(&path.info(), &[], &bytes(of, "sealed")).unwrap();
        assert_eq!(encoded, bytes(of, "whisper"));
        assert!(matches!(Whisper::decode(&encoded), Ok(Whisper::Call(Signal { kind: SignalKind::Bye, .. }))));
    }
}
