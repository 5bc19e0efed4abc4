//! Which version of the stored layout a store has, and how it comes to the newest.
//!
//! The version is a record in the store itself. A newer one is refused, since this program would misread it; an older one is brought
//! forward step by step after a backup was written. Records have versions of their own as well, which are read for ever, so steps are
//! for what no record can tell by itself. Left out: the steps' contents, beside the first.

use std::path::Path;

use super::{EmbeddedStore, Store, StoreError};
use crate::backup::BackupError;

/// The version that this program writes.
pub const SCHEMA: u32 = 1;
/// Where the version is kept.
const KEY: &[u8] = b"meta/schema";

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A newer program has written it.
    #[error("the data was written by a newer version of this program (layout {found}; this one knows {SCHEMA})")]
    Newer {
        /// Its version.
        found: u32,
    },
    /// The backup before a change could not be written.
    #[error("the data must be changed for this version, and the backup before could not be written: {0}")]
    Backup(#[from] BackupError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings `store` to [`SCHEMA`]. Before anything is changed in a store that holds something, a backup is written into `backups`.
pub async fn prepare(store: &EmbeddedStore, backups: &Path, now_s: u64) -> Result<(), SchemaError> {
    let stored = store.get(KEY).await?;
    let found = match &stored {
        Some(entry) => u32::from_be_bytes(entry.value.as_slice().try_into().map_err(|_| StoreError::Unreadable)?),
        None => 0,
    };
    if found > SCHEMA {
        return Err(SchemaError::Newer { found });
    }
    if found == SCHEMA {
        return Ok(());
    }
    if !store.scan(Vec::new(), None, 1).await?.is_empty() {
        let path = backups.join(format!("layout-{found}-{now_s}.backup"));
        make_directory(backups).await?;
        let summary = store.snapshot(path).await?;
        tracing::info!(
            found,
            to = SCHEMA,
            entries = summary.entries,
            "the data is brought to this version; a backup was written"
        );
    }
    // Layout 0 is layout 1 without the version.
    let value = SCHEMA.to_be_bytes().to_vec();
    match stored {
        None => store.create(KEY.to_vec(), value, None).await?,
        Some(entry) => store.update(KEY.to_vec(), entry.revision, value, None).await?,
    };
    Ok(())
}

async fn make_directory(path: &Path) -> Result<(), BackupError> {
    tokio::fs::create_dir_all(path).await.map_err(BackupError::Disk)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn an_empty_store_gets_its_version_without_a_backup() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&directory.path().join("store"), Arc::new(|| 5)).unwrap();
        let backups = directory.path().join("backups");
        prepare(&store, &backups, 5).await.unwrap();
        prepare(&store, &backups, 6).await.unwrap();
        assert!(!backups.exists());
        assert_eq!(store.get(KEY).await.unwrap().unwrap().value, SCHEMA.to_be_bytes());
    }

    #[tokio::test]
    async fn an_older_store_is_backed_up_first_and_a_newer_one_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&directory.path().join("store"), Arc::new(|| 5)).unwrap();
        store.create(b"room/1".to_vec(), b"old".to_vec(), None).await.unwrap();
        let backups = directory.path().join("backups");
        prepare(&store, &backups, 5).await.unwrap();
        let copy = EmbeddedStore::open(&directory.path().join("copy"), Arc::new(|| 5)).unwrap();
        copy.restore(&backups.join("layout-0-5.backup")).unwrap();
        assert_eq!(copy.get(b"room/1").await.unwrap().unwrap().value, b"old");
        assert_eq!(copy.get(KEY).await, Ok(None), "as it was before");
        let entry = store.get(KEY).await.unwrap().unwrap();
        store.update(KEY.to_vec(), entry.revision, (SCHEMA + 1).to_be_bytes().to_vec(), None).await.unwrap();
        let refused = prepare(&store, &backups, 7).await;
        assert!(matches!(refused, Err(SchemaError::Newer { found }) if found == SCHEMA + 1));
    }
}
