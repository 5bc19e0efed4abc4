//! Accounts: applies the rules of [`crate::core`] to stored accounts, at the clock's time, and writes to people.
//!
//! An account is there when its record is; everything else about it (claims, profile, vault, sign-ins) counts only together with
//! that record and is swept otherwise, so each step is one write and a crash between two leaves nothing half done. Left out: HTTP, and
//! who may ask how often.

mod codes;
mod decoded;
mod email_change;
mod overview;
mod password;
mod proof;
mod reclaim;
mod records;
mod registration;
mod removal;
mod sessions;

use std::sync::{Mutex, MutexGuard, PoisonError};

use milanio_identity::AccountId;

use decoded::Decoded;
pub use overview::{FindError, Overview};
pub use proof::Asked;
pub use sessions::SignedIn;

use crate::{
    api::{ChallengeAnswer, KeyText, KeysAnswer},
    clock,
    core::{
        account::{Account, ListError},
        challenge::{self, ChallengeError, UsedChallenges},
        email::{EmailAddress, EmailInvalid},
        keyed::keyed,
        mail_budget::MailBudget,
        reclaim::NOTICE_S,
    },
    keys::ServerKeys,
    mail::Mailer,
    store::{
        Entry, Store, StoreError,
        account_record::{ClaimRow, Row as _, account_key, claim_key},
        shelf::{Found, Shelf},
    },
};

/// Why something was not done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A key or list in the request is none, or something is missing.
    #[error("the request is malformed")]
    Malformed,
    /// Not an e-mail address.
    #[error(transparent)]
    EmailInvalid(#[from] EmailInvalid),
    /// The code is not the one that was sent, or no longer good.
    #[error("the code does not hold")]
    CodeInvalid,
    /// The account has another e-mail address.
    #[error("the account has another e-mail address")]
    EmailWrong,
    /// There is no such session.
    #[error("there is no such session")]
    SessionInvalid,
    /// The account did not certify the device or did not sign the list.
    #[error("the account did not sign this")]
    SignatureInvalid,
    /// The device did not sign this request, or not with a challenge that can be answered now.
    #[error("the proof does not hold")]
    ProofInvalid,
    /// The account is not registered.
    #[error("the account is not registered")]
    AccountUnknown,
    /// The account has revoked the device.
    #[error("the account has revoked the device")]
    DeviceRevoked,
    /// The account did not have the device before, and its address was not named.
    #[error("the account's e-mail address is needed")]
    AddressNeeded,
    /// The account has not asked for this address, or the wait is not over.
    #[error("no such takeover")]
    ReclaimUnknown,
    /// Address and password do not belong together.
    #[error("address and password do not belong together")]
    CredentialsInvalid,
    /// Something newer is stored.
    #[error("something newer is stored")]
    SeqStale,
    /// The request needs a proof of work.
    #[error("work is required")]
    WorkRequired,
    /// No mail leaves.
    #[error("no mail leaves")]
    MailDown,
    /// Too many letters.
    #[error("too many letters")]
    TooManyLetters {
        /// Seconds until asking again can help.
        retry_after_s: u32,
    },
    /// Too much is under way.
    #[error("too much is under way")]
    Busy,
    /// The machine has no randomness.
    #[error("no randomness")]
    NoRandomness,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ListError> for AccountError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Invalid => Self::SignatureInvalid,
            ListError::Stale => Self::SeqStale,
        }
    }
}

impl From<ChallengeError> for AccountError {
    fn from(error: ChallengeError) -> Self {
        match error {
            ChallengeError::Invalid => Self::ProofInvalid,
            ChallengeError::Full => Self::Busy,
        }
    }
}

/// The accounts of one server.
pub struct Accounts {
    shelf: Shelf,
    keys: ServerKeys,
    mailer: Mailer,
    budget: Mutex<MailBudget>,
    used: Mutex<UsedChallenges>,
    decoded: Mutex<Decoded>,
    now_ms: clock::Millis,
    notice_s: u64,
}

impl Accounts {
    /// The accounts in `store`, whose letters leave through `mailer` within `budget`.
    pub fn new(
        store: std::sync::Arc<dyn Store>,
        keys: ServerKeys,
        mailer: Mailer,
        budget: MailBudget,
        now_ms: clock::Millis,
    ) -> Self {
        let used = Mutex::new(UsedChallenges::default());
        let (decoded, notice_s) = (Mutex::default(), NOTICE_S);
        Self { shelf: Shelf::new(store), keys, mailer, budget: Mutex::new(budget), used, decoded, now_ms, notice_s }
    }

    /// The same with another time to object to a takeover, in seconds: for a lab, where nobody can wait for days.
    #[must_use]
    pub const fn with_notice(mut self, notice_s: u64) -> Self {
        self.notice_s = notice_s;
        self
    }

    /// A challenge, with the work that a registration would take now.
    pub fn challenge(&self) -> Result<ChallengeAnswer, AccountError> {
        let now_s = self.now_s();
        let (challenge, expires_s) = challenge::issue(&self.keys.challenge, random()?, now_s);
        Ok(ChallengeAnswer { challenge, expires_s, work_bits: lock(&self.budget).work_bits(now_s) })
    }

    /// The keys that attestations verify under.
    pub fn issuers(&self) -> KeysAnswer {
        KeysAnswer { issuers: vec![KeyText::from_bytes(*self.keys.issuer.id().as_bytes())] }
    }

    fn now_s(&self) -> u64 {
        (self.now_ms)() / 1_000
    }

    fn today(&self) -> u32 {
        u32::try_from(self.now_s() / DAY_S).unwrap_or(u32::MAX)
    }

    // All that is kept of an address. Without the pepper it cannot be guessed at.
    fn email_hash(&self, email: &EmailAddress) -> [u8; 32] {
        keyed(&self.keys.pepper, "email", &[email.folded().as_bytes()])
    }

    // The account that has the address. As many reads whether there is one or not.
    async fn holder(&self, email: &[u8; 32]) -> Result<Option<([u8; 32], Account)>, AccountError> {
        let claim = self.shelf.get::<ClaimRow>(&claim_key(email)).await?;
        let account = claim.map_or(*email, |claim| claim.row.account);
        let found = self.account(&account).await?;
        Ok(found.filter(|found| found.row.email == *email).map(|found| (account, found.row)))
    }

    async fn account(&self, account: &[u8; 32]) -> Result<Option<Found<Account>>, AccountError> {
        let Some(Entry { value, revision, .. }) = self.shelf.stored(&account_key(account)).await? else {
            return Ok(None);
        };
        if let Some(row) = lock(&self.decoded).get(account, revision) {
            return Ok(Some(Found { row, revision }));
        }
        let row = Account::decode(&value)?;
        lock(&self.decoded).keep(*account, revision, row.clone());
        Ok(Some(Found { row, revision }))
    }

    // True if the address is now claimed by `account`. A claim without its account is what a crash left, and is taken over when
    // nobody can be about to use it any more.
    async fn claim(&self, email: &[u8; 32], account: &[u8; 32]) -> Result<bool, AccountError> {
        let key = claim_key(email);
        let row = ClaimRow { account: *account, claimed_s: self.now_s() };
        match self.shelf.put(key.clone(), None, &row).await {
            Ok(_) => return Ok(true),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(found) = self.shelf.get::<ClaimRow>(&key).await? else { return Err(AccountError::Busy) };
        let is_ours = found.row.account == *account;
        let is_held = !is_ours && self.holder(email).await?.is_some();
        if is_held || !is_ours && self.now_s() < found.row.claimed_s.saturating_add(removal::CLAIM_GRACE_S) {
            return Ok(false);
        }
        // Ours is written again: whoever is still deleting an earlier account of this key must not take it.
        match self.shelf.put(key, Some(found.revision), &row).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) if is_ours => Err(AccountError::Busy),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Seconds of a day.
const DAY_S: u64 = 86_400;

// Nothing below can panic while it holds such a lock, and nothing awaits.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn random<const N: usize>() -> Result<[u8; N], AccountError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| AccountError::NoRandomness)?;
    Ok(bytes)
}

fn account_id(text: &KeyText) -> Result<AccountId, AccountError> {
    AccountId::from_bytes(text.as_bytes()).map_err(|_| AccountError::Malformed)
}

#[cfg(test)]
mod tests;
