//! What a room code opens: the root secret, and from it the room's id, topics and registry keys.
//!
//! Which of them is used when (days, epochs) is the room protocol's business.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::ZeroizeOnDrop;

use crate::{
    code::RoomCode,
    kdf::{self, Cost, Secret, StretchError},
    registry::RegistryKeys,
    topic::TopicKeys,
};

/// What all keys of a room are derived from. Whoever has it has the room.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RootSecret(Secret);

impl RootSecret {
    /// The root secret of `code`. Slow on purpose: Argon2id with 64 MiB.
    pub fn derive(code: &RoomCode) -> Result<Self, StretchError> {
        let stretched = kdf::stretch(code.secret_characters().as_ref(), ROOT_SALT, Cost::one_pass(ROOT_MEMORY_KIB))?;
        Ok(Self(kdf::derive(&stretched, "root", &[])))
    }

    /// Takes a root secret that was kept, sealed, to save the slow derivation on a reload.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The secret itself, to be kept sealed.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for RootSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for RootSecret {}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(redacted)")
    }
}

/// Names a room inside signatures. Only who has the code can compute it; it never travels in the open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoomId([u8; 16]);

impl RoomId {
    /// Takes the 16 bytes of an id.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the id.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomId(redacted)")
    }
}

/// The secret that one floor's topics are derived from.
#[derive(Clone, ZeroizeOnDrop)]
pub struct FloorRoot(Secret);

impl FloorRoot {
    /// Takes 32 random bytes, or a secret that was handed over.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The secret itself, to be sealed.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the secret: what a rotation commits to.
    pub fn commitment(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }

    /// The floor's topic of `day` (days since 1970-01-01 UTC).
    pub fn topic(&self, day: u32) -> TopicKeys {
        TopicKeys::derive(&self.0, "floor", day)
    }
}

impl fmt::Debug for FloorRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FloorRoot(redacted)")
    }
}

/// The keys of a room, derived from its root secret when they are asked for.
#[derive(Clone, Debug, ZeroizeOnDrop)]
pub struct RoomKeys {
    root: RootSecret,
    floor: FloorRoot,
}

impl RoomKeys {
    /// The keys of the room with this `root`.
    pub fn new(root: &RootSecret) -> Self {
        Self { root: root.clone(), floor: FloorRoot(kdf::derive(&root.0, "floor/0", &[])) }
    }

    /// The room's id.
    pub fn room_id(&self) -> RoomId {
        RoomId(first_half(&kdf::derive(&self.root.0, "room-id", &[])))
    }

    /// The keys for the room's record in the registry.
    pub fn registry(&self) -> RegistryKeys {
        RegistryKeys::derive(&self.root.0)
    }

    /// The door topic of `day` (days since 1970-01-01 UTC): what the code opens.
    pub fn door(&self, day: u32) -> TopicKeys {
        TopicKeys::derive(&self.root.0, "door", day)
    }

    /// The floor topic of `day` in epoch 0, whose secret follows from the code.
    pub fn floor_epoch_zero(&self, day: u32) -> TopicKeys {
        self.floor.topic(day)
    }

    /// What the floor of epoch 0 is derived from.
    pub const fn floor_zero(&self) -> &FloorRoot {
        &self.floor
    }
}

/// The first 16 of 32 bytes.
pub(crate) fn first_half(bytes: &[u8; 32]) -> [u8; 16] {
    std::array::from_fn(|index| bytes[index])
}

/// All rooms share one salt, because the keys must be computable from the code alone.
const ROOT_SALT: &[u8] = b"milanio/v1/root";
/// Memory of the root derivation, in KiB. Measured: with 3 passes it took 282-421 ms in a browser on an idle desktop core,
/// too long for phones; with one pass a third of that, and 75 bits leave room.
const ROOT_MEMORY_KIB: u32 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn door_and_floor_are_strangers_to_each_other() {
        let keys = RoomKeys::new(&RootSecret::from_bytes([1; 32]));
        assert_ne!(keys.door(1).topic(), keys.floor_epoch_zero(1).topic());
        assert_ne!(keys.door(1).topic(), keys.door(2).topic());
        assert_ne!(keys.door(1).envelope_key(), keys.floor_epoch_zero(1).envelope_key());
    }

    #[test]
    fn rooms_share_nothing() {
        let [one, two] = [1, 2].map(|seed| RoomKeys::new(&RootSecret::from_bytes([seed; 32])));
        assert_ne!(one.room_id(), two.room_id());
        assert_ne!(one.registry().rid(), two.registry().rid());
        assert_ne!(one.registry().beat_public(), two.registry().beat_public());
        assert_ne!(one.door(1).topic(), two.door(1).topic());
    }

    #[test]
    fn neighbouring_codes_open_different_rooms() {
        let one = RootSecret::derive(&RoomCode::from_stretched(&[0; 32])).unwrap();
        let mut bytes = [0; 32];
        bytes[9] = 0b10_0000;
        let two = RootSecret::derive(&RoomCode::from_stretched(&bytes)).unwrap();
        assert_ne!(one, two);
    }
}
