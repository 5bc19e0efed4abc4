//! A takeover at its end: an address that one account has, and another account that has asked for it, read a code and waited.
//! Also the links in notices that stop it.

use anyhow::Result;
use milanio_identity::AccountKey;
use milanio_rendezvous::{
    api::{RequestId, StopText},
    core::{
        keyed::keyed,
        mail_proof::{self, Purpose},
        reclaim::{NOTICE_S, REMINDERS_S, Takeover},
    },
    store::{
        Store as _,
        account_record::{Row as _, takeover_key},
    },
};

use super::world::{NOW_S, World, codes_key};

/// Lets the account `claimant` be at the end of its wait for the address `email` (its hash), which the account `holder` has.
pub async fn wait(world: &World, claimant: &AccountKey, holder: &AccountKey, email: [u8; 32]) -> Result<()> {
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
    world.store.create(takeover_key(&of(&email)), takeover.encode()?, None).await?;
    Ok(())
}

/// What the link in a notice about it ends with.
pub fn stop(claimant: &AccountKey, email: &[u8; 32]) -> StopText {
    stop_of(&codes_key(), claimant, email, NOW_S - NOTICE_S)
}

/// The same for an attempt at another time, made with `key`.
pub fn stop_of(key: &[u8; 32], claimant: &AccountKey, email: &[u8; 32], asked_s: u64) -> StopText {
    let id = of(email);
    let mac = keyed(key, "reclaim-stop", &[id.as_bytes(), claimant.id().as_bytes(), &asked_s.to_be_bytes()]);
    let mut text = [0; 48];
    text[..16].copy_from_slice(id.as_bytes());
    text[16..].copy_from_slice(&mac);
    StopText::from_bytes(text)
}

// An address has one at a time.
fn of(email: &[u8; 32]) -> RequestId {
    mail_proof::request_id(&codes_key(), email, &Purpose::Reclaim { email: *email })
}
