//! Device lists: an account says which devices speak for it and which no longer do.
//!
//! One layout, so that every list has exactly one encoding (numbers big-endian):
//! `version(1) | account(32) | seq(8) | count(1) | count x (device(32) | added_day(4)) | count(1) | count x device(32) |
//! signature(64)`. Devices are sorted; revoked ones stay in the order in which they were revoked, so that the oldest can be
//! forgotten first. Names of devices are no part of it: they are in the sealed profile. Which of two lists is newer is for the
//! keeper to decide by `seq`.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::{
    encoding::Reader,
    key::{AccountId, AccountKey, DeviceId, KeyError},
    sign::{Label, Signature, SignatureError, verify},
};

/// Why a list of devices was refused. On making one the caller is at fault, else whoever presented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DeviceListError {
    /// Too short, too long, or not of the length its counts say.
    #[error("the device list's length is not what it says")]
    Length,
    /// Made by a version of the protocol that is not known here.
    #[error("unknown version of device list")]
    Version,
    /// The account's or a device's key is invalid.
    #[error("the device list names an invalid key: {0}")]
    Key(#[from] KeyError),
    /// More than [`DeviceList::MAX_DEVICES`] devices or [`DeviceList::MAX_REVOKED`] revoked ones.
    #[error("the device list is too long")]
    TooMany,
    /// A device occurs twice, or is both listed and revoked.
    #[error("the device list names a device twice")]
    Duplicate,
    /// The devices are not sorted, so this is not the one way to write the list.
    #[error("the device list is not sorted")]
    Unsorted,
    /// The account did not sign it.
    #[error("the account did not sign the device list: {0}")]
    Signature(#[from] SignatureError),
    /// There is no number after this list's.
    #[error("the device list cannot be followed by another")]
    SeqExhausted,
}

/// A device that speaks for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListedDevice {
    /// The device.
    pub device: DeviceId,
    /// When it was added, in days since 1970-01-01 UTC.
    pub added_day: u32,
}

/// A list of devices that has the right form. Only [`DeviceList::verify`] says whether it is worth anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceList {
    account: AccountId,
    seq: u64,
    devices: Vec<ListedDevice>,
    revoked: Vec<DeviceId>,
    signature: Signature,
}

impl DeviceList {
    /// The most devices of one account. Chosen.
    pub const MAX_DEVICES: usize = 16;
    /// The most revoked devices a list remembers. Chosen: a certificate ends after 30 days by itself, so only devices that were
    /// revoked since then matter.
    pub const MAX_REVOKED: usize = 64;
    /// The longest encoding in bytes.
    pub const MAX_LENGTH: usize =
        HEAD_LENGTH + Self::MAX_DEVICES * LISTED_LENGTH + 1 + Self::MAX_REVOKED * ID_LENGTH + Signature::LENGTH;

    /// `account` says: these are my devices (in any order), and those (oldest first) no longer are. Forgets the oldest revoked
    /// ones beyond [`DeviceList::MAX_REVOKED`].
    pub fn issue(
        account: &AccountKey,
        seq: u64,
        mut devices: Vec<ListedDevice>,
        mut revoked: Vec<DeviceId>,
    ) -> Result<Self, DeviceListError> {
        devices.sort_unstable();
        revoked.drain(..revoked.len().saturating_sub(Self::MAX_REVOKED));
        check(&devices, &revoked)?;
        let signature = Signature([0; Signature::LENGTH]);
        let mut list = Self { account: account.id(), seq, devices, revoked, signature };
        list.signature = account.sign(Label::DeviceList, &list.signed_bytes());
        Ok(list)
    }

    /// The list after this one, with `device` added (today is `added_day`). The same devices if it is listed already; a revoked
    /// device cannot come back.
    pub fn adding(&self, account: &AccountKey, device: DeviceId, added_day: u32) -> Result<Self, DeviceListError> {
        let mut devices = self.devices.clone();
        if !self.lists(&device) {
            devices.push(ListedDevice { device, added_day });
        }
        Self::issue(account, self.next_seq()?, devices, self.revoked.clone())
    }

    /// The list after this one, with `device` revoked.
    pub fn revoking(&self, account: &AccountKey, device: DeviceId) -> Result<Self, DeviceListError> {
        let devices = self.devices.iter().copied().filter(|listed| listed.device != device).collect();
        let mut revoked = self.revoked.clone();
        if !self.is_revoked(&device) {
            revoked.push(device);
        }
        Self::issue(account, self.next_seq()?, devices, revoked)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.signed_bytes();
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// Decodes strictly: nothing missing or left over, valid keys, sorted, nothing twice. Checks no signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DeviceListError> {
        use DeviceListError::Length;

        let mut reader = Reader::new(bytes);
        if reader.byte().ok_or(Length)? != VERSION {
            return Err(DeviceListError::Version);
        }
        let account = AccountId::from_bytes(&reader.array().ok_or(Length)?)?;
        let seq = u64::from_be_bytes(reader.array().ok_or(Length)?);
        let devices = read_list(&mut reader, Self::MAX_DEVICES, |reader| {
            let device = DeviceId::from_bytes(&reader.array().ok_or(Length)?)?;
            Ok(ListedDevice { device, added_day: u32::from_be_bytes(reader.array().ok_or(Length)?) })
        })?;
        let revoked = read_list(&mut reader, Self::MAX_REVOKED, |reader| {
            Ok(DeviceId::from_bytes(&reader.array().ok_or(Length)?)?)
        })?;
        let signature = Signature(reader.array().ok_or(Length)?);
        if !reader.is_at_end() {
            return Err(Length);
        }
        check(&devices, &revoked)?;
        Ok(Self { account, seq, devices, revoked, signature })
    }

    /// Checks the account's signature.
    pub fn verify(&self) -> Result<(), DeviceListError> {
        Ok(verify(self.account.as_bytes(), Label::DeviceList, &self.signed_bytes(), &self.signature)?)
    }

    /// The account it claims to come from.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Its number: a higher one replaces a lower one.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The devices that speak for the account, sorted by id.
    pub fn devices(&self) -> &[ListedDevice] {
        &self.devices
    }

    /// The devices that no longer speak for the account, in the order in which they were revoked.
    pub fn revoked(&self) -> &[DeviceId] {
        &self.revoked
    }

    /// Whether `device` speaks for the account.
    pub fn lists(&self, device: &DeviceId) -> bool {
        self.devices.iter().any(|listed| listed.device == *device)
    }

    /// Whether `device` was revoked.
    pub fn is_revoked(&self, device: &DeviceId) -> bool {
        self.revoked.contains(device)
    }

    /// Whether this list remembers everything that `previous` revoked, but for the oldest that had to give way to later ones (so
    /// many as an account has devices): a list that does not would let a revoked device come back.
    pub fn remembers(&self, previous: &Self) -> bool {
        let is_full = self.revoked.len() == Self::MAX_REVOKED;
        let most_forgotten = if is_full { previous.revoked.len().min(Self::MAX_DEVICES) } else { 0 };
        (0..=most_forgotten).any(|forgotten| self.revoked.starts_with(&previous.revoked[forgotten..]))
    }

    fn next_seq(&self) -> Result<u64, DeviceListError> {
        self.seq.checked_add(1).ok_or(DeviceListError::SeqExhausted)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::MAX_LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.account.as_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        // Both counts are bounded far below 256 by `check`.
        bytes.push(self.devices.len() as u8);
        for listed in &self.devices {
            bytes.extend_from_slice(listed.device.as_bytes());
            bytes.extend_from_slice(&listed.added_day.to_be_bytes());
        }
        bytes.push(self.revoked.len() as u8);
        for device in &self.revoked {
            bytes.extend_from_slice(device.as_bytes());
        }
        bytes
    }
}

/// Reads a count of at most `max` and then as many entries.
fn read_list<T>(
    reader: &mut Reader<'_>,
    max: usize,
    mut entry: impl FnMut(&mut Reader<'_>) -> Result<T, DeviceListError>,
) -> Result<Vec<T>, DeviceListError> {
    let count = usize::from(reader.byte().ok_or(DeviceListError::Length)?);
    if count > max {
        return Err(DeviceListError::TooMany);
    }
    (0..count).map(|_| entry(reader)).collect()
}

/// What holds for every list: bounded, devices sorted, no device twice.
fn check(devices: &[ListedDevice], revoked: &[DeviceId]) -> Result<(), DeviceListError> {
    if devices.len() > DeviceList::MAX_DEVICES || revoked.len() > DeviceList::MAX_REVOKED {
        return Err(DeviceListError::TooMany);
    }
    if !devices.is_sorted() {
        return Err(DeviceListError::Unsorted);
    }
    let mut seen = BTreeSet::new();
    let mut all = devices.iter().map(|listed| listed.device).chain(revoked.iter().copied());
    if all.all(|device| seen.insert(device)) { Ok(()) } else { Err(DeviceListError::Duplicate) }
}

const VERSION: u8 = 1;
/// Bytes of a key.
const ID_LENGTH: usize = 32;
/// Bytes of one listed device: key and day.
const LISTED_LENGTH: usize = ID_LENGTH + 4;
/// Bytes in front of the listed devices: version, account, number, count.
const HEAD_LENGTH: usize = 1 + ID_LENGTH + 8 + 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DeviceKey;

    fn account() -> AccountKey {
        AccountKey::from_seed([1; 32])
    }

    fn device(seed: u8) -> DeviceId {
        DeviceKey::from_seed([seed; 32]).id()
    }

    fn listed(seed: u8) -> ListedDevice {
        ListedDevice { device: device(seed), added_day: 20_000 + u32::from(seed) }
    }

    fn list() -> DeviceList {
        let devices = vec![listed(2), listed(3), listed(4)];
        DeviceList::issue(&account(), 7, devices, vec![device(9), device(8)]).unwrap()
    }

    #[test]
    fn a_list_says_who_speaks_for_the_account_and_who_no_longer_does() {
        assert_eq!(list().verify(), Ok(()));
        assert_eq!((list().account(), list().seq()), (account().id(), 7));
        assert!(list().lists(&device(2)) && !list().is_revoked(&device(2)));
        assert!(!list().lists(&device(9)) && list().is_revoked(&device(9)));
        assert!(!list().lists(&device(5)) && !list().is_revoked(&device(5)));
    }

    #[test]
    fn the_order_in_which_devices_are_given_does_not_matter() {
        let other = vec![listed(4), listed(2), listed(3)];
        let other = DeviceList::issue(&account(), 7, other, vec![device(9), device(8)]).unwrap();
        assert_eq!(other, list());
    }

    #[test]
    fn adding_and_revoking_make_the_next_list() {
        let more = list().adding(&account(), device(5), 20_005).unwrap();
        assert_eq!(more.seq(), 8);
        assert!(more.lists(&device(5)));
        let same = more.adding(&account(), device(5), 1).unwrap();
        assert_eq!(same.devices(), more.devices());
        let fewer = same.revoking(&account(), device(5)).unwrap();
        assert_eq!(fewer.devices(), list().devices());
        assert_eq!(fewer.revoked(), [device(9), device(8), device(5)]);
        assert_eq!(fewer.revoking(&account(), device(5)).unwrap().revoked(), fewer.revoked());
        assert_eq!(fewer.adding(&account(), device(5), 1), Err(DeviceListError::Duplicate));
    }

    #[test]
    fn the_oldest_revoked_devices_are_forgotten() {
        let all: Vec<_> = (0..70).map(device).collect();
        let long = DeviceList::issue(&account(), 1, Vec::new(), all.clone()).unwrap();
        assert_eq!(long.revoked(), &all[6..]);
        let longer = long.revoking(&account(), device(70)).unwrap();
        assert_eq!(longer.revoked().first(), Some(&device(7)));
        assert_eq!(longer.revoked().last(), Some(&device(70)));
    }

    #[test]
    fn the_longest_list_reads_back() {
        let devices = (0..16).map(listed).collect();
        let longest = DeviceList::issue(&account(), u64::MAX, devices, (100..164).map(device).collect()).unwrap();
        assert_eq!(longest.to_bytes().len(), DeviceList::MAX_LENGTH);
        assert_eq!(DeviceList::from_bytes(&longest.to_bytes()), Ok(longest.clone()));
        assert_eq!(longest.revoking(&account(), device(1)), Err(DeviceListError::SeqExhausted));
    }

    #[test]
    fn too_many_devices_and_devices_named_twice_are_refused() {
        let issue = |devices: Vec<_>, revoked| DeviceList::issue(&account(), 1, devices, revoked).map(|_| ());
        assert_eq!(issue((0..17).map(listed).collect(), Vec::new()), Err(DeviceListError::TooMany));
        assert_eq!(issue(vec![listed(1), listed(1)], Vec::new()), Err(DeviceListError::Duplicate));
        let later = ListedDevice { added_day: 1, ..listed(1) };
        assert_eq!(issue(vec![listed(1), later], Vec::new()), Err(DeviceListError::Duplicate));
        assert_eq!(issue(vec![listed(1)], vec![device(1)]), Err(DeviceListError::Duplicate));
        assert_eq!(issue(Vec::new(), vec![device(1), device(1)]), Err(DeviceListError::Duplicate));
    }

    #[test]
    fn an_unsorted_list_is_refused_although_the_account_signed_it() {
        let mut unsorted = list();
        unsorted.devices.swap(0, 1);
        unsorted.signature = account().sign(Label::DeviceList, &unsorted.signed_bytes());
        assert_eq!(DeviceList::from_bytes(&unsorted.to_bytes()), Err(DeviceListError::Unsorted));
    }

    #[test]
    fn a_listed_device_cannot_sign_the_list() {
        let mut forged = list();
        forged.signature = DeviceKey::from_seed([2; 32]).sign(Label::DeviceList, &forged.signed_bytes());
        assert_eq!(forged.verify(), Err(DeviceListError::Signature(SignatureError::Mismatch)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(list) = DeviceList::from_bytes(&bytes) {
                prop_assert_eq!(list.to_bytes(), bytes);
            }
        }

        #[test]
        fn no_flipped_bit_is_accepted(at: prop::sample::Index, bit in 0_u8..8) {
            let mut bytes = list().to_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(DeviceList::from_bytes(&bytes).and_then(|list| list.verify()).is_err());
        }

        #[test]
        fn no_other_length_is_accepted(length in 0..DeviceList::MAX_LENGTH + 100, fill: u8) {
            let good = list().to_bytes();
            let mut bytes = good.clone();
            bytes.resize(length, fill);
            prop_assert_eq!(DeviceList::from_bytes(&bytes).is_ok(), length == good.len());
        }

        #[test]
        fn what_is_issued_reads_back_and_verifies(
            seq: u64, devices in prop::collection::btree_set(0..100_u8, 0..=16), revoked in 100..164_u8,
        ) {
            let devices = devices.into_iter().rev().map(listed).collect();
            let made = DeviceList::issue(&account(), seq, devices, (100..revoked).map(device).collect()).unwrap();
            prop_assert_eq!(made.verify(), Ok(()));
            prop_assert_eq!(DeviceList::from_bytes(&made.to_bytes()), Ok(made));
        }
    }
}
