//! The keys of a room's record in the registry, made for this room alone: the registry learns neither code nor people.
//!
//! The record's id, its seal and the heartbeat key follow from the code, so every member has them. Writing and destroying
//! the record takes the owner's key. What the requests look like is left to the registry's interface.

use std::fmt;

use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::ZeroizeOnDrop;

use crate::{
    kdf::{self, Secret},
    key::AccountKey,
    room::{RoomId, first_half},
    sign::{self, Label, Signature},
    topic,
};

/// Why a record does not open. The registry, or whoever wrote the record, is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Shorter than a nonce and a tag.
    #[error("the record is too short")]
    TooShort,
    /// Sealed with another key or for another room, or changed.
    #[error("the record does not open")]
    Unreadable,
}

/// What every member of a room can do with its record: find it, read it, and say that the room is alive.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RegistryKeys {
    rid: [u8; 16],
    seal: Secret,
    beat: SigningKey,
}

impl RegistryKeys {
    /// Bytes by which a sealed record is longer than its contents: nonce and tag.
    pub const SEAL_OVERHEAD: usize = NONCE + 16;

    /// The record's id: the only name the registry has for the room.
    pub const fn rid(&self) -> &[u8; 16] {
        &self.rid
    }

    /// Seals a record: nonce, ciphertext and tag (XChaCha20-Poly1305, bound to the record's id).
    pub fn seal_record(&self, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, RecordError> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let sealed = topic::seal(&self.seal, &nonce, &self.rid, plaintext).map_err(|_| RecordError::Unreadable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`RegistryKeys::seal_record`] made.
    pub fn open_record(&self, record: &[u8]) -> Result<Vec<u8>, RecordError> {
        let (nonce, sealed) = record.split_first_chunk::<NONCE>().ok_or(RecordError::TooShort)?;
        topic::open(&self.seal, nonce, &self.rid, sealed).map_err(|_| RecordError::Unreadable)
    }

    /// The public key that heartbeats are checked with.
    pub fn beat_public(&self) -> [u8; 32] {
        self.beat.verifying_key().to_bytes()
    }

    /// Signs a heartbeat ([`Label::RegistryBeat`]).
    pub fn sign_beat(&self, bytes: &[u8]) -> Signature {
        sign::sign(&self.beat, Label::RegistryBeat, bytes)
    }

    pub(crate) fn derive(root: &[u8; 32]) -> Self {
        Self {
            rid: first_half(&kdf::derive(root, "registry-id", &[])),
            seal: kdf::derive(root, "registry-seal", &[]),
            beat: SigningKey::from_bytes(&kdf::derive(root, "registry-beat", &[])),
        }
    }
}

impl fmt::Debug for RegistryKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryKeys(redacted)")
    }
}

/// The owner's key for one room's record. Follows from the owner's account key, so there is nothing more to keep, and is
/// another one for every room, so the registry cannot tell which rooms have one owner.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RoomOwnerKey(SigningKey);

impl RoomOwnerKey {
    /// The key of `account` for `room`.
    pub fn derive(account: &AccountKey, room: RoomId) -> Self {
        Self(SigningKey::from_bytes(&kdf::derive(account.seed(), "room-owner", room.as_bytes())))
    }

    /// The public key that the registry keeps with the record.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs `bytes` for the purpose `label`: [`Label::RegistryCreate`] or [`Label::RegistryDestroy`].
    pub fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        sign::sign(&self.0, label, bytes)
    }
}

impl fmt::Debug for RoomOwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomOwnerKey(redacted)")
    }
}

/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::verify;

    fn keys(root: u8) -> RegistryKeys {
        RegistryKeys::derive(&[root; 32])
    }

    fn record(root: u8) -> Vec<u8> {
        keys(root).seal_record(b"genesis", &mut ChaCha20Rng::seed_from_u64(1)).unwrap()
    }

    #[test]
    fn a_record_opens_for_its_own_room_alone() {
        assert_eq!(record(1).len(), 7 + RegistryKeys::SEAL_OVERHEAD);
        assert_eq!(keys(1).open_record(&record(1)).unwrap(), b"genesis");
        assert_eq!(keys(2).open_record(&record(1)), Err(RecordError::Unreadable));
    }

    #[test]
    fn two_seals_of_one_record_look_different() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let [one, two] = [(); 2].map(|()| keys(1).seal_record(b"genesis", &mut rng).unwrap());
        assert_ne!(one, two);
    }

    #[test]
    fn a_heartbeat_destroys_nothing() {
        let beat = keys(1).sign_beat(b"alive");
        let public = keys(1).beat_public();
        assert_eq!(verify(&public, Label::RegistryBeat, b"alive", &beat), Ok(()));
        assert!(verify(&public, Label::RegistryDestroy, b"alive", &beat).is_err());
    }

    #[test]
    fn an_owner_has_another_key_in_every_room() {
        let owner = AccountKey::from_seed([1; 32]);
        let [one, two] = [1, 2].map(|room| RoomOwnerKey::derive(&owner, RoomId::from_bytes([room; 16])));
        assert_ne!(one.public(), two.public());
        assert_ne!(&one.public(), owner.id().as_bytes());
        let signature = one.sign(Label::RegistryDestroy, b"over");
        assert_eq!(verify(&one.public(), Label::RegistryDestroy, b"over", &signature), Ok(()));
    }

    proptest! {
        #[test]
        fn no_changed_record_opens(at: prop::sample::Index, flip in 1_u8.., length in 0_usize..60) {
            let mut changed = record(1);
            changed[at.index(7 + RegistryKeys::SEAL_OVERHEAD)] ^= flip;
            prop_assert!(keys(1).open_record(&changed).is_err());
            let mut cut = record(1);
            cut.resize(length, 0);
            prop_assert_eq!(keys(1).open_record(&cut).is_ok(), length == 7 + RegistryKeys::SEAL_OVERHEAD);
        }
    }
}
