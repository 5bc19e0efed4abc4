//! What a tab remembers of the rooms it was in, so that loading the page again brings back the same guest, and at once.
//!
//! Sealed (`platform::vault`) in the tab's own storage, which ends with the tab. A guest belongs to one tab: a duplicated tab
//! gets a copy of the storage and finds the guest held, so it makes a new one.

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use milanio_identity::{RoomCode, RootSecret, SignedGenesis};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{guest::Guest, visit::Known};
use crate::platform::{locks, tab, vault};

/// Rooms that a tab remembers; the oldest is forgotten first. Chosen: going back and forth between a few.
const MAX_ROOMS: usize = 4;

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Record {
    code: String,
    account_seed: [u8; 32],
    device_seed: [u8; 32],
    root: Option<[u8; 32]>,
    genesis: Option<Vec<u8>>,
}

/// The guest that this tab was in the room, or a new one; held for this page from now on. `None` if no guest can be made.
pub(super) async fn recall(code: RoomCode, now_s: u64) -> Option<Known> {
    if let Some(known) = remembered(&code, now_s).await
        && locks::hold(&lock_name(&known.guest)).await
    {
        return Some(known);
    }
    let guest = Guest::new(now_s).ok()?;
    locks::hold(&lock_name(&guest)).await;
    Some(Known { code, guest, root: None, genesis: None })
}

/// Remembers a room and the guest in it, in place of what was remembered of that room; the guest is held for this page.
pub(super) async fn remember(known: Known) {
    locks::hold(&lock_name(&known.guest)).await;
    let mut records = records().await.unwrap_or_default();
    let record = Record::new(&known);
    records.retain(|other| other.code != record.code);
    records.insert(0, record);
    records.truncate(MAX_ROOMS);
    let Ok(plaintext) = postcard::to_allocvec(&records).map(Zeroizing::new) else { return };
    if let Some(sealed) = vault::seal(&plaintext).await {
        tab::keep_guests(&BASE64_STANDARD_NO_PAD.encode(sealed));
    }
}

async fn remembered(code: &RoomCode, now_s: u64) -> Option<Known> {
    let text = code.to_string();
    let record = records().await?.into_iter().find(|record| record.code == text)?;
    let genesis = record.genesis.as_ref().and_then(|genesis| SignedGenesis::from_bytes(genesis).ok());
    Some(Known {
        code: code.clone(),
        guest: Guest::from_seeds(record.account_seed, record.device_seed, now_s).ok()?,
        root: record.root.map(RootSecret::from_bytes),
        genesis,
    })
}

async fn records() -> Option<Vec<Record>> {
    let sealed = BASE64_STANDARD_NO_PAD.decode(tab::guests()?).ok()?;
    postcard::from_bytes(&vault::open(&sealed).await?).ok()
}

fn lock_name(guest: &Guest) -> String {
    format!("milanio.guest.{}", guest.device().id().short())
}

impl Record {
    fn new(known: &Known) -> Self {
        let (account_seed, device_seed) = known.guest.seeds();
        Self {
            code: known.code.to_string(),
            account_seed,
            device_seed,
            root: known.root.as_ref().map(|root| *root.as_bytes()),
            genesis: known.genesis.as_ref().map(SignedGenesis::to_bytes),
        }
    }
}
