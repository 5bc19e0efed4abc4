//! Bringing an identity to this browser: from the words, a file, a vault or another device; then telling the server of this device.

use gloo::net::http::Method;
use milanio_identity::{AccountKey, DeviceList, ListedDevice, Phrase, PhraseError, Profile};
use milanio_rendezvous::api::{self, DeviceListText, PutDevices};

use super::{Task, now_s, seed, server::take_list, today};
use crate::{
    account::{
        intent::{FileBytes, Telling},
        job::{Job, Outcome},
        route::Route,
        secret::Secret,
        state::{Done, mail, problem::Problem},
    },
    platform::{network, wallet},
    wallet::Wallet,
};

impl Task {
    /// Restores from the words as typed. Works without a network.
    pub(super) async fn restore_phrase(&self, words: &Secret, telling: &Telling) -> Result<Option<Done>, Problem> {
        let account = Phrase::parse(words.expose()).map_err(|error| match error {
            PhraseError::UnknownWord { index } => Problem::PhraseWord(index + 1),
            PhraseError::Count { found } => Problem::PhraseCount(found),
            PhraseError::Checksum => Problem::PhraseChecksum,
        })?;
        let done = match address_told(telling)? {
            Some(email) => self.adopt(&account, None, None, email).await?,
            None => self.adopt_alone(&account, None).await?,
        };
        let _ = wallet::update(|wallet| {
            // Whoever typed the words has them on paper.
            wallet.backed_up.phrase_day.get_or_insert_with(today);
        })
        .await;
        Ok(done)
    }

    /// Restores from a backup file. Works without a network.
    pub(super) async fn restore_file(
        &self,
        file: Option<FileBytes>,
        password: Secret,
        telling: &Telling,
    ) -> Result<Option<Done>, Problem> {
        let file = file.ok_or(Problem::FileMissing)?;
        if password.expose().is_empty() {
            return Err(Problem::PasswordMissing);
        }
        let told = address_told(telling)?;
        let job = Job::OpenFile { password: password.expose().to_owned(), file: file.0.to_vec() };
        let opened = self.ask(job).await?;
        let Outcome::Opened(ref kept) = opened else { return Err(Problem::Internal) };
        let keepsake = kept.to_keepsake().ok_or(Problem::FileDamaged)?;
        let profile = Some(keepsake.profile.clone());
        let done = match told {
            Some(email) => self.adopt(&keepsake.account, profile, None, email).await?,
            None => self.adopt_alone(&keepsake.account, profile).await?,
        };
        let _ = wallet::update(|wallet| {
            wallet.backed_up.file_day.get_or_insert_with(today);
        })
        .await;
        Ok(done)
    }

    /// Makes this browser a device of the account. It is one at once; the server hears of it now if it can. Nothing is kept if the
    /// server knows the account and asks for another address than this.
    pub(super) async fn adopt(
        &self,
        account: &AccountKey,
        profile: Option<Profile>,
        list: Option<DeviceList>,
        email: Option<String>,
    ) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet_for(account).await?;
        if let Some(profile) = profile {
            take_profile(&mut wallet, profile);
        }
        if let Some(list) = list.filter(|list| list.account() == account.id() && list.verify().is_ok()) {
            take_list(&mut wallet, &list);
        }
        wallet.email = email.or(wallet.email.take());
        let mut told = self.introduce(&mut wallet).await;
        if told == Err(Problem::AddressNeeded) {
            return Err(Problem::of_new_device(wallet.email.as_deref()));
        }
        wallet::save(&wallet).await?;
        if told.is_ok() {
            told = self.settle_in(&mut wallet).await;
        }
        let done = match told {
            Ok(()) => Done::Restored,
            // The identity lives without an account, and everything else can be done later.
            Err(Problem::AccountUnknown) => Done::Restored,
            Err(problem) => {
                tracing::info!(?problem, "the server was not told of this device");
                wallet::update(|wallet| wallet.is_untold = true).await?;
                Done::RestoredOffline
            }
        };
        Ok(self.is_back(done))
    }

    /// Makes this browser a device of the identity, and tells nobody: for who cannot name the account's address. It is asked for again
    /// in the settings.
    async fn adopt_alone(&self, account: &AccountKey, profile: Option<Profile>) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet_for(account).await?;
        if let Some(profile) = profile {
            take_profile(&mut wallet, profile);
        }
        (wallet.is_registered, wallet.is_untold) = (false, true);
        wallet::save(&wallet).await?;
        Ok(self.is_back(Done::RestoredAlone))
    }

    /// Signs in who was restored here without the account: this is its address.
    pub(super) async fn name_address(&self, typed: &str) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet().await?;
        wallet.email = Some(mail::address(typed)?);
        match self.introduce(&mut wallet).await {
            Err(Problem::AddressNeeded) => return Err(Problem::EmailOfAccountWrong),
            told => told?,
        }
        wallet::save(&wallet).await?;
        self.settle_in(&mut wallet).await?;
        Ok(self.is_back(Done::Restored))
    }

    /// Ends a restore, on the menu.
    fn is_back(&self, done: Done) -> Option<Done> {
        self.show(crate::account::state::Action::Did(Some(done)));
        self.go(&Route::Menu);
        Some(done)
    }

    /// The wallet that this browser has for the account already, or a new one with a new device key.
    async fn wallet_for(&self, account: &AccountKey) -> Result<Wallet, Problem> {
        for kept in [wallet::load().await, wallet::load_parked().await].into_iter().flatten() {
            let is_revoked = kept.devices().is_some_and(|list| list.is_revoked(&kept.device().id()));
            if kept.account_seed == *account.seed() && !is_revoked {
                return Ok(kept);
            }
        }
        Wallet::new(*account.seed(), seed()?, String::new(), now_s()).map_err(|_| Problem::Internal)
    }

    /// Signs in and makes sure that the account's list has this device; then fetches the profile. Saves what it learns.
    pub(super) async fn enrol(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        self.introduce(wallet).await?;
        self.settle_in(wallet).await
    }

    /// Signs in. Changes this copy of the wallet alone.
    async fn introduce(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        match self.log_in(wallet).await.map_err(Problem::from) {
            // An earlier key of this browser was revoked: whoever holds the account may make another one.
            Err(Problem::DeviceRevoked) => {
                wallet.device_seed = seed()?;
                wallet.cert.clear();
                self.log_in(wallet).await?;
            }
            outcome => {
                outcome?;
            }
        }
        (wallet.is_registered, wallet.is_untold) = (true, false);
        Ok(())
    }

    /// Puts a device that is signed in into the account's list, and fetches the profile.
    async fn settle_in(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        self.list_this_device(wallet).await?;
        // A profile that cannot be had now is fetched when the settings are opened.
        let pulled = self.pull_profile(wallet).await;
        let is_new = name_device(wallet);
        wallet::save(wallet).await?;
        if pulled.is_ok() && is_new {
            // The other devices see the name when they ask next; without it they see the id.
            let _ = self.push_profile(wallet).await;
        }
        Ok(())
    }

    /// Puts this device into the account's list if it is missing there.
    async fn list_this_device(&self, wallet: &mut Wallet) -> Result<(), Problem> {
        let device = wallet.device().id();
        let account = wallet.account();
        let list = match wallet.devices() {
            Some(list) if list.lists(&device) => return Ok(()),
            Some(list) => list.adding(&account, device, today()),
            None => DeviceList::issue(&account, 1, vec![ListedDevice { device, added_day: today() }], Vec::new()),
        };
        let list = list.map_err(|_| Problem::TooManyDevices)?;
        self.put_list(wallet, &list).await
    }

    /// Sends a list to the server and keeps it.
    pub(super) async fn put_list(&self, wallet: &mut Wallet, list: &DeviceList) -> Result<(), Problem> {
        let body = PutDevices { list: DeviceListText::new(list.to_bytes()).map_err(|_| Problem::Internal)? };
        self.send_proven(wallet, Method::PUT, api::DEVICES_PATH, &body).await?;
        take_list(wallet, list);
        Ok(())
    }
}

/// What the server is told now: the address as typed, if one was; `None` if nothing.
fn address_told(telling: &Telling) -> Result<Option<Option<String>>, Problem> {
    match telling {
        Telling::Later => Ok(None),
        Telling::Now(typed) if typed.trim().is_empty() => Ok(Some(None)),
        Telling::Now(typed) => Ok(Some(Some(mail::address(typed)?))),
    }
}

/// Gives this device a name unless it has one; says whether it got one.
pub(super) fn name_device(wallet: &mut Wallet) -> bool {
    let device = wallet.device().id();
    let is_new = !wallet.device_names.contains_key(&device);
    if is_new {
        wallet.device_names.insert(device, network::device_name());
    }
    is_new
}

/// Takes over what a profile says; what it leaves open stays.
pub(super) fn take_profile(wallet: &mut Wallet, profile: Profile) {
    if !profile.name.is_empty() {
        wallet.name = profile.name;
    }
    if profile.avatar.is_some() {
        wallet.avatar = profile.avatar;
    }
    wallet.device_names.extend(profile.device_names);
}
