//! What a registered account is, and which device lists may follow each other.
//!
//! Left out: storage, and everything that the account seals and the server cannot read.

use milanio_identity::{AccountId, DeviceCert, DeviceId, DeviceList};

use crate::api::{CertText, DeviceListText};

/// A registered account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its e-mail address, as a keyed hash.
    pub email: [u8; 32],
    /// When it was registered, in days since the Unix epoch.
    pub created_day: u32,
    /// Its newest device list.
    pub devices: DeviceList,
}

/// Why a device list was not taken. Whoever presents it is at fault, or late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not a list, not signed by this account, without the device that has to be in it, or letting a revoked one back in.
    #[error("the device list is not one of this account")]
    Invalid,
    /// Its number is not the one that follows the stored list's.
    #[error("the device list does not follow the stored one")]
    Stale,
}

impl Account {
    /// The account `id` as its first list makes it: the list must be signed by the account and name `device`.
    pub fn new(
        id: AccountId,
        email: [u8; 32],
        created_day: u32,
        list: &DeviceListText,
        device: &DeviceId,
    ) -> Result<Self, ListError> {
        let devices = read_list(id, list)?;
        if devices.lists(device) { Ok(Self { email, created_day, devices }) } else { Err(ListError::Invalid) }
    }

    /// The same account `id` with the list that follows.
    pub fn with_list(&self, id: AccountId, list: &DeviceListText) -> Result<Self, ListError> {
        let devices = read_list(id, list)?;
        if self.devices.seq().checked_add(1) != Some(devices.seq()) {
            return Err(ListError::Stale);
        }
        if !devices.remembers(&self.devices) {
            return Err(ListError::Invalid);
        }
        Ok(Self { devices, ..self.clone() })
    }

    /// Whether `device` may act for the account. One that is not listed may: its certificate says that the account made it, and a
    /// restored browser signs in before it is listed.
    pub fn admits(&self, device: &DeviceId) -> bool {
        !self.devices.is_revoked(device)
    }
}

/// Checks at `now_s` that `cert` is the certificate of `account` for `device`.
pub fn is_certified(cert: &CertText, account: AccountId, device: DeviceId, now_s: u64) -> bool {
    let verified = DeviceCert::from_bytes(cert.as_bytes()).and_then(|cert| cert.verify(now_s));
    verified.is_ok_and(|verified| (verified.account, verified.device) == (account, device))
}

fn read_list(account: AccountId, list: &DeviceListText) -> Result<DeviceList, ListError> {
    let list = DeviceList::from_bytes(list.as_bytes()).map_err(|_| ListError::Invalid)?;
    let is_theirs = list.account() == account && list.verify().is_ok();
    if is_theirs { Ok(list) } else { Err(ListError::Invalid) }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey, ListedDevice};

    use super::*;
    use crate::api::{Base64Bytes, Blob};

    fn account() -> AccountKey {
        AccountKey::from_seed([1; 32])
    }

    fn device(seed: u8) -> DeviceId {
        DeviceKey::from_seed([seed; 32]).id()
    }

    fn list(owner: &AccountKey, seq: u64, devices: &[u8], revoked: &[u8]) -> DeviceListText {
        let devices = devices.iter().map(|seed| ListedDevice { device: device(*seed), added_day: 1 }).collect();
        let revoked = revoked.iter().map(|seed| device(*seed)).collect();
        Blob::new(DeviceList::issue(owner, seq, devices, revoked).unwrap().to_bytes()).unwrap()
    }

    #[test]
    fn the_first_list_is_signed_by_the_account_and_names_the_device() {
        let new = |list: &DeviceListText| Account::new(account().id(), [2; 32], 9, list, &device(3)).map(|_| ());
        assert_eq!(new(&list(&account(), 1, &[3], &[])), Ok(()));
        assert_eq!(new(&list(&account(), 1, &[4], &[])), Err(ListError::Invalid), "another device");
        assert_eq!(new(&list(&AccountKey::from_seed([9; 32]), 1, &[3], &[])), Err(ListError::Invalid), "a stranger's");
        assert_eq!(new(&Blob::new(vec![1, 2]).unwrap()), Err(ListError::Invalid));
    }

    #[test]
    fn lists_follow_each_other_and_revoke() {
        let first = Account::new(account().id(), [2; 32], 9, &list(&account(), 5, &[3, 4], &[]), &device(3)).unwrap();
        let with = |account: &Account, next: &DeviceListText| account.with_list(self::account().id(), next);
        assert_eq!(with(&first, &list(&account(), 5, &[3], &[4])), Err(ListError::Stale));
        assert_eq!(with(&first, &list(&account(), 7, &[3], &[4])), Err(ListError::Stale));
        let stranger = list(&AccountKey::from_seed([9; 32]), 6, &[3], &[4]);
        assert_eq!(with(&first, &stranger), Err(ListError::Invalid));
        let second = with(&first, &list(&account(), 6, &[3], &[4])).unwrap();
        assert_eq!([3, 4, 5].map(|seed| second.admits(&device(seed))), [true, false, true]);
        assert_eq!((second.email, second.created_day), (first.email, first.created_day));
    }

    #[test]
    fn no_list_lets_a_revoked_device_back_in() {
        let first = Account::new(account().id(), [2; 32], 9, &list(&account(), 5, &[3], &[4, 5]), &device(3)).unwrap();
        let with = |next: &DeviceListText| first.with_list(account().id(), next).map(|_| ());
        assert_eq!(with(&list(&account(), 6, &[3], &[4, 5, 6])), Ok(()));
        for (devices, revoked) in
            [(&[3, 4][..], &[5][..]), (&[3], &[4]), (&[3], &[]), (&[3], &[5, 4]), (&[3], &[6, 4, 5])]
        {
            assert_eq!(
                with(&list(&account(), 6, devices, revoked)),
                Err(ListError::Invalid),
                "{devices:?} {revoked:?}"
            );
        }
    }

    #[test]
    fn only_the_oldest_revoked_devices_of_a_full_list_are_forgotten() {
        let revoked: Vec<u8> = (100..100 + DeviceList::MAX_REVOKED as u8).collect();
        let full = list(&account(), 5, &[3], &revoked);
        let first = Account::new(account().id(), [2; 32], 9, &full, &device(3)).unwrap();
        let with = |revoked: &[u8]| first.with_list(account().id(), &list(&account(), 6, &[3], revoked)).map(|_| ());
        assert_eq!(with(&[&revoked[1..], &[4]].concat()), Ok(()));
        assert_eq!(with(&[&revoked[..5], &revoked[6..], &[4]].concat()), Err(ListError::Invalid));
        assert_eq!(with(&revoked[1..]), Err(ListError::Invalid));
    }

    #[test]
    fn a_certificate_is_for_one_account_device_and_time() {
        let now_s = 1_900_000_000;
        let cert = DeviceCert::issue(&account(), device(3), now_s, now_s + 86_400).unwrap();
        let cert = Base64Bytes::from_bytes(cert.to_bytes().try_into().unwrap());
        assert!(is_certified(&cert, account().id(), device(3), now_s));
        assert!(!is_certified(&cert, account().id(), device(4), now_s));
        assert!(!is_certified(&cert, AccountKey::from_seed([9; 32]).id(), device(3), now_s));
        assert!(!is_certified(&cert, account().id(), device(3), now_s + 86_400));
    }
}
