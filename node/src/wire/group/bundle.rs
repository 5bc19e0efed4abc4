//! A bundle of keys: `version(1) | bundle (postcard) | Ed25519 signature by the device(64)`.
//!
//! The signature covers `room(16) | version | bundle`. What the bundle hands out is sealed once, under a key that is sealed by HPKE to
//! every device that may have it. Both seals have the context `place | signer(32)` (see the parent); that of HPKE goes on with the
//! target's device(32).

use milanio_identity::{
    AccountId, ChainKey, ChainSignerId, DeviceId, DeviceKey, EphemeralPublic, EphemeralSecret, Label, MediaSecret,
    OneTimeKey, RoomId, Signature, verify,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ChainId, GroupWireError, Heads, VERSION, place};
use crate::wire::{
    codec::{self, Checked, DecodeError, LimitError},
    limits,
};

/// What a device tells of one of its chains, and to whom it hands a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBundle {
    /// For which account the device speaks.
    pub account: AccountId,
    /// The chain; its device signs the bundle.
    pub chain: ChainId,
    /// The number of the first message that can be read with it.
    pub index: u32,
    /// The latest operations that the sender knew.
    pub heads: Heads,
    /// What the chain's messages verify under.
    pub signer: ChainSignerId,
    /// The position, sealed.
    pub sealed: Vec<u8>,
    /// Its key, for each device that may have it, sorted by device; at most [`limits::BUNDLE_KEYS`].
    pub keys: Vec<SealedKey>,
}

/// The key of a bundle, for one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKey {
    /// For whom.
    pub to: DeviceId,
    /// HPKE encapsulated key and ciphertext.
    pub sealed: Vec<u8>,
}

/// What a bundle hands out.
#[derive(Clone, Debug)]
pub struct BundleContents {
    /// The position of the ratchet.
    pub chain_key: ChainKey,
    /// The media secret.
    pub media: MediaSecret,
    /// The media secret's generation.
    pub generation: u8,
}

impl BundleContents {
    /// Bytes of the fixed layout `chain key(32) | media secret(32) | generation(1)`.
    const LENGTH: usize = ChainKey::LENGTH + MediaSecret::LENGTH + 1;

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::LENGTH));
        bytes.extend_from_slice(self.chain_key.as_bytes());
        bytes.extend_from_slice(self.media.as_bytes());
        bytes.push(self.generation);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (chain_key, rest) = bytes.split_first_chunk()?;
        let (media, rest) = rest.split_first_chunk()?;
        let [generation] = *rest else { return None };
        let (chain_key, media) = (ChainKey::from_bytes(*chain_key), MediaSecret::from_bytes(*media));
        Some(Self { chain_key, media, generation })
    }
}

impl Checked for KeyBundle {
    fn check(&self) -> Result<(), LimitError> {
        self.chain.check()?;
        self.heads.check()?;
        let fits = self.sealed.len() == BundleContents::LENGTH + OneTimeKey::OVERHEAD
            && (1..=limits::BUNDLE_KEYS).contains(&self.keys.len())
            && self.keys.iter().all(|key| key.sealed.len() == limits::SEALED_KEY_BYTES)
            && self.keys.is_sorted_by(|one, other| one.to < other.to);
        if fits { Ok(()) } else { Err(LimitError::Keys) }
    }
}

/// Proof that a device signed a bundle, for one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBundle {
    room: RoomId,
    bundle: KeyBundle,
    bytes: Vec<u8>,
}

impl VerifiedBundle {
    /// `device` hands out `contents` in `room`: fills in what is sealed in `bundle`, for each of `targets`. Targets with weak keys get
    /// nothing. Fails when no target is left, there are too many, or `device` is not the chain's.
    pub fn seal(
        device: &DeviceKey,
        room: RoomId,
        bundle: KeyBundle,
        contents: &BundleContents,
        targets: &[(DeviceId, EphemeralPublic)],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, GroupWireError> {
        let context = bundle.context(room);
        let key = OneTimeKey::generate(rng);
        let mut keys: Vec<SealedKey> = Vec::with_capacity(targets.len());
        for (to, target) in targets {
            let aad = [context.as_slice(), to.as_bytes()].concat();
            keys.extend(target.seal(INFO, &aad, key.as_bytes(), rng).ok().map(|sealed| SealedKey { to: *to, sealed }));
        }
        keys.sort_by_key(|key| key.to);
        let sealed = key.seal(&context, &contents.to_bytes());
        Self::sign(device, room, &KeyBundle { sealed, keys, ..bundle })
    }

    /// `device` signs `bundle` as it is.
    pub fn sign(device: &DeviceKey, room: RoomId, bundle: &KeyBundle) -> Result<Self, GroupWireError> {
        let encoded = codec::encode(bundle).map_err(DecodeError::Limit)?;
        let statement = [&[VERSION], encoded.as_slice()].concat();
        let signature = device.sign(Label::KeyBundle, &signed_bytes(room, &statement));
        Self::from_bytes(room, &[statement.as_slice(), &signature.0].concat())
    }

    /// Decodes and checks a bundle of `room`.
    pub fn from_bytes(room: RoomId, bytes: &[u8]) -> Result<Self, GroupWireError> {
        let (statement, signature) = bytes.split_last_chunk::<{ Signature::LENGTH }>().ok_or(GroupWireError::Length)?;
        let bundle: KeyBundle = match statement.split_first() {
            Some((&VERSION, bundle)) => codec::decode(bundle)?,
            Some(_) => return Err(GroupWireError::Version),
            None => return Err(GroupWireError::Length),
        };
        let device = bundle.chain.device;
        verify(device.as_bytes(), Label::KeyBundle, &signed_bytes(room, statement), &Signature(*signature))?;
        Ok(Self { room, bundle, bytes: bytes.to_vec() })
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    pub const fn bundle(&self) -> &KeyBundle {
        &self.bundle
    }

    /// Whether `device` is handed a position.
    pub fn is_for(&self, device: &DeviceId) -> bool {
        self.key_of(device).is_some()
    }

    /// What it hands to `device`, whose ephemeral key is `secret`.
    pub fn open(&self, device: &DeviceId, secret: &EphemeralSecret) -> Result<BundleContents, GroupWireError> {
        let context = self.bundle.context(self.room);
        let aad = [context.as_slice(), device.as_bytes()].concat();
        let sealed = self.key_of(device).ok_or(GroupWireError::Sealed)?;
        let key = Zeroizing::new(secret.open(INFO, &aad, &sealed.sealed).map_err(|_| GroupWireError::Sealed)?);
        let key = <[u8; OneTimeKey::LENGTH]>::try_from(key.as_slice()).map_err(|_| GroupWireError::Sealed)?;
        let contents = OneTimeKey::from_bytes(key).open(&context, &self.bundle.sealed);
        let contents = contents.map_err(|_| GroupWireError::Sealed)?;
        BundleContents::from_bytes(&contents).ok_or(GroupWireError::Sealed)
    }

    fn key_of(&self, device: &DeviceId) -> Option<&SealedKey> {
        let at = self.bundle.keys.binary_search_by_key(device, |key| key.to).ok()?;
        self.bundle.keys.get(at)
    }
}

impl KeyBundle {
    fn context(&self, room: RoomId) -> Vec<u8> {
        let mut context = place(room, self.account, self.chain, self.index, &self.heads);
        context.extend_from_slice(self.signer.as_bytes());
        context
    }
}

fn signed_bytes(room: RoomId, statement: &[u8]) -> Vec<u8> {
    [room.as_bytes().as_slice(), statement].concat()
}

const INFO: &[u8] = b"milanio/v1/key-bundle\0";
