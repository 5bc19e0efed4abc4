//! Deleting an account, and sweeping what belongs to none.

use super::{AccountError, Accounts, Asked, SignedIn};
use crate::{
    api::{ACCOUNT_PATH, Empty, Proven, Target},
    core::{
        account::Account,
        mail_proof::{Purpose, request_id},
    },
    store::{
        MAX_SCAN, StoreError,
        account_record::{
            CLAIM_PREFIX, ClaimRow, PROFILE_PREFIX, Row, SEEN_PREFIX, VAULT_PREFIX, account_key, claim_key, logout_key,
            owner_of, profile_key, request_key, seen_prefix, vault_key,
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
    /// there is nothing to delete.
    pub async fn remove(&self, key: &[u8; 32], mut last: Option<Account>) -> Result<bool, AccountError> {
        while let Some(found) = self.account(key).await? {
            match self.shelf.delete(account_key(key), found.revision).await {
                Err(StoreError::Conflict) => continue,
                deleted => deleted?,
            }
            last = Some(found.row);
        }
        let Some(last) = last else { return Ok(false) };
        self.shelf.clear(&claim_key(&last.email)).await?;
        self.shelf.clear(&profile_key(key)).await?;
        self.shelf.clear(&vault_key(key)).await?;
        for entry in self.shelf.page(&seen_prefix(key), None, MAX_SCAN).await? {
            self.shelf.clear(&entry.key).await?;
        }
        let email = last.email;
        let purposes =
            [Purpose::Register { email }, Purpose::ChangeEmail { email }, Purpose::Vault, Purpose::Reclaim { email }];
        for purpose in purposes {
            self.shelf.clear(&request_key(&request_id(&self.keys.codes, key, &purpose))).await?;
        }
        for listed in last.devices.devices() {
            self.shelf.clear(&logout_key(&listed.device)).await?;
        }
        Ok(true)
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
