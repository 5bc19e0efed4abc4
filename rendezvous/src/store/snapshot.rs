//! Copies of the whole embedded store, out to a backup file and in from one.
//!
//! A copy is taken by the writer thread between two groups of writes, so it holds exactly what was acknowledged before it began;
//! writes wait meanwhile, reads do not. Left out: the file's layout ([`crate::backup`]).

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tokio::sync::oneshot;

use super::{
    EmbeddedStore, Revision, StoreError,
    embedded::EmbeddedParts,
    envelope::Envelope,
    group_commit::{Write, failed},
};
use crate::backup::{self, BackupError, BackupWriter, Summary};

impl EmbeddedStore {
    /// Writes everything into a new file at `path`, readable by its owner only.
    pub async fn snapshot(&self, path: PathBuf) -> Result<Summary, BackupError> {
        let EmbeddedParts { writer, clock, .. } = self.parts();
        let (answer, answered) = oneshot::channel();
        let now_s = clock();
        let write: Write = Box::new(move |db| {
            // Nobody listens any more when the request was cancelled.
            let _ = answer.send(save(db, &path, now_s));
            // Nothing was changed, so there is no revision to tell, and nothing to flush.
            Err(StoreError::Conflict)
        });
        match writer.write(write).await {
            Err(StoreError::Busy) => Err(io::Error::from(io::ErrorKind::ResourceBusy).into()),
            _ => answered.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe).into())),
        }
    }

    /// Takes everything from the backup at `path` into this store, which must be empty. Blocks.
    ///
    /// The file is read twice, so a damaged one changes nothing.
    pub fn restore(&self, path: &Path) -> Result<Summary, BackupError> {
        let EmbeddedParts { db, .. } = self.parts();
        let failed = |error: sled::Error| BackupError::Disk(io::Error::other(failed(&error)));
        if !db.is_empty() {
            return Err(BackupError::Disk(io::Error::from(io::ErrorKind::DirectoryNotEmpty)));
        }
        backup::read(BufReader::new(File::open(path)?), |_| Ok(()))?;
        let summary = backup::read(BufReader::new(File::open(path)?), |entry| {
            // A new revision each: the counter of this store has not seen the old ones.
            let revision = Revision(db.generate_id().map_err(failed)?);
            let envelope = Envelope { revision, expires_s: entry.expires_s, value: &entry.value };
            db.insert(entry.key, envelope.to_bytes()).map_err(failed).map(drop)
        })?;
        db.flush().map_err(failed)?;
        Ok(summary)
    }
}

fn save(db: &sled::Db, path: &Path, now_s: u64) -> Result<Summary, BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut writer = BackupWriter::new(BufWriter::new(file), now_s)?;
    for item in db.iter() {
        let (key, stored) = item.map_err(|error| io::Error::other(failed(&error)))?;
        let envelope = Envelope::from_bytes(&stored).map_err(io::Error::other)?;
        if !envelope.is_over(now_s) {
            writer.entry(&key, envelope.expires_s, envelope.value)?;
        }
    }
    let (file, summary) = writer.finish()?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::store::{MAX_SCAN, Store};

    fn open(directory: &Path) -> EmbeddedStore {
        EmbeddedStore::open(directory, Arc::new(|| 1_000)).unwrap()
    }

    #[tokio::test]
    async fn what_was_acknowledged_before_a_copy_is_in_it_and_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory.path().join("from"));
        for n in 0..100_u8 {
            let ttl = (n % 2 == 0).then_some(Duration::from_secs(60));
            store.create(vec![b'k', b'/', n], vec![n; 200], ttl).await.unwrap();
        }
        let file = directory.path().join("backup");
        // While others write.
        let more = (100..200_u8).map(|n| store.create(vec![b'm', b'/', n], vec![n], None));
        let (summary, more) = futures::join!(store.snapshot(file.clone()), futures::future::join_all(more));
        assert!(more.iter().all(Result::is_ok));
        assert_eq!(summary.unwrap().kinds.get("k"), Some(&100));
        assert!(store.snapshot(file.clone()).await.is_err(), "a file that is there stays");
        let copy = open(&directory.path().join("to"));
        assert_eq!(copy.restore(&file).unwrap().kinds.get("k"), Some(&100));
        let here = store.scan(b"k/".to_vec(), None, MAX_SCAN).await.unwrap();
        let there = copy.scan(b"k/".to_vec(), None, MAX_SCAN).await.unwrap();
        assert_eq!(here.len(), 100);
        assert!(here.iter().zip(&there).all(|(here, there)| (&here.key, &here.value) == (&there.key, &there.value)));
    }

    #[tokio::test]
    async fn only_an_empty_store_takes_a_backup_and_a_damaged_one_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory.path().join("from"));
        store.create(b"k/1".to_vec(), b"one".to_vec(), None).await.unwrap();
        let file = directory.path().join("backup");
        store.snapshot(file.clone()).await.unwrap();
        assert!(store.restore(&file).is_err());
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let copy = open(&directory.path().join("to"));
        assert!(matches!(copy.restore(&file), Err(BackupError::Damaged)));
        assert_eq!(copy.get(b"k/1").await, Ok(None));
    }
}
