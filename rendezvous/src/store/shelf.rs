//! Typed access to a store: reads and writes rows instead of bytes.

use std::sync::Arc;

use super::{Entry, Revision, Store, StoreError, account_record::Row};

/// A row as it was read, with the revision that a write over it must name.
#[derive(Clone, Debug)]
pub struct Found<R> {
    /// The row.
    pub row: R,
    /// Its revision.
    pub revision: Revision,
}

/// A store of rows.
#[derive(Clone)]
pub struct Shelf(Arc<dyn Store>);

impl Shelf {
    /// The rows in `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// The row under `key`.
    pub async fn get<R: Row>(&self, key: &[u8]) -> Result<Option<Found<R>>, StoreError> {
        let entry = self.0.get(key).await?;
        entry.map(|entry| R::decode(&entry.value).map(|row| Found { row, revision: entry.revision })).transpose()
    }

    /// What is stored under `key`, not decoded.
    pub async fn stored(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.0.get(key).await
    }

    /// Writes a row where `over` says what must be there now: nothing, or that revision.
    pub async fn put<R: Row>(&self, key: Vec<u8>, over: Option<Revision>, row: &R) -> Result<Revision, StoreError> {
        let value = row.encode()?;
        match over {
            None => self.0.create(key, value, R::TTL).await,
            Some(revision) => self.0.update(key, revision, value, R::TTL).await,
        }
    }

    /// Writes a row whatever is there now.
    pub async fn replace<R: Row>(&self, key: &[u8], row: &R) -> Result<(), StoreError> {
        loop {
            let over = self.0.get(key).await?.map(|entry| entry.revision);
            match self.put(key.to_vec(), over, row).await {
                // Somebody else's write came between: it is older, as it was acknowledged first.
                Err(StoreError::Conflict) => continue,
                written => return written.map(drop),
            }
        }
    }

    /// Removes the row of this revision.
    pub async fn delete(&self, key: Vec<u8>, revision: Revision) -> Result<(), StoreError> {
        self.0.delete(key, revision).await
    }

    /// Removes whatever is there.
    pub async fn clear(&self, key: &[u8]) -> Result<(), StoreError> {
        while let Some(entry) = self.0.get(key).await? {
            match self.0.delete(key.to_vec(), entry.revision).await {
                Err(StoreError::Conflict) => continue,
                deleted => return deleted,
            }
        }
        Ok(())
    }

    /// Up to `limit` entries under `prefix` behind `after`, in order, as they are stored.
    pub async fn page(&self, prefix: &[u8], after: Option<Vec<u8>>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.0.scan(prefix.to_vec(), after, limit).await
    }
}
