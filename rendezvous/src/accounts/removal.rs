//! Deleting an account, and sweeping what belongs to none.

use super::{AccountError, Accounts, Asked, SignedIn};
use crate::{
    api::{ACCOUNT_PATH, Empty, Proven, Target},
    core::{
        account::Account,
        mail_proof::{Purpose, request_id},
    },
    store::{
        MAX_SCAN, Revision, StoreError,
        account_record::{
            CLAIM_PREFIX, ClaimRow, PROFILE_PREFIX, Row, SEEN_PREFIX, VAULT_PREFIX, account_key, claim_key, owner_of,
            profile_key, request_key, seen_prefix, vault_key,
        },
    },
};

/// How long a claim may be without its account, in seconds: ten minutes, 60 times what a request may take.
pub const CLAIM_GRACE_S: u64 = 600;
/// Entries that are looked at together (chosen: profiles take 50 KiB each).
const PAGE: usize = 64;

impl Accounts {
    /// Deletes the account and everything of it. Removing its record is the deletion; what a crash would leave of the rest, the
    /// sweep removes.
    pub async fn delete_account(
        &self,
        asked: &Asked,
        session: &SignedIn,
        request: &Proven<Empty>,
    ) -> Result<(), AccountError> {
        self.prove_in_session(asked, Target::delete(ACCOUNT_PATH), request, session)?;
        self.remove(session.key(), Some(session.account.row.clone())).await.map(drop)
    }

    /// Deletes the account without asking it, which an operator may. `last` is its record where it may be gone already. False if
    /// there is nothing to delete. That its devices have signed out is kept as long as their sessions could run: the same keys may
    /// come back.
    pub async fn remove(&self, key: &[u8; 32], mut last: Option<Account>) -> Result<bool, AccountError> {
        // Read before the record goes: what an account of the same key writes after it has other revisions, and stays.
        let mut belongings = self.belongings(key).await?;
        if let Some(email) =
            self.account(key).await?.map(|found| found.row.email).or(last.as_ref().map(|last| last.email))
        {
            belongings.extend(self.claim_of(&email, key).await?);
        }
        while let Some(found) = self.account(key).await? {
            match self.shelf.delete(account_key(key), found.revision).await {
                Err(StoreError::Conflict) => continue,
                deleted => deleted?,
            }
            last = Some(found.row);
        }
        let Some(Account { email, .. }) = last else { return Ok(false) };
        self.discard(belongings).await?;
        let purposes =
            [Purpose::Register { email }, Purpose::ChangeEmail { email }, Purpose::Vault, Purpose::Reclaim { email }];
        for purpose in purposes {
            self.shelf.clear(&request_key(&request_id(&self.keys.codes, key, &purpose))).await?;
        }
        Ok(true)
    }

    /// Removes what a deletion that was cut short has left of an earlier account of this key, before there is a new one. Does
    /// nothing to an account that is there.
    pub(super) async fn clear_leftovers(&self, key: &[u8; 32]) -> Result<(), AccountError> {
        let belongings = self.belongings(key).await?;
        // Asked after they were read: what is there without an account now belonged to none then.
        if self.account(key).await?.is_some() { Ok(()) } else { self.discard(belongings).await }
    }

    // What is kept beside the account's record.
    async fn belongings(&self, key: &[u8; 32]) -> Result<Vec<(Vec<u8>, Revision)>, AccountError> {
        let mut belongings = Vec::new();
        for prefix in [profile_key(key), vault_key(key), seen_prefix(key)] {
            let entries = self.shelf.page(&prefix, None, MAX_SCAN).await?;
            belongings.extend(entries.into_iter().map(|entry| (entry.key, entry.revision)));
        }
        Ok(belongings)
    }

    pub(super) async fn claim_of(
        &self,
        email: &[u8; 32],
        account: &[u8; 32],
    ) -> Result<Option<(Vec<u8>, Revision)>, AccountError> {
        let found = self.shelf.get::<ClaimRow>(&claim_key(email)).await?.filter(|found| found.row.account == *account);
        Ok(found.map(|found| (claim_key(email), found.revision)))
    }

    // What was written over in between has another owner, or is swept.
    pub(super) async fn discard(&self, entries: Vec<(Vec<u8>, Revision)>) -> Result<(), AccountError> {
        for (key, revision) in entries {
            match self.shelf.delete(key, revision).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Removes claims, profiles, vaults and sign-ins that belong to no account. Tells how many.
    pub async fn sweep(&self) -> Result<usize, AccountError> {
        let mut swept = 0;
        for prefix in [CLAIM_PREFIX, PROFILE_PREFIX, VAULT_PREFIX, SEEN_PREFIX] {
            let mut after = None;
            loop {
                let page = self.shelf.page(prefix, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.key.clone());
                for entry in page {
                    if !self.is_stray(prefix, &entry.key, &entry.value).await? {
                        continue;
                    }
                    match self.shelf.delete(entry.key, entry.revision).await {
                        Ok(()) => swept += 1,
                        Err(StoreError::Conflict) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(swept)
    }

    async fn is_stray(&self, prefix: &[u8], key: &[u8], value: &[u8]) -> Result<bool, AccountError> {
        if prefix != CLAIM_PREFIX {
            return Ok(self.account(&owner_of(key)?).await?.is_none());
        }
        let claim = ClaimRow::decode(value)?;
        let held = self.account(&claim.account).await?.is_some_and(|found| claim_key(&found.row.email) == key);
        Ok(!held && self.now_s() >= claim.claimed_s.saturating_add(CLAIM_GRACE_S))
    }
}
