//! Accounts that were decoded before, so that requests of one account do not check the same keys again and again.
//!
//! A list of 80 devices holds 80 keys, each of which must be a valid point. What is stored is still read at every request, and what
//! was decoded counts for that revision alone, so a revocation holds at once and nothing can be out of date here.

use std::collections::BTreeMap;

use crate::{core::account::Account, store::Revision};

/// The most accounts of one generation; there are two. Chosen: with the longest lists both take some 8 MiB.
const MAX_GENERATION: usize = 1_024;

/// Accounts by their keys. Those that are asked for stay, the others go when a generation is full.
#[derive(Default)]
pub(super) struct Decoded {
    young: BTreeMap<[u8; 32], Kept>,
    old: BTreeMap<[u8; 32], Kept>,
}

/// What was stored at one revision.
struct Kept {
    revision: Revision,
    account: Account,
}

impl Decoded {
    /// The account under `key` as of `revision`, if it was decoded before.
    pub fn get(&mut self, key: &[u8; 32], revision: Revision) -> Option<Account> {
        if let Some(kept) = self.young.get(key) {
            return (kept.revision == revision).then(|| kept.account.clone());
        }
        let kept = self.old.remove(key).filter(|kept| kept.revision == revision)?;
        let account = kept.account.clone();
        self.insert(*key, kept);
        Some(account)
    }

    /// Keeps what is under `key` as of `revision`.
    pub fn keep(&mut self, key: [u8; 32], revision: Revision, account: Account) {
        self.insert(key, Kept { revision, account });
    }

    fn insert(&mut self, key: [u8; 32], kept: Kept) {
        if self.young.len() >= MAX_GENERATION && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, kept);
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey, DeviceList, ListedDevice};

    use super::*;

    fn account(day: u32) -> Account {
        let devices = vec![ListedDevice { device: DeviceKey::from_seed([3; 32]).id(), added_day: 1 }];
        let devices = DeviceList::issue(&AccountKey::from_seed([1; 32]), 1, devices, Vec::new()).unwrap();
        Account { email: [2; 32], created_day: day, devices }
    }

    #[test]
    fn an_account_is_known_only_as_it_is_stored_now() {
        let mut decoded = Decoded::default();
        assert_eq!(decoded.get(&[1; 32], Revision(1)), None);
        decoded.keep([1; 32], Revision(1), account(1));
        assert_eq!(decoded.get(&[1; 32], Revision(1)), Some(account(1)));
        assert_eq!(decoded.get(&[2; 32], Revision(1)), None, "another account");
        assert_eq!(decoded.get(&[1; 32], Revision(2)), None, "something else is stored now");
        decoded.keep([1; 32], Revision(2), account(2));
        assert_eq!(decoded.get(&[1; 32], Revision(2)), Some(account(2)));
        assert_eq!(decoded.get(&[1; 32], Revision(1)), None);
    }

    #[test]
    fn no_more_than_two_generations_are_kept_and_who_is_asked_for_stays() {
        let mut decoded = Decoded::default();
        let key = |n: usize| -> [u8; 32] { std::array::from_fn(|i| n.to_le_bytes().get(i).copied().unwrap_or(0)) };
        let known = account(1);
        for n in 0..5 * MAX_GENERATION {
            decoded.keep(key(n), Revision(1), known.clone());
            assert_eq!(decoded.get(&key(0), Revision(1)), Some(known.clone()), "{n}");
            assert!(decoded.young.len() <= MAX_GENERATION && decoded.old.len() <= MAX_GENERATION);
        }
        assert_eq!(decoded.get(&key(1), Revision(1)), None, "forgotten");
    }
}
