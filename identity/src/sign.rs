//! The one way anything is signed or checked: Ed25519 over a domain-separated message, verified strictly.
//!
//! The signed message is `"milanio/v1/" label 0x00 bytes`. Labels are a closed list without NUL bytes, so no two purposes
//! can share a signed message. What is left out: which key must have signed what; callers know that.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;

/// What a signature is for. A signature made for one purpose never verifies for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// An account vouches for a device.
    DeviceCert,
    /// A device founds a room.
    Genesis,
    /// A topic key lets a frame pass the relays.
    Frame,
    /// A device speaks on a door topic.
    Door,
    /// A device speaks on a floor topic.
    Floor,
    /// A room's founder puts its record into the registry.
    RegistryCreate,
    /// Somebody who knows the room's code says that the room is alive.
    RegistryBeat,
    /// A room's founder ends it in the registry.
    RegistryDestroy,
    /// An account says which devices it has.
    DeviceList,
    /// A server says what it checked about an account.
    Attestation,
    /// A device stands behind one HTTP request.
    Request,
    /// A device changes who is in a room and what they may do.
    Operation,
    /// A device hands out the keys of its messages.
    KeyBundle,
    /// A chain of messages says that one is its own.
    GroupMessage,
    /// A device stands behind a chat message, whoever hands it on.
    Chat,
}

impl Label {
    /// Every label there is.
    pub const ALL: [Self; 15] = [
        Self::DeviceCert,
        Self::Genesis,
        Self::Frame,
        Self::Door,
        Self::Floor,
        Self::RegistryCreate,
        Self::RegistryBeat,
        Self::RegistryDestroy,
        Self::DeviceList,
        Self::Attestation,
        Self::Request,
        Self::Operation,
        Self::KeyBundle,
        Self::GroupMessage,
        Self::Chat,
    ];

    /// The label's name inside the signed message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeviceCert => "device-cert",
            Self::Genesis => "genesis",
            Self::Frame => "frame",
            Self::Door => "door",
            Self::Floor => "floor",
            Self::RegistryCreate => "registry-create",
            Self::RegistryBeat => "registry-beat",
            Self::RegistryDestroy => "registry-destroy",
            Self::DeviceList => "device-list",
            Self::Attestation => "attestation",
            Self::Request => "request",
            Self::Operation => "operation",
            Self::KeyBundle => "key-bundle",
            Self::GroupMessage => "group-message",
            Self::Chat => "chat",
        }
    }
}

/// An Ed25519 signature (RFC 8032): R and s, 32 bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// Its length in bytes.
    pub const LENGTH: usize = 64;

    /// Takes the 64 bytes of a signature; `None` if there are more or fewer. Says nothing about validity.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Why a signature was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The key is no point of the curve, or one of low order, under which almost any message verifies.
    #[error("the signer's key is invalid or weak")]
    BadKey,
    /// The signature does not belong to this key, label and message.
    #[error("the signature does not verify")]
    Mismatch,
}

/// Checks that the holder of `key` signed `bytes` for the purpose `label`.
///
/// Strict: keys and `R` of low order are refused and `s` must be reduced, so a valid signature proves knowledge of the
/// secret key and names exactly one message.
pub fn verify(key: &[u8; 32], label: Label, bytes: &[u8], signature: &Signature) -> Result<(), SignatureError> {
    verify_with(&strong(key)?, label, bytes, signature)
}

/// The key that signatures are checked with; refuses weak ones.
pub(crate) fn strong(key: &[u8; 32]) -> Result<VerifyingKey, SignatureError> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| SignatureError::BadKey)?;
    if key.is_weak() { Err(SignatureError::BadKey) } else { Ok(key) }
}

/// The same as [`verify`], for who checks many signatures of one key that is [`strong`].
pub(crate) fn verify_with(
    key: &VerifyingKey,
    label: Label,
    bytes: &[u8],
    signature: &Signature,
) -> Result<(), SignatureError> {
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    key.verify_strict(&message(label, bytes), &signature).map_err(|_| SignatureError::Mismatch)
}

/// Signs `bytes` for the purpose `label`.
pub(crate) fn sign(key: &SigningKey, label: Label, bytes: &[u8]) -> Signature {
    Signature(key.sign(&message(label, bytes)).to_bytes())
}

fn message(label: Label, bytes: &[u8]) -> Vec<u8> {
    [DOMAIN, label.as_str().as_bytes(), &[0], bytes].concat()
}

/// The protocol and its version, in front of everything signed or derived.
pub(crate) const DOMAIN: &[u8] = b"milanio/v1/";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn public(seed: u8) -> [u8; 32] {
        key(seed).verifying_key().to_bytes()
    }

    fn any_label() -> impl Strategy<Value = Label> {
        prop::sample::select(Label::ALL.to_vec())
    }

    #[test]
    fn labels_are_distinct_and_without_the_separator() {
        let names: std::collections::BTreeSet<_> = Label::ALL.iter().map(|label| label.as_str()).collect();
        assert_eq!(names.len(), Label::ALL.len());
        assert!(names.iter().all(|name| !name.is_empty() && !name.contains('\0')));
    }

    #[test]
    fn weak_keys_verify_nothing() {
        for key in WEAK_KEYS {
            let key: [u8; 32] = hex::decode(key).unwrap().try_into().unwrap();
            // With R the neutral point and s zero, the equation holds for every eighth message under a lax check.
            let mut signature = Signature([0; 64]);
            signature.0[0] = 1;
            for message in 0..64_u8 {
                assert_eq!(verify(&key, Label::Frame, &[message], &signature), Err(SignatureError::BadKey));
            }
        }
    }

    #[test]
    fn a_signature_cannot_be_rewritten_into_another_one() {
        let good = sign(&key(1), Label::Door, b"once");
        let mut carry = 0;
        let mut other = good;
        for (byte, order) in other.0[32..].iter_mut().zip(GROUP_ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
        assert_eq!(verify(&public(1), Label::Door, b"once", &good), Ok(()));
        assert_eq!(verify(&public(1), Label::Door, b"once", &other), Err(SignatureError::Mismatch));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn what_is_signed_verifies(label in any_label(), message: Vec<u8>, seed: u8) {
            prop_assert_eq!(verify(&public(seed), label, &message, &sign(&key(seed), label, &message)), Ok(()));
        }

        #[test]
        fn a_flipped_bit_in_the_signature_does_not_verify(message: Vec<u8>, bit in 0_usize..512) {
            let mut signature = sign(&key(1), Label::Floor, &message);
            signature.0[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(verify(&public(1), Label::Floor, &message, &signature), Err(SignatureError::Mismatch));
        }

        #[test]
        fn another_label_message_or_key_does_not_verify(
            label in any_label(), other in any_label(), message: Vec<u8>, changed: Vec<u8>, seed: u8,
        ) {
            let signature = sign(&key(1), label, &message);
            if other != label {
                prop_assert!(verify(&public(1), other, &message, &signature).is_err());
            }
            if changed != message {
                prop_assert!(verify(&public(1), label, &changed, &signature).is_err());
            }
            if seed != 1 {
                prop_assert!(verify(&public(seed), label, &message, &signature).is_err());
            }
        }

        #[test]
        fn arbitrary_keys_and_signatures_do_not_verify(key: [u8; 32], head: [u8; 32], tail: [u8; 32], message: Vec<u8>) {
            let mut signature = Signature([0; 64]);
            signature.0[..32].copy_from_slice(&head);
            signature.0[32..].copy_from_slice(&tail);
            prop_assert!(verify(&key, Label::Frame, &message, &signature).is_err());
        }
    }

    /// All points whose order divides 8, in their canonical encodings.
    const WEAK_KEYS: [&str; 8] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ];

    /// The order of the base point (RFC 8032 5.1), little-endian.
    const GROUP_ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
}
