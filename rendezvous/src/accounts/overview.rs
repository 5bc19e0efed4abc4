//! What an operator may learn about an account: that it is there, and how much it keeps. All else is sealed or a hash.

use serde::{Deserialize, Serialize};

use super::{AccountError, Accounts};
use crate::{
    core::email::EmailAddress,
    store::{
        MAX_SCAN,
        account_record::{ProfileRow, SeenRow, VaultRow, profile_key, seen_prefix, vault_key},
        shelf::Found,
    },
};

/// An account from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// When it was registered, in days since the Unix epoch.
    pub created_day: u32,
    /// Devices in its list.
    pub devices: usize,
    /// Devices that it has revoked and still remembers.
    pub revoked: usize,
    /// When one of its devices was last seen, in days since the Unix epoch.
    pub last_day: Option<u32>,
    /// Bytes of its sealed profile.
    pub profile_bytes: usize,
    /// Whether it keeps a vault.
    pub vault: bool,
}

impl Accounts {
    /// The key of the account that has the address `email`, if one has it.
    pub async fn key_at(&self, email: &str) -> Result<Option<[u8; 32]>, AccountError> {
        let email = EmailAddress::parse(email)?;
        Ok(self.holder(&self.email_hash(&email)).await?.map(|(key, _)| key))
    }

    /// The account with this key, from outside.
    pub async fn overview(&self, key: &[u8; 32]) -> Result<Option<Overview>, AccountError> {
        let Some(Found { row: account, .. }) = self.account(key).await? else { return Ok(None) };
        let profile = self.shelf.get::<ProfileRow>(&profile_key(key)).await?;
        let vault = self.shelf.get::<VaultRow>(&vault_key(key)).await?;
        let mut last_day = None;
        for entry in self.shelf.page(&seen_prefix(key), None, MAX_SCAN).await? {
            let seen = self.shelf.get::<SeenRow>(&entry.key).await?;
            last_day = last_day.max(seen.map(|found| found.row.last_day));
        }
        Ok(Some(Overview {
            created_day: account.created_day,
            devices: account.devices.devices().len(),
            revoked: account.devices.revoked().len(),
            last_day,
            profile_bytes: profile.map_or(0, |found| found.row.sealed.len()),
            vault: vault.is_some_and(|found| found.row.kept.is_some()),
        }))
    }
}
