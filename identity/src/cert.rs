//! Device certificates: an account says "this device speaks for me, until then".
//!
//! Fixed layout, so that every certificate has exactly one encoding (numbers big-endian):
//! `version(1) | account(32) | device(32) | created_s(8) | expires_s(8) | signature(64)`.
//! Revocation is left to the device list; a certificate that is not renewed ends by itself.

use thiserror::Error;

use crate::{
    encoding::Reader,
    key::{AccountId, AccountKey, DeviceId, KeyError},
    sign::{Label, Signature, SignatureError, verify},
};

/// Why a certificate was refused. All but [`CertError::Lifetime`] on issuing are the presenter's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertError {
    /// Too short or too long.
    #[error("a device certificate has {} bytes", DeviceCert::LENGTH)]
    Length,
    /// Made by a version of the protocol that is not known here.
    #[error("unknown version of device certificate")]
    Version,
    /// The account's or the device's key is invalid.
    #[error("the certificate names an invalid key: {0}")]
    Key(#[from] KeyError),
    /// It ends before it begins, or lasts longer than [`DeviceCert::MAX_LIFETIME_S`].
    #[error("the certificate's lifetime is not allowed")]
    Lifetime,
    /// The account did not sign it.
    #[error("the account did not sign the certificate: {0}")]
    Signature(#[from] SignatureError),
    /// It is over.
    #[error("the certificate has expired")]
    Expired,
    /// It begins more than [`DeviceCert::MAX_SKEW_S`] from now.
    #[error("the certificate is not valid yet")]
    NotYetValid,
}

/// A device certificate that has the right form. Only [`DeviceCert::verify`] says whether it is worth anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCert {
    account: AccountId,
    device: DeviceId,
    created_s: u64,
    expires_s: u64,
    signature: Signature,
}

/// Proof that a device's certificate was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedDevice {
    /// For whom the device speaks.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// When this ends, in seconds since the Unix epoch.
    pub expires_s: u64,
}

impl DeviceCert {
    /// Length of the encoding in bytes.
    pub const LENGTH: usize = SIGNED_LENGTH + Signature::LENGTH;
    /// The longest a certificate may last: 30 days. Chosen: bounds how long a lost device can speak for its account.
    pub const MAX_LIFETIME_S: u64 = 30 * 86_400;
    /// How far in the future a certificate may begin: one day. Chosen: a device whose clock is a time zone off still gets in.
    pub const MAX_SKEW_S: u64 = 86_400;

    /// `account` vouches for `device` from `created_s` to `expires_s` (seconds since the Unix epoch).
    pub fn issue(account: &AccountKey, device: DeviceId, created_s: u64, expires_s: u64) -> Result<Self, CertError> {
        check_lifetime(created_s, expires_s)?;
        let mut cert = Self { account: account.id(), device, created_s, expires_s, signature: Signature([0; 64]) };
        cert.signature = account.sign(Label::DeviceCert, &cert.signed_bytes());
        Ok(cert)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.signed_bytes();
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// Decodes strictly: exactly [`DeviceCert::LENGTH`] bytes, valid keys, allowed lifetime. Checks no signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CertError> {
        let mut reader = Reader::new(bytes);
        if bytes.len() != Self::LENGTH {
            return Err(CertError::Length);
        }
        if reader.array::<1>() != Some([VERSION]) {
            return Err(CertError::Version);
        }
        let account = AccountId::from_bytes(&reader.array().ok_or(CertError::Length)?)?;
        let device = DeviceId::from_bytes(&reader.array().ok_or(CertError::Length)?)?;
        let created_s = u64::from_be_bytes(reader.array().ok_or(CertError::Length)?);
        let expires_s = u64::from_be_bytes(reader.array().ok_or(CertError::Length)?);
        let signature = Signature(reader.array().ok_or(CertError::Length)?);
        check_lifetime(created_s, expires_s)?;
        Ok(Self { account, device, created_s, expires_s, signature })
    }

    /// Checks the account's signature and that the certificate holds at `now_s` (seconds since the Unix epoch).
    pub fn verify(&self, now_s: u64) -> Result<VerifiedDevice, CertError> {
        verify(self.account.as_bytes(), Label::DeviceCert, &self.signed_bytes(), &self.signature)?;
        if now_s >= self.expires_s {
            return Err(CertError::Expired);
        }
        if self.created_s > now_s.saturating_add(Self::MAX_SKEW_S) {
            return Err(CertError::NotYetValid);
        }
        Ok(VerifiedDevice { account: self.account, device: self.device, expires_s: self.expires_s })
    }

    /// The device it is for, whether or not that is true.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The account it claims to come from.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// When it begins, in seconds since the Unix epoch.
    pub const fn created_s(&self) -> u64 {
        self.created_s
    }

    /// When it ends, in seconds since the Unix epoch.
    pub const fn expires_s(&self) -> u64 {
        self.expires_s
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.account.as_bytes());
        bytes.extend_from_slice(self.device.as_bytes());
        bytes.extend_from_slice(&self.created_s.to_be_bytes());
        bytes.extend_from_slice(&self.expires_s.to_be_bytes());
        bytes
    }
}

fn check_lifetime(created_s: u64, expires_s: u64) -> Result<(), CertError> {
    match expires_s.checked_sub(created_s) {
        Some(1..=DeviceCert::MAX_LIFETIME_S) => Ok(()),
        _ => Err(CertError::Lifetime),
    }
}

const VERSION: u8 = 1;
const SIGNED_LENGTH: usize = 1 + 32 + 32 + 8 + 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DeviceKey;

    const NOW_S: u64 = 1_750_000_000;
    const DAY_S: u64 = 86_400;

    fn account() -> AccountKey {
        AccountKey::from_seed([1; 32])
    }

    fn device() -> DeviceId {
        DeviceKey::from_seed([2; 32]).id()
    }

    fn cert() -> DeviceCert {
        DeviceCert::issue(&account(), device(), NOW_S, NOW_S + DAY_S).unwrap()
    }

    #[test]
    fn a_certificate_holds_from_its_beginning_to_its_end() {
        let verified = VerifiedDevice { account: account().id(), device: device(), expires_s: NOW_S + DAY_S };
        assert_eq!(cert().verify(NOW_S), Ok(verified));
        assert_eq!(cert().verify(NOW_S + DAY_S - 1), Ok(verified));
        assert_eq!(cert().verify(NOW_S + DAY_S), Err(CertError::Expired));
    }

    #[test]
    fn a_clock_may_be_a_day_behind_and_not_more() {
        assert!(cert().verify(NOW_S - DeviceCert::MAX_SKEW_S).is_ok());
        assert_eq!(cert().verify(NOW_S - DeviceCert::MAX_SKEW_S - 1), Err(CertError::NotYetValid));
    }

    #[test]
    fn no_certificate_lasts_longer_than_thirty_days_or_ends_before_it_begins() {
        let issue = |created_s, expires_s| DeviceCert::issue(&account(), device(), created_s, expires_s).map(|_| ());
        assert_eq!(issue(NOW_S, NOW_S + 30 * DAY_S), Ok(()));
        assert_eq!(issue(NOW_S, NOW_S + 30 * DAY_S + 1), Err(CertError::Lifetime));
        assert_eq!(issue(NOW_S, NOW_S), Err(CertError::Lifetime));
        assert_eq!(issue(NOW_S, NOW_S - 1), Err(CertError::Lifetime));
        assert_eq!(issue(0, u64::MAX), Err(CertError::Lifetime));
    }

    #[test]
    fn a_long_lifetime_is_refused_although_the_account_signed_it() {
        let mut long = cert();
        long.expires_s = NOW_S + 31 * DAY_S;
        long.signature = account().sign(Label::DeviceCert, &long.signed_bytes());
        assert_eq!(DeviceCert::from_bytes(&long.to_bytes()), Err(CertError::Lifetime));
    }

    #[test]
    fn nobody_can_vouch_for_another_account() {
        let mut forged = cert();
        forged.signature = AccountKey::from_seed([9; 32]).sign(Label::DeviceCert, &forged.signed_bytes());
        assert_eq!(forged.verify(NOW_S), Err(CertError::Signature(SignatureError::Mismatch)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(cert) = DeviceCert::from_bytes(&bytes) {
                prop_assert_eq!(cert.to_bytes(), bytes);
            }
        }

        #[test]
        fn no_flipped_bit_is_accepted(bit in 0..DeviceCert::LENGTH * 8) {
            let mut bytes = cert().to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(DeviceCert::from_bytes(&bytes).and_then(|cert| cert.verify(NOW_S)).is_err());
        }

        #[test]
        fn no_other_length_is_accepted(length in 0_usize..300, fill: u8) {
            let mut bytes = cert().to_bytes();
            bytes.resize(length, fill);
            prop_assert_eq!(DeviceCert::from_bytes(&bytes).is_ok(), length == DeviceCert::LENGTH);
        }
    }
}
