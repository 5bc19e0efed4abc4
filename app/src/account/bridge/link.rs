//! Passing the identity to another device: four sealed messages through a mailbox of the server, and the person's word in between.

use gloo::net::http::Method;
use milanio_identity::{
    CodeError, DeviceCert, DeviceId, DeviceKey, DeviceList, LinkCode, LinkConfirming, LinkError, LinkNewDevice,
    LinkOldDevice, LinkSecret, LinkWords, ListedDevice,
};
use milanio_rendezvous::api::{self, Blob, LinkMessage, Mailbox};

use super::{
    Bridge, Task,
    backup::{keepsake, rng},
    now_s,
    restore::take_profile,
    seed,
    server::take_list,
    today,
};
use crate::{
    account::{
        job::{Job, Outcome},
        route::Route,
        state::{Action, Done, link::LinkStep, problem::Problem},
    },
    platform::{account_api as http, clock, fragment, wallet},
    wallet::Wallet,
};

/// The old device's end, waiting for the person's word.
pub(super) struct Confirming {
    state: LinkConfirming,
    mailbox: Mailbox,
    device: DeviceId,
}

/// How long a device waits for the other one, in milliseconds: what a mailbox lives.
const PATIENCE_MS: u64 = api::LINK_TTL_S * 1_000;

impl Task {
    /// New device: shows a code, waits for the old one, shows the words, and takes what is handed over.
    pub(super) async fn offer_link(&self) -> Result<Option<Done>, Problem> {
        self.show(Action::Link(LinkStep::Making));
        let outcome = self.take_link().await;
        if outcome.is_err() {
            self.show(Action::Link(LinkStep::Idle));
        }
        outcome
    }

    async fn take_link(&self) -> Result<Option<Done>, Problem> {
        let device_seed = seed()?;
        let mut rng = rng()?;
        let code = LinkCode::generate(&mut rng);
        let (secret, mailbox) = self.stretch(&code).await?;
        let device = DeviceKey::from_seed(device_seed).id();
        let (linking, commit) = LinkNewDevice::start(secret, device, &mut rng)?;
        self.leave(&mailbox, 0, commit).await?;
        let text = code.to_string();
        let link = fragment::link(&Route::Link(Some(text.clone())).to_fragment());
        self.show(Action::Link(LinkStep::Offering { code: text, link }));
        self.show(Action::Did(None));
        let answer = self.pick_up(&mailbox, 1).await?;
        let (awaiting, reveal, words) = linking.reveal(&answer, &mut rng)?;
        self.leave(&mailbox, 2, reveal).await?;
        self.compare(&words, false);
        let handed = self.pick_up(&mailbox, 3).await?;
        let (keepsake, cert, list) = awaiting.receive(&handed)?;
        if !self.is_current() {
            // The person turned away: nothing is kept of what came.
            return Ok(None);
        }
        let mut wallet = Wallet::new(*keepsake.account.seed(), device_seed, String::new(), now_s())
            .map_err(|_| Problem::Internal)?;
        wallet.cert = cert.to_bytes();
        take_profile(&mut wallet, keepsake.profile.clone());
        take_list(&mut wallet, &list);
        wallet::save(&wallet).await?;
        let told = self.enrol(&mut wallet).await;
        let done = if matches!(told, Ok(()) | Err(Problem::AccountUnknown)) {
            Done::Linked
        } else {
            wallet::update(|wallet| wallet.is_untold = true).await?;
            Done::RestoredOffline
        };
        self.show(Action::Link(LinkStep::Linked));
        Ok(Some(done))
    }

    /// Old device: looks for the new one behind the code, and shows the words.
    pub(super) async fn use_link(&self, typed: &str) -> Result<Option<Done>, Problem> {
        self.show(Action::Link(LinkStep::Looking));
        let outcome = self.find_device(typed).await;
        if outcome.is_err() {
            self.show(Action::Link(LinkStep::Idle));
        }
        outcome
    }

    async fn find_device(&self, typed: &str) -> Result<Option<Done>, Problem> {
        let code = LinkCode::from_input(typed).map_err(|error| match error {
            CodeError::CheckFailed => Problem::LinkMistyped,
            CodeError::WrongLength { .. } | CodeError::BadCharacter { .. } => Problem::LinkLength,
        })?;
        let account = self.wallet().await?.account().id();
        let (secret, mailbox) = self.stretch(&code).await?;
        let commit = self.pick_up_soon(&mailbox).await?;
        let mut rng = rng()?;
        let (linking, answer) = LinkOldDevice::answer(secret, account, &commit, &mut rng)?;
        self.leave(&mailbox, 1, answer).await?;
        let reveal = self.pick_up(&mailbox, 2).await?;
        let (state, words, device) = linking.check(&reveal)?;
        self.bridge.0.link.replace(Some(Confirming { state, mailbox, device }));
        self.compare(&words, true);
        Ok(None)
    }

    fn compare(&self, words: &LinkWords, hands_over: bool) {
        self.show(Action::Link(LinkStep::Comparing { words: words.words(), hands_over }));
    }

    /// Old device: the words are the same. The new device goes into the list, then the identity is handed over.
    pub(super) async fn confirm_link(&self) -> Result<Option<Done>, Problem> {
        let Some(confirming) = self.bridge.0.link.take() else { return Err(Problem::LinkTimeout) };
        self.show(Action::Link(LinkStep::HandingOver));
        let outcome = self.hand_over(confirming).await;
        self.show(Action::Link(if outcome.is_ok() { LinkStep::Linked } else { LinkStep::Idle }));
        outcome
    }

    async fn hand_over(&self, confirming: Confirming) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet().await?;
        let Confirming { state, mailbox, device } = confirming;
        let list = list_with(&wallet, device)?;
        if wallet.is_registered {
            self.put_list(&mut wallet, &list).await?;
        }
        let created_s = now_s().saturating_sub(BACKDATED_S);
        let expires_s = created_s.saturating_add(DeviceCert::MAX_LIFETIME_S);
        let cert = DeviceCert::issue(&wallet.account(), device, created_s, expires_s).map_err(|_| Problem::Internal)?;
        let message = state.hand_over(&keepsake(&wallet), &cert, &list, &mut rng()?)?;
        self.leave(&mailbox, 3, message).await?;
        wallet::update(move |wallet| {
            take_list(wallet, &list);
            wallet.backed_up.is_linked = true;
        })
        .await?;
        Ok(Some(Done::Linked))
    }

    async fn stretch(&self, code: &LinkCode) -> Result<(LinkSecret, Mailbox), Problem> {
        match self.ask(Job::Stretch(code.to_string())).await? {
            Outcome::Stretched(ref secret) => {
                let secret = LinkSecret::from_bytes(*secret);
                let mailbox = Mailbox::from_bytes(secret.mailbox());
                Ok((secret, mailbox))
            }
            _ => Err(Problem::Internal),
        }
    }

    async fn leave(&self, mailbox: &Mailbox, step: u8, message: Vec<u8>) -> Result<(), Problem> {
        let message = LinkMessage { message: Blob::new(message).map_err(|_| Problem::Internal)? };
        Ok(http::send(Method::PUT, &api::link_path(mailbox, step), None, &message).await?)
    }

    /// Waits for the other device's message as long as the mailbox lives and the screen is there.
    async fn pick_up(&self, mailbox: &Mailbox, step: u8) -> Result<Vec<u8>, Problem> {
        let ends_ms = clock::now_ms().saturating_add(PATIENCE_MS);
        while self.is_current() && clock::now_ms() < ends_ms {
            if let Some(message) = http::wait_for_link(&api::link_path(mailbox, step)).await? {
                return Ok(message.message.into_bytes());
            }
        }
        Err(Problem::LinkTimeout)
    }

    /// The new device's first message is there already, or the code is another one.
    async fn pick_up_soon(&self, mailbox: &Mailbox) -> Result<Vec<u8>, Problem> {
        let message = http::wait_for_link(&api::link_path(mailbox, 0)).await?;
        message.map(|message| message.message.into_bytes()).ok_or(Problem::LinkTimeout)
    }
}

impl Bridge {
    /// The words differ, or somebody changed their mind: nothing is handed over.
    pub(super) fn stop_link(&self) {
        self.0.link.take();
        self.0.screen.set(self.0.screen.get().wrapping_add(1));
        self.show(Action::Link(LinkStep::Idle));
        self.show(Action::Failed(Problem::LinkStopped));
    }
}

/// How long before its making a certificate begins, in seconds. Chosen: servers whose clocks are behind accept it.
const BACKDATED_S: u64 = 3_600;

/// The account's list with the device in it.
fn list_with(wallet: &Wallet, device: DeviceId) -> Result<DeviceList, Problem> {
    let account = wallet.account();
    let listed = |device| ListedDevice { device, added_day: today() };
    match wallet.devices() {
        Some(list) => list.adding(&account, device, today()),
        None => DeviceList::issue(&account, 1, vec![listed(wallet.device().id()), listed(device)], Vec::new()),
    }
    .map_err(|_| Problem::TooManyDevices)
}

impl From<LinkError> for Problem {
    fn from(_: LinkError) -> Self {
        Self::LinkRefused
    }
}
