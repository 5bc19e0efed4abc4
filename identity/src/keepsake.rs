//! Everything needed to be the same person somewhere else: what a vault, an exported file and another device are given.
//!
//! The contents are `seed(32) | created_s(8, big-endian) | profile without its picture`, padded to whole KiB. How they are sealed
//! is said by the vault, the file and the link to another device.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    encoding::Reader,
    key::AccountKey,
    profile::Profile,
    sealed::{Seal, SealedError, pad, unpad},
};

/// An account to take along.
#[derive(Clone)]
pub struct Keepsake {
    /// The account.
    pub account: AccountKey,
    /// Its profile. The picture is left out when it is sealed, so that a keepsake stays small.
    pub profile: Profile,
    /// When this was made, in seconds since the Unix epoch.
    pub created_s: u64,
}

impl Keepsake {
    /// The longest padded plaintext in bytes: 16 devices with names of 40 characters of 4 bytes fit.
    pub(crate) const MAX_PADDED: usize = 4 * 1024;

    /// The padded plaintext.
    pub(crate) fn padded(&self) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        let profile = self.profile.without_avatar();
        profile.check()?;
        pad(Self::MAX_PADDED - 4, padded_length, |space| {
            let (seed, rest) = space.split_first_chunk_mut::<32>()?;
            let (created_s, rest) = rest.split_first_chunk_mut::<8>()?;
            *seed = *self.account.seed();
            *created_s = self.created_s.to_be_bytes();
            Some(32 + 8 + postcard::to_slice(&profile, rest).ok()?.len())
        })
    }

    /// Reads a padded plaintext strictly.
    pub(crate) fn from_padded(padded: &[u8]) -> Result<Self, SealedError> {
        let contents = unpad(padded, padded_length)?;
        let mut reader = Reader::new(contents);
        let mut seed = reader.array::<32>().ok_or(SealedError::Malformed)?;
        let account = AccountKey::from_seed(seed);
        seed.zeroize();
        let created_s = u64::from_be_bytes(reader.array().ok_or(SealedError::Malformed)?);
        let profile = Profile::read(reader.rest())?;
        if profile.avatar.is_some() {
            return Err(SealedError::Malformed);
        }
        Ok(Self { account, profile, created_s })
    }

    /// Seals the keepsake under `seal`.
    pub(crate) fn seal(&self, seal: &Seal<'_>, rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealedError> {
        seal.seal(&self.padded()?, rng)
    }

    /// Opens what [`Keepsake::seal`] made; refuses another account than the one the seal is bound to.
    pub(crate) fn open(seal: &Seal<'_>, sealed: &[u8]) -> Result<Self, SealedError> {
        if sealed.len() > Self::MAX_PADDED + Seal::OVERHEAD {
            return Err(SealedError::Length);
        }
        let keepsake = Self::from_padded(&seal.open(sealed)?)?;
        if keepsake.account.id() == seal.account { Ok(keepsake) } else { Err(SealedError::Malformed) }
    }
}

impl fmt::Debug for Keepsake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keepsake({})", self.account.id())
    }
}

/// Whole KiB.
fn padded_length(length: usize) -> Option<usize> {
    (length <= Keepsake::MAX_PADDED).then(|| length.next_multiple_of(1024))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DeviceKey, ProfileError};

    /// Some keepsake.
    pub(crate) fn keepsake() -> Keepsake {
        let device = DeviceKey::from_seed([2; 32]).id();
        let profile = Profile {
            name: "Nele".to_owned(),
            avatar: Some(vec![1; 5_000]),
            device_names: [(device, "Telephone".to_owned())].into(),
        };
        Keepsake { account: AccountKey::from_seed([1; 32]), profile, created_s: 1_750_000_000 }
    }

    /// The largest keepsake there can be.
    pub(crate) fn largest() -> Keepsake {
        let devices = (0..16).map(|seed| (DeviceKey::from_seed([seed; 32]).id(), "😀".repeat(40)));
        let profile = Profile { name: "😀".repeat(40), avatar: None, device_names: devices.collect() };
        Keepsake { profile, created_s: u64::MAX, ..keepsake() }
    }

    /// Whether two keepsakes say the same, their pictures apart.
    pub(crate) fn same(one: &Keepsake, other: &Keepsake) -> bool {
        one.account.seed() == other.account.seed()
            && one.profile.without_avatar() == other.profile.without_avatar()
            && one.created_s == other.created_s
    }

    #[test]
    fn a_keepsake_reads_back_without_its_picture() {
        let padded = keepsake().padded().unwrap();
        assert_eq!(padded.len(), 1024);
        let read = Keepsake::from_padded(&padded).unwrap();
        assert!(same(&read, &keepsake()));
        assert_eq!(read.profile.avatar, None);
    }

    #[test]
    fn the_largest_keepsake_fits() {
        let padded = largest().padded().unwrap();
        assert_eq!(padded.len(), Keepsake::MAX_PADDED);
        assert!(same(&Keepsake::from_padded(&padded).unwrap(), &largest()));
        let mut long = keepsake();
        long.profile.name = "x".repeat(41);
        assert_eq!(long.padded().unwrap_err(), ProfileError::NameTooLong.into());
    }

    proptest! {
        #[test]
        fn arbitrary_contents_never_panic_and_have_one_encoding(
            mut bytes in prop::collection::vec(any::<u8>(), 1024), length in 0_u32..100, zeros: bool,
        ) {
            bytes[..4].copy_from_slice(&length.to_be_bytes());
            if zeros {
                bytes[44..].fill(0);
            }
            if let Ok(keepsake) = Keepsake::from_padded(&bytes) {
                prop_assert_eq!(keepsake.padded().unwrap().to_vec(), bytes);
            }
        }
    }
}
