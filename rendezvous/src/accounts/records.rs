//! What an account keeps here: sealed profile, sealed vault, signed device list. Each write names the number it follows.

use milanio_identity::{DeviceId, OpaqueServer};

use super::{AccountError, Accounts, Asked, SignedIn, sessions::list_text};
use crate::{
    api::{
        DEVICES_PATH, DevicesAnswer, Empty, KeyText, ProfileRecord, Proven, PutDevices, PutVault, SealedProfile,
        SealedVault, SeenDevice, Target, VAULT_PATH, VaultRecord,
    },
    store::{
        MAX_SCAN, Revision, StoreError,
        account_record::{
            KeptVault, ProfileRow, Row, SeenRow, VaultRow, account_key, profile_key, seen_key, seen_prefix, vault_key,
        },
    },
};

impl Accounts {
    /// The sealed profile.
    pub async fn profile(&self, session: &SignedIn) -> Result<ProfileRecord, AccountError> {
        let found = self.shelf.get::<ProfileRow>(&profile_key(session.key())).await?;
        let Some(ProfileRow { seq, sealed }) = found.map(|found| found.row) else {
            return Ok(ProfileRecord { seq: 0, sealed: None });
        };
        Ok(ProfileRecord { seq, sealed: Some(SealedProfile::new(sealed).map_err(|_| StoreError::Unreadable)?) })
    }

    /// Replaces the sealed profile.
    pub async fn put_profile(&self, session: &SignedIn, record: ProfileRecord) -> Result<(), AccountError> {
        let sealed = record.sealed.ok_or(AccountError::Malformed)?.into_bytes();
        let key = profile_key(session.key());
        let found = self.shelf.get::<ProfileRow>(&key).await?;
        let over = follows(found.map(|found| (found.row.seq, found.revision)), record.seq)?;
        self.write(key, over, &ProfileRow { seq: record.seq, sealed }).await
    }

    /// The sealed vault.
    pub async fn vault(&self, session: &SignedIn) -> Result<VaultRecord, AccountError> {
        let found = self.shelf.get::<VaultRow>(&vault_key(session.key())).await?;
        let VaultRow { seq, kept } = found.map(|found| found.row).unwrap_or_default();
        let sealed = kept.map(|kept| SealedVault::new(kept.sealed)).transpose().map_err(|_| StoreError::Unreadable)?;
        Ok(VaultRecord { seq, sealed })
    }

    /// Replaces the vault and the password that guards it.
    pub async fn put_vault(
        &self,
        asked: &Asked,
        session: &SignedIn,
        request: Proven<PutVault>,
    ) -> Result<(), AccountError> {
        self.prove_in_session(asked, Target::put(VAULT_PATH), &request, session)?;
        let PutVault { seq, sealed, opaque_record } = request.body;
        let opaque = OpaqueServer::record(opaque_record.as_bytes()).map_err(|_| AccountError::Malformed)?;
        let key = vault_key(session.key());
        let found = self.shelf.get::<VaultRow>(&key).await?;
        let over = follows(found.map(|found| (found.row.seq, found.revision)), seq)?;
        let kept = Some(KeptVault { sealed: sealed.into_bytes(), opaque });
        self.write(key, over, &VaultRow { seq, kept }).await
    }

    /// Removes the vault and with it the way in by password. Its number goes on counting, so that no old vault can come back.
    pub async fn delete_vault(
        &self,
        asked: &Asked,
        session: &SignedIn,
        request: &Proven<Empty>,
    ) -> Result<(), AccountError> {
        self.prove_in_session(asked, Target::delete(VAULT_PATH), request, session)?;
        let key = vault_key(session.key());
        match self.shelf.get::<VaultRow>(&key).await? {
            Some(found) if found.row.kept.is_some() => {
                let row = VaultRow { seq: found.row.seq.saturating_add(1), kept: None };
                self.write(key, Some(found.revision), &row).await
            }
            _ => Ok(()),
        }
    }

    /// The device list, and when its devices last signed in.
    pub async fn devices(&self, session: &SignedIn) -> Result<DevicesAnswer, AccountError> {
        let prefix = seen_prefix(session.key());
        let mut seen = Vec::new();
        for entry in self.shelf.page(&prefix, None, MAX_SCAN).await? {
            let device: [u8; 32] =
                entry.key.get(prefix.len()..).and_then(|key| key.try_into().ok()).ok_or(StoreError::Unreadable)?;
            let SeenRow { last_day } = SeenRow::decode(&entry.value)?;
            seen.push(SeenDevice { device: KeyText::from_bytes(device), last_day });
        }
        Ok(DevicesAnswer { list: list_text(&session.account.row)?, seen })
    }

    /// Replaces the device list. Devices that it revokes are refused from the next request on.
    pub async fn put_devices(
        &self,
        asked: &Asked,
        session: &SignedIn,
        request: &Proven<PutDevices>,
    ) -> Result<(), AccountError> {
        self.prove_in_session(asked, Target::put(DEVICES_PATH), request, session)?;
        let account = session.account.row.with_list(session.claims.account, &request.body.list)?;
        self.write(account_key(session.key()), Some(session.account.revision), &account).await?;
        for revoked in account.devices.revoked() {
            self.forget_device(session.key(), revoked).await?;
        }
        Ok(())
    }

    async fn forget_device(&self, account: &[u8; 32], device: &DeviceId) -> Result<(), AccountError> {
        Ok(self.shelf.clear(&seen_key(account, device)).await?)
    }

    // Whoever wrote between had the same number first.
    async fn write<R: Row>(&self, key: Vec<u8>, over: Option<Revision>, row: &R) -> Result<(), AccountError> {
        match self.shelf.put(key, over, row).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict) => Err(AccountError::SeqStale),
            Err(error) => Err(error.into()),
        }
    }
}

// What to write over, if `seq` follows what is stored.
fn follows(stored: Option<(u64, Revision)>, seq: u64) -> Result<Option<Revision>, AccountError> {
    let (last, over) = stored.map_or((0, None), |(last, revision)| (last, Some(revision)));
    if last.checked_add(1) == Some(seq) { Ok(over) } else { Err(AccountError::SeqStale) }
}
