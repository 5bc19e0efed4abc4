//! Inner messages: a body, and the device that says it.
//!
//! `device(32) | said(8) | body (postcard) | Ed25519 signature by the device(64)`. The signature covers `room(16)` and all before it
//! under the label of the topic's kind, so nobody can speak for another, carry words from one room to another, or have a door's
//! words count on a floor. `said` is room time, big-endian, and each message of a device has its own: who frames another's words
//! anew says nothing new. Whether the device is a member, and whether it was heard before, is left to the room.

use milanio_identity::{DeviceId, DeviceKey, KeyError, RoomId, Signature, SignatureError, verify};
use thiserror::Error;

use super::{
    body::Body,
    codec::{self, DecodeError, LimitError},
    frame::MAX_INNER_BYTES,
};
use crate::core::time::RoomTime;

/// Length of the time.
const SAID: usize = 8;

/// What a device said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner<B> {
    /// Which device.
    pub from: DeviceId,
    /// When, by its own word.
    pub said: RoomTime,
    /// What.
    pub body: B,
}

/// Why an inner message was refused. Whoever sealed the frame is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InnerError {
    /// Too short for a device and a signature, or longer than a frame holds.
    #[error("no inner message has this length")]
    Length,
    /// The device's key is invalid.
    #[error("the speaker's key is invalid: {0}")]
    Key(#[from] KeyError),
    /// The device did not say this, here.
    #[error("the speaker did not sign the message: {0}")]
    Signature(#[from] SignatureError),
    /// The device said something that is not allowed.
    #[error("the message is not allowed: {0}")]
    Body(#[from] DecodeError),
}

/// `device` says `body` in `room` at `said`. Fails when a field of `body` breaks its limit.
pub fn seal<B: Body>(device: &DeviceKey, room: RoomId, said: RoomTime, body: &B) -> Result<Vec<u8>, LimitError> {
    let body = codec::encode(body)?;
    let unsigned = [device.id().as_bytes().as_slice(), &said.as_millis().to_be_bytes(), &body].concat();
    let signature = device.sign(B::LABEL, &signed_bytes(room, &unsigned));
    Ok([unsigned.as_slice(), &signature.0].concat())
}

/// Who says what in `room`: checks the signature, then decodes strictly.
pub fn open<B: Body>(room: RoomId, bytes: &[u8]) -> Result<Inner<B>, InnerError> {
    if bytes.len() > MAX_INNER_BYTES {
        return Err(InnerError::Length);
    }
    let (unsigned, signature) = bytes.split_last_chunk::<{ Signature::LENGTH }>().ok_or(InnerError::Length)?;
    let (device, rest) = unsigned.split_first_chunk::<32>().ok_or(InnerError::Length)?;
    let (said, body) = rest.split_first_chunk::<SAID>().ok_or(InnerError::Length)?;
    let from = DeviceId::from_bytes(device)?;
    verify(from.as_bytes(), B::LABEL, &signed_bytes(room, unsigned), &Signature(*signature))?;
    Ok(Inner { from, said: RoomTime::from_millis(u64::from_be_bytes(*said)), body: codec::decode(body)? })
}

fn signed_bytes(room: RoomId, unsigned: &[u8]) -> Vec<u8> {
    [room.as_bytes().as_slice(), unsigned].concat()
}

#[cfg(test)]
mod tests {
    use milanio_identity::Label;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::message::{ChatWanted, DoorBody, FloorBody, RunId};

    const ROOM: RoomId = RoomId::from_bytes([1; 16]);
    const SAID_AT: RoomTime = RoomTime::from_millis(7);

    fn heard<B>(body: B) -> Inner<B> {
        Inner { from: device(1).id(), said: SAID_AT, body }
    }

    /// A message with a body of any bytes, rightly signed.
    fn signed(label: Label, body: &[u8]) -> Vec<u8> {
        let unsigned = [device(1).id().as_bytes().as_slice(), &SAID_AT.as_millis().to_be_bytes(), body].concat();
        let signature = device(1).sign(label, &signed_bytes(ROOM, &unsigned));
        [unsigned.as_slice(), &signature.0].concat()
    }

    fn device(seed: u8) -> DeviceKey {
        DeviceKey::from_seed([seed; 32])
    }

    fn body() -> FloorBody {
        FloorBody::ChatWanted(ChatWanted { author: device(2).id(), run: RunId([3; 8]), first: 1, last: 9 })
    }

    fn sealed() -> Vec<u8> {
        seal(&device(1), ROOM, SAID_AT, &body()).unwrap()
    }

    #[test]
    fn what_a_device_says_is_heard_from_that_device() {
        assert_eq!(open(ROOM, &sealed()), Ok(heard(body())));
        let question = seal(&device(1), ROOM, SAID_AT, &DoorBody::GenesisWanted).unwrap();
        assert_eq!(open(ROOM, &question), Ok(heard(DoorBody::GenesisWanted)));
    }

    #[test]
    fn words_do_not_cross_from_one_room_or_kind_of_topic_to_another() {
        let mismatch = InnerError::Signature(SignatureError::Mismatch);
        assert_eq!(open::<FloorBody>(RoomId::from_bytes([2; 16]), &sealed()), Err(mismatch));
        assert_eq!(open::<DoorBody>(ROOM, &sealed()), Err(mismatch));
        let question = seal(&device(1), ROOM, SAID_AT, &DoorBody::GenesisWanted).unwrap();
        assert_eq!(open::<FloorBody>(ROOM, &question), Err(mismatch));
    }

    #[test]
    fn nobody_says_another_time() {
        let mut later = sealed();
        later[39] ^= 1;
        assert_eq!(open::<FloorBody>(ROOM, &later), Err(InnerError::Signature(SignatureError::Mismatch)));
    }

    #[test]
    fn nobody_speaks_for_another() {
        let mut claimed = sealed();
        claimed[..32].copy_from_slice(device(2).id().as_bytes());
        assert_eq!(open::<FloorBody>(ROOM, &claimed), Err(InnerError::Signature(SignatureError::Mismatch)));
        claimed[..32].fill(0);
        assert_eq!(open::<FloorBody>(ROOM, &claimed), Err(InnerError::Key(KeyError::Weak)));
    }

    #[test]
    fn what_a_device_signed_must_still_be_allowed() {
        for (body, refused) in [
            (vec![99], DecodeError::Malformed),
            (vec![], DecodeError::Malformed),
            (vec![0, 0], DecodeError::Malformed),
            (vec![1, 0], DecodeError::Limit(LimitError::Genesis)),
        ] {
            assert_eq!(open::<DoorBody>(ROOM, &signed(Label::Door, &body)), Err(InnerError::Body(refused)));
        }
    }

    #[test]
    fn what_is_longer_than_a_frame_is_refused_unread() {
        assert_eq!(open::<FloorBody>(ROOM, &vec![0; MAX_INNER_BYTES + 1]), Err(InnerError::Length));
        assert_eq!(open::<FloorBody>(ROOM, &[0; 103]), Err(InnerError::Length));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn arbitrary_bytes_never_panic_and_never_open(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(open::<FloorBody>(ROOM, &bytes).is_err());
            prop_assert!(open::<DoorBody>(ROOM, &bytes).is_err());
        }

        #[test]
        fn arbitrary_signed_bodies_never_panic_and_have_one_encoding(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let inner = signed(Label::Floor, &body);
            if let Ok(opened) = open::<FloorBody>(ROOM, &inner) {
                prop_assert_eq!(seal(&device(1), ROOM, opened.said, &opened.body), Ok(inner));
            }
        }

        #[test]
        fn no_flipped_bit_is_accepted(at: prop::sample::Index, bit in 0..8) {
            let mut changed = sealed();
            let at = at.index(changed.len());
            changed[at] ^= 1_u8 << bit;
            prop_assert!(open::<FloorBody>(ROOM, &changed).is_err());
        }

        #[test]
        fn no_other_length_is_accepted(length in 0_usize..300) {
            let mut changed = sealed();
            let right = changed.len();
            changed.resize(length, 0);
            prop_assert_eq!(open::<FloorBody>(ROOM, &changed).is_ok(), length == right);
        }
    }
}
