//! Sealed records (`platform::vault`) in one of this browser's databases (IndexedDB): read, written and removed by name.

use idb::TransactionMode;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use super::{database, vault};

/// A database with one object store.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    /// The name of the database.
    pub(super) database: &'static str,
    /// The name of its store.
    pub(super) store: &'static str,
}

impl Shelf {
    /// The record of this name, opened; `None` if there is none that this browser sealed.
    pub(super) async fn fetch(self, key: &str) -> Option<Zeroizing<Vec<u8>>> {
        let database = database::open(self.database, self.store).await?;
        let transaction = database.transaction(&[self.store], TransactionMode::ReadOnly).ok()?;
        let value = transaction.object_store(self.store).ok()?.get(JsValue::from(key)).ok()?.await.ok()?;
        database.close();
        let sealed: Uint8Array = value?.dyn_into().ok()?;
        vault::open(&sealed.to_vec()).await
    }

    /// Seals and keeps a record in place of the one before; `None` if the browser keeps nothing.
    pub(super) async fn put(self, key: &str, bytes: &[u8]) -> Option<()> {
        let sealed = vault::seal(bytes).await?;
        let database = database::open(self.database, self.store).await?;
        let transaction = database.transaction(&[self.store], TransactionMode::ReadWrite).ok()?;
        let value = Uint8Array::from(sealed.as_slice());
        transaction.object_store(self.store).ok()?.put(&value, Some(&key.into())).ok()?.await.ok()?;
        transaction.commit().ok()?.await.ok()?;
        database.close();
        Some(())
    }

    /// Removes a record; `None` if the storage cannot be reached.
    pub(super) async fn remove(self, key: &str) -> Option<()> {
        let database = database::open(self.database, self.store).await?;
        let transaction = database.transaction(&[self.store], TransactionMode::ReadWrite).ok()?;
        transaction.object_store(self.store).ok()?.delete(JsValue::from(key)).ok()?.await.ok()?;
        transaction.commit().ok()?.await.ok()?;
        database.close();
        Some(())
    }
}
