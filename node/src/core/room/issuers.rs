//! Whose word counts: the servers that may say of an account that its owner reads mail somewhere.
//!
//! An attestation is about an account and never about a name. One that does not hold takes nothing away from a member but the
//! mark: guests have none, and one that ran out is nobody's fault.

use milanio_identity::{AccountId, Attestation, IssuerId};

use super::limits::MAX_ISSUERS;
use crate::core::time::RoomTime;

/// The issuers that count in this room.
#[derive(Default)]
pub struct Issuers(Vec<IssuerId>);

impl Issuers {
    /// These, of which the first [`MAX_ISSUERS`] are taken.
    pub fn new(mut issuers: Vec<IssuerId>) -> Self {
        issuers.truncate(MAX_ISSUERS);
        Self(issuers)
    }

    /// Until when `attestation` vouches for `account`, in seconds since the Unix epoch; `None` if it does not, or no longer.
    pub fn vouch(&self, attestation: &Attestation, account: AccountId, now: RoomTime) -> Option<u64> {
        let verified = attestation.verify(&self.0, now.as_secs()).ok()?;
        (verified.account == account).then(|| u64::from(verified.expires_day) * DAY_S)
    }
}

/// Seconds of a day.
const DAY_S: u64 = 86_400;

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, AttestationLevel, IssuerKey};

    use super::*;

    const DAY: u32 = 20_254;

    fn on(day: u32) -> RoomTime {
        RoomTime::from_millis(u64::from(day) * DAY_S * 1_000)
    }

    #[test]
    fn an_attestation_counts_for_its_account_from_a_known_issuer_until_it_ends() {
        let issuer = IssuerKey::from_seed([1; 32]);
        let [account, stranger] = [2, 3].map(|seed| AccountKey::from_seed([seed; 32]).id());
        let attestation = Attestation::issue(&issuer, account, AttestationLevel::Email, DAY);
        let issuers = Issuers::new(vec![issuer.id()]);
        let until = u64::from(DAY + 7) * DAY_S;
        assert_eq!(issuers.vouch(&attestation, account, on(DAY)), Some(until));
        assert_eq!(issuers.vouch(&attestation, stranger, on(DAY)), None);
        assert_eq!(issuers.vouch(&attestation, account, on(DAY + 7)), None);
        assert_eq!(Issuers::default().vouch(&attestation, account, on(DAY)), None);
    }

    #[test]
    fn issuers_are_bounded() {
        let keys: Vec<_> = (0..=MAX_ISSUERS as u8).map(|seed| IssuerKey::from_seed([seed; 32])).collect();
        let issuers = Issuers::new(keys.iter().map(IssuerKey::id).collect());
        let account = AccountKey::from_seed([99; 32]).id();
        let counts = keys.iter().filter(|key| {
            let attestation = Attestation::issue(key, account, AttestationLevel::Email, DAY);
            issuers.vouch(&attestation, account, on(DAY)).is_some()
        });
        assert_eq!(counts.count(), MAX_ISSUERS);
    }
}
