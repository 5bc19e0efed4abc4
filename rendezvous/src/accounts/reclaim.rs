//! Taking an address back when every key of its account is lost: proof of the mailbox, a notice of days, then a new account.
//!
//! Asking tells a stranger nothing, as with a registration. Any sign-in of the old account stops it. The stored takeover is the one
//! thing that decides, by single writes: it is granted before the old account is removed, so that a crash in between can be gone on
//! from, and a sign-in that comes later than that stops nothing any more.

use milanio_identity::{AccountId, DeviceId};

use super::{AccountError, Accounts, Asked, account_id, random};
use crate::{
    api::{
        CodeSent, FinishReclaim, Proven, RECLAIM_FINISH_PATH, RECLAIM_PATH, RECLAIM_STATUS_PATH, RECLAIM_VERIFY_PATH,
        Reclaim, ReclaimAnswer, ReclaimState, ReclaimStatus, ReclaimStopped, RequestId, Session, StopReclaim, StopText,
        Target, VerifyReclaim, work_done,
    },
    core::{
        account::Account,
        email::EmailAddress,
        keyed::{is_keyed, keyed},
        mail_budget::Ground,
        mail_proof::{OpenRequest, Purpose, request_id},
        reclaim::Takeover,
        sealed_address,
    },
    mail::{Language, Letter, StopLink},
    store::{
        MAX_SCAN, StoreError,
        account_record::{Row as _, TAKEOVER_PREFIX, account_key, takeover_id, takeover_key},
        shelf::Found,
    },
};

impl Accounts {
    /// Writes to the address: a code, or that nobody has an account there.
    pub async fn reclaim(&self, asked: &Asked, request: &Proven<Reclaim>) -> Result<CodeSent, AccountError> {
        let Reclaim { email, account, cert, language, work } = &request.body;
        let (email, account) = (EmailAddress::parse(email.as_str())?, account_id(account)?);
        self.prove_certified(asked, Target::post(RECLAIM_PATH), request, account, cert)?;
        let hash = self.email_hash(&email);
        let work = work.map_or(0, |nonce| work_done(request.proof.challenge.as_bytes(), nonce));
        self.may_write(asked, &email, hash, (Ground::Anybody, work))?;
        let holder = self.holder(&hash).await?;
        let (code, sent) = self.open_request(*account.as_bytes(), Purpose::Reclaim { email: hash }).await?;
        let letter = if holder.is_some() { Letter::Reclaim { code } } else { Letter::NoAccount };
        self.mailer.send(email, Language::of_tag(language.as_str()), letter);
        Ok(sent)
    }

    /// Begins the wait for who has read the letter, and writes the first notice. Whoever repeats it finds the same wait.
    pub async fn verify_reclaim(
        &self,
        asked: &Asked,
        request: &Proven<VerifyReclaim>,
    ) -> Result<ReclaimAnswer, AccountError> {
        let VerifyReclaim { request_id, code, email, account, cert, language } = &request.body;
        let (email, account) = (EmailAddress::parse(email.as_str())?, account_id(account)?);
        self.prove_certified(asked, Target::post(RECLAIM_VERIFY_PATH), request, account, cert)?;
        let (hash, claimant) = (self.email_hash(&email), *account.as_bytes());
        let is_ours = |open: &OpenRequest| open.account == claimant && open.purpose == Purpose::Reclaim { email: hash };
        self.redeem(request_id, code, is_ours).await?;
        let holder = self.holder(&hash).await?.filter(|(holder, _)| *holder != claimant);
        let (holder, _) = holder.ok_or(AccountError::CodeInvalid)?;
        let id = self.takeover_of(&hash);
        let language = Language::of_tag(language.as_str());
        let takeover = match self.takeover(&id).await? {
            Some(Found { row, .. }) if row.claimant == claimant && row.holder == holder && row.stopped_s.is_none() => {
                row
            }
            _ => self.begin(&id, holder, claimant, &email, language).await?,
        };
        takeover.answer((self.now_ms)()).ok_or(AccountError::CodeInvalid)
    }

    async fn begin(
        &self,
        id: &RequestId,
        holder: [u8; 32],
        claimant: [u8; 32],
        email: &EmailAddress,
        language: Language,
    ) -> Result<Takeover, AccountError> {
        let address = sealed_address::seal(&self.address_key(), id.as_bytes(), random()?, email.as_str());
        let takeover = Takeover {
            holder,
            claimant,
            asked_s: self.now_s(),
            notice_s: self.notice_s,
            stopped_s: None,
            granted: false,
            reminded: 0,
            address: address.ok_or(AccountError::Malformed)?,
            language: language.number(),
        };
        self.shelf.replace(&takeover_key(id), &takeover).await?;
        let days = takeover.notice_s.div_ceil(super::DAY_S);
        self.mailer.send(email.clone(), language, self.notice(id, &takeover, days));
        Ok(takeover)
    }

    /// How far it is, for the account that asked.
    pub async fn reclaim_status(
        &self,
        asked: &Asked,
        request: &Proven<ReclaimStatus>,
    ) -> Result<ReclaimAnswer, AccountError> {
        let ReclaimStatus { email, account, cert } = &request.body;
        let (email, account) = (EmailAddress::parse(email.as_str())?, account_id(account)?);
        self.prove_certified(asked, Target::post(RECLAIM_STATUS_PATH), request, account, cert)?;
        let found = self.takeover_for(&self.email_hash(&email), account).await?;
        let found = found.ok_or(AccountError::ReclaimUnknown)?;
        found.row.answer((self.now_ms)()).ok_or(AccountError::ReclaimUnknown)
    }

    /// Gives the address to the new account when the wait is over, signs its device in, and tells the address. The old account is
    /// deleted. Whoever repeats it is signed in again.
    pub async fn finish_reclaim(
        &self,
        asked: &Asked,
        request: &Proven<FinishReclaim>,
    ) -> Result<Session, AccountError> {
        let FinishReclaim { email, account, cert, device_list } = &request.body;
        let (email, account) = (EmailAddress::parse(email.as_str())?, account_id(account)?);
        let device = self.prove_certified(asked, Target::post(RECLAIM_FINISH_PATH), request, account, cert)?;
        let hash = self.email_hash(&email);
        let Some(found) = self.takeover_for(&hash, account).await? else {
            return self.finished(hash, account, device).await;
        };
        let language = found.row.language;
        let new = Account::new(account, hash, self.today(), device_list, &device)?;
        if !new.admits(&device) {
            return Err(AccountError::DeviceRevoked);
        }
        let key = *account.as_bytes();
        let old = self.holder(&hash).await?.filter(|(holder, _)| *holder != key);
        let is_theirs = old.as_ref().is_none_or(|(holder, _)| *holder == found.row.holder);
        let is_free = self.account(&key).await?.is_none_or(|present| present.row.email == hash);
        if found.row.state(self.now_s()) != Some(ReclaimState::Ready) || !is_theirs || !is_free {
            return Err(AccountError::ReclaimUnknown);
        }
        let id = self.takeover_of(&hash);
        let granted = Takeover { granted: true, address: Vec::new(), ..found.row };
        match self.shelf.put(takeover_key(&id), Some(found.revision), &granted).await {
            Ok(_) => {}
            // The old account signed in meanwhile.
            Err(StoreError::Conflict) => return Err(AccountError::ReclaimUnknown),
            Err(error) => return Err(error.into()),
        }
        if let Some((holder, last)) = old {
            self.remove(&holder, Some(last)).await?;
        }
        if !self.claim(&hash, &key).await? {
            return Err(AccountError::ReclaimUnknown);
        }
        match self.shelf.put(account_key(&key), None, &new).await {
            // There already if this is repeated.
            Ok(_) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let present = self.account(&key).await?.ok_or(AccountError::ReclaimUnknown)?;
        self.shelf.clear(&takeover_key(&id)).await?;
        let session = self.sign_in(&present.row, account, device).await?;
        self.mailer.send(email, Language::of_number(language), Letter::Reclaimed);
        Ok(session)
    }

    /// Stops the takeover that a notice's link is about.
    pub async fn stop_reclaim(&self, request: &StopReclaim) -> Result<(), AccountError> {
        let (id, _) = request.stop.as_bytes().split_first_chunk::<16>().ok_or(AccountError::CodeInvalid)?;
        let id = RequestId::from_bytes(*id);
        let found = self.takeover(&id).await?.ok_or(AccountError::CodeInvalid)?;
        let (_, mac) = request.stop.as_bytes().split_at(16);
        if !is_keyed(&self.keys.codes, STOP, &stop_parts(&id, &found.row.asked_s.to_be_bytes(), &found.row), mac) {
            return Err(AccountError::CodeInvalid);
        }
        self.stop(&id, found).await.map(drop)
    }

    /// A sign-in of the account `key` that has the address: stops a takeover of it. Tells of one that was stopped, now or before.
    pub(super) async fn object(
        &self,
        key: &[u8; 32],
        email: &[u8; 32],
    ) -> Result<Option<ReclaimStopped>, AccountError> {
        let id = self.takeover_of(email);
        let Some(found) = self.takeover(&id).await?.filter(|found| found.row.holder == *key) else { return Ok(None) };
        let takeover = self.stop(&id, found).await?;
        let stopped = takeover.stopped_s.filter(|_| takeover.state(self.now_s()).is_some());
        Ok(stopped.map(|stopped_s| ReclaimStopped { asked_s: takeover.asked_s, stopped_s }))
    }

    async fn stop(&self, id: &RequestId, mut found: Found<Takeover>) -> Result<Takeover, AccountError> {
        while let Some(stopped) = found.row.stopped(self.now_s()) {
            match self.shelf.put(takeover_key(id), Some(found.revision), &stopped).await {
                Ok(_) => return Ok(stopped),
                // A reminder was counted, it was granted, or stopped from elsewhere.
                Err(StoreError::Conflict) => match self.takeover(id).await? {
                    Some(again) if again.row.asked_s == found.row.asked_s => found = again,
                    _ => break,
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found.row)
    }

    /// Writes the reminders that are due. Tells how many.
    pub async fn remind(&self) -> Result<usize, AccountError> {
        let (mut written, mut after) = (0, None);
        loop {
            let page = self.shelf.page(TAKEOVER_PREFIX, after, MAX_SCAN).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for entry in page {
                let found = Found { row: Takeover::decode(&entry.value)?, revision: entry.revision };
                written += usize::from(self.remind_of(&takeover_id(&entry.key)?, found).await?);
            }
        }
        Ok(written)
    }

    // Counted before it is written: one that gets lost is better than one that is written without end.
    async fn remind_of(&self, id: &RequestId, found: Found<Takeover>) -> Result<bool, AccountError> {
        let Some((next, days)) = found.row.reminded(self.now_s()) else { return Ok(false) };
        if self.mailer.is_down() {
            return Ok(false);
        }
        let address = sealed_address::open(&self.address_key(), id.as_bytes(), &next.address);
        let Some(to) = address.and_then(|address| EmailAddress::parse(&address).ok()) else { return Ok(false) };
        match self.shelf.put(takeover_key(id), Some(found.revision), &next).await {
            Ok(_) => {
                self.mailer.send(to, Language::of_number(next.language), self.notice(id, &next, days));
                Ok(true)
            }
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    // Repeated after the answer was lost: the account has the address, and the device that finished is in its list.
    async fn finished(&self, hash: [u8; 32], account: AccountId, device: DeviceId) -> Result<Session, AccountError> {
        let present = self.account(account.as_bytes()).await?;
        let present = present.filter(|present| present.row.email == hash && present.row.devices.lists(&device));
        self.sign_in(&present.ok_or(AccountError::ReclaimUnknown)?.row, account, device).await
    }

    // The takeover of the address, if this account asked for it.
    async fn takeover_for(
        &self,
        email: &[u8; 32],
        account: AccountId,
    ) -> Result<Option<Found<Takeover>>, AccountError> {
        let found = self.takeover(&self.takeover_of(email)).await?;
        Ok(found.filter(|found| found.row.claimant == *account.as_bytes()))
    }

    async fn takeover(&self, id: &RequestId) -> Result<Option<Found<Takeover>>, AccountError> {
        Ok(self.shelf.get(&takeover_key(id)).await?)
    }

    // An address has one takeover at a time.
    fn takeover_of(&self, email: &[u8; 32]) -> RequestId {
        request_id(&self.keys.codes, email, &Purpose::Reclaim { email: *email })
    }

    fn notice(&self, id: &RequestId, takeover: &Takeover, days: u64) -> Letter {
        let stop = serde_json::to_value(self.stop_text(id, takeover)).unwrap_or_default();
        Letter::Reclaiming { stop: StopLink::new(stop.as_str().unwrap_or_default()), days }
    }

    fn stop_text(&self, id: &RequestId, takeover: &Takeover) -> StopText {
        let mut text = [0; 48];
        text[..16].copy_from_slice(id.as_bytes());
        text[16..].copy_from_slice(&keyed(
            &self.keys.codes,
            STOP,
            &stop_parts(id, &takeover.asked_s.to_be_bytes(), takeover),
        ));
        StopText::from_bytes(text)
    }

    fn address_key(&self) -> [u8; 32] {
        keyed(&self.keys.pepper, "reclaim-address", &[])
    }
}

const STOP: &str = "reclaim-stop";

// Another attempt at the same address has another link.
fn stop_parts<'a>(id: &'a RequestId, asked_s: &'a [u8; 8], takeover: &'a Takeover) -> [&'a [u8]; 3] {
    [id.as_bytes(), &takeover.claimant, asked_s]
}
