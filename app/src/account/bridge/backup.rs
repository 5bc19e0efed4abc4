//! Backing up: the words, a file, a vault at the server.

use gloo::net::http::Method;
use milanio_identity::{ExportKey, Keepsake, Phrase, Profile, seal_vault};
use milanio_rendezvous::api::{self, Empty, OpaqueRegister, OpaqueRegisterAnswer, PutVault, SealedVault, VaultRecord};

use super::{Task, now_s, seed, sign_in::message, today};
use crate::{
    account::{
        job::{Job, Kept, Outcome},
        secret::Secret,
        state::{
            Action, Busy, Done,
            backup::{ASKED, Words, WordsStep},
            problem::{MIN_STRENGTH, Problem, check_password},
        },
    },
    platform::{account_api as http, files, wallet},
    wallet::Wallet,
};

/// How a backup file is called.
const FILE_NAME: &str = "milanio-identity.backup";

impl Task {
    /// Shows the 24 words.
    pub(super) async fn show_words(&self) {
        let words = match self.wallet().await {
            Ok(wallet) => seed().map(|random| {
                let mut chosen = [0; ASKED];
                chosen.copy_from_slice(&random[..ASKED]);
                Words::new(Phrase::of(&wallet.account()).words(), chosen)
            }),
            Err(problem) => Err(problem),
        };
        match words {
            Ok(words) => {
                self.bridge.0.words.replace(Some(words.clone()));
                self.show(Action::WordsShown(words));
            }
            Err(problem) => self.show(Action::Failed(problem)),
        }
    }

    /// Compares the three words that were asked back.
    pub(super) async fn check_words(&self, typed: &[String; ASKED]) -> Result<Option<Done>, Problem> {
        let checked = self.bridge.0.words.borrow().as_ref().map(|words| words.check(typed));
        checked.ok_or(Problem::Internal)??;
        wallet::update(|wallet| wallet.backed_up.phrase_day = Some(today())).await?;
        self.bridge.0.words.take();
        self.show(Action::Words(WordsStep::Checked));
        Ok(None)
    }

    /// Writes a backup file.
    pub(super) async fn save_file(
        &self,
        password: Secret,
        again: &Secret,
        ticked: bool,
    ) -> Result<Option<Done>, Problem> {
        self.check_new(&password, again).await?;
        if !ticked {
            return Err(Problem::TickMissing);
        }
        let wallet = self.wallet().await?;
        let kept = Kept::new(&keepsake(&wallet));
        let sealed = self.ask(Job::SealFile { password: password.expose().to_owned(), kept }).await?;
        let Outcome::Sealed(ref file) = sealed else { return Err(Problem::Internal) };
        files::save(FILE_NAME, "application/octet-stream", file).ok_or(Problem::Internal)?;
        wallet::update(|wallet| wallet.backed_up.file_day = Some(today())).await?;
        Ok(Some(Done::FileSaved))
    }

    /// Registers the password at the server, which does not learn it, and leaves a vault there that only it opens.
    pub(super) async fn save_vault(&self, password: Secret, again: &Secret) -> Result<Option<Done>, Problem> {
        self.check_new(&password, again).await?;
        let mut wallet = self.wallet().await?;
        let kept: VaultRecord = self.fetch(&mut wallet, api::VAULT_PATH).await?;
        let seq = kept.seq.saturating_add(1);
        let (record, export_key) = self.register_password(&mut wallet, &password).await?;
        let mut rng = rng()?;
        let vault = seal_vault(&export_key, seq, &keepsake(&wallet), &mut rng).map_err(|_| Problem::Internal)?;
        let body = PutVault {
            seq,
            sealed: SealedVault::new(vault).map_err(|_| Problem::Internal)?,
            opaque_record: message(record)?,
        };
        self.show(Action::Began(Busy::Saving));
        self.send_proven(&mut wallet, Method::PUT, api::VAULT_PATH, &body).await?;
        wallet::update(move |wallet| {
            wallet.backed_up.has_vault = true;
            wallet.seqs.vault = seq;
        })
        .await?;
        Ok(Some(Done::VaultSaved))
    }

    async fn register_password(&self, wallet: &mut Wallet, password: &Secret) -> Result<(Vec<u8>, ExportKey), Problem> {
        let begun = self.ask(Job::Register(password.expose().to_owned())).await?;
        let Outcome::Begun(ref request) = begun else { return Err(Problem::Internal) };
        let body = OpaqueRegister { request: message(request.clone())? };
        let answer: OpaqueRegisterAnswer = self
            .with_session(wallet, |token| {
                let body = body.clone();
                async move { http::post(api::OPAQUE_REGISTER_PATH, Some(&token), &body).await }
            })
            .await?;
        let ended = self.ask(Job::Registered(answer.response.as_bytes().to_vec())).await?;
        let Outcome::Ended { message: ref record, ref export_key } = ended else { return Err(Problem::Internal) };
        let export_key = export_key.as_slice().try_into().map_err(|_| Problem::Internal)?;
        Ok((record.clone(), ExportKey::from_bytes(export_key)))
    }

    /// Takes the vault away from the server.
    pub(super) async fn remove_vault(&self) -> Result<Option<Done>, Problem> {
        let mut wallet = self.wallet().await?;
        self.send_proven(&mut wallet, Method::DELETE, api::VAULT_PATH, &Empty {}).await?;
        wallet::update(|wallet| wallet.backed_up.has_vault = false).await?;
        Ok(Some(Done::VaultRemoved))
    }

    /// Whether a new password will do.
    async fn check_new(&self, password: &Secret, again: &Secret) -> Result<(), Problem> {
        check_password(password.expose())?;
        if self.strength(password).await? < MIN_STRENGTH {
            return Err(Problem::PasswordWeak);
        }
        if password == again { Ok(()) } else { Err(Problem::PasswordsDiffer) }
    }
}

/// What brings the wallet's identity back elsewhere. The picture is left out.
pub(super) fn keepsake(wallet: &Wallet) -> Keepsake {
    Keepsake { account: wallet.account(), profile: profile(wallet).without_avatar(), created_s: now_s() }
}

/// The wallet's profile.
pub(super) fn profile(wallet: &Wallet) -> Profile {
    Profile { name: wallet.name.clone(), avatar: wallet.avatar.clone(), device_names: wallet.device_names.clone() }
}

/// Randomness for one sealing.
pub(super) fn rng() -> Result<rand_chacha::ChaCha20Rng, Problem> {
    use rand_chacha::rand_core::SeedableRng as _;
    Ok(rand_chacha::ChaCha20Rng::from_seed(seed()?))
}
