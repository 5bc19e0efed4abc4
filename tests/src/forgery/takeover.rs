//! A takeover at its end: an address that one account has, and another account that has asked for it, read a code and waited.

use anyhow::{Result, anyhow};
use milanio_identity::AccountKey;
use milanio_rendezvous::{
    api::{CodeText, RequestId},
    core::{
        mail_proof::{self, CODE_LIFE_S, OpenRequest, Purpose},
        reclaim::{NOTICE_S, REMINDERS_S, Takeover},
    },
    store::{
        Store as _,
        account_record::{Row as _, request_key, takeover_key},
    },
};

use super::world::{NOW_S, World, codes_key};

/// What the code stands for.
const RANDOM: [u8; 5] = [7; 5];

/// Lets the account `claimant` be at the end of its wait for the address `email` (its hash), which the account `holder` has. A code
/// that was sent before is still open, too.
pub async fn wait(world: &World, claimant: &AccountKey, holder: &AccountKey, email: [u8; 32]) -> Result<()> {
    let purpose = Purpose::Reclaim { email };
    let takeover = Takeover {
        holder: *holder.id().as_bytes(),
        claimant: *claimant.id().as_bytes(),
        asked_s: NOW_S - NOTICE_S,
        notice_s: NOTICE_S,
        stopped_s: None,
        granted: false,
        reminded: u8::try_from(REMINDERS_S.len())?,
        address: Vec::new(),
        language: 0,
    };
    let id = mail_proof::request_id(&codes_key(), &email, &purpose);
    world.store.create(takeover_key(&id), takeover.encode()?, None).await?;
    let (id, (_, code)) = (request(claimant), code(claimant));
    let (account, expires_s) = (*claimant.id().as_bytes(), NOW_S + CODE_LIFE_S);
    let open = OpenRequest { account, purpose, code, tries: 0, expires_s };
    world.store.create(request_key(&id), open.encode()?, None).await?;
    Ok(())
}

/// The name of the request whose code is open.
pub fn request(claimant: &AccountKey) -> RequestId {
    // One for each account, whatever the address.
    let purpose = Purpose::Reclaim { email: [0; 32] };
    mail_proof::request_id(&codes_key(), claimant.id().as_bytes(), &purpose)
}

/// The code, as a person types it.
pub fn typed(claimant: &AccountKey) -> Result<CodeText> {
    CodeText::new(code(claimant).0).map_err(|_| anyhow!("a code is a short text"))
}

fn code(claimant: &AccountKey) -> (String, [u8; 32]) {
    mail_proof::code(&codes_key(), &request(claimant), RANDOM)
}
