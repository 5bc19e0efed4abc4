//! A room's genesis: who owns the room and under which policy, signed by a device of the owner.
//!
//! The room code is a commitment to the genesis: nobody can present another owner for a code. Fixed layouts, numbers
//! big-endian: genesis `version(1) | nonce(16) | owner(32) | policy(1) | created_s(8) | ttl_s(4)`; signed genesis
//! `genesis | device certificate | signature(64)`. The code commits to the genesis alone, not to which device signed it.

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{
    cert::{CertError, DeviceCert},
    code::RoomCode,
    encoding::Reader,
    kdf::{self, Cost, StretchError},
    key::{AccountId, DeviceKey, KeyError},
    sign::{Label, Signature, SignatureError, verify},
};

/// Who may come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Policy {
    /// Whoever has the code.
    #[default]
    Open = 0,
    /// Whoever has the code and is let in.
    Lobby = 1,
    /// Nobody new.
    Locked = 2,
}

/// What a room is founded on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// 16 random bytes: makes the code unpredictable.
    pub nonce: [u8; 16],
    /// The account that owns the room.
    pub owner: AccountId,
    /// Who may come in at first.
    pub policy: Policy,
    /// When it was founded, in seconds since the Unix epoch.
    pub created_s: u64,
    /// How long the room lasts after nobody has been in it, in seconds; at most [`Genesis::MAX_TTL_S`].
    pub ttl_s: u32,
}

impl Genesis {
    /// The longest life of an unused room: 30 days. Chosen.
    pub const MAX_TTL_S: u32 = 30 * 86_400;
    /// The usual life of an unused room: 24 hours. Chosen.
    pub const DEFAULT_TTL_S: u32 = 86_400;

    /// The room code that commits to this genesis. Slow on purpose: Argon2id with 8 MiB.
    pub fn code(&self) -> Result<RoomCode, StretchError> {
        let stretched = kdf::stretch(&self.digest(), CODE_SALT, Cost::one_pass(CODE_MEMORY_KIB))?;
        Ok(RoomCode::from_stretched(&stretched))
    }

    /// SHA-256 of the encoding: what binds a signature to this room and to who owns it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SignedGenesis::LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(self.owner.as_bytes());
        bytes.push(self.policy as u8);
        bytes.extend_from_slice(&self.created_s.to_be_bytes());
        bytes.extend_from_slice(&self.ttl_s.to_be_bytes());
        bytes
    }

    fn from_reader(reader: &mut Reader<'_>) -> Result<Self, GenesisError> {
        let [version] = reader.array().ok_or(GenesisError::Length)?;
        if version != VERSION {
            return Err(GenesisError::Version);
        }
        let nonce = reader.array().ok_or(GenesisError::Length)?;
        let owner = AccountId::from_bytes(&reader.array().ok_or(GenesisError::Length)?)?;
        let policy = match reader.array().ok_or(GenesisError::Length)? {
            [0] => Policy::Open,
            [1] => Policy::Lobby,
            [2] => Policy::Locked,
            [_] => return Err(GenesisError::Policy),
        };
        let created_s = u64::from_be_bytes(reader.array().ok_or(GenesisError::Length)?);
        let ttl_s = u32::from_be_bytes(reader.array().ok_or(GenesisError::Length)?);
        let genesis = Self { nonce, owner, policy, created_s, ttl_s };
        genesis.check_ttl()?;
        Ok(genesis)
    }

    fn check_ttl(&self) -> Result<(), GenesisError> {
        match self.ttl_s {
            1..=Self::MAX_TTL_S => Ok(()),
            _ => Err(GenesisError::Ttl),
        }
    }
}

/// Why a genesis was refused. On [`SignedGenesis::create`] the caller is at fault, else whoever presented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// Too short or too long.
    #[error("a signed genesis has {} bytes", SignedGenesis::LENGTH)]
    Length,
    /// Made by a version of the protocol that is not known here.
    #[error("unknown version of genesis")]
    Version,
    /// The owner's key is invalid.
    #[error("the genesis names an invalid owner: {0}")]
    Key(#[from] KeyError),
    /// No such policy.
    #[error("the genesis names an unknown policy")]
    Policy,
    /// A life of nothing, or of more than [`Genesis::MAX_TTL_S`].
    #[error("the room's lifetime is not allowed")]
    Ttl,
    /// The signing device's certificate did not hold when the room was founded.
    #[error("the founding device's certificate is refused: {0}")]
    Cert(#[from] CertError),
    /// The certificate is not for the signing device, or comes from somebody who is not the owner.
    #[error("the founding device does not speak for the owner")]
    NotTheOwner,
    /// The device did not sign it.
    #[error("the device did not sign the genesis: {0}")]
    Signature(#[from] SignatureError),
    /// It was founded more than [`DeviceCert::MAX_SKEW_S`] from now.
    #[error("the room has not been founded yet")]
    NotYetValid,
}

/// A genesis with the owner's signature. Only [`SignedGenesis::verify`] says whether it is worth anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedGenesis {
    genesis: Genesis,
    cert: DeviceCert,
    signature: Signature,
}

impl SignedGenesis {
    /// Length of the encoding in bytes.
    pub const LENGTH: usize = GENESIS_LENGTH + DeviceCert::LENGTH + Signature::LENGTH;

    /// Founds a room: `device`, certified by `cert`, signs `genesis` for its owner.
    pub fn create(device: &DeviceKey, cert: &DeviceCert, genesis: Genesis) -> Result<Self, GenesisError> {
        genesis.check_ttl()?;
        if cert.device() != device.id() || cert.account() != genesis.owner {
            return Err(GenesisError::NotTheOwner);
        }
        cert.verify(genesis.created_s)?;
        let signature = device.sign(Label::Genesis, &genesis.to_bytes());
        Ok(Self { genesis, cert: cert.clone(), signature })
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.genesis.to_bytes();
        bytes.extend_from_slice(&self.cert.to_bytes());
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// Decodes strictly: exactly [`SignedGenesis::LENGTH`] bytes, each field allowed. Checks no signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GenesisError> {
        if bytes.len() != Self::LENGTH {
            return Err(GenesisError::Length);
        }
        let mut reader = Reader::new(bytes);
        let genesis = Genesis::from_reader(&mut reader)?;
        let cert = DeviceCert::from_bytes(reader.slice(DeviceCert::LENGTH).ok_or(GenesisError::Length)?)?;
        let signature = Signature(reader.array().ok_or(GenesisError::Length)?);
        Ok(Self { genesis, cert, signature })
    }

    /// Checks that the owner founded this room, by a device that was certified then. Does not compare the code: that is
    /// [`SignedGenesis::code`], which is slow. `now_s`: seconds since the Unix epoch.
    pub fn verify(&self, now_s: u64) -> Result<&Genesis, GenesisError> {
        let founder = self.cert.verify(self.genesis.created_s)?;
        if founder.account != self.genesis.owner {
            return Err(GenesisError::NotTheOwner);
        }
        verify(founder.device.as_bytes(), Label::Genesis, &self.genesis.to_bytes(), &self.signature)?;
        if self.genesis.created_s > now_s.saturating_add(DeviceCert::MAX_SKEW_S) {
            return Err(GenesisError::NotYetValid);
        }
        Ok(&self.genesis)
    }

    /// The room code that commits to this genesis. Slow on purpose: Argon2id with 8 MiB.
    pub fn code(&self) -> Result<RoomCode, StretchError> {
        self.genesis.code()
    }

    /// What it says, whether or not that is true.
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }
}

const VERSION: u8 = 1;
const GENESIS_LENGTH: usize = 1 + 16 + 32 + 1 + 8 + 4;
/// All codes share one salt, because a code must be computable from the genesis alone.
const CODE_SALT: &[u8] = b"milanio/v1/code";
/// Memory of the commitment, in KiB. Chosen: up to 32 offers may have to be checked on a phone, and finding another
/// genesis for a code means 2^75 of these.
const CODE_MEMORY_KIB: u32 = 8 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::AccountKey;

    const FOUNDED_S: u64 = 1_750_000_000;
    const DAY_S: u64 = 86_400;

    fn owner() -> AccountKey {
        AccountKey::from_seed([1; 32])
    }

    fn device() -> DeviceKey {
        DeviceKey::from_seed([2; 32])
    }

    fn cert() -> DeviceCert {
        DeviceCert::issue(&owner(), device().id(), FOUNDED_S, FOUNDED_S + DAY_S).unwrap()
    }

    fn genesis() -> Genesis {
        Genesis {
            nonce: [3; 16],
            owner: owner().id(),
            policy: Policy::Open,
            created_s: FOUNDED_S,
            ttl_s: Genesis::DEFAULT_TTL_S,
        }
    }

    fn signed() -> SignedGenesis {
        SignedGenesis::create(&device(), &cert(), genesis()).unwrap()
    }

    #[test]
    fn a_genesis_holds_long_after_the_founding_device_s_certificate_ended() {
        assert_eq!(signed().verify(FOUNDED_S + 29 * DAY_S), Ok(&genesis()));
    }

    #[test]
    fn every_field_changes_the_code() {
        let code = genesis().code().unwrap();
        let others = [
            Genesis { nonce: [4; 16], ..genesis() },
            Genesis { owner: AccountKey::from_seed([5; 32]).id(), ..genesis() },
            Genesis { policy: Policy::Lobby, ..genesis() },
            Genesis { created_s: FOUNDED_S + 1, ..genesis() },
            Genesis { ttl_s: 3_600, ..genesis() },
        ];
        for other in others {
            assert_ne!(other.code().unwrap(), code, "{other:?}");
        }
    }

    #[test]
    fn the_code_does_not_depend_on_which_device_signed() {
        let phone = DeviceKey::from_seed([6; 32]);
        let cert = DeviceCert::issue(&owner(), phone.id(), FOUNDED_S, FOUNDED_S + DAY_S).unwrap();
        let other = SignedGenesis::create(&phone, &cert, genesis()).unwrap();
        assert_ne!(other.to_bytes(), signed().to_bytes());
        assert_eq!(other.code().unwrap(), signed().code().unwrap());
    }

    #[test]
    fn only_a_device_of_the_owner_can_found_a_room() {
        let stranger = DeviceKey::from_seed([7; 32]);
        assert_eq!(SignedGenesis::create(&stranger, &cert(), genesis()), Err(GenesisError::NotTheOwner));
        let theirs = AccountKey::from_seed([8; 32]);
        let cert = DeviceCert::issue(&theirs, stranger.id(), FOUNDED_S, FOUNDED_S + DAY_S).unwrap();
        assert_eq!(SignedGenesis::create(&stranger, &cert, genesis()), Err(GenesisError::NotTheOwner));
        let signature = stranger.sign(Label::Genesis, &genesis().to_bytes());
        let forged = SignedGenesis { genesis: genesis(), cert, signature };
        assert_eq!(forged.verify(FOUNDED_S), Err(GenesisError::NotTheOwner));
    }

    #[test]
    fn a_device_whose_certificate_had_ended_founds_nothing() {
        let late = Genesis { created_s: FOUNDED_S + DAY_S, ..genesis() };
        let refused = SignedGenesis::create(&device(), &cert(), late);
        assert_eq!(refused, Err(GenesisError::Cert(CertError::Expired)));
    }

    #[test]
    fn a_room_of_next_week_is_refused() {
        assert!(signed().verify(FOUNDED_S - DAY_S).is_ok());
        assert_eq!(signed().verify(FOUNDED_S - 7 * DAY_S), Err(GenesisError::NotYetValid));
    }

    #[test]
    fn lifetimes_are_bounded() {
        for (ttl_s, allowed) in [(0, false), (1, true), (Genesis::MAX_TTL_S, true), (Genesis::MAX_TTL_S + 1, false)] {
            let result = SignedGenesis::create(&device(), &cert(), Genesis { ttl_s, ..genesis() });
            assert_eq!(result.is_ok(), allowed, "{ttl_s}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(genesis) = SignedGenesis::from_bytes(&bytes) {
                prop_assert_eq!(genesis.to_bytes(), bytes);
            }
        }

        #[test]
        fn no_flipped_bit_is_accepted(bit in 0..SignedGenesis::LENGTH * 8) {
            let mut bytes = signed().to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let accepted = SignedGenesis::from_bytes(&bytes).is_ok_and(|genesis| genesis.verify(FOUNDED_S).is_ok());
            prop_assert!(!accepted);
        }

        #[test]
        fn no_other_length_is_accepted(length in 0_usize..400) {
            let mut bytes = signed().to_bytes();
            bytes.resize(length, 0);
            prop_assert_eq!(SignedGenesis::from_bytes(&bytes).is_ok(), length == SignedGenesis::LENGTH);
        }
    }
}
