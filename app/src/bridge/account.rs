//! What the bridge knows of accounts: the wallet of this browser, and whose attestations count.

use milanio_identity::IssuerId;
use milanio_node::core::session::SessionInput;
use wasm_bindgen_futures::spawn_local;

use super::{Bridge, message::Message, persona};
use crate::{
    platform::{api, wallet},
    state::{Action, account::Account},
    wallet::Wallet,
};

impl Bridge {
    pub(super) fn load_wallet(&self) {
        let post = self.post.clone();
        spawn_local(async move { post.send(Message::Wallet(wallet::load().await.map(Box::new))) });
    }

    /// The wallet is here, another one, or gone. Who is in a room stays who they are there.
    pub(super) fn take_wallet(&mut self, wallet: Option<&Wallet>) {
        self.show(Action::Account(
            wallet.map(|wallet| Account { name: wallet.name.clone(), short_id: wallet.account().id().short() }),
        ));
        let Some((wallet, visit)) = wallet.zip(self.visit.as_mut()) else { return };
        let is_theirs = visit.known.persona.account().id() == wallet.account().id();
        if is_theirs && let Some(attestation) = persona::attestation(wallet) {
            visit.send(SessionInput::SetAttestation(Some(attestation)));
        }
    }

    /// Asks for the keys under which attestations count, until they are known.
    pub(super) fn ask_issuers(&self) {
        if !self.issuers.is_empty() {
            return;
        }
        let post = self.post.clone();
        spawn_local(async move {
            let answer = api::keys().await.ok();
            let issuers = answer.map(|answer| {
                answer.issuers.iter().filter_map(|key| IssuerId::from_bytes(key.as_bytes()).ok()).collect()
            });
            post.send(Message::Issuers(issuers));
        });
    }

    pub(super) fn take_issuers(&mut self, issuers: Option<Vec<IssuerId>>) {
        // Without them nobody is marked as verified; the next visit asks again.
        let Some(issuers) = issuers else { return };
        self.issuers = issuers;
        if let Some(visit) = &mut self.visit {
            visit.send(SessionInput::SetIssuers(self.issuers.clone()));
        }
    }
}
