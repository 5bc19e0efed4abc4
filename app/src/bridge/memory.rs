//! What a tab remembers of the rooms it was in, so that loading the page again brings back the same person, and at once.
//!
//! Sealed (`platform::vault`) in the tab's own storage, which ends with the tab. A duplicated tab gets a copy of the storage: that
//! only one of the two is in the room is up to the visit's claim. Of an account nothing is copied here: its wallet is asked again.

use data_encoding::BASE64URL_NOPAD;
use milanio_identity::{RoomCode, RootSecret, SignedGenesis};
use milanio_node::core::room::KeptFloor;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{persona::Persona, visit::Known};
use crate::platform::{locks, tab, vault};

/// Rooms that a tab remembers; the oldest is forgotten first. Chosen: going back and forth between a few.
const MAX_ROOMS: usize = 4;

/// Held while what is remembered is read, changed and written.
const LOCK: &str = "milanio.tab";

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Record {
    code: String,
    /// Account and device seed of the guest; `None` for the person of the wallet.
    guest: Option<([u8; 32], [u8; 32])>,
    root: Option<[u8; 32]>,
    genesis: Option<Vec<u8>>,
    operations: Vec<Vec<u8>>,
    /// Each as `KeptFloor` gives it.
    floors: Vec<Vec<u8>>,
}

/// Who this tab was in the room, or is now. `None` if it can be nobody.
pub(super) async fn recall(code: RoomCode, now_s: u64) -> Option<Known> {
    match remembered(&code, now_s).await {
        Some(known) => Some(known),
        None => Some(Known::new(code, Persona::of_this_browser(now_s).await.ok()?)),
    }
}

/// Remembers a room and who one is in it, in place of what was remembered of that room.
pub(super) async fn remember(known: Known) {
    // One after the other, so that what is known later is not overwritten by what was known before.
    locks::exclusively(LOCK, write(known)).await;
}

async fn write(known: Known) {
    let mut records = records().await.unwrap_or_default();
    let record = Record::new(&known);
    records.retain(|other| other.code != record.code);
    records.insert(0, record);
    records.truncate(MAX_ROOMS);
    let Ok(plaintext) = postcard::to_allocvec(&records).map(Zeroizing::new) else { return };
    if let Some(sealed) = vault::seal(&plaintext).await {
        tab::keep_guests(&BASE64URL_NOPAD.encode(&sealed));
    }
}

async fn remembered(code: &RoomCode, now_s: u64) -> Option<Known> {
    let text = code.to_string();
    let record = records().await?.into_iter().find(|record| record.code == text)?;
    let genesis = record.genesis.as_ref().and_then(|genesis| SignedGenesis::from_bytes(genesis).ok());
    let persona = match record.guest {
        Some((account_seed, device_seed)) => Persona::guest_from(account_seed, device_seed, now_s),
        None => Persona::of_this_browser(now_s).await,
    };
    let root = record.root.map(RootSecret::from_bytes);
    let floor = |bytes: &Vec<u8>| bytes.as_slice().try_into().ok().map(KeptFloor::from_bytes);
    let (operations, floors) = (record.operations.clone(), record.floors.iter().filter_map(floor).collect());
    Some(Known { root, genesis, operations, floors, ..Known::new(code.clone(), persona.ok()?) })
}

async fn records() -> Option<Vec<Record>> {
    let sealed = BASE64URL_NOPAD.decode(tab::guests()?.as_bytes()).ok()?;
    postcard::from_bytes(&vault::open(&sealed).await?).ok()
}

impl Record {
    fn new(known: &Known) -> Self {
        Self {
            code: known.code.to_string(),
            guest: known.persona.guest_seeds(),
            root: known.root.as_ref().map(|root| *root.as_bytes()),
            genesis: known.genesis.as_ref().map(SignedGenesis::to_bytes),
            operations: known.operations.clone(),
            floors: known.floors.iter().map(|floor| floor.as_bytes().to_vec()).collect(),
        }
    }
}
