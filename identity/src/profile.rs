//! What people call themselves and their devices, sealed for the server to keep: it never learns a name or sees a picture.
//!
//! The key follows from the account's seed, so whoever restores an account can read its profile, and nobody else. What may be
//! in a name besides its length is for those who show it to decide.

use std::{collections::BTreeMap, fmt};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    device_list::DeviceList,
    kdf,
    key::{AccountKey, DeviceId},
    sealed::{Seal, SealedError, pad, unpad},
};

/// Why a profile is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// A name has more than [`Profile::MAX_NAME_CHARS`] characters.
    #[error("a name has at most {} characters", Profile::MAX_NAME_CHARS)]
    NameTooLong,
    /// The picture has more than [`Profile::MAX_AVATAR_BYTES`].
    #[error("a picture has at most {} bytes", Profile::MAX_AVATAR_BYTES)]
    AvatarTooLarge,
    /// More than [`DeviceList::MAX_DEVICES`] devices have names.
    #[error("at most {} devices have names", DeviceList::MAX_DEVICES)]
    TooManyDevices,
}

/// What a person calls herself and her devices.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name; may be empty.
    pub name: String,
    /// The picture, as an encoded image.
    pub avatar: Option<Vec<u8>>,
    /// Names of devices.
    pub device_names: BTreeMap<DeviceId, String>,
}

impl Profile {
    /// The longest name of a person or a device, in characters. Chosen: as in rooms.
    pub const MAX_NAME_CHARS: usize = 40;
    /// The largest picture in bytes: 32 KiB. Chosen: enough for 256 pixels squared in WebP or JPEG.
    pub const MAX_AVATAR_BYTES: usize = 32 * 1024;
    /// The longest sealed profile in bytes.
    pub const MAX_SEALED_BYTES: usize = SIZES[SIZES.len() - 1] + Seal::OVERHEAD;

    /// Checks the limits.
    pub fn check(&self) -> Result<(), ProfileError> {
        if self.device_names.len() > DeviceList::MAX_DEVICES {
            return Err(ProfileError::TooManyDevices);
        }
        if self.avatar.as_ref().is_some_and(|avatar| avatar.len() > Self::MAX_AVATAR_BYTES) {
            return Err(ProfileError::AvatarTooLarge);
        }
        let mut names = self.device_names.values().chain([&self.name]);
        if names.any(|name| name.chars().count() > Self::MAX_NAME_CHARS) {
            return Err(ProfileError::NameTooLong);
        }
        Ok(())
    }

    /// Seals the profile for `account` as its write number `seq`, padded to 1, 4, 16 or 48 KiB.
    pub fn seal(&self, account: &AccountKey, seq: u64, rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealedError> {
        self.check()?;
        let write = |space: &mut [u8]| postcard::to_slice(self, space).ok().map(|written| written.len());
        let padded = pad(CAPACITY, padded_length, write)?;
        seal(account, seq, |seal| seal.seal(&padded, rng))
    }

    /// Opens what [`Profile::seal`] made.
    pub fn open(account: &AccountKey, seq: u64, sealed: &[u8]) -> Result<Self, SealedError> {
        if sealed.len() > Self::MAX_SEALED_BYTES {
            return Err(SealedError::Length);
        }
        let padded = seal(account, seq, |seal| seal.open(sealed))?;
        Self::read(unpad(&padded, padded_length)?)
    }

    /// The same without the picture.
    #[must_use]
    pub fn without_avatar(&self) -> Self {
        Self { avatar: None, name: self.name.clone(), device_names: self.device_names.clone() }
    }

    /// Decodes strictly: allowed contents, in the one way to write them.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, SealedError> {
        let profile: Self = postcard::from_bytes(bytes).map_err(|_| SealedError::Malformed)?;
        profile.check()?;
        let again = postcard::to_allocvec(&profile).map_err(|_| SealedError::Malformed)?;
        if again == bytes { Ok(profile) } else { Err(SealedError::Malformed) }
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(redacted)")
    }
}

fn seal<T>(
    account: &AccountKey,
    seq: u64,
    act: impl FnOnce(&Seal<'_>) -> Result<T, SealedError>,
) -> Result<T, SealedError> {
    let key = kdf::derive(account.seed(), "profile", &[]);
    act(&Seal { key: &key, kind: "profile", account: account.id(), seq })
}

fn padded_length(length: usize) -> Option<usize> {
    SIZES.into_iter().find(|&size| length <= size)
}

/// Lengths of a padded profile in bytes. Chosen: without a picture the first, with one most often the third.
const SIZES: [usize; 4] = [1024, 4 * 1024, 16 * 1024, 48 * 1024];
/// The most bytes of contents: what fits into the largest size behind the length field.
const CAPACITY: usize = SIZES[SIZES.len() - 1] - 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::DeviceKey;

    fn account() -> AccountKey {
        AccountKey::from_seed([1; 32])
    }

    fn device(seed: u8) -> DeviceId {
        DeviceKey::from_seed([seed; 32]).id()
    }

    fn profile() -> Profile {
        let device_names = [(device(2), "Telephone".to_owned()), (device(3), "Desk".to_owned())].into();
        Profile { name: "Nele".to_owned(), avatar: None, device_names }
    }

    fn sealed(profile: &Profile) -> Result<Vec<u8>, SealedError> {
        profile.seal(&account(), 3, &mut ChaCha20Rng::seed_from_u64(1))
    }

    fn largest() -> Profile {
        Profile {
            name: "😀".repeat(40),
            avatar: Some(vec![9; Profile::MAX_AVATAR_BYTES]),
            device_names: (0..16).map(|seed| (device(seed), "😀".repeat(40))).collect(),
        }
    }

    #[test]
    fn the_largest_profile_fits() {
        let bytes = sealed(&largest()).unwrap();
        assert_eq!(bytes.len(), Profile::MAX_SEALED_BYTES);
        assert_eq!(Profile::open(&account(), 3, &bytes), Ok(largest()));
    }

    #[test]
    fn the_size_shows_its_class_only() {
        let with = |bytes: usize| Profile { avatar: Some(vec![1; bytes]), ..profile() };
        for (profile, size) in [(Profile::default(), 1), (profile(), 1), (with(1024), 4), (with(5_000), 16)] {
            assert_eq!(sealed(&profile).unwrap().len(), size * 1024 + Seal::OVERHEAD);
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let refused = |profile: Profile| sealed(&profile).unwrap_err();
        let long = "x".repeat(41);
        assert_eq!(refused(Profile { name: long.clone(), ..profile() }), ProfileError::NameTooLong.into());
        let device_names = [(device(2), long)].into();
        assert_eq!(refused(Profile { device_names, ..profile() }), ProfileError::NameTooLong.into());
        let avatar = Some(vec![0; Profile::MAX_AVATAR_BYTES + 1]);
        assert_eq!(refused(Profile { avatar, ..profile() }), ProfileError::AvatarTooLarge.into());
        let device_names = (0..17).map(|seed| (device(seed), String::new())).collect();
        assert_eq!(refused(Profile { device_names, ..profile() }), ProfileError::TooManyDevices.into());
    }

    #[test]
    fn a_profile_opens_for_its_account_and_number_alone() {
        let bytes = sealed(&profile()).unwrap();
        assert_eq!(Profile::open(&account(), 3, &bytes), Ok(profile()));
        assert_eq!(Profile::open(&account(), 4, &bytes), Err(SealedError::Unreadable));
        assert_eq!(Profile::open(&AccountKey::from_seed([2; 32]), 3, &bytes), Err(SealedError::Unreadable));
        let too_long = vec![1; Profile::MAX_SEALED_BYTES + 1];
        assert_eq!(Profile::open(&account(), 3, &too_long), Err(SealedError::Length));
    }

    #[test]
    fn contents_that_break_the_rules_are_refused_although_they_open() {
        let long = Profile { name: "x".repeat(41), ..Profile::default() };
        let long = postcard::to_allocvec(&long).unwrap();
        assert_eq!(Profile::read(&long), Err(ProfileError::NameTooLong.into()));
        let more = [postcard::to_allocvec(&profile()).unwrap().as_slice(), &[0]].concat();
        assert_eq!(Profile::read(&more), Err(SealedError::Malformed));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_opens(name in ".{0,40}", avatar in prop::option::of(prop::collection::vec(any::<u8>(), 0..2000)), seq: u64) {
            let profile = Profile { name, avatar, ..profile() };
            let bytes = profile.seal(&account(), seq, &mut ChaCha20Rng::seed_from_u64(seq)).unwrap();
            prop_assert_eq!(Profile::open(&account(), seq, &bytes), Ok(profile));
        }

        #[test]
        fn no_changed_bit_opens(at: prop::sample::Index, bit in 0_u8..8) {
            let mut bytes = sealed(&profile()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(Profile::open(&account(), 3, &bytes).is_err());
        }

        #[test]
        fn arbitrary_contents_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(profile) = Profile::read(&bytes) {
                prop_assert_eq!(&postcard::to_allocvec(&profile).unwrap(), &bytes);
            }
            prop_assert!(Profile::open(&account(), 3, &bytes).is_err());
        }
    }
}
