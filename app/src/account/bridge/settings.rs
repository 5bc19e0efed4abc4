//! The settings: profile, devices, address, export, removing, deleting; and what the server knows of them.

use std::time::Duration;

use gloo::{net::http::Method, timers::future::sleep};
use milanio_identity::{DeviceId, Profile};
use milanio_rendezvous::api::{
    self, ChangeEmail, CodeSent, CodeText, DevicesAnswer, Empty, ProfileRecord, SealedProfile, SeenDevice, Target,
    VerifyEmail,
};

use super::{
    Bridge, Task,
    backup::{profile, rng},
    now_s,
    pending::{Pending, What},
    restore::take_profile,
    server::{own_list, take_list},
    sign_up::{checked_name, email_text, language},
    view,
};
use crate::{
    account::{
        intent::Picture,
        route::Route,
        state::{Action, Done, Server, mail, problem::Problem},
    },
    platform::{account_api as http, api::Failure, files, history, wallet},
    wallet::Wallet,
};

/// How often an open list of devices is asked for again. Chosen: a revoked device says so within ten seconds.
const WATCH: Duration = Duration::from_secs(5);

/// The longest name of a device, in characters; a profile takes no longer one.
const MAX_DEVICE_NAME: usize = 40;

impl Bridge {
    /// Asks for a new attestation if that is due; nobody waits for it, and nobody hears if it fails.
    pub(super) async fn freshen(&self) {
        if let Some(mut wallet) = wallet::load().await.filter(|wallet| wallet.wants_attestation(now_s())) {
            let task = self.task();
            let _ = if wallet.is_untold {
                task.tell(&mut wallet).await
            } else {
                task.log_in(&mut wallet).await.map(|_| ()).map_err(Problem::from)
            };
        }
    }
}

impl Task {
    /// Asks the server for everything it keeps, and shows it.
    pub(super) async fn refresh(&self) {
        let Ok(mut wallet) = self.wallet().await else { return };
        self.show(Action::Devices(view::devices(&wallet, &[])));
        if !wallet.is_registered && !wallet.is_untold {
            return self.show(Action::Server(Server::Unknown));
        }
        self.show(Action::Server(Server::Asking));
        if wallet.is_untold
            && let Err(problem) = self.tell(&mut wallet).await
        {
            return self.show(Action::Server(match problem {
                Problem::AccountUnknown => Server::Unknown,
                Problem::AddressNeeded => Server::AddressNeeded,
                _ => Server::Unreachable,
            }));
        }
        let outcome = match self.fetch_devices(&mut wallet).await {
            Ok(seen) => self.show_devices(&mut wallet, &seen).await,
            Err(problem) => Err(problem),
        };
        self.show(Action::Server(match outcome {
            Ok(()) => Server::Known,
            Err(Problem::DeviceRevoked) => Server::Revoked,
            Err(Problem::AccountUnknown) => {
                let _ = wallet::update(forget_account).await;
                Server::Gone
            }
            Err(_) => Server::Unreachable,
        }));
    }

    /// Tells the server of a device that was restored while it was out of reach. An address that it refuses is forgotten, so that it
    /// is not asked again before the person names another one.
    pub(super) async fn tell(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        let told = self.enrol(wallet).await;
        if told == Err(Problem::AccountUnknown) {
            wallet::update(|wallet| wallet.is_untold = false).await?;
        } else if told == Err(Problem::AddressNeeded) {
            wallet::update(|wallet| wallet.email = None).await?;
        }
        told
    }

    async fn show_devices(&self, wallet: &mut Wallet, seen: &[SeenDevice]) -> Result<(), Problem> {
        // A restore without a network has told nobody yet.
        if wallet.devices().is_none_or(|list| !list.lists(&wallet.device().id())) {
            self.enrol(wallet).await?;
        }
        let _ = self.pull_profile(wallet).await;
        let (list, names) = (wallet.device_list.clone(), wallet.device_names.clone());
        let (name, avatar, seq) = (wallet.name.clone(), wallet.avatar.clone(), wallet.seqs.profile);
        let linked = wallet.backed_up.is_linked;
        wallet::update(move |kept| {
            kept.device_list = list;
            kept.device_names = names;
            kept.backed_up.is_linked = linked;
            (kept.name, kept.avatar, kept.seqs.profile) = (name, avatar, seq);
        })
        .await?;
        self.show(Action::Devices(view::devices(wallet, seen)));
        Ok(())
    }

    async fn fetch_devices(&self, wallet: &mut Wallet) -> Result<Vec<SeenDevice>, Problem> {
        let answer: DevicesAnswer = self.fetch(wallet, api::DEVICES_PATH).await?;
        if let Some(list) = own_list(wallet, answer.list.as_bytes()) {
            take_list(wallet, &list);
        }
        Ok(answer.seen)
    }

    /// Looks again and again while the settings are open, so that what another device does is seen here.
    pub(super) async fn watch(&self) {
        loop {
            sleep(WATCH).await;
            if !self.is_current() {
                return;
            }
            let Ok(mut wallet) = self.wallet().await else { return };
            if !wallet.is_registered {
                return;
            }
            let before = wallet.device_list.clone();
            match self.fetch_devices(&mut wallet).await {
                Ok(seen) if wallet.device_list != before => {
                    let list = wallet.device_list.clone();
                    let _ = wallet::update(move |kept| kept.device_list = list).await;
                    self.show(Action::Devices(view::devices(&wallet, &seen)));
                }
                Ok(_) => {}
                Err(Problem::DeviceRevoked) => {
                    self.bridge.0.session.take();
                    return self.show(Action::Server(Server::Revoked));
                }
                Err(_) => {}
            }
        }
    }

    /// Saves name and picture, here first.
    pub(super) async fn save_profile(&self, name: &str, picture: Picture) -> Result<Option<Done>, Problem> {
        let name = checked_name(name)?;
        let wallet = wallet::update(move |wallet| {
            wallet.name = name;
            match picture {
                Picture::Keep => {}
                Picture::Remove => wallet.avatar = None,
                Picture::New(bytes) => wallet.avatar = Some(bytes.to_vec()),
            }
        })
        .await?;
        self.push(wallet).await?;
        Ok(Some(Done::ProfileSaved))
    }

    /// Calls a device something else.
    pub(super) async fn rename_device(&self, id: &[u8; 32], name: &str) -> Result<Option<Done>, Problem> {
        let device = DeviceId::from_bytes(id).map_err(|_| Problem::Internal)?;
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MAX_DEVICE_NAME).collect();
        let wallet = wallet::update(move |wallet| {
            if name.is_empty() {
                wallet.device_names.remove(&device);
            } else {
                wallet.device_names.insert(device, name);
            }
        })
        .await?;
        self.show(Action::Devices(view::devices(&wallet, &[])));
        self.push(wallet).await?;
        Ok(Some(Done::Renamed))
    }

    async fn push(&self, mut wallet: Wallet) -> Result<(), Problem> {
        if wallet.is_registered {
            self.push_profile(&mut wallet).await?;
        }
        Ok(())
    }

    /// Leaves the profile at the server, sealed; after another device's write once more on top of that.
    pub(super) async fn push_profile(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        match self.put_profile(wallet).await.map_err(Problem::from) {
            Err(Problem::Stale) => {
                let kept: ProfileRecord = self.fetch(wallet, api::PROFILE_PATH).await?;
                wallet.seqs.profile = kept.seq;
                self.put_profile(wallet).await?;
            }
            outcome => outcome?,
        }
        let seq = wallet.seqs.profile;
        wallet::update(move |wallet| wallet.seqs.profile = seq).await?;
        Ok(())
    }

    async fn put_profile(&self, wallet: &mut Wallet) -> Result<(), Failure> {
        let seq = wallet.seqs.profile.saturating_add(1);
        let mut rng = rng().map_err(|_| Failure::Unreadable)?;
        let sealed = profile(wallet).seal(&wallet.account(), seq, &mut rng).map_err(|_| Failure::Unreadable)?;
        let sealed = SealedProfile::new(sealed).map_err(|_| Failure::Unreadable)?;
        let body = ProfileRecord { seq, sealed: Some(sealed) };
        self.with_session(wallet, |token| {
            let body = body.clone();
            async move { http::send(Method::PUT, api::PROFILE_PATH, Some(&token), &body).await }
        })
        .await?;
        wallet.seqs.profile = seq;
        Ok(())
    }

    /// Takes over the profile at the server if another device wrote it since.
    pub(super) async fn pull_profile(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        let kept: ProfileRecord = self.fetch(wallet, api::PROFILE_PATH).await?;
        if let Some(sealed) = kept.sealed.filter(|_| kept.seq > wallet.seqs.profile) {
            let profile =
                Profile::open(&wallet.account(), kept.seq, sealed.as_bytes()).map_err(|_| Problem::Internal)?;
            take_profile(wallet, profile);
            wallet.seqs.profile = kept.seq;
        }
        Ok(())
    }

    /// Revokes the device at this place of what is shown.
    pub(super) async fn revoke(&self, place: usize) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet().await?;
        let shown = view::devices(&wallet, &[]);
        let device = shown.get(place).filter(|device| !device.is_this).ok_or(Problem::Stale)?;
        let device = DeviceId::from_bytes(&device.id).map_err(|_| Problem::Internal)?;
        let list = wallet.devices().ok_or(Problem::Stale)?;
        let list = list.revoking(&wallet.account(), device).map_err(|_| Problem::Internal)?;
        if let Err(problem) = self.put_list(&mut wallet, &list).await {
            if problem == Problem::Stale {
                self.refresh().await;
            }
            return Err(problem);
        }
        let wallet = wallet::update(move |wallet| take_list(wallet, &list)).await?;
        self.show(Action::Devices(view::devices(&wallet, &[])));
        Ok(Some(Done::Revoked))
    }

    /// Asks for a code to a new address.
    pub(super) async fn change_email(&self, old: &str, new: &str) -> Result<Option<Done>, Problem> {
        let old = mail::address(old).map_err(|_| Problem::EmailWrong)?;
        let new = mail::address(new)?;
        let mut wallet = self.wallet().await?;
        let body = ChangeEmail { old_email: email_text(&old)?, new_email: email_text(&new)?, language: language() };
        let token = self.token(&mut wallet).await?;
        let request = self.prove(&wallet, Target::post(api::EMAIL_PATH), body).await?;
        let sent: CodeSent = http::post(api::EMAIL_PATH, Some(&token), &request).await?;
        self.wait_for(Pending::new(&sent, new, What::EmailChange(old)));
        Ok(None)
    }

    /// The code that went to the new address.
    pub(super) async fn verify_email(&self, pending: &Pending, code: CodeText) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet().await?;
        let body = VerifyEmail { request_id: pending.request, code };
        self.with_session(&mut wallet, |token| {
            let body = body.clone();
            async move { http::send(Method::POST, api::EMAIL_VERIFY_PATH, Some(&token), &body).await }
        })
        .await?;
        let email = pending.email.clone();
        wallet::update(move |wallet| wallet.email = Some(email)).await?;
        self.show(Action::MailDropped);
        Ok(Some(Done::EmailChanged))
    }

    /// Hands over what is known about the account; no key is in it.
    pub(super) async fn export(&self) -> Result<Option<Done>, Problem> {
        let wallet = self.wallet().await?;
        let text = serde_json::to_vec_pretty(&view::export(&wallet)).map_err(|_| Problem::Internal)?;
        files::save("milanio-account.json", "application/json", &text).ok_or(Problem::Internal)?;
        Ok(Some(Done::Exported))
    }

    /// Removes the identity from this browser, and what it kept of conversations.
    pub(super) async fn forget(&self) -> Result<Option<Done>, Problem> {
        self.bridge.0.session.take();
        wallet::clear().await?;
        history::clear_all().await;
        self.go(&Route::Elsewhere);
        Ok(None)
    }

    /// Deletes the account at the server, then removes the identity from this browser.
    pub(super) async fn delete(&self) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet().await?;
        match self.send_proven(&mut wallet, Method::DELETE, api::ACCOUNT_PATH, &Empty {}).await.map_err(Problem::from) {
            Ok(()) | Err(Problem::AccountUnknown) => {}
            Err(problem) => return Err(problem),
        }
        self.forget().await
    }
}

/// The server has no account for this identity any more: it was deleted elsewhere, or its address was taken over.
fn forget_account(wallet: &mut Wallet) {
    wallet.is_registered = false;
    wallet.attestation = None;
    wallet.email = None;
    wallet.backed_up.has_vault = false;
}
