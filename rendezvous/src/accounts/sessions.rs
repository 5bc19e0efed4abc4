//! Signing in by a device's key, signing out, and whose session a token is.
//!
//! A session is good while its token runs, its account is there, its device is not revoked and has not signed out: all four are
//! looked up at every request, so that a revocation holds at once.

use milanio_identity::{AccountId, Attestation, AttestationLevel, DeviceId};

use super::{AccountError, Accounts, Asked, account_id, random};
use crate::{
    api::{AttestationText, DeviceListText, EmailText, KeyText, LOGIN_PATH, Login, Proven, Session, Target},
    core::{account::Account, email::EmailAddress, session::SessionClaims},
    mail::{Language, Letter},
    store::{
        account_record::{LogoutRow, SeenRow, VaultRow, logout_key, seen_key, vault_key},
        shelf::Found,
    },
};

/// A session that holds, and its account as it was read.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Whose session.
    pub claims: SessionClaims,
    /// The account's record.
    pub account: Found<Account>,
}

impl SignedIn {
    /// The account's key, as the store names it.
    pub const fn key(&self) -> &[u8; 32] {
        self.claims.account.as_bytes()
    }
}

impl Accounts {
    /// Signs a device in. Whether the account is registered is told only to who has its certificate. Of a device that the account
    /// did not have before, its address is told, which the server does not know and which the device must name.
    pub async fn login(&self, asked: &Asked, request: &Proven<Login>) -> Result<Session, AccountError> {
        let Login { account, cert, email, language } = &request.body;
        let account = account_id(account)?;
        let device = self.prove_certified(asked, Target::post(LOGIN_PATH), request, account, cert)?;
        let found = self.account(account.as_bytes()).await?.ok_or(AccountError::AccountUnknown)?;
        if !found.row.admits(&device) {
            return Err(AccountError::DeviceRevoked);
        }
        let is_new = !found.row.devices.lists(&device) && !self.has_seen(account, device).await?;
        let told = if is_new { Some(self.own_address(&found.row, email.as_ref())?) } else { None };
        let session = self.sign_in(&found.row, account, device).await?;
        if let Some(email) = told {
            let language = language.as_ref().map_or_else(Language::default, |tag| Language::of_tag(tag.as_str()));
            // Not held back by the pace of letters: it is what a thief would like to prevent.
            self.mailer.send(email, language, Letter::DeviceAdded);
        }
        Ok(session)
    }

    // The address that was named, which must be the account's.
    fn own_address(&self, account: &Account, named: Option<&EmailText>) -> Result<EmailAddress, AccountError> {
        let email = EmailAddress::parse(named.ok_or(AccountError::AddressNeeded)?.as_str())?;
        if self.email_hash(&email) == account.email { Ok(email) } else { Err(AccountError::EmailWrong) }
    }

    async fn has_seen(&self, account: AccountId, device: DeviceId) -> Result<bool, AccountError> {
        Ok(self.shelf.get::<SeenRow>(&seen_key(account.as_bytes(), &device)).await?.is_some())
    }

    /// Ends all sessions of this session's device.
    pub async fn logout(&self, session: &SignedIn) -> Result<(), AccountError> {
        let until_s = self.now_s().max(session.claims.issued_s);
        Ok(self.shelf.replace(&logout_key(&session.claims.device), &LogoutRow { until_s }).await?)
    }

    /// Whose session `token` is.
    pub async fn authenticate(&self, token: &str) -> Result<SignedIn, AccountError> {
        let claims = self.keys.session.open(token, self.now_s()).map_err(|_| AccountError::SessionInvalid)?;
        let account = self.account(claims.account.as_bytes()).await?.ok_or(AccountError::SessionInvalid)?;
        if !account.row.admits(&claims.device) {
            return Err(AccountError::DeviceRevoked);
        }
        let signed_out = self.signed_out_until(&claims.device).await?;
        if signed_out.is_some_and(|until_s| claims.issued_s <= until_s) {
            return Err(AccountError::SessionInvalid);
        }
        Ok(SignedIn { claims, account })
    }

    /// A new session for a device that has proven itself.
    pub(super) async fn sign_in(
        &self,
        account: &Account,
        id: AccountId,
        device: DeviceId,
    ) -> Result<Session, AccountError> {
        if !account.admits(&device) {
            return Err(AccountError::DeviceRevoked);
        }
        let reclaim_stopped = self.object(id.as_bytes(), &account.email).await?;
        // Whoever signs out and in again within a second gets the next one.
        let after = self.signed_out_until(&device).await?.map_or(0, |until_s| until_s.saturating_add(1));
        let claims = SessionClaims { account: id, device, id: random()?, issued_s: self.now_s().max(after) };
        let token = self.keys.session.issue(&claims).map_err(|_| AccountError::Malformed)?;
        self.remember(&claims).await?;
        let attestation = Attestation::issue(&self.keys.issuer, id, AttestationLevel::Email, self.today());
        let vault = self.shelf.get::<VaultRow>(&vault_key(id.as_bytes())).await?;
        Ok(Session {
            token,
            expires_s: claims.expires_s(),
            account: KeyText::from_bytes(*id.as_bytes()),
            device: KeyText::from_bytes(*device.as_bytes()),
            attestation: AttestationText::new(attestation.to_bytes()).map_err(|_| AccountError::Malformed)?,
            device_list: Some(list_text(account)?),
            vault: vault.is_some_and(|found| found.row.kept.is_some()),
            reclaim_stopped,
            now_ms: (self.now_ms)(),
        })
    }

    async fn signed_out_until(&self, device: &DeviceId) -> Result<Option<u64>, AccountError> {
        let found = self.shelf.get::<LogoutRow>(&logout_key(device)).await?;
        Ok(found.map(|found| found.row.until_s))
    }

    // One write a day and device.
    async fn remember(&self, claims: &SessionClaims) -> Result<(), AccountError> {
        let (key, row) = (seen_key(claims.account.as_bytes(), &claims.device), SeenRow { last_day: self.today() });
        if self.shelf.get::<SeenRow>(&key).await?.is_none_or(|found| found.row != row) {
            self.shelf.replace(&key, &row).await?;
        }
        Ok(())
    }
}

/// An account's list as it travels.
pub(super) fn list_text(account: &Account) -> Result<DeviceListText, AccountError> {
    DeviceListText::new(account.devices.to_bytes()).map_err(|_| AccountError::Malformed)
}
