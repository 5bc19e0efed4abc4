//! E-mail and password on a new browser: the vault for whoever knows the password (OPAQUE, RFC 9807) and reads the mail.
//!
//! The server hashes nothing slowly, keeps nothing between the steps, and does the same for addresses that nobody has.

use milanio_identity::OpaqueServer;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{AccountError, Accounts, Asked, SignedIn, lock, random, sessions::list_text};
use crate::{
    api::{
        CodeSent, EmailText, KeyText, OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer, OpaqueMessage, OpaqueRegister,
        OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer, OpenedVault, SealedVault,
    },
    core::{
        email::EmailAddress,
        login_state::{LOGIN_LIFE_S, PendingLogin},
        mail_budget::Ground,
        mail_proof::{OpenRequest, Purpose},
    },
    mail::{Language, Letter},
    store::{
        StoreError,
        account_record::{VaultRow, vault_key},
    },
};

impl Accounts {
    /// Answers the registration of a password. Nothing is stored before the vault comes.
    pub fn opaque_register(
        &self,
        session: &SignedIn,
        request: &OpaqueRegister,
    ) -> Result<OpaqueRegisterAnswer, AccountError> {
        let response = self.keys.opaque.registration(request.request.as_bytes(), session.key());
        Ok(OpaqueRegisterAnswer { response: message(response.map_err(|_| AccountError::Malformed)?)? })
    }

    /// Answers the first step of a login, for every address.
    pub async fn opaque_login(&self, request: &OpaqueLogin) -> Result<OpaqueLoginAnswer, AccountError> {
        let email = self.email_hash(&EmailAddress::parse(request.email.as_str())?);
        let holder = self.holder(&email).await?.map(|(account, _)| account);
        // Where nobody has the address, its hash stands in for an account: the same at every try, as an account would be.
        let credential = holder.unwrap_or(email);
        let vault = self.shelf.get::<VaultRow>(&vault_key(&credential)).await?;
        let record = vault.and_then(|found| found.row.kept).map(|kept| kept.opaque);
        let mut rng = ChaCha20Rng::from_seed(random()?);
        let started = self
            .keys
            .opaque
            .login_start(record.as_deref(), request.request.as_bytes(), &credential, &mut rng)
            .map_err(|_| AccountError::Malformed)?;
        let pending = PendingLogin {
            email,
            account: holder.unwrap_or_default(),
            expires_s: self.now_s().saturating_add(LOGIN_LIFE_S),
            opaque: started.state,
        };
        let login = pending.seal(&self.keys.logins, random()?).map_err(|_| AccountError::Malformed)?;
        Ok(OpaqueLoginAnswer { login, response: message(started.response)? })
    }

    /// Checks the password's proof, and writes to the address.
    pub async fn opaque_finish(&self, asked: &Asked, request: &OpaqueFinish) -> Result<CodeSent, AccountError> {
        let email = EmailAddress::parse(request.email.as_str())?;
        let (hash, now_s) = (self.email_hash(&email), self.now_s());
        let opened = PendingLogin::open(&self.keys.logins, &request.login, now_s);
        let (login, number) = opened.map_err(|_| AccountError::CredentialsInvalid)?;
        let proven = OpaqueServer::login_finish(&login.opaque, request.finalization.as_bytes());
        if proven.is_err() || login.email != hash {
            return Err(AccountError::CredentialsInvalid);
        }
        let spent = lock(&self.used).spend_once(number, login.expires_s, now_s);
        spent.map_err(|_| AccountError::CredentialsInvalid)?;
        self.may_write(asked, &email, hash, (Ground::Password, 0))?;
        let (code, sent) = self.open_request(login.account, Purpose::Vault).await?;
        self.mailer.send(email, Language::of_tag(request.language.as_str()), Letter::NewDevice { code });
        Ok(sent)
    }

    /// Hands the vault out to who has shown both.
    pub async fn opaque_vault(&self, request: &OpaqueVault) -> Result<OpaqueVaultAnswer, AccountError> {
        let is_vault = |open: &OpenRequest| open.purpose == Purpose::Vault;
        let account = self.redeem(&request.request_id, &request.code, is_vault).await?.account;
        let found = self.account(&account).await?.ok_or(AccountError::CodeInvalid)?;
        let vault = self.shelf.get::<VaultRow>(&vault_key(&account)).await?.map(|found| found.row);
        let Some(VaultRow { seq, kept: Some(kept) }) = vault else { return Err(AccountError::CodeInvalid) };
        let sealed = SealedVault::new(kept.sealed).map_err(|_| StoreError::Unreadable)?;
        Ok(OpaqueVaultAnswer {
            account: KeyText::from_bytes(account),
            vault: OpenedVault { seq, sealed },
            device_list: list_text(&found.row)?,
        })
    }

    /// What a login at `email` from a network counts as: the address's hash, which is no address.
    pub fn login_target(&self, email: &EmailText) -> Result<[u8; 32], AccountError> {
        Ok(self.email_hash(&EmailAddress::parse(email.as_str())?))
    }
}

fn message(bytes: Vec<u8>) -> Result<OpaqueMessage, AccountError> {
    OpaqueMessage::new(bytes).map_err(|_| AccountError::Malformed)
}
