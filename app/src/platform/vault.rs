//! Sealing what a tab remembers: AES-GCM (NIST SP 800-38D) under a key of this browser that no script can read.
//!
//! The key is made once, not extractable, and kept in IndexedDB. So a copy of the storage without the browser's own key store
//! is worth nothing; a script that runs in the page could still use it. Everything here may fail (storage switched off,
//! private windows): then nothing is remembered, and nothing else is lost.

use idb::{Database, TransactionMode};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::database;

const DATABASE: &str = "milanio";
const STORE: &str = "keys";
const KEY: &str = "tabs";

/// Bytes of the nonce in front of the ciphertext.
const NONCE: usize = 12;

/// Seals; `None` if this browser cannot.
pub async fn seal(plaintext: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).ok()?;
    let key = key().await?;
    let sealed = subtle()?.encrypt_with_object_and_u8_array(&parameters(&nonce)?, &key, plaintext).ok()?;
    let sealed = Uint8Array::new(&JsFuture::from(sealed).await.ok()?);
    Some([nonce.as_slice(), &sealed.to_vec()].concat())
}

/// Opens what this browser sealed; `None` if it did not.
pub async fn open(sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let key = key().await?;
    let opened = subtle()?.decrypt_with_object_and_u8_array(&parameters(nonce)?, &key, sealed).ok()?;
    let opened = Uint8Array::new(&JsFuture::from(opened).await.ok()?);
    let plaintext = Zeroizing::new(opened.to_vec());
    opened.fill(0, 0, opened.length());
    Some(plaintext)
}

fn subtle() -> Option<SubtleCrypto> {
    // Undefined outside secure contexts.
    let subtle = gloo::utils::window().crypto().ok()?.subtle();
    (!subtle.is_undefined()).then_some(subtle)
}

fn parameters(nonce: &[u8; NONCE]) -> Option<Object> {
    let parameters = Object::new();
    Reflect::set(&parameters, &"name".into(), &"AES-GCM".into()).ok()?;
    Reflect::set(&parameters, &"iv".into(), &Uint8Array::from(nonce.as_slice())).ok()?;
    Some(parameters)
}

/// The key, made if there is none.
async fn key() -> Option<CryptoKey> {
    let database = database::open(DATABASE, STORE).await?;
    if let Some(key) = stored(&database).await {
        return Some(key);
    }
    let made = make().await?;
    // Two first tabs may both get here. Adding never replaces: the later one fails, and both read the key that is kept.
    let _ = add(&database, &made).await;
    stored(&database).await
}

async fn add(database: &Database, key: &CryptoKey) -> Option<()> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite).ok()?;
    transaction.object_store(STORE).ok()?.add(key, Some(&KEY.into())).ok()?.await.ok()?;
    transaction.commit().ok()?.await.ok()?;
    Some(())
}

async fn stored(database: &Database) -> Option<CryptoKey> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly).ok()?;
    let value = transaction.object_store(STORE).ok()?.get(JsValue::from(KEY)).ok()?.await.ok()??;
    value.dyn_into().ok()
}

async fn make() -> Option<CryptoKey> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into()).ok()?;
    Reflect::set(&algorithm, &"length".into(), &256.into()).ok()?;
    let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
    let made = subtle()?.generate_key_with_object(&algorithm, false, &uses).ok()?;
    JsFuture::from(made).await.ok()?.dyn_into().ok()
}
