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
use zeroize::ZeroizeOnDrop;

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
#[derive(Clone)]
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

// The X25519 secret inside wipes itself; `hpke` only does not say so.
impl ZeroizeOnDrop for EphemeralSecret {}

impl fmt::Debug for EphemeralSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EphemeralSecret(redacted)")
    }
}

/// Bytes of an encapsulated X25519 key (RFC 9180 7.1).
const ENCAPSULATED: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    fn secret() -> EphemeralSecret {
        EphemeralSecret::generate(&mut rng())
    }

    fn sealed() -> Vec<u8> {
        secret().public().seal(b"info", b"aad", b"text", &mut ChaCha20Rng::seed_from_u64(2)).unwrap()
    }

    #[test]
    fn a_message_opens_for_its_target_in_its_context_alone() {
        assert_eq!(sealed().len(), 4 + EphemeralPublic::SEAL_OVERHEAD);
        assert_eq!(secret().open(b"info", b"aad", &sealed()).unwrap(), b"text");
        assert_eq!(secret().open(b"other", b"aad", &sealed()), Err(OpenError::Unreadable));
        assert_eq!(secret().open(b"info", b"other", &sealed()), Err(OpenError::Unreadable));
        let other = EphemeralSecret::generate(&mut ChaCha20Rng::seed_from_u64(3));
        assert_eq!(other.open(b"info", b"aad", &sealed()), Err(OpenError::Unreadable));
    }

    #[test]
    fn keys_with_a_zero_shared_secret_are_refused_on_both_sides() {
        for weak in WEAK_KEYS {
            let weak: [u8; 32] = hex::decode(weak).unwrap().try_into().unwrap();
            let public = EphemeralPublic::from_bytes(weak);
            assert_eq!(public.seal(b"", b"", b"text", &mut rng()), Err(SealError::WeakKey));
            let message = [weak.as_slice(), &[0; 40]].concat();
            assert_eq!(secret().open(b"", b"", &message), Err(OpenError::WeakKey));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_never_open(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(secret().open(b"info", b"aad", &bytes).is_err());
        }

        #[test]
        fn no_changed_message_opens(bit in 0..(4 + EphemeralPublic::SEAL_OVERHEAD) * 8, length in 0_usize..80) {
            let mut changed = sealed();
            changed[bit / 8] ^= 1 << (bit % 8);
            // RFC 7748 5: the top bit of a public key is ignored, but HPKE binds the key's bytes.
            prop_assert!(secret().open(b"info", b"aad", &changed).is_err());
            let mut cut = sealed();
            cut.resize(length, 0);
            prop_assert_eq!(secret().open(b"info", b"aad", &cut).is_ok(), length == sealed().len());
        }
    }

    /// The points of low order on Curve25519 and its twist, and their encodings that are not reduced.
    const WEAK_KEYS: [&str; 7] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
}
