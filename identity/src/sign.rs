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
}

impl Label {
    /// Every label there is.
    pub const ALL: [Self; 8] = [
        Self::DeviceCert,
        Self::Genesis,
        Self::Frame,
        Self::Door,
        Self::Floor,
        Self::RegistryCreate,
        Self::RegistryBeat,
        Self::RegistryDestroy,
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
    let key = VerifyingKey::from_bytes(key).map_err(|_| SignatureError::BadKey)?;
    if key.is_weak() {
        return Err(SignatureError::BadKey);
    }
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
