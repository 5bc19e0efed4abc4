//! What this browser keeps of rooms' conversations, by the wish of its person: one sealed record for each room (IndexedDB).
//!
//! A record is `keep(1) | until(8, big-endian, milliseconds) | sealed(room id | conversation)`. It is named by the room's opaque id,
//! never by its code, and bound to it inside the seal. What has run out is deleted whenever a room is opened. Everything
//! here may fail: then nothing is kept.

use data_encoding::BASE64URL_NOPAD;
use idb::{Database, TransactionMode};
use js_sys::Uint8Array;
use milanio_identity::RoomId;
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use super::{database, vault};
use crate::state::chat::Keep;

const DATABASE: &str = "milanio.history";
const STORE: &str = "rooms";

/// Rooms that are looked at for what has run out, each time. Chosen: it is done again the next time.
const MAX_SWEPT: usize = 256;

/// What is kept of a room.
pub struct Kept {
    /// For how long.
    pub keep: Keep,
    /// The conversation, as it was exported.
    pub conversation: Zeroizing<Vec<u8>>,
}

/// What is kept of this room, if anything is. Deletes what has run out, of every room.
pub async fn load(room: RoomId, now_ms: u64) -> Option<Kept> {
    let database = database::open(DATABASE, STORE).await?;
    sweep(&database, now_ms).await;
    let record = read(&database, &name(room)).await?;
    let (head, sealed) = split(&record)?;
    let opened = vault::open(sealed).await?;
    let conversation = opened.strip_prefix(room.as_bytes().as_slice())?;
    Some(Kept { keep: head.keep, conversation: Zeroizing::new(conversation.to_vec()) })
}

/// Keeps this conversation of a room, in place of what was kept before. `until`: when it is to be deleted, if ever.
pub async fn save(room: RoomId, conversation: &[u8], until_ms: Option<u64>) -> Option<()> {
    let plaintext = Zeroizing::new([room.as_bytes().as_slice(), conversation].concat());
    let sealed = vault::seal(&plaintext).await?;
    let keep = [u8::from(until_ms.is_some())];
    let record = [keep.as_slice(), &until_ms.unwrap_or(u64::MAX).to_be_bytes(), &sealed].concat();
    let database = database::open(DATABASE, STORE).await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite).ok()?;
    let store = transaction.object_store(STORE).ok()?;
    store.put(&Uint8Array::from(record.as_slice()), Some(&name(room))).ok()?.await.ok()?;
    transaction.commit().ok()?.await.ok()?;
    Some(())
}

/// Deletes what is kept of a room.
pub async fn clear(room: RoomId) {
    if let Some(database) = database::open(DATABASE, STORE).await {
        // What cannot be deleted could not be written either.
        let _ = delete(&database, &[name(room)]).await;
    }
}

/// Whether anything is kept of any room.
pub async fn is_empty() -> bool {
    let Some(database) = database::open(DATABASE, STORE).await else { return true };
    names(&database).await.is_none_or(|names| names.is_empty())
}

/// Deletes what is kept of every room.
pub async fn clear_all() {
    if let Some(database) = database::open(DATABASE, STORE).await {
        let _ = delete_all(&database).await;
    }
}

struct Head {
    keep: Keep,
    until_ms: u64,
}

fn split(record: &[u8]) -> Option<(Head, &[u8])> {
    let (&keep, rest) = record.split_first()?;
    let (until, sealed) = rest.split_first_chunk()?;
    let keep = if keep == 0 { Keep::Always } else { Keep::Day };
    Some((Head { keep, until_ms: u64::from_be_bytes(*until) }, sealed))
}

fn name(room: RoomId) -> JsValue {
    BASE64URL_NOPAD.encode(room.as_bytes()).into()
}

async fn read(database: &Database, name: &JsValue) -> Option<Vec<u8>> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly).ok()?;
    let value = transaction.object_store(STORE).ok()?.get(name.clone()).ok()?.await.ok()??;
    Some(value.dyn_into::<Uint8Array>().ok()?.to_vec())
}

async fn names(database: &Database) -> Option<Vec<JsValue>> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly).ok()?;
    transaction.object_store(STORE).ok()?.get_all_keys(None, Some(MAX_SWEPT as u32)).ok()?.await.ok()
}

async fn sweep(database: &Database, now_ms: u64) {
    let mut over = Vec::new();
    for name in names(database).await.unwrap_or_default() {
        let record = read(database, &name).await.unwrap_or_default();
        if split(&record).is_none_or(|(head, _)| head.until_ms <= now_ms) {
            over.push(name);
        }
    }
    if !over.is_empty() {
        // What stays is deleted the next time.
        let _ = delete(database, &over).await;
    }
}

async fn delete(database: &Database, names: &[JsValue]) -> Option<()> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite).ok()?;
    let store = transaction.object_store(STORE).ok()?;
    for name in names {
        store.delete(name.clone()).ok()?.await.ok()?;
    }
    transaction.commit().ok()?.await.ok()?;
    Some(())
}

async fn delete_all(database: &Database) -> Option<()> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite).ok()?;
    transaction.object_store(STORE).ok()?.clear().ok()?.await.ok()?;
    transaction.commit().ok()?.await.ok()?;
    Some(())
}
