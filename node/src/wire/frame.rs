//! Frames: what a topic carries, sealed and signed with the topic's own keys.
//!
//! `version(1) | time_ms(8) | nonce(24) | XChaCha20-Poly1305(pad(inner)) | Ed25519 signature by the topic key(64)`, numbers
//! big-endian. The plaintext is `length(2) | inner | zeros`, padded to the smallest of [`limits::FRAME_PLAINTEXT_BYTES`], so
//! a frame has one of five sizes. The seal binds topic and header; the signature binds everything, and anybody can check it
//! against the topic's name alone: a relay needs no state and learns nothing. Repeats are left to whoever keeps state.

use milanio_identity::{Label, Signature, TopicKeys, TopicName, verify};
use thiserror::Error;

use super::limits;
use crate::core::time::RoomTime;

/// Why an inner message could not be framed. The caller is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealFrameError {
    /// Longer than [`MAX_INNER_BYTES`].
    #[error("the message does not fit into a frame")]
    TooLong,
}

/// Why a frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Not one of the five sizes. The sender is at fault.
    #[error("no frame has this size")]
    Size,
    /// Made by a version that is not known here: nobody is at fault.
    #[error("unknown version of frame")]
    Version,
    /// Its time is too far from now: a wrong clock, on either side, or a late repeat.
    #[error("the frame's time is too far from now")]
    OutsideWindow,
    /// Whoever made it does not have the topic's key.
    #[error("the topic's key did not sign the frame")]
    Signature,
    /// Signed by somebody who knows the topic, and yet not sealed as frames are. The sender is at fault.
    #[error("the frame does not open")]
    Unreadable,
    /// Its padding is not the only allowed one. The sender is at fault.
    #[error("the frame's padding is wrong")]
    Padding,
}

impl FrameError {
    /// Whether whoever passed this frame on did wrong. If not, the frame is only ignored.
    pub const fn is_misbehaviour(self) -> bool {
        match self {
            Self::Version | Self::OutsideWindow => false,
            Self::Size | Self::Signature | Self::Unreadable | Self::Padding => true,
        }
    }
}

/// The longest inner message that fits into a frame, in bytes.
pub const MAX_INNER_BYTES: usize = LARGEST_PLAINTEXT - LENGTH_PREFIX;
/// The size of the largest frame, in bytes.
pub const MAX_FRAME_BYTES: usize = LARGEST_PLAINTEXT + OVERHEAD;

/// Frames `inner` for a topic, said at `time`. `nonce` must be random or otherwise never used twice.
pub fn seal(keys: &TopicKeys, time: RoomTime, nonce: [u8; 24], inner: &[u8]) -> Result<Vec<u8>, SealFrameError> {
    let plaintext = pad(inner)?;
    let header = Header { time, nonce }.to_bytes();
    let aad = associated_data(&keys.topic(), &header);
    let sealed = keys.seal_envelope(&nonce, &aad, &plaintext).map_err(|_| SealFrameError::TooLong)?;
    let mut frame = Vec::with_capacity(plaintext.len() + OVERHEAD);
    frame.extend_from_slice(&header);
    frame.extend_from_slice(&sealed);
    let signature = keys.sign(Label::Frame, &frame);
    frame.extend_from_slice(&signature.0);
    Ok(frame)
}

/// Checks what can be checked without the room's keys: size, version, time, and the topic's signature. Stateless; this is all
/// a relay does.
pub fn check(topic: &TopicName, data: &[u8], now: RoomTime) -> Result<(), FrameError> {
    Parts::of(data)?.check(topic, now)
}

/// Opens a frame: the inner message. Nothing is said about who wrote that.
///
/// The seal covers topic, header and contents and needs a key that only those have who could sign as well, so the signature,
/// which is there for relays, is not checked again: it would be half of what a message costs a phone. A copy with another
/// signature opens too; it has the same [`nonce`], by which repeats are known.
pub fn open(keys: &TopicKeys, data: &[u8], now: RoomTime) -> Result<Vec<u8>, FrameError> {
    let parts = Parts::of(data)?;
    parts.check_time(now)?;
    let aad = associated_data(&keys.topic(), parts.header_bytes);
    let mut plaintext =
        keys.open_envelope(&parts.header.nonce, &aad, parts.sealed).map_err(|_| FrameError::Unreadable)?;
    let length = unpad(&plaintext)?;
    plaintext.copy_within(LENGTH_PREFIX..LENGTH_PREFIX + length, 0);
    plaintext.truncate(length);
    Ok(plaintext)
}

/// The nonce of a frame, without checking anything: with the topic it names the frame. `None` if it is too short to have one.
pub fn nonce(data: &[u8]) -> Option<[u8; 24]> {
    let (header, _) = data.split_first_chunk::<HEADER>()?;
    Some(Header::from_bytes(header).nonce)
}

/// A frame taken apart.
struct Parts<'a> {
    header: Header,
    header_bytes: &'a [u8; HEADER],
    sealed: &'a [u8],
    signed: &'a [u8],
    signature: Signature,
}

impl<'a> Parts<'a> {
    fn of(data: &'a [u8]) -> Result<Self, FrameError> {
        match data.first() {
            Some(&VERSION) => {}
            Some(_) if data.len() <= limits::GOSSIP_MESSAGE_BYTES => return Err(FrameError::Version),
            _ => return Err(FrameError::Size),
        }
        let plaintext_bytes = data.len().checked_sub(OVERHEAD).ok_or(FrameError::Size)?;
        if !limits::FRAME_PLAINTEXT_BYTES.contains(&plaintext_bytes) {
            return Err(FrameError::Size);
        }
        let (signed, signature) = data.split_last_chunk::<{ Signature::LENGTH }>().ok_or(FrameError::Size)?;
        let (header_bytes, sealed) = signed.split_first_chunk::<HEADER>().ok_or(FrameError::Size)?;
        let header = Header::from_bytes(header_bytes);
        Ok(Self { header, header_bytes, sealed, signed, signature: Signature(*signature) })
    }

    fn check_time(&self, now: RoomTime) -> Result<(), FrameError> {
        if self.header.time.distance(now) > limits::FRAME_WINDOW { Err(FrameError::OutsideWindow) } else { Ok(()) }
    }

    fn check(&self, topic: &TopicName, now: RoomTime) -> Result<(), FrameError> {
        self.check_time(now)?;
        verify(topic.as_bytes(), Label::Frame, self.signed, &self.signature).map_err(|_| FrameError::Signature)
    }
}

/// What stands in front of a frame, in the open.
struct Header {
    time: RoomTime,
    nonce: [u8; 24],
}

impl Header {
    fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = VERSION;
        bytes[1..NONCE_AT].copy_from_slice(&self.time.as_millis().to_be_bytes());
        bytes[NONCE_AT..].copy_from_slice(&self.nonce);
        bytes
    }

    fn from_bytes(bytes: &[u8; HEADER]) -> Self {
        let millis = u64::from_be_bytes(std::array::from_fn(|index| bytes[1 + index]));
        Self { time: RoomTime::from_millis(millis), nonce: std::array::from_fn(|index| bytes[NONCE_AT + index]) }
    }
}

fn associated_data(topic: &TopicName, header: &[u8; HEADER]) -> Vec<u8> {
    [topic.as_bytes().as_slice(), header].concat()
}

/// `length | inner | zeros`, as long as the smallest size that holds it.
fn pad(inner: &[u8]) -> Result<Vec<u8>, SealFrameError> {
    let length = u16::try_from(inner.len()).map_err(|_| SealFrameError::TooLong)?;
    let padded = padded_bytes(inner.len()).ok_or(SealFrameError::TooLong)?;
    let mut plaintext = Vec::with_capacity(padded);
    plaintext.extend_from_slice(&length.to_be_bytes());
    plaintext.extend_from_slice(inner);
    plaintext.resize(padded, 0);
    Ok(plaintext)
}

/// The length of the inner message in `plaintext`, whose padding must be what [`pad`] makes.
fn unpad(plaintext: &[u8]) -> Result<usize, FrameError> {
    let (prefix, rest) = plaintext.split_first_chunk::<LENGTH_PREFIX>().ok_or(FrameError::Padding)?;
    let length = usize::from(u16::from_be_bytes(*prefix));
    let padding = rest.get(length..).ok_or(FrameError::Padding)?;
    if padded_bytes(length) != Some(plaintext.len()) || padding.iter().any(|&byte| byte != 0) {
        return Err(FrameError::Padding);
    }
    Ok(length)
}

/// The size that an inner message of `length` bytes is padded to.
fn padded_bytes(length: usize) -> Option<usize> {
    limits::FRAME_PLAINTEXT_BYTES.into_iter().find(|&size| length + LENGTH_PREFIX <= size)
}

const VERSION: u8 = 1;
const NONCE_AT: usize = 1 + 8;
const HEADER: usize = NONCE_AT + 24;
const LENGTH_PREFIX: usize = 2;
/// What a frame adds to its plaintext: header, tag, signature.
const OVERHEAD: usize = HEADER + 16 + Signature::LENGTH;
const LARGEST_PLAINTEXT: usize = limits::FRAME_PLAINTEXT_BYTES[limits::FRAME_PLAINTEXT_BYTES.len() - 1];
const _: () = assert!(MAX_FRAME_BYTES <= limits::GOSSIP_MESSAGE_BYTES);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use milanio_identity::{RoomKeys, RootSecret};
    use proptest::prelude::*;
    use serde::Deserialize;
    use sha2::{Digest as _, Sha256};

    use super::*;

    const NOW: RoomTime = RoomTime::from_millis(1_750_000_000_000);

    fn keys() -> TopicKeys {
        RoomKeys::new(&RootSecret::from_bytes([7; 32])).floor_epoch_zero(NOW.day())
    }

    fn frame(inner: &[u8]) -> Vec<u8> {
        seal(&keys(), NOW, [1; 24], inner).unwrap()
    }

    /// A frame around any plaintext, as somebody who knows the room could make it.
    fn forged(plaintext: &[u8]) -> Vec<u8> {
        let header = Header { time: NOW, nonce: [1; 24] }.to_bytes();
        let sealed = keys().seal_envelope(&[1; 24], &associated_data(&keys().topic(), &header), plaintext).unwrap();
        signed([header.as_slice(), &sealed].concat())
    }

    fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
        let signature = keys().sign(Label::Frame, &bytes);
        bytes.extend_from_slice(&signature.0);
        bytes
    }

    #[test]
    fn what_is_framed_opens_again_at_every_size() {
        for length in [0, 1, 254, 255, 1022, 1023, 4094, 4095, 16_382, 16_383, MAX_INNER_BYTES] {
            let inner = vec![0xa5; length];
            let frame = frame(&inner);
            assert!(limits::FRAME_PLAINTEXT_BYTES.contains(&(frame.len() - OVERHEAD)), "{length}");
            assert_eq!(check(&keys().topic(), &frame, NOW), Ok(()));
            assert_eq!(open(&keys(), &frame, NOW), Ok(inner));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for length in [MAX_INNER_BYTES + 1, 70_000] {
            assert_eq!(seal(&keys(), NOW, [1; 24], &vec![0; length]), Err(SealFrameError::TooLong));
        }
    }

    #[test]
    fn frames_are_as_the_format_says() {
        #[derive(Deserialize)]
        struct Case {
            root: String,
            day: u32,
            time_ms: u64,
            nonce: String,
            inner: String,
            frame_sha256: String,
        }
        #[derive(Deserialize)]
        struct Vectors {
            cases: Vec<Case>,
        }
        fn array<const N: usize>(text: &str) -> [u8; N] {
            hex::decode(text).unwrap().try_into().unwrap()
        }

        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/frame.json")).unwrap();
        assert!(!vectors.cases.is_empty());
        for case in vectors.cases {
            let keys = RoomKeys::new(&RootSecret::from_bytes(array(&case.root))).floor_epoch_zero(case.day);
            let inner = hex::decode(&case.inner).unwrap();
            let frame = seal(&keys, RoomTime::from_millis(case.time_ms), array(&case.nonce), &inner).unwrap();
            assert_eq!(hex::encode(Sha256::digest(&frame)), case.frame_sha256);
        }
    }

    #[test]
    fn a_frame_is_current_for_two_minutes_either_way() {
        let two_minutes = NOW.after(limits::FRAME_WINDOW);
        let later = two_minutes.after(Duration::from_millis(1));
        let of = |time| seal(&keys(), time, [1; 24], b"").unwrap();
        assert_eq!(check(&keys().topic(), &of(NOW), two_minutes), Ok(()));
        assert_eq!(check(&keys().topic(), &of(NOW), later), Err(FrameError::OutsideWindow));
        assert_eq!(check(&keys().topic(), &of(two_minutes), NOW), Ok(()));
        assert_eq!(check(&keys().topic(), &of(later), NOW), Err(FrameError::OutsideWindow));
        assert_eq!(check(&keys().topic(), &of(NOW), RoomTime::from_millis(0)), Err(FrameError::OutsideWindow));
        assert!(!FrameError::OutsideWindow.is_misbehaviour());
    }

    #[test]
    fn a_later_version_is_nobodys_fault_unless_it_is_too_large() {
        for length in [1, 100, limits::GOSSIP_MESSAGE_BYTES] {
            assert_eq!(check(&keys().topic(), &vec![2; length], NOW), Err(FrameError::Version));
        }
        assert!(!FrameError::Version.is_misbehaviour());
        assert_eq!(check(&keys().topic(), &vec![2; limits::GOSSIP_MESSAGE_BYTES + 1], NOW), Err(FrameError::Size));
        assert_eq!(check(&keys().topic(), &[], NOW), Err(FrameError::Size));
    }

    #[test]
    fn a_frame_is_of_one_topic_alone() {
        let room = RoomKeys::new(&RootSecret::from_bytes([7; 32]));
        let frame = frame(b"text");
        for other in [room.floor_epoch_zero(NOW.day() + 1), room.door(NOW.day())] {
            assert_eq!(check(&other.topic(), &frame, NOW), Err(FrameError::Signature));
            assert_eq!(open(&other, &frame, NOW), Err(FrameError::Unreadable));
        }
        assert!(FrameError::Signature.is_misbehaviour());
    }

    #[test]
    fn who_knows_the_room_must_still_seal_and_pad_as_everybody() {
        let mut padded = vec![0; 256];
        padded[1] = 4;
        assert_eq!(open(&keys(), &forged(&padded), NOW), Ok(vec![0; 4]));

        let mut noise_behind = padded.clone();
        noise_behind[255] = 1;
        let mut too_long = padded.clone();
        too_long[1] = 255;
        let mut larger_than_needed = padded.clone();
        larger_than_needed.resize(1024, 0);
        for plaintext in [noise_behind, too_long, larger_than_needed] {
            let frame = forged(&plaintext);
            assert_eq!(check(&keys().topic(), &frame, NOW), Ok(()));
            assert_eq!(open(&keys(), &frame, NOW), Err(FrameError::Padding));
        }
        assert_eq!(check(&keys().topic(), &forged(&padded[..255]), NOW), Err(FrameError::Size));
    }

    #[test]
    fn a_signed_envelope_with_another_header_does_not_open() {
        let (one, two) = (frame(b"one"), seal(&keys(), NOW, [2; 24], b"two").unwrap());
        let spliced = signed([&one[..HEADER], &two[HEADER..two.len() - Signature::LENGTH]].concat());
        assert_eq!(check(&keys().topic(), &spliced, NOW), Ok(()));
        assert_eq!(open(&keys(), &spliced, NOW), Err(FrameError::Unreadable));
    }

    #[test]
    fn a_frame_is_named_by_its_nonce() {
        assert_eq!(nonce(&frame(b"")), Some([1; 24]));
        assert_eq!(nonce(&[1; HEADER - 1]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn arbitrary_bytes_never_panic_and_never_open(mut data in prop::collection::vec(any::<u8>(), 0..1200), current: bool) {
            if let (true, Some(version)) = (current, data.first_mut()) {
                *version = VERSION;
            }
            let _ = nonce(&data);
            prop_assert!(check(&keys().topic(), &data, NOW).is_err());
            prop_assert!(open(&keys(), &data, NOW).is_err());
        }

        #[test]
        fn no_flipped_bit_is_accepted(at: prop::sample::Index, bit in 0..8) {
            let mut frame = frame(b"text");
            let at = at.index(frame.len());
            frame[at] ^= 1_u8 << bit;
            prop_assert!(check(&keys().topic(), &frame, NOW).is_err());
            // The signature is for relays; with another one a frame is the same frame.
            let in_signature = at >= frame.len() - Signature::LENGTH;
            prop_assert_eq!(open(&keys(), &frame, NOW).is_ok(), in_signature);
            prop_assert!(!in_signature || nonce(&frame) == Some([1; 24]));
        }

        #[test]
        fn no_other_length_is_accepted(length in 0_usize..1500) {
            let mut changed = frame(b"text");
            let right = changed.len();
            changed.resize(length, 0);
            prop_assert_eq!(check(&keys().topic(), &changed, NOW).is_ok(), length == right);
        }

        #[test]
        fn one_size_tells_nothing_more(one in prop::collection::vec(any::<u8>(), 0..254), two in prop::collection::vec(any::<u8>(), 0..254)) {
            prop_assert_eq!(frame(&one).len(), frame(&two).len());
        }
    }
}
