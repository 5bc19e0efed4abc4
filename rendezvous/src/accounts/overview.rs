//! Which account an operator means, and what may be learnt about it: that it is there, and how much it keeps. All else is sealed or a
//! hash.

use serde::{Deserialize, Serialize};

use super::{AccountError, Accounts};
use crate::{
    core::{email::EmailAddress, short_id::ShortId},
    store::{
        MAX_SCAN,
        account_record::{ACCOUNT_PREFIX, ProfileRow, SeenRow, VaultRow, profile_key, seen_prefix, vault_key},
        shelf::Found,
    },
};

/// Why no account is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The operator named something else.
    #[error("this is no account's id or address")]
    NotAName,
    /// Nobody has it.
    #[error("there is no such account")]
    Unknown,
    /// More than one account has this short id.
    #[error("several accounts have this short id: name the address or the whole id")]
    Ambiguous,
    /// The address is none, or the store did not do its part.
    #[error(transparent)]
    Account(#[from] AccountError),
}

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
    /// The key of the account that is named by its address, its whole id (32 bytes in base64url) or the 12 characters that people see.
    pub async fn find(&self, named: &str) -> Result<[u8; 32], FindError> {
        // No id has an `@`.
        if named.contains('@') {
            let email = EmailAddress::parse(named).map_err(AccountError::from)?;
            let holder = self.holder(&self.email_hash(&email)).await?;
            return holder.map(|(key, _)| key).ok_or(FindError::Unknown);
        }
        if let Some(short) = ShortId::parse(named) {
            return self.find_short(short).await;
        }
        let whole = data_encoding::BASE64URL_NOPAD.decode(named.as_bytes()).ok();
        let key: [u8; 32] = whole.and_then(|bytes| bytes.try_into().ok()).ok_or(FindError::NotAName)?;
        self.account(&key).await?.map(|_| key).ok_or(FindError::Unknown)
    }

    async fn find_short(&self, short: ShortId) -> Result<[u8; 32], FindError> {
        let prefix = [ACCOUNT_PREFIX, &short.prefix()].concat();
        let entries = self.shelf.page(&prefix, None, MAX_SCAN).await.map_err(AccountError::from)?;
        let keys = entries.iter().filter_map(|entry| entry.key.strip_prefix(ACCOUNT_PREFIX)?.try_into().ok());
        let mut meant = keys.filter(|key| short.names(key));
        match (meant.next(), meant.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(FindError::Ambiguous),
            (None, _) => Err(FindError::Unknown),
        }
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
