//! Changing the e-mail address: a code to the new one, a notice to the old one, and the old one must be named to be written to.

use super::{AccountError, Accounts, Asked, SignedIn};
use crate::{
    api::{ChangeEmail, CodeSent, EMAIL_PATH, Proven, Target, VerifyEmail},
    core::{
        account::Account,
        email::EmailAddress,
        mail_budget::Ground,
        mail_proof::{OpenRequest, Purpose},
    },
    mail::{Language, Letter},
    store::{
        StoreError,
        account_record::{account_key, claim_key},
    },
};

impl Accounts {
    /// Writes to both addresses. The notice to the old one is not held back by its pace: it is what a thief would like to prevent.
    pub async fn change_email(
        &self,
        asked: &Asked,
        session: &SignedIn,
        request: &Proven<ChangeEmail>,
    ) -> Result<CodeSent, AccountError> {
        self.prove_in_session(asked, Target::post(EMAIL_PATH), request, session)?;
        let ChangeEmail { old_email, new_email, language } = &request.body;
        let (old, new) = (EmailAddress::parse(old_email.as_str())?, EmailAddress::parse(new_email.as_str())?);
        if self.email_hash(&old) != session.account.row.email {
            return Err(AccountError::EmailWrong);
        }
        let email = self.email_hash(&new);
        self.may_write(asked, &new, email, (Ground::SignedIn, 0))?;
        let holder = self.holder(&email).await?;
        let (code, sent) = self.open_request(*session.key(), Purpose::ChangeEmail { email }).await?;
        let letter = if holder.is_some() { Letter::AlreadyRegistered } else { Letter::EmailChange { code } };
        let language = Language::of_tag(language.as_str());
        self.mailer.send(old, language, Letter::EmailChanging);
        self.mailer.send(new, language, letter);
        Ok(sent)
    }

    /// Changes to the address that was proven.
    pub async fn verify_email(&self, session: &SignedIn, request: &VerifyEmail) -> Result<(), AccountError> {
        let is_ours =
            |open: &OpenRequest| open.account == *session.key() && matches!(open.purpose, Purpose::ChangeEmail { .. });
        let redeemed = self.redeem(&request.request_id, &request.code, is_ours).await?;
        let Purpose::ChangeEmail { email } = redeemed.purpose else { return Err(AccountError::CodeInvalid) };
        if !self.claim(&email, session.key()).await? {
            return Err(AccountError::CodeInvalid);
        }
        let old = self.set_address(session.key(), email).await?;
        if old != email {
            self.shelf.clear(&claim_key(&old)).await?;
        }
        Ok(())
    }

    // Tells the address that it had. This write is the change: before it the old claim counts, after it the new one.
    async fn set_address(&self, key: &[u8; 32], email: [u8; 32]) -> Result<[u8; 32], AccountError> {
        loop {
            let found = self.account(key).await?.ok_or(AccountError::SessionInvalid)?;
            let old = found.row.email;
            let changed = Account { email, ..found.row };
            match self.shelf.put(account_key(key), Some(found.revision), &changed).await {
                Ok(_) => return Ok(old),
                // The device list was written meanwhile.
                Err(StoreError::Conflict) => continue,
                Err(error) => return Err(error.into()),
            }
        }
    }
}
