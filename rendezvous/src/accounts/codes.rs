//! Codes that are mailed: made, sent within the budget, and redeemed once.

use super::{AccountError, Accounts, Asked, lock, random};
use crate::{
    api::{CodeSent, CodeText, RequestId},
    core::{
        email::EmailAddress,
        mail_budget::{Decision, Ground, MailRequest},
        mail_proof::{self, CODE_LIFE_S, OpenRequest, Purpose, RESEND_AFTER_S, Try},
    },
    mail::MailCode,
    store::{StoreError, account_record::request_key},
};

impl Accounts {
    /// Asks whether a letter may go to `to` on this ground, with work done in bits, and counts it.
    pub(super) fn may_write(
        &self,
        asked: &Asked,
        to: &EmailAddress,
        hash: [u8; 32],
        (ground, work_done): (Ground, u8),
    ) -> Result<(), AccountError> {
        if self.mailer.is_down() {
            return Err(AccountError::MailDown);
        }
        let request = MailRequest { from: asked.from, mailbox: hash, domain: to.domain(), ground, work_done };
        match lock(&self.budget).ask(&request, self.now_s()) {
            Decision::Send => Ok(()),
            Decision::WorkRequired(_) => Err(AccountError::WorkRequired),
            Decision::Refused { retry_after_s } => Err(AccountError::TooManyLetters { retry_after_s }),
        }
    }

    /// Opens the account's request for `purpose`, which voids an earlier one. Tells the code, whether it will be sent or not.
    pub(super) async fn open_request(
        &self,
        account: [u8; 32],
        purpose: Purpose,
    ) -> Result<(MailCode, CodeSent), AccountError> {
        let id = mail_proof::request_id(&self.keys.codes, &account, &purpose);
        let (printed, code) = mail_proof::code(&self.keys.codes, &id, random()?);
        let expires_s = self.now_s().saturating_add(CODE_LIFE_S);
        let request = OpenRequest { account, purpose, code, tries: 0, expires_s };
        self.shelf.replace(&request_key(&id), &request).await?;
        let sent = CodeSent { request_id: id, expires_s, resend_after_s: RESEND_AFTER_S };
        Ok((MailCode::new(&id.to_string(), &printed), sent))
    }

    /// Redeems a code. `fits` says whether the request is of the kind and account that it is redeemed for; a request that does not
    /// fit costs no try. Every try is stored before its outcome is told, so that tries at the same time count as well.
    pub(super) async fn redeem(
        &self,
        id: &RequestId,
        code: &CodeText,
        fits: impl Fn(&OpenRequest) -> bool,
    ) -> Result<OpenRequest, AccountError> {
        let key = request_key(id);
        loop {
            let found = self.shelf.get::<OpenRequest>(&key).await?;
            let found = found.filter(|found| fits(&found.row)).ok_or(AccountError::CodeInvalid)?;
            let stored = match found.row.attempt(&self.keys.codes, id, code.as_str(), self.now_s()) {
                Try::Right => self.shelf.delete(key.clone(), found.revision).await.map(|()| Ok(found.row)),
                Try::Wrong(next) => {
                    let put = self.shelf.put(key.clone(), Some(found.revision), &next).await;
                    put.map(|_| Err(AccountError::CodeInvalid))
                }
                Try::Void => Ok(Err(AccountError::CodeInvalid)),
            };
            match stored {
                Ok(outcome) => return outcome,
                // Another try came between: at most a handful, then the request is void.
                Err(StoreError::Conflict) => continue,
                Err(error) => return Err(error.into()),
            }
        }
    }
}
