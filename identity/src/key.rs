//! The two signing keys of a person, account and device, the one of a server that attests, and the public ids by which
//! others know them.
//!
//! The account key vouches for devices and is rarely used; the device key signs daily. Ids are checked when they are made:
//! an id that exists is a canonical, strong Ed25519 public key.

use std::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use crate::{
    crockford,
    sign::{self, Label, Signature},
};

/// Why 32 bytes are no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not the encoding of a point of the curve, or not the canonical one.
    #[error("the key is no point of the curve")]
    NotAPoint,
    /// A point of low order: anybody can make signatures for it.
    #[error("the key is weak")]
    Weak,
}

/// The secret key of a person's account: vouches for devices.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AccountKey(SigningKey);

impl AccountKey {
    /// The account key of a random 32-byte `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(signing_key(seed))
    }

    /// The public id of this account.
    pub fn id(&self) -> AccountId {
        AccountId(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        sign::sign(&self.0, label, bytes)
    }

    /// The seed that it follows from: to be kept sealed, or written down by its owner.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey({})", self.id())
    }
}

/// The secret key of one device: signs what the device says.
#[derive(Clone, ZeroizeOnDrop)]
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// The device key of a random 32-byte `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(signing_key(seed))
    }

    /// The public id of this device.
    pub fn id(&self) -> DeviceId {
        DeviceId(self.0.verifying_key().to_bytes())
    }

    /// Signs `bytes` for the purpose `label`.
    pub fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        sign::sign(&self.0, label, bytes)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.id())
    }
}

/// The secret key of a server that attests what it checked about accounts: signs nothing else.
#[derive(Clone, ZeroizeOnDrop)]
pub struct IssuerKey(SigningKey);

impl IssuerKey {
    /// The issuer key of a random 32-byte `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(signing_key(seed))
    }

    /// The public id of this issuer.
    pub fn id(&self) -> IssuerId {
        IssuerId(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        sign::sign(&self.0, label, bytes)
    }
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerKey({})", self.id())
    }
}

/// An account's public key: who somebody is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 32]);

/// A device's public key: who signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; 32]);

/// An issuer's public key: who attests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerId([u8; 32]);

/// The public key of one chain of messages to a group: what its messages verify under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainSignerId([u8; 32]);

impl ChainSignerId {
    pub(crate) fn of(key: &VerifyingKey) -> Self {
        Self(key.to_bytes())
    }
}

/// What all ids have in common.
macro_rules! public_id {
    ($id:ident) => {
        impl $id {
            /// Takes a public key; refuses what is no canonical point of the curve, and weak points.
            pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
                checked_point(bytes).map(Self)
            }

            /// The public key.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first 60 bits as 12 Crockford characters, for people to tell keys apart. Not enough to trust one.
            pub fn short(&self) -> String {
                crockford::leading_symbols::<12>(&self.0).map(crockford::symbol).iter().collect()
            }
        }

        impl TryFrom<[u8; 32]> for $id {
            type Error = KeyError;

            fn try_from(bytes: [u8; 32]) -> Result<Self, KeyError> {
                Self::from_bytes(&bytes)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.short())
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($id), self.short())
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let bytes = <[u8; 32]>::deserialize(deserializer)?;
                Self::from_bytes(&bytes).map_err(D::Error::custom)
            }
        }
    };
}

public_id!(AccountId);
public_id!(DeviceId);
public_id!(IssuerId);
public_id!(ChainSignerId);

/// The signing key of `seed`, which is wiped.
pub(crate) fn signing_key(mut seed: [u8; 32]) -> SigningKey {
    let key = SigningKey::from_bytes(&seed);
    seed.zeroize();
    key
}

/// Checks that `bytes` are the one encoding of a point of the curve that is not of low order.
pub(crate) fn checked_point(bytes: &[u8; 32]) -> Result<[u8; 32], KeyError> {
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
    if key.is_weak() {
        return Err(KeyError::Weak);
    }
    if is_reduced(bytes) { Ok(*bytes) } else { Err(KeyError::NotAPoint) }
}

/// Whether the y coordinate is below 2^255 - 19, as in the one encoding of a point (RFC 8032 5.1.2). The other way to write a point
/// twice, a sign for x = 0, exists for points of low order alone.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    high & 0x7f != 0x7f || *low < 0xed || middle.iter().any(|byte| *byte != 0xff)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_show_twelve_characters_and_never_more() {
        let id = DeviceKey::from_seed([1; 32]).id();
        assert_eq!(id.short().len(), 12);
        assert_eq!(id.to_string(), id.short());
        assert_eq!(format!("{id:?}"), format!("DeviceId({})", id.short()));
    }

    #[test]
    fn one_seed_is_one_key_and_another_seed_another() {
        assert_eq!(AccountKey::from_seed([1; 32]).id(), AccountKey::from_seed([1; 32]).id());
        assert_ne!(AccountKey::from_seed([1; 32]).id(), AccountKey::from_seed([2; 32]).id());
    }

    #[test]
    fn weak_points_and_foreign_bytes_are_no_ids() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(DeviceId::try_from(neutral), Err(KeyError::Weak));
        let mut off_the_curve = [0; 32];
        off_the_curve[0] = 2;
        assert_eq!(DeviceId::try_from(off_the_curve), Err(KeyError::NotAPoint));
    }

    #[test]
    fn a_second_way_to_write_a_point_is_no_id() {
        let mut second_ways = 0;
        for (low, sign) in (0xed..=0xff_u8).flat_map(|low| [(low, 0x7f), (low, 0xff)]) {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, sign);
            assert!(DeviceId::from_bytes(&bytes).is_err());
            if let Ok(key) = VerifyingKey::from_bytes(&bytes) {
                assert_ne!(key.to_edwards().compress().as_bytes(), &bytes);
                second_ways += 1;
            }
        }
        assert!(second_ways > 10);
        // The largest reduced ones.
        for low in 0..0xed_u8 {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, 0x7f);
            if let Ok(key) = VerifyingKey::from_bytes(&bytes) {
                assert_eq!(key.to_edwards().compress().as_bytes(), &bytes);
                assert_eq!(DeviceId::from_bytes(&bytes).is_ok(), !key.is_weak());
            }
        }
    }

    #[test]
    fn serde_refuses_what_the_constructor_refuses() {
        let id = DeviceKey::from_seed([1; 32]).id();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<DeviceId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<DeviceId>(&serde_json::to_string(&[0_u8; 32]).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn an_id_that_is_accepted_keeps_its_bytes(bytes: [u8; 32]) {
            if let Ok(id) = AccountId::from_bytes(&bytes) {
                prop_assert_eq!(id.as_bytes(), &bytes);
            }
        }
    }
}
