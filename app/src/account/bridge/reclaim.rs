//! Taking an address back for a new identity when every key of the old one is lost: asking, waiting, finishing, and stopping what
//! somebody else asked for.
//!
//! The new identity waits sealed beside the wallet, and is nobody's until the server has given it the address.

use std::time::Duration;

use gloo::{net::http::Method, timers::future::sleep};
use milanio_rendezvous::api::{
    self, CodeText, DeviceListText, ErrorCode, FinishReclaim, ReclaimAnswer, ReclaimState, ReclaimStatus,
    ReclaimStopped, StopReclaim, StopText, Target, VerifyReclaim,
};
use serde::{
    Deserialize, Serialize,
    de::value::{Error as TextError, StrDeserializer},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    Bridge, Task, now_s,
    pending::Pending,
    restore::name_device,
    seed,
    server::{account_text, fresh_cert},
    sign_up::{checked_name, email_text, first_list, language},
};
use crate::{
    account::{
        route::{BackupWay, Route},
        state::{
            Action, Done,
            mail::{self, Purpose},
            problem::Problem,
            reclaim::{Stage, Takeover},
        },
    },
    platform::{account_api as http, api::Failure, clock, storage, wallet},
    wallet::Wallet,
};

/// A takeover as it is kept.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct Kept {
    email: String,
    wallet: Vec<u8>,
    ready_at_ms: u64,
    #[zeroize(skip)]
    stage: Stage,
}

/// How often the server is asked while a screen that shows it is open. Chosen: nobody waits for it by the minute.
const LOOK: Duration = Duration::from_secs(60);

/// How long after the end of the wait the server is asked. Chosen: clocks differ.
const AFTER: Duration = Duration::from_millis(500);

impl Kept {
    /// The one that waits, if any.
    pub async fn load() -> Option<Self> {
        postcard::from_bytes(&wallet::load_reclaim().await?).ok()
    }

    async fn keep(&self) -> Result<(), Problem> {
        let bytes = postcard::to_allocvec(self).map_err(|_| Problem::Internal)?;
        Ok(wallet::keep_reclaim(Some(Zeroizing::new(bytes))).await?)
    }

    /// What screens show of it.
    pub fn view(&self) -> Takeover {
        Takeover { email: self.email.clone(), stage: self.stage, ready_at_ms: self.ready_at_ms }
    }

    /// The new identity: as it is here, if it is in use already.
    async fn wallet(&self) -> Result<Wallet, Problem> {
        let kept = Wallet::from_bytes(&self.wallet).map_err(|_| Problem::Storage)?;
        let here = wallet::load().await.filter(|here| here.device_seed == kept.device_seed);
        Ok(here.unwrap_or(kept))
    }

    fn take(&mut self, answer: &ReclaimAnswer) {
        self.stage = match answer.state {
            ReclaimState::Waiting => Stage::Waiting,
            ReclaimState::Ready => Stage::Ready,
            ReclaimState::Stopped => Stage::Stopped,
        };
        let left_ms = answer.ready_s.saturating_mul(1_000).saturating_sub(answer.now_ms);
        self.ready_at_ms = clock::now_ms().saturating_add(left_ms);
    }
}

impl Bridge {
    /// The server says that somebody wanted this account's address. Shown until the person has seen it.
    pub(super) fn take_attempt(&self, stopped: Option<ReclaimStopped>) {
        let asked_s = stopped.map(|stopped| stopped.asked_s);
        self.show(Action::Attempt(asked_s.filter(|asked_s| storage::seen_attempt() != Some(*asked_s))));
    }

    /// The person has seen it.
    pub(super) fn see_attempt(&self, asked_s: u64) {
        storage::remember_attempt(asked_s);
        self.show(Action::Attempt(None));
    }
}

impl Task {
    /// Asks for a code to the address, for a new identity with this name.
    pub(super) async fn reclaim(&self, name: &str, email: &str, ticked: bool) -> Result<Option<Done>, Problem> {
        let name = checked_name(name)?;
        let email = mail::address(email)?;
        if !ticked {
            return Err(Problem::TickMissing);
        }
        let here = wallet::load().await.filter(|here| !here.is_registered);
        let mut wallet = match here {
            Some(here) => here,
            None => Wallet::new(seed()?, seed()?, name.clone(), now_s()).map_err(|_| Problem::Internal)?,
        };
        wallet.name = name;
        name_device(&mut wallet);
        self.send_code(wallet, email, Purpose::Reclaim).await
    }

    /// The code of the mail: the wait begins.
    pub(super) async fn verify_reclaim(
        &self,
        mut wallet: Wallet,
        pending: &Pending,
        code: CodeText,
    ) -> Result<Option<Done>, Problem> {
        let body = VerifyReclaim {
            request_id: pending.request,
            code,
            email: email_text(&pending.email)?,
            account: account_text(&wallet),
            cert: fresh_cert(&mut wallet)?,
            language: language(),
        };
        let request = self.prove(&wallet, Target::post(api::RECLAIM_VERIFY_PATH), body).await?;
        let answer: ReclaimAnswer = http::post(api::RECLAIM_VERIFY_PATH, None, &request).await?;
        let wallet = wallet.to_bytes().to_vec();
        let mut kept = Kept { email: pending.email.clone(), wallet, ready_at_ms: 0, stage: Stage::Waiting };
        kept.take(&answer);
        kept.keep().await?;
        Pending::forget().await;
        self.show(Action::MailDropped);
        self.go(&Route::Reclaim);
        Ok(None)
    }

    /// Asks how far it is, again and again while the screen is open, until the wait is over.
    pub(super) async fn follow_reclaim(&self) -> Result<(), Problem> {
        while let Some(mut kept) = Kept::load().await.filter(|_| self.is_current()) {
            let before = kept.stage;
            self.ask_reclaim(&mut kept).await?;
            if kept.stage != before {
                kept.keep().await?;
            }
            self.show(Action::Takeover(Some(kept.view())));
            self.show(Action::Edited);
            if kept.stage != Stage::Waiting {
                break;
            }
            let left = Duration::from_millis(kept.ready_at_ms.saturating_sub(clock::now_ms()));
            sleep(LOOK.min(left + AFTER)).await;
        }
        Ok(())
    }

    async fn ask_reclaim(&self, kept: &mut Kept) -> Result<(), Problem> {
        let mut wallet = kept.wallet().await?;
        let body = ReclaimStatus {
            email: email_text(&kept.email)?,
            account: account_text(&wallet),
            cert: fresh_cert(&mut wallet)?,
        };
        let request = self.prove(&wallet, Target::post(api::RECLAIM_STATUS_PATH), body).await?;
        match http::post(api::RECLAIM_STATUS_PATH, None, &request).await {
            Ok(answer) => kept.take(&answer),
            // It was finished, and the answer got lost: the account is there.
            Err(Failure::Refused(ErrorCode::ReclaimUnknown, _)) => {
                kept.stage = if self.log_in(&mut wallet).await.is_ok() { Stage::Ready } else { Stage::Gone };
            }
            Err(failure) => return Err(failure.into()),
        }
        Ok(())
    }

    /// The wait is over: the address is the new identity's, and that is who is here.
    pub(super) async fn finish_reclaim(&self) -> Result<Option<Done>, Problem> {
        let mut kept = Kept::load().await.ok_or(Problem::Storage)?;
        let mut wallet = kept.wallet().await?;
        let list = first_list(&wallet)?;
        let body = FinishReclaim {
            email: email_text(&kept.email)?,
            account: account_text(&wallet),
            cert: fresh_cert(&mut wallet)?,
            device_list: DeviceListText::new(list.to_bytes()).map_err(|_| Problem::Internal)?,
        };
        let request = self.prove(&wallet, Target::post(api::RECLAIM_FINISH_PATH), body).await?;
        let session = match http::post(api::RECLAIM_FINISH_PATH, None, &request).await {
            Err(Failure::Refused(ErrorCode::ReclaimUnknown, _)) => None,
            session => Some(session?),
        };
        match session {
            Some(session) => self.settle(wallet, &list, &kept.email, session).await?,
            None if self.log_in(&mut wallet).await.is_ok() => self.keep_registered(wallet, &kept.email).await?,
            None => {
                self.ask_reclaim(&mut kept).await?;
                kept.keep().await?;
                return Ok(None);
            }
        }
        wallet::keep_reclaim(None).await?;
        self.go(&Route::Backup(BackupWay::Words));
        Ok(None)
    }

    /// Nothing is waited for any more; the server forgets it by itself.
    pub(super) async fn drop_reclaim(&self) -> Result<Option<Done>, Problem> {
        wallet::keep_reclaim(None).await?;
        Ok(None)
    }

    /// Stops what the link of a notice is about.
    pub(super) async fn stop_reclaim(&self, stop: &str) -> Result<Option<Done>, Problem> {
        let text = StrDeserializer::<TextError>::new(stop);
        let stop = StopText::deserialize(text).map_err(|_| Problem::StopRefused)?;
        match http::send(Method::POST, api::RECLAIM_STOP_PATH, None, &StopReclaim { stop }).await {
            Ok(()) => Ok(Some(Done::TakeoverStopped)),
            Err(Failure::Refused(ErrorCode::CodeInvalid, _)) => Err(Problem::StopRefused),
            Err(failure) => Err(failure.into()),
        }
    }
}
