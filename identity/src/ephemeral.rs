//! Sealing to one device: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! Single shot only: each message has its own encapsulation, so no nonce is ever counted. Base mode proves no sender; that is
//! what the signature around a sealed message is for.

use std::fmt;

use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

type Kem = X25519HkdfSha256;

/// Why a message could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The target's key is one with which every shared secret is zero: the target is at fault.
    #[error("the target's key is weak")]
    WeakKey,
}

/// Why a sealed message was refused. The sender is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Shorter than an encapsulated key and a tag.
    #[error("the sealed message is too short")]
    TooShort,
    /// The encapsulated key is one with which every shared secret is zero.
    #[error("the sealed message's key is weak")]
    WeakKey,
    /// Sealed to another key or in another context, or changed.
    #[error("the sealed message does not open")]
    Unreadable,
}

/// An X25519 public key that messages to one device are sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EphemeralPublic([u8; 32]);

impl EphemeralPublic {
    /// Bytes by which a sealed message is longer than its contents: encapsulated key and tag.
    pub const SEAL_OVERHEAD: usize = ENCAPSULATED + 16;

    /// Takes a public key. Any 32 bytes are one; weak ones are refused when sealing.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The public key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `plaintext` so that only the holder of this key's secret can open it, and only with the same `info` and `aad`.
    pub fn seal(
        &self,
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        let target = <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).map_err(|_| SealError::WeakKey)?;
        let (encapsulated, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &target,
            info,
            plaintext,
            aad,
            rng,
        )
        .map_err(|_| SealError::WeakKey)?;
        Ok([encapsulated.to_bytes().as_slice(), &sealed].concat())
    }
}

/// The secret half of an [`EphemeralPublic`]: lives in memory for one run, and is wiped.
pub struct EphemeralSecret(<Kem as hpke::Kem>::PrivateKey);

impl EphemeralSecret {
    /// A new secret.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Kem::gen_keypair_with_rng(rng).0)
    }

    /// What others seal to.
    pub fn public(&self) -> EphemeralPublic {
        EphemeralPublic(Kem::sk_to_pk(&self.0).to_bytes().into())
    }

    /// Opens what was sealed to [`EphemeralSecret::public`] with the same `info` and `aad`.
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED).ok_or(OpenError::TooShort)?;
        if sealed.len() < EphemeralPublic::SEAL_OVERHEAD {
            return Err(OpenError::TooShort);
        }
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| OpenError::WeakKey)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.0,
            &encapsulated,
            info,
            ciphertext,
            aad,
        )
        .map_err(|error| match error {
            hpke::HpkeError::DecapError => OpenError::WeakKey,
            _ => OpenError::Unreadable,
        })
    }
}

impl fmt::Debug for EphemeralSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EphemeralSecret(redacted)")
    }
}

/// Bytes of an encapsulated X25519 key (RFC 9180 7.1).
const ENCAPSULATED: usize = 32;
