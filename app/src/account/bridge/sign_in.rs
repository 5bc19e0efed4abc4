//! Signing in: by this device's key, or by address and password on a new browser; and signing out.

use gloo::net::http::Method;
use milanio_identity::{AccountId, DeviceList, ExportKey, open_vault};
use milanio_rendezvous::api::{
    self, CodeSent, CodeText, Empty, OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer, OpaqueMessage, OpaqueVault,
    OpaqueVaultAnswer,
};

use super::{
    Task,
    pending::{Pending, What},
    sign_up::{email_text, language},
};
use crate::{
    account::{
        job::{Job, Outcome},
        route::Route,
        secret::Secret,
        state::{Done, mail, problem::Problem},
    },
    platform::{account_api as http, wallet},
};

impl Task {
    /// Brings back who signed out here; the server is asked only if it can be reached.
    pub(super) async fn sign_in_here(&self) -> Result<Option<Done>, Problem> {
        let mut parked = wallet::load_parked().await.ok_or(Problem::Storage)?;
        match self.log_in(&mut parked).await.map_err(Problem::from) {
            Ok(_)
            // It was restored while the server was out of reach.
            | Err(Problem::AddressNeeded)
            | Err(Problem::AccountUnknown | Problem::Unreachable | Problem::Offline | Problem::RateLimited { .. }) => {}
            Err(problem) => return Err(problem),
        }
        wallet::unpark().await?;
        wallet::save(&parked).await?;
        self.go(&Route::Menu);
        Ok(None)
    }

    /// Proves the password to the server and asks for a code by mail. The password stays here.
    pub(super) async fn sign_in(&self, email: &str, password: Secret) -> Result<Option<Done>, Problem> {
        let email = mail::address(email)?;
        if password.expose().is_empty() {
            return Err(Problem::PasswordMissing);
        }
        let Outcome::Begun(ref request) = self.ask(Job::SignIn(password.expose().to_owned())).await? else {
            return Err(Problem::Internal);
        };
        let request = message(request.clone())?;
        let body = OpaqueLogin { email: email_text(&email)?, request };
        let started: OpaqueLoginAnswer = http::post(api::OPAQUE_LOGIN_PATH, None, &body).await?;
        let ended = self.ask(Job::SignedIn(started.response.as_bytes().to_vec())).await?;
        let Outcome::Ended { message: ref finalization, ref export_key } = ended else { return Err(Problem::Internal) };
        let export_key = ExportKey::from_bytes(export_key.as_slice().try_into().map_err(|_| Problem::Internal)?);
        let body = OpaqueFinish {
            login: started.login,
            email: email_text(&email)?,
            finalization: message(finalization.clone())?,
            language: language(),
        };
        let sent: CodeSent = http::post(api::OPAQUE_FINISH_PATH, None, &body).await?;
        self.wait_for(Pending::new(&sent, email, What::Password(export_key, password)));
        Ok(None)
    }

    /// The code of the mail: the server hands out the vault, and the password's key opens it.
    pub(super) async fn open_vault(
        &self,
        export_key: &ExportKey,
        pending: &Pending,
        code: CodeText,
    ) -> Result<Option<Done>, Problem> {
        let body = OpaqueVault { request_id: pending.request, code };
        let answer: OpaqueVaultAnswer = http::post(api::OPAQUE_VAULT_PATH, None, &body).await?;
        let account = AccountId::from_bytes(answer.account.as_bytes()).map_err(|_| Problem::Internal)?;
        let keepsake = open_vault(export_key, account, answer.vault.seq, answer.vault.sealed.as_bytes())
            .map_err(|_| Problem::Internal)?;
        let list = DeviceList::from_bytes(answer.device_list.as_bytes()).ok();
        self.adopt(&keepsake.account, Some(keepsake.profile.clone()), list, Some(pending.email.clone())).await
    }

    /// Ends this device's sessions and puts the identity aside.
    pub(super) async fn sign_out(&self) -> Result<Option<Done>, Problem> {
        let session = self.bridge.0.session.take();
        if let Some(session) = session {
            // Out of reach, a session ends by itself within minutes.
            let _ = http::send(Method::POST, api::LOGOUT_PATH, Some(session.token()), &Empty {}).await;
        }
        wallet::park().await?;
        self.go(&Route::Elsewhere);
        Ok(None)
    }
}

/// A message of the password exchange as the API takes it.
pub(super) fn message(bytes: Vec<u8>) -> Result<OpaqueMessage, Problem> {
    OpaqueMessage::new(bytes).map_err(|_| Problem::Internal)
}
