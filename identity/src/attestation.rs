//! Attestations: a server says what it checked about an account, and anybody who knows the server's key can verify it offline.
//!
//! Fixed layout, so that every attestation has exactly one encoding (numbers big-endian):
//! `version(1) | issuer(32) | account(32) | level(1) | issued_day(4) | expires_day(4) | signature(64)`, days since
//! 1970-01-01 UTC. Says nothing about names: those are what people say about themselves. Which issuers count is the
//! verifier's decision.

use thiserror::Error;

use crate::{
    encoding::Reader,
    key::{AccountId, IssuerId, IssuerKey, KeyError},
    sign::{Label, Signature, SignatureError, verify},
};

/// What a server checked about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AttestationLevel {
    /// Whoever holds the account could read mail at some address.
    Email = 1,
}

/// Why an attestation was refused. The presenter is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttestationError {
    /// Too short or too long.
    #[error("an attestation has {} bytes", Attestation::LENGTH)]
    Length,
    /// Made by a version of the protocol that is not known here.
    #[error("unknown version of attestation")]
    Version,
    /// The issuer's or the account's key is invalid.
    #[error("the attestation names an invalid key: {0}")]
    Key(#[from] KeyError),
    /// No such level.
    #[error("the attestation names an unknown level")]
    Level,
    /// It ends before it begins, or lasts longer than [`Attestation::LIFETIME_DAYS`].
    #[error("the attestation's lifetime is not allowed")]
    Lifetime,
    /// None of the issuers that count made it.
    #[error("the attestation comes from an unknown issuer")]
    UnknownIssuer,
    /// The issuer did not sign it.
    #[error("the issuer did not sign the attestation: {0}")]
    Signature(#[from] SignatureError),
    /// It is over.
    #[error("the attestation has expired")]
    Expired,
    /// It begins more than [`Attestation::MAX_SKEW_DAYS`] from now.
    #[error("the attestation is not valid yet")]
    NotYetValid,
}

/// An attestation that has the right form. Only [`Attestation::verify`] says whether it is worth anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    issuer: IssuerId,
    account: AccountId,
    level: AttestationLevel,
    issued_day: u32,
    expires_day: u32,
    signature: Signature,
}

/// Proof that an attestation was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedAttestation {
    /// Whom it is about.
    pub account: AccountId,
    /// What was checked.
    pub level: AttestationLevel,
    /// The first day on which it no longer holds, in days since 1970-01-01 UTC.
    pub expires_day: u32,
}

impl Attestation {
    /// Length of the encoding in bytes.
    pub const LENGTH: usize = SIGNED_LENGTH + Signature::LENGTH;
    /// How long an attestation lasts, in days. Chosen: it is renewed at every sign-in, and a lost account fades in a week.
    pub const LIFETIME_DAYS: u32 = 7;
    /// How many days in the future an attestation may begin. Chosen: a device whose clock is a time zone off still agrees.
    pub const MAX_SKEW_DAYS: u32 = 1;

    /// `issuer` vouches for `account` from `issued_day` on, for [`Attestation::LIFETIME_DAYS`] days.
    pub fn issue(issuer: &IssuerKey, account: AccountId, level: AttestationLevel, issued_day: u32) -> Self {
        let mut attestation = Self {
            issuer: issuer.id(),
            account,
            level,
            issued_day,
            expires_day: issued_day.saturating_add(Self::LIFETIME_DAYS),
            signature: Signature([0; Signature::LENGTH]),
        };
        attestation.signature = issuer.sign(Label::Attestation, &attestation.signed_bytes());
        attestation
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.signed_bytes();
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// Decodes strictly: exactly [`Attestation::LENGTH`] bytes, valid keys, known level, allowed lifetime. Checks no signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AttestationError> {
        use AttestationError::Length;

        if bytes.len() != Self::LENGTH {
            return Err(Length);
        }
        let mut reader = Reader::new(bytes);
        if reader.byte() != Some(VERSION) {
            return Err(AttestationError::Version);
        }
        let issuer = IssuerId::from_bytes(&reader.array().ok_or(Length)?)?;
        let account = AccountId::from_bytes(&reader.array().ok_or(Length)?)?;
        let level = match reader.byte().ok_or(Length)? {
            1 => AttestationLevel::Email,
            _ => return Err(AttestationError::Level),
        };
        let issued_day = u32::from_be_bytes(reader.array().ok_or(Length)?);
        let expires_day = u32::from_be_bytes(reader.array().ok_or(Length)?);
        let signature = Signature(reader.array().ok_or(Length)?);
        match expires_day.checked_sub(issued_day) {
            Some(1..=Self::LIFETIME_DAYS) => Ok(Self { issuer, account, level, issued_day, expires_day, signature }),
            _ => Err(AttestationError::Lifetime),
        }
    }

    /// Checks that one of `issuers` signed it and that it holds at `now_s` (seconds since the Unix epoch).
    pub fn verify(&self, issuers: &[IssuerId], now_s: u64) -> Result<VerifiedAttestation, AttestationError> {
        if !issuers.contains(&self.issuer) {
            return Err(AttestationError::UnknownIssuer);
        }
        verify(self.issuer.as_bytes(), Label::Attestation, &self.signed_bytes(), &self.signature)?;
        let today = now_s / DAY_S;
        if today >= u64::from(self.expires_day) {
            return Err(AttestationError::Expired);
        }
        if u64::from(self.issued_day) > today.saturating_add(u64::from(Self::MAX_SKEW_DAYS)) {
            return Err(AttestationError::NotYetValid);
        }
        Ok(VerifiedAttestation { account: self.account, level: self.level, expires_day: self.expires_day })
    }

    /// Whom it is about, whether or not that is true.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The issuer it claims to come from.
    pub const fn issuer(&self) -> IssuerId {
        self.issuer
    }

    /// The first day on which it no longer holds, in days since 1970-01-01 UTC.
    pub const fn expires_day(&self) -> u32 {
        self.expires_day
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.issuer.as_bytes());
        bytes.extend_from_slice(self.account.as_bytes());
        bytes.push(self.level as u8);
        bytes.extend_from_slice(&self.issued_day.to_be_bytes());
        bytes.extend_from_slice(&self.expires_day.to_be_bytes());
        bytes
    }
}

const VERSION: u8 = 1;
const SIGNED_LENGTH: usize = 1 + 32 + 32 + 1 + 4 + 4;
/// Seconds of a day.
const DAY_S: u64 = 86_400;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::AccountKey;

    const DAY: u32 = 20_254;

    fn issuer() -> IssuerKey {
        IssuerKey::from_seed([1; 32])
    }

    fn account() -> AccountId {
        AccountKey::from_seed([2; 32]).id()
    }

    fn attestation() -> Attestation {
        Attestation::issue(&issuer(), account(), AttestationLevel::Email, DAY)
    }

    fn on(day: u32) -> u64 {
        u64::from(day) * DAY_S
    }

    #[test]
    fn an_attestation_holds_for_seven_days_for_those_who_know_the_issuer() {
        let verified = VerifiedAttestation { account: account(), level: AttestationLevel::Email, expires_day: DAY + 7 };
        let issuers = [IssuerKey::from_seed([9; 32]).id(), issuer().id()];
        assert_eq!(attestation().verify(&issuers, on(DAY)), Ok(verified));
        assert_eq!(attestation().verify(&issuers, on(DAY + 7) - 1), Ok(verified));
        assert_eq!(attestation().verify(&issuers, on(DAY + 7)), Err(AttestationError::Expired));
        assert_eq!(attestation().verify(&issuers[..1], on(DAY)), Err(AttestationError::UnknownIssuer));
        assert_eq!(attestation().verify(&[], on(DAY)), Err(AttestationError::UnknownIssuer));
    }

    #[test]
    fn a_clock_may_be_a_day_behind_and_not_more() {
        assert!(attestation().verify(&[issuer().id()], on(DAY - 1)).is_ok());
        assert_eq!(attestation().verify(&[issuer().id()], on(DAY - 1) - 1), Err(AttestationError::NotYetValid));
    }

    #[test]
    fn a_long_life_is_refused_although_the_issuer_signed_it() {
        for expires_day in [DAY + 8, DAY, DAY - 1, u32::MAX] {
            let mut long = attestation();
            long.expires_day = expires_day;
            long.signature = issuer().sign(Label::Attestation, &long.signed_bytes());
            assert_eq!(Attestation::from_bytes(&long.to_bytes()), Err(AttestationError::Lifetime));
        }
    }

    #[test]
    fn nobody_can_attest_in_the_name_of_another_issuer() {
        let mut forged = attestation();
        forged.signature = IssuerKey::from_seed([9; 32]).sign(Label::Attestation, &forged.signed_bytes());
        let refused = forged.verify(&[issuer().id()], on(DAY));
        assert_eq!(refused, Err(AttestationError::Signature(SignatureError::Mismatch)));
    }

    #[test]
    fn levels_nobody_knows_are_refused() {
        for level in [0, 2, 255] {
            let mut bytes = attestation().to_bytes();
            bytes[65] = level;
            assert_eq!(Attestation::from_bytes(&bytes), Err(AttestationError::Level));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(attestation) = Attestation::from_bytes(&bytes) {
                prop_assert_eq!(attestation.to_bytes(), bytes);
            }
        }

        #[test]
        fn no_flipped_bit_is_accepted(bit in 0..Attestation::LENGTH * 8) {
            let mut bytes = attestation().to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let read = Attestation::from_bytes(&bytes);
            prop_assert!(read.and_then(|read| read.verify(&[issuer().id()], on(DAY))).is_err());
        }

        #[test]
        fn no_other_length_is_accepted(length in 0_usize..300, fill: u8) {
            let mut bytes = attestation().to_bytes();
            bytes.resize(length, fill);
            prop_assert_eq!(Attestation::from_bytes(&bytes).is_ok(), length == Attestation::LENGTH);
        }

        #[test]
        fn what_is_issued_reads_back(seed: [u8; 32], account: [u8; 32], day in 0..u32::MAX - 7) {
            let account = AccountKey::from_seed(account).id();
            let made = Attestation::issue(&IssuerKey::from_seed(seed), account, AttestationLevel::Email, day);
            prop_assert_eq!(Attestation::from_bytes(&made.to_bytes()), Ok(made));
        }
    }
}
