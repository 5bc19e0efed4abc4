//! Inner messages: a body, and the device that says it.
//!
//! `device(32) | body (postcard) | Ed25519 signature by the device(64)`. The signature covers `room(16) | device | body` under
//! the label of the topic's kind, so nobody can speak for another, carry words from one room to another, or have a door's
//! words count on a floor. Whether the device is a member is left to the room.

use milanio_identity::{DeviceId, DeviceKey, KeyError, RoomId, Signature, SignatureError, verify};
use thiserror::Error;

use super::{
    body::Body,
    codec::{self, DecodeError, LimitError},
    frame::MAX_INNER_BYTES,
};

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

/// `device` says `body` in `room`. Fails when a field of `body` breaks its limit.
pub fn seal<B: Body>(device: &DeviceKey, room: RoomId, body: &B) -> Result<Vec<u8>, LimitError> {
    let body = codec::encode(body)?;
    let id = device.id();
    let signature = device.sign(B::LABEL, &signed_bytes(room, &id, &body));
    Ok([id.as_bytes().as_slice(), &body, &signature.0].concat())
}

/// Who says what in `room`: checks the signature, then decodes strictly.
pub fn open<B: Body>(room: RoomId, bytes: &[u8]) -> Result<(DeviceId, B), InnerError> {
    if bytes.len() > MAX_INNER_BYTES {
        return Err(InnerError::Length);
    }
    let (device, rest) = bytes.split_first_chunk::<32>().ok_or(InnerError::Length)?;
    let (body, signature) = rest.split_last_chunk::<{ Signature::LENGTH }>().ok_or(InnerError::Length)?;
    let device = DeviceId::from_bytes(device)?;
    verify(device.as_bytes(), B::LABEL, &signed_bytes(room, &device, body), &Signature(*signature))?;
    Ok((device, codec::decode(body)?))
}

fn signed_bytes(room: RoomId, device: &DeviceId, body: &[u8]) -> Vec<u8> {
    [room.as_bytes().as_slice(), device.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::message::{ChatWanted, DoorBody, FloorBody, RunId};

    const ROOM: RoomId = RoomId::from_bytes([1; 16]);

    fn device(seed: u8) -> DeviceKey {
        DeviceKey::from_seed([seed; 32])
    }

    fn body() -> FloorBody {
        FloorBody::ChatWanted(ChatWanted { author: device(2).id(), run: RunId([3; 8]), first: 1, last: 9 })
    }

    fn sealed() -> Vec<u8> {
        seal(&device(1), ROOM, &body()).unwrap()
    }

    #[test]
    fn what_a_device_says_is_heard_from_that_device() {
        assert_eq!(open(ROOM, &sealed()), Ok((device(1).id(), body())));
        let question = seal(&device(1), ROOM, &DoorBody::GenesisWanted).unwrap();
        assert_eq!(open(ROOM, &question), Ok((device(1).id(), DoorBody::GenesisWanted)));
    }

    #[test]
    fn words_do_not_cross_from_one_room_or_kind_of_topic_to_another() {
        let mismatch = InnerError::Signature(SignatureError::Mismatch);
        assert_eq!(open::<FloorBody>(RoomId::from_bytes([2; 16]), &sealed()), Err(mismatch));
        assert_eq!(open::<DoorBody>(ROOM, &sealed()), Err(mismatch));
        let question = seal(&device(1), ROOM, &DoorBody::GenesisWanted).unwrap();
        assert_eq!(open::<FloorBody>(ROOM, &question), Err(mismatch));
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
            let id = device(1).id();
            let signature = device(1).sign(milanio_identity::Label::Door, &signed_bytes(ROOM, &id, &body));
            let inner = [id.as_bytes().as_slice(), &body, &signature.0].concat();
            assert_eq!(open::<DoorBody>(ROOM, &inner), Err(InnerError::Body(refused)));
        }
    }

    #[test]
    fn what_is_longer_than_a_frame_is_refused_unread() {
        assert_eq!(open::<FloorBody>(ROOM, &vec![0; MAX_INNER_BYTES + 1]), Err(InnerError::Length));
        assert_eq!(open::<FloorBody>(ROOM, &[0; 95]), Err(InnerError::Length));
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
            let id = device(1).id();
            let signature = device(1).sign(milanio_identity::Label::Floor, &signed_bytes(ROOM, &id, &body));
            let inner = [id.as_bytes().as_slice(), &body, &signature.0].concat();
            if let Ok((_, opened)) = open::<FloorBody>(ROOM, &inner) {
                prop_assert_eq!(seal(&device(1), ROOM, &opened), Ok(inner));
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
