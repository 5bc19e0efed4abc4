//! Registration: a letter to the address, and an account for whoever reads it.
//!
//! A stranger learns nothing about an address: known or not, there is the same answer after the same reads and writes, and one
//! letter. Only the letter differs, and only the owner of the mailbox sees it.

use super::{AccountError, Accounts, Asked, account_id};
use crate::{
    api::{CodeSent, Proven, REGISTER_PATH, Register, Session, Target, VERIFY_PATH, Verify, work_done},
    core::{account::Account, email::EmailAddress, mail_budget::Ground, mail_proof::Purpose},
    mail::{Language, Letter},
    store::{
        StoreError,
        account_record::{account_key, claim_key},
    },
};

impl Accounts {
    /// Writes to the address: a code, or that there is an account already.
    pub async fn register(&self, asked: &Asked, request: &Proven<Register>) -> Result<CodeSent, AccountError> {
        let Register { email, account, cert, language, work } = &request.body;
        let (email, account) = (EmailAddress::parse(email.as_str())?, account_id(account)?);
        self.prove_certified(asked, Target::post(REGISTER_PATH), request, account, cert)?;
        let hash = self.email_hash(&email);
        let work = work.map_or(0, |nonce| work_done(request.proof.challenge.as_bytes(), nonce));
        self.may_write(asked, &email, hash, (Ground::Anybody, work))?;
        let holder = self.holder(&hash).await?;
        let (code, sent) = self.open_request(*account.as_bytes(), Purpose::Register { email: hash }).await?;
        let letter = if holder.is_some() { Letter::AlreadyRegistered } else { Letter::Verify { code } };
        self.mailer.send(email, Language::of_tag(language.as_str()), letter);
        Ok(sent)
    }

    /// Makes the account whose address was proven, and signs its device in.
    pub async fn verify(&self, asked: &Asked, request: &Proven<Verify>) -> Result<Session, AccountError> {
        let Verify { request_id, account: id, code, cert, device_list } = &request.body;
        let id = account_id(id)?;
        let device = self.prove_certified(asked, Target::post(VERIFY_PATH), request, id, cert)?;
        // Before the code is used up by a request that could not succeed.
        let account = Account::new(id, [0; 32], self.today(), device_list, &device)?;
        if !account.admits(&device) {
            return Err(AccountError::DeviceRevoked);
        }
        let key = *id.as_bytes();
        let is_ours = |open: &crate::core::mail_proof::OpenRequest| {
            open.account == key && matches!(open.purpose, Purpose::Register { .. })
        };
        let redeemed = self.redeem(request_id, code, is_ours).await?;
        let Purpose::Register { email } = redeemed.purpose else { return Err(AccountError::CodeInvalid) };
        if !self.claim(&email, &key).await? {
            return Err(AccountError::CodeInvalid);
        }
        let account = Account { email, ..account };
        self.clear_leftovers(&key).await?;
        match self.shelf.put(account_key(&key), None, &account).await {
            Ok(_) => self.sign_in(&account, id, device).await,
            Err(StoreError::Conflict) => self.keep_present_address(&email, &key).await,
            Err(error) => Err(error.into()),
        }
    }

    // The account is there already: it keeps its address, and a claim on another one is given back.
    async fn keep_present_address(&self, email: &[u8; 32], account: &[u8; 32]) -> Result<Session, AccountError> {
        if self.holder(email).await?.is_none_or(|(holder, _)| holder != *account) {
            self.shelf.clear(&claim_key(email)).await?;
        }
        Err(AccountError::CodeInvalid)
    }
}
