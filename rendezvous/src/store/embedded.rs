//! The store of one machine: sled, flushed before a write is answered.
//!
//! sled flushes in the background by default, which would acknowledge writes that a power cut takes back; here every write waits
//! for its flush ([`super::group_commit`]). Left out: watching keys and more than one process on one directory.

use std::{path::Path, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use sled::{CompareAndSwapError, IVec};

use super::{
    Clock, Entry, MAX_KEY_BYTES, MAX_SCAN, Revision, Store, StoreError,
    envelope::Envelope,
    group_commit::{Write, Writer, failed},
    max_value_bytes,
};

/// A [`Store`] in one directory. Clones share it; the directory is free again when the last one is gone.
#[derive(Clone)]
pub struct EmbeddedStore {
    db: sled::Db,
    writer: Writer,
    clock: Clock,
}

/// See [`EmbeddedStore::parts`].
pub(super) struct EmbeddedParts<'a> {
    pub db: &'a sled::Db,
    pub writer: &'a Writer,
    pub clock: &'a Clock,
}

impl EmbeddedStore {
    /// Opens or makes the store in `directory`. Fails if another process has it open. Blocks.
    pub fn open(directory: &Path, clock: Clock) -> Result<Self, sled::Error> {
        let db = sled::Config::new()
            .path(directory)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .mode(sled::Mode::HighThroughput)
            .open()?;
        let (writer, _thread) = Writer::start(db.clone())?;
        Ok(Self { db, writer, clock })
    }

    /// How often it has waited for the disk since it was opened: less often than it has acknowledged writes, as some share a flush.
    pub fn flushes(&self) -> u64 {
        self.writer.flushes()
    }

    /// What the store is made of, for what works on all of it.
    pub(super) fn parts(&self) -> EmbeddedParts<'_> {
        EmbeddedParts { db: &self.db, writer: &self.writer, clock: &self.clock }
    }

    fn write(
        &self,
        key: Vec<u8>,
        expected: Option<Revision>,
        value: Option<Vec<u8>>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        if key.len() > MAX_KEY_BYTES || value.as_ref().is_some_and(|value| value.len() > max_value_bytes(&key)) {
            return futures::future::ready(Err(StoreError::TooLarge)).boxed();
        }
        let clock = Arc::clone(&self.clock);
        let write: Write = Box::new(move |db| {
            let now_s = clock();
            // At least one second: a ttl below that would be 0, which means never.
            let expires_s = ttl.map_or(0, |ttl| now_s.saturating_add(ttl.as_secs().max(1)));
            replace(db, &key, expected, value.as_deref().map(|value| (value, expires_s)), now_s)
        });
        self.writer.write(write).boxed()
    }

    // Reading many entries takes long, so it leaves the async threads.
    async fn walk<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&sled::Db, u64) -> Result<T, StoreError> + Send + 'static,
    {
        let (db, clock) = (self.db.clone(), Arc::clone(&self.clock));
        tokio::task::spawn_blocking(move || read(&db, clock())).await.unwrap_or(Err(StoreError::Failed))
    }
}

impl Store for EmbeddedStore {
    // On the caller's thread: an entry in memory takes a microsecond, one on disk a fraction of a millisecond, and handing it to
    // another thread and back up to 30 microseconds (measured), which is most of what a login has beside its cryptography.
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        async move {
            match self.db.get(key).map_err(|error| failed(&error))? {
                Some(stored) => entry(key, &stored, (self.clock)()),
                None => Ok(None),
            }
        }
        .boxed()
    }

    fn create(
        &self,
        key: Vec<u8>,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        self.write(key, None, Some(value), ttl)
    }

    fn update(
        &self,
        key: Vec<u8>,
        revision: Revision,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        self.write(key, Some(revision), Some(value), ttl)
    }

    fn delete(&self, key: Vec<u8>, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write(key, Some(revision), None, None).map(|written| written.map(drop)).boxed()
    }

    fn scan(
        &self,
        prefix: Vec<u8>,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        self.walk(move |db, now_s| {
            let first = match after {
                // The smallest key greater than `after`.
                Some(mut after) => {
                    after.push(0);
                    after.max(prefix.clone())
                }
                None => prefix.clone(),
            };
            let mut found = Vec::new();
            for item in db.range(first..) {
                let (key, stored) = item.map_err(|error| failed(&error))?;
                if !key.starts_with(&prefix) || found.len() >= limit.min(MAX_SCAN) {
                    break;
                }
                found.extend(entry(&key, &stored, now_s)?);
            }
            Ok(found)
        })
        .boxed()
    }

    fn purge(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.walk(|db, now_s| {
            let mut purged = 0;
            for item in db.iter() {
                let (key, stored) = item.map_err(|error| failed(&error))?;
                if !Envelope::from_bytes(&stored)?.is_over(now_s) {
                    continue;
                }
                // An entry that was made anew meanwhile stays. Nobody waits for this to be on disk: the next flush takes it along.
                let removed =
                    db.compare_and_swap(&key, Some(&stored), None::<&[u8]>).map_err(|error| failed(&error))?;
                purged += usize::from(removed.is_ok());
            }
            Ok(purged)
        })
        .boxed()
    }
}

/// Memory for pages (chosen: far below what a small server has).
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

fn entry(key: &[u8], stored: &IVec, now_s: u64) -> Result<Option<Entry>, StoreError> {
    let envelope = Envelope::from_bytes(stored)?;
    let live = (!envelope.is_over(now_s)).then(|| Entry {
        key: key.to_vec(),
        revision: envelope.revision,
        value: envelope.value.to_vec(),
    });
    Ok(live)
}

// Compare and set: `expected` is the revision that must be there, none for no entry; `new` is the value and its expiry.
fn replace(
    db: &sled::Db,
    key: &[u8],
    expected: Option<Revision>,
    new: Option<(&[u8], u64)>,
    now_s: u64,
) -> Result<Revision, StoreError> {
    let stored = db.get(key).map_err(|error| failed(&error))?;
    let envelope = stored.as_deref().map(Envelope::from_bytes).transpose()?;
    let live = envelope.filter(|envelope| !envelope.is_over(now_s)).map(|envelope| envelope.revision);
    if live != expected {
        return Err(StoreError::Conflict);
    }
    let revision = Revision(db.generate_id().map_err(|error| failed(&error))?);
    let bytes = new.map(|(value, expires_s)| Envelope { revision, expires_s, value }.to_bytes());
    match db.compare_and_swap(key, stored.as_deref(), bytes) {
        Ok(Ok(())) => Ok(revision),
        Ok(Err(CompareAndSwapError { .. })) => Err(StoreError::Conflict),
        Err(error) => Err(failed(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::store::conformance;

    fn open(directory: &Path, now: &Arc<AtomicU64>) -> EmbeddedStore {
        let now = Arc::clone(now);
        EmbeddedStore::open(directory, Arc::new(move || now.load(Ordering::Relaxed))).unwrap()
    }

    #[tokio::test]
    async fn the_embedded_store_conforms() {
        let directory = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicU64::new(1_000));
        let store = open(directory.path(), &now);
        conformance::run(&store, |seconds| {
            now.fetch_add(seconds, Ordering::Relaxed);
        })
        .await;
    }

    #[tokio::test]
    async fn a_hundred_writers_share_flushes_and_all_are_there_after_reopening() {
        let directory = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicU64::new(1_000));
        let store = open(directory.path(), &now);
        let writes = (0..100u8).map(|n| store.create(vec![n], vec![n; 100], None));
        let revisions = futures::future::try_join_all(writes).await.unwrap();
        let distinct: std::collections::BTreeSet<_> = revisions.iter().collect();
        assert_eq!(distinct.len(), 100);
        drop(store);
        // The writer thread lets go of the directory when its queue is empty.
        let store = loop {
            match EmbeddedStore::open(directory.path(), Arc::new(|| 1_000)) {
                Ok(store) => break store,
                Err(_) => std::thread::yield_now(),
            }
        };
        assert_eq!(store.scan(Vec::new(), None, MAX_SCAN).await.unwrap().len(), 100);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sixty_four_writers_wait_for_the_disk_together() {
        const WRITERS: u8 = 64;
        const WRITES: u8 = 20;
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path(), &Arc::new(AtomicU64::new(1_000)));
        let writers = (0..WRITERS).map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..WRITES {
                    store.create(vec![writer, n], vec![n; 100], None).await.unwrap();
                }
            })
        });
        futures::future::try_join_all(writers).await.unwrap();
        let (flushes, writes) = (store.flushes(), u64::from(WRITERS) * u64::from(WRITES));
        // A writer waits for its own write, so that no flush can take more than one of each along.
        assert!((u64::from(WRITES)..writes / 4).contains(&flushes), "{flushes} flushes for {writes} writes");
    }

    #[tokio::test]
    async fn a_second_process_cannot_open_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicU64::new(0));
        let _store = open(directory.path(), &now);
        assert!(EmbeddedStore::open(directory.path(), Arc::new(|| 0)).is_err());
    }
}
