//! Requests that prove who asks: challenges, signatures, and the session's token.

use gloo::net::http::Method;
use milanio_identity::{DeviceId, DeviceList};
use milanio_rendezvous::api::{
    self, Asker, CertText, ChallengeAnswer, Empty, ErrorCode, KeyText, Login, Proven, Session as SessionAnswer, Target,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Task, now_s,
    sign_up::{email_text, language},
};
use crate::{
    account::{job::JobError, state::problem::Problem},
    platform::{
        account_api as http,
        api::Failure,
        clock, fragment, network,
        wallet::{self, KeepError},
    },
    wallet::Wallet,
};

/// What this device has at the server for some minutes. In memory only.
pub(super) struct Session {
    /// Goes with every request.
    token: String,
    /// When it ends, in milliseconds of the page's clock.
    ends_ms: u64,
    /// Whose it is.
    pub device: DeviceId,
}

impl Session {
    /// Goes with every request.
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// A session with less than this left is renewed, in milliseconds. Chosen: a request on a slow line.
const MARGIN_MS: u64 = 20_000;

impl Task {
    /// A fresh challenge.
    pub(super) async fn challenge(&self) -> Result<ChallengeAnswer, Failure> {
        http::post(api::CHALLENGE_PATH, None, &Empty {}).await
    }

    /// The body with a proof of this device.
    pub(super) async fn prove<B: Serialize>(
        &self,
        wallet: &Wallet,
        target: Target<'_>,
        body: B,
    ) -> Result<Proven<B>, Failure> {
        let challenge = self.challenge().await?.challenge;
        sign(wallet, target, challenge, body)
    }

    /// Signs in by the device's key: a new session, and everything that the server says with it goes into the wallet. A device that
    /// is not in the account's list yet names the account's address; [`ErrorCode::AddressNeeded`] says that the wallet has none, or
    /// another one.
    pub(super) async fn log_in(&self, wallet: &mut Wallet) -> Result<String, Failure> {
        let cert = fresh_cert(wallet)?;
        let email = wallet.address_for_login().map(email_text).transpose()?;
        let language = email.is_some().then(language);
        let body = Login { account: account_text(wallet), cert, email, language };
        let request = self.prove(wallet, Target::post(api::LOGIN_PATH), body).await?;
        let answer: SessionAnswer = http::post(api::LOGIN_PATH, None, &request).await.map_err(one_refusal)?;
        Ok(self.take_session(wallet, answer).await)
    }

    /// Keeps the session in memory and what else the server said in the wallet. Gives the token.
    pub(super) async fn take_session(&self, wallet: &mut Wallet, answer: SessionAnswer) -> String {
        let lasts_ms = answer.expires_s.saturating_mul(1_000).saturating_sub(answer.now_ms);
        let token = answer.token.clone();
        self.bridge.0.session.replace(Some(Session {
            token: token.clone(),
            ends_ms: clock::now_ms().saturating_add(lasts_ms),
            device: wallet.device().id(),
        }));
        self.bridge.take_attempt(answer.reclaim_stopped);
        let list = answer.device_list.as_ref().and_then(|list| own_list(wallet, list.as_bytes()));
        let attestation = answer.attestation.as_bytes().to_vec();
        let has_vault = answer.vault;
        let cert = wallet.cert.clone();
        let edit = move |wallet: &mut Wallet| {
            wallet.attestation = Some(attestation);
            wallet.backed_up.has_vault = has_vault;
            wallet.cert = cert;
            if let Some(list) = list {
                take_list(wallet, &list);
            }
        };
        edit.clone()(wallet);
        // Before a sign-up or a restore has saved it there is none to update; the caller saves it then.
        if wallet::load().await.is_some_and(|kept| kept.device_seed == wallet.device_seed) {
            let _ = wallet::update(edit).await;
        }
        token
    }

    /// The token of a session that lasts, signing in if there is none.
    pub(super) async fn token(&self, wallet: &mut Wallet) -> Result<String, Failure> {
        let device = wallet.device().id();
        let kept = self.bridge.0.session.borrow().as_ref().and_then(|session| {
            let lasts = session.ends_ms > clock::now_ms().saturating_add(MARGIN_MS);
            (session.device == device && lasts).then(|| session.token.clone())
        });
        match kept {
            Some(token) => Ok(token),
            None => self.log_in(wallet).await,
        }
    }

    /// Does something with a session; once more with a new one if the server no longer takes the first.
    pub(super) async fn with_session<A, F: Future<Output = Result<A, Failure>>>(
        &self,
        wallet: &mut Wallet,
        request: impl Fn(String) -> F,
    ) -> Result<A, Failure> {
        let token = self.token(wallet).await?;
        match request(token).await {
            Err(Failure::Refused(ErrorCode::SessionInvalid, _)) => {
                self.bridge.0.session.take();
                let token = self.log_in(wallet).await?;
                request(token).await
            }
            answer => answer,
        }
    }

    /// Gets something that needs a session.
    pub(super) async fn fetch<A: DeserializeOwned>(&self, wallet: &mut Wallet, path: &str) -> Result<A, Failure> {
        self.with_session(wallet, |token| async move { http::get(path, Some(&token)).await }).await
    }

    /// Sends something that needs a session and a fresh proof, and whose answer has no content.
    pub(super) async fn send_proven<B: Serialize + Clone>(
        &self,
        wallet: &mut Wallet,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<(), Failure> {
        let token = self.token(wallet).await?;
        let target = Target { method: method.as_ref(), path };
        let request = self.prove(wallet, target, body.clone()).await?;
        match http::send(method.clone(), path, Some(&token), &request).await {
            Err(Failure::Refused(ErrorCode::SessionInvalid, _)) => {
                self.bridge.0.session.take();
                let token = self.log_in(wallet).await?;
                let request = self.prove(wallet, target, body.clone()).await?;
                http::send(method, path, Some(&token), &request).await
            }
            answer => answer,
        }
    }
}

/// The body, signed by the wallet's device for this page and this challenge.
pub(super) fn sign<B: Serialize>(
    wallet: &Wallet,
    target: Target<'_>,
    challenge: api::ChallengeText,
    body: B,
) -> Result<Proven<B>, Failure> {
    let origin = fragment::origin();
    let device = wallet.device();
    let asker = Asker { origin: &origin, account: wallet.account().id(), device: &device };
    Proven::sign(body, target, challenge, &asker).map_err(|_| Failure::Unreadable)
}

/// The account as the API writes it.
pub(super) fn account_text(wallet: &Wallet) -> KeyText {
    KeyText::from_bytes(*wallet.account().id().as_bytes())
}

/// The device's certificate as the API writes it, renewed in this copy of the wallet if it is about to end.
pub(super) fn fresh_cert(wallet: &mut Wallet) -> Result<CertText, Failure> {
    let (cert, _) = wallet.fresh_cert(now_s()).map_err(|_| Failure::Unreadable)?;
    let bytes = cert.to_bytes().try_into().map_err(|_| Failure::Unreadable)?;
    Ok(CertText::from_bytes(bytes))
}

/// A list of this account's devices, if the account signed it.
pub(super) fn own_list(wallet: &Wallet, bytes: &[u8]) -> Option<DeviceList> {
    let list = DeviceList::from_bytes(bytes).ok()?;
    (list.account() == wallet.account().id() && list.verify().is_ok()).then_some(list)
}

/// Takes a list over unless the wallet's is newer: a server must not bring revoked devices back by showing an old list.
pub(super) fn take_list(wallet: &mut Wallet, list: &DeviceList) {
    if wallet.devices().is_none_or(|known| known.seq() <= list.seq()) {
        wallet.device_list = list.to_bytes();
        wallet.backed_up.is_linked = list.devices().len() > 1;
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable if network::is_offline() => Self::Offline,
            Failure::Unreachable => Self::Unreachable,
            Failure::Unreadable => Self::Internal,
            Failure::Refused(code, retry_after_s) => refused(code, retry_after_s),
        }
    }
}

fn refused(code: ErrorCode, retry_after_s: Option<u32>) -> Problem {
    match code {
        ErrorCode::EmailInvalid => Problem::EmailInvalid,
        ErrorCode::CodeInvalid => Problem::CodeWrong,
        ErrorCode::EmailWrong => Problem::EmailWrong,
        ErrorCode::AccountUnknown => Problem::AccountUnknown,
        ErrorCode::DeviceRevoked => Problem::DeviceRevoked,
        ErrorCode::AddressNeeded => Problem::AddressNeeded,
        ErrorCode::CredentialsInvalid => Problem::Credentials,
        ErrorCode::SeqStale => Problem::Stale,
        ErrorCode::MailUnavailable => Problem::MailDown,
        ErrorCode::RateLimited => {
            let wait_ms = u64::from(retry_after_s.unwrap_or(DEFAULT_WAIT_S)).saturating_mul(1_000);
            Problem::RateLimited { until_ms: clock::now_ms().saturating_add(wait_ms) }
        }
        ErrorCode::Unavailable | ErrorCode::TimedOut => Problem::Unreachable,
        _ => Problem::Internal,
    }
}

// Whoever names no address and whoever names another one has the same to do.
fn one_refusal(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(ErrorCode::EmailWrong | ErrorCode::EmailInvalid, wait) => {
            Failure::Refused(ErrorCode::AddressNeeded, wait)
        }
        failure => failure,
    }
}

/// How long to wait where the server does not say, in seconds. Chosen.
const DEFAULT_WAIT_S: u32 = 60;

impl From<KeepError> for Problem {
    fn from(_: KeepError) -> Self {
        Self::Storage
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Password => Self::Credentials,
            JobError::FileForeign => Self::FileForeign,
            JobError::FileDamaged => Self::FileDamaged,
            JobError::FilePassword => Self::FilePassword,
            // The worker comes from the server when it is first needed.
            JobError::Worker if network::is_offline() => Self::Offline,
            JobError::Message | JobError::Worker => Self::Internal,
        }
    }
}
