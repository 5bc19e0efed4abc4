//! Making an identity, and proving an address to the server by a code.

use milanio_identity::{DeviceList, ListedDevice};
use milanio_rendezvous::api::{
    self, ChallengeAnswer, CodeSent, CodeText, DeviceListText, EmailText, ErrorCode, LanguageTag, Reclaim, Register,
    Session as SessionAnswer, Target, Verify,
};

use super::{
    Task, now_s,
    pending::{Pending, What},
    restore::name_device,
    seed,
    server::{account_text, fresh_cert, sign},
    today,
};
use crate::{
    account::{
        job::{Job, Outcome},
        route::{BackupWay, Route},
        state::{
            Action, Busy, Done,
            mail::{self, Purpose},
            problem::Problem,
        },
    },
    platform::{account_api as http, api::Failure, clock, fragment, network, storage, wallet},
    wallet::Wallet,
};

/// The longest name, in characters; a profile takes no longer one.
const MAX_NAME: usize = 40;

impl Task {
    /// Makes an identity, or takes the one that is here, and asks for a code unless there is no address.
    pub(super) async fn sign_up(&self, name: &str, email: &str) -> Result<Option<Done>, Problem> {
        let name = checked_name(name)?;
        let here = wallet::load().await;
        let email = match (email.trim(), &here) {
            ("", None) => None,
            _ => Some(mail::address(email)?),
        };
        let mut wallet = match here {
            Some(wallet) => wallet,
            None => Wallet::new(seed()?, seed()?, name.clone(), now_s()).map_err(|_| Problem::Internal)?,
        };
        wallet.name.clone_from(&name);
        name_device(&mut wallet);
        storage::remember_name(&name);
        match email {
            Some(email) => self.send_code(wallet, email, Purpose::SignUp).await,
            None => {
                wallet::save(&wallet).await?;
                self.go(&Route::Backup(BackupWay::Words));
                Ok(None)
            }
        }
    }

    /// Asks for a code to the address, to sign up or to take the address back; a code that was sent before is void then.
    pub(super) async fn send_code(
        &self,
        mut wallet: Wallet,
        email: String,
        purpose: Purpose,
    ) -> Result<Option<Done>, Problem> {
        let sent = match self.ask_for_code(&mut wallet, &email, purpose, false).await {
            // The mail came into demand between challenge and request.
            Err(Failure::Refused(ErrorCode::WorkRequired, _)) => {
                self.ask_for_code(&mut wallet, &email, purpose, true).await?
            }
            sent => sent?,
        };
        let wallet = Box::new(wallet);
        let what = if purpose == Purpose::Reclaim { What::Reclaim(wallet) } else { What::SignUp(wallet) };
        let pending = Pending::new(&sent, email, what);
        pending.keep().await;
        self.wait_for(pending);
        Ok(None)
    }

    async fn ask_for_code(
        &self,
        wallet: &mut Wallet,
        email: &str,
        purpose: Purpose,
        again: bool,
    ) -> Result<CodeSent, Failure> {
        let ChallengeAnswer { challenge, work_bits, .. } = self.challenge().await?;
        let work = match work_bits {
            Some(bits) => {
                self.show(Action::Began(Busy::Working));
                self.work(challenge, bits).await
            }
            // Asked for work without being told how much: nothing can be done about it.
            None if again => return Err(Failure::Refused(ErrorCode::WorkRequired, None)),
            None => None,
        };
        let (email, account, language) = (email_text(email)?, account_text(wallet), language());
        let cert = fresh_cert(wallet)?;
        if purpose == Purpose::Reclaim {
            let body = Reclaim { email, account, cert, language, work };
            let request = sign(wallet, Target::post(api::RECLAIM_PATH), challenge, body)?;
            http::post(api::RECLAIM_PATH, None, &request).await
        } else {
            let body = Register { email, account, cert, language, work };
            let request = sign(wallet, Target::post(api::REGISTER_PATH), challenge, body)?;
            http::post(api::REGISTER_PATH, None, &request).await
        }
    }

    async fn work(&self, challenge: api::ChallengeText, bits: u8) -> Option<u64> {
        match self.ask(Job::Work { challenge: challenge.as_bytes().to_vec(), bits }).await {
            Ok(Outcome::Worked(nonce)) => Some(nonce),
            _ => None,
        }
    }

    /// From now on a code is waited for.
    pub(super) fn wait_for(&self, pending: Pending) {
        self.show(Action::Mailed(pending.step()));
        self.bridge.0.pending.replace(Some(pending));
    }

    /// Another mail for what is waited for.
    pub(super) async fn resend(&self) -> Result<Option<Done>, Problem> {
        let Some(mut pending) = self.bridge.0.pending.take() else { return Err(Problem::CodeExpired) };
        if pending.resend_at_ms > clock::now_ms() {
            let until_ms = pending.resend_at_ms;
            self.bridge.0.pending.replace(Some(pending));
            return Err(self.mail_later(until_ms));
        }
        let email = pending.email.clone();
        let again = match &pending.what {
            What::SignUp(wallet) => self.send_code((**wallet).clone(), email, Purpose::SignUp).await,
            What::Reclaim(wallet) => self.send_code((**wallet).clone(), email, Purpose::Reclaim).await,
            What::Password(_, password) => self.sign_in(&email, password.clone()).await,
            What::EmailChange(old) => self.change_email(old, &email).await,
        };
        match again {
            Ok(_) => Ok(Some(Done::MailSent)),
            Err(problem) => {
                let problem = match problem {
                    Problem::RateLimited { until_ms } => {
                        pending.resend_at_ms = until_ms;
                        self.mail_later(until_ms)
                    }
                    other => other,
                };
                // The first code may still come.
                self.bridge.0.pending.replace(Some(pending));
                Err(problem)
            }
        }
    }

    /// Shows when another mail may be asked for: that is no reason not to take the code that was sent.
    fn mail_later(&self, until_ms: u64) -> Problem {
        self.show(Action::MailLater(until_ms));
        Problem::MailLimited
    }

    /// Back to the form.
    pub(super) async fn change_address(&self) {
        self.bridge.0.pending.take();
        Pending::forget().await;
        self.show(Action::MailDropped);
    }

    /// Shows that a code for this is waited for, after a reload, in a new tab, or when the person comes back to it.
    pub(super) async fn recall(&self, purpose: Purpose) {
        let here = self.bridge.0.pending.take();
        let pending = if here.is_some() { here } else { Pending::recall().await };
        match pending.filter(|pending| pending.purpose() == purpose) {
            Some(pending) if pending.is_over() => Pending::forget().await,
            Some(pending) => self.wait_for(pending),
            // What was waited for elsewhere was given up by coming here.
            None => {}
        }
    }

    /// The code of a mail, as typed.
    pub(super) async fn code(&self, typed: &str) -> Result<Option<Done>, Problem> {
        let code = mail::code(typed).ok_or(Problem::CodeMalformed)?;
        let Some(pending) = self.bridge.0.pending.take() else { return Err(Problem::CodeExpired) };
        let used = self.use_code(&pending, &code).await;
        match used {
            Ok(done) => Ok(done),
            Err(problem) => {
                let problem = pending.refusal(problem);
                self.bridge.0.pending.replace(Some(pending));
                Err(problem)
            }
        }
    }

    async fn use_code(&self, pending: &Pending, code: &str) -> Result<Option<Done>, Problem> {
        let code = CodeText::new(code).map_err(|_| Problem::CodeMalformed)?;
        match &pending.what {
            What::SignUp(wallet) => {
                self.verify((**wallet).clone(), pending, code).await?;
                self.go(&Route::Backup(BackupWay::Words));
                Ok(None)
            }
            What::Reclaim(wallet) => self.verify_reclaim((**wallet).clone(), pending, code).await,
            What::Password(export_key, _) => self.open_vault(export_key, pending, code).await,
            What::EmailChange(_) => self.verify_email(pending, code).await,
        }
    }

    /// Proves that the mail was read: the account exists from now on, and the wallet is kept.
    async fn verify(&self, mut wallet: Wallet, pending: &Pending, code: CodeText) -> Result<(), Problem> {
        let list = first_list(&wallet)?;
        let body = Verify {
            request_id: pending.request,
            account: account_text(&wallet),
            code,
            cert: fresh_cert(&mut wallet)?,
            device_list: DeviceListText::new(list.to_bytes()).map_err(|_| Problem::Internal)?,
        };
        let request = self.prove(&wallet, Target::post(api::VERIFY_PATH), body).await?;
        let answer: SessionAnswer = http::post(api::VERIFY_PATH, None, &request).await?;
        self.settle(wallet, &list, &pending.email, answer).await?;
        Pending::forget().await;
        Ok(())
    }

    /// The account exists: its list, its address and its session go into the wallet, which is kept from now on.
    pub(super) async fn settle(
        &self,
        mut wallet: Wallet,
        list: &DeviceList,
        email: &str,
        answer: SessionAnswer,
    ) -> Result<(), Problem> {
        wallet.device_list = list.to_bytes();
        self.take_session(&mut wallet, answer).await;
        self.keep_registered(wallet, email).await
    }

    /// Keeps a wallet whose account the server has under this address.
    pub(super) async fn keep_registered(&self, mut wallet: Wallet, email: &str) -> Result<(), Problem> {
        wallet.email = Some(email.to_owned());
        wallet.is_registered = true;
        name_device(&mut wallet);
        wallet::save(&wallet).await?;
        // So that a second browser finds the name.
        self.push_profile(&mut wallet).await.ok();
        Ok(())
    }

    /// The link of a mail: the code is taken out of the address, and used if the sign-up began in this browser.
    pub(super) async fn verify_by_link(&self, request: &str, code: &str) {
        fragment::forget();
        let here = match self.bridge.0.pending.take() {
            Some(pending) => Some(pending),
            None => Pending::recall().await,
        };
        let Some(pending) = here.filter(|pending| pending.request.to_string() == request) else { return };
        self.show(Action::Began(Busy::Sending));
        let outcome = match mail::code(code) {
            Some(code) => self.use_code(&pending, &code).await,
            None => Err(Problem::CodeMalformed),
        };
        match outcome {
            Ok(done) => self.show(Action::Did(done)),
            Err(problem) => {
                self.show(Action::Failed(pending.refusal(problem)));
                self.bridge.0.pending.replace(Some(pending));
            }
        }
    }
}

/// The first list of an account: this device alone, unless the wallet knows more.
pub(super) fn first_list(wallet: &Wallet) -> Result<DeviceList, Problem> {
    let device = wallet.device().id();
    let listed = ListedDevice { device, added_day: today() };
    DeviceList::issue(&wallet.account(), 1, vec![listed], Vec::new()).map_err(|_| Problem::Internal)
}

/// The name without what stands around it.
pub(super) fn checked_name(typed: &str) -> Result<String, Problem> {
    let name: String = typed.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if name.is_empty() { Err(Problem::NameMissing) } else { Ok(name) }
}

/// The address as the API takes it.
pub(super) fn email_text(email: &str) -> Result<EmailText, Failure> {
    EmailText::new(email).map_err(|_| Failure::Refused(ErrorCode::EmailInvalid, None))
}

/// The language of mails: the browser's, as far as the API takes it.
pub(super) fn language() -> LanguageTag {
    LanguageTag::new(network::language()).unwrap_or_else(|_| LanguageTag::new("en").expect("two letters fit"))
}
