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
