//! The file that a backup is: every stored entry, and a checksum over all of it.
//!
//! Layout, integers big-endian: [`MAGIC`], when it was made (8 bytes, seconds since the Unix epoch), the entries, two zero bytes, the
//! number of entries (8 bytes), SHA-256 of everything before. An entry is its key's length (2 bytes), its key, when it vanishes
//! (8 bytes, 0 for never), its value's length (4 bytes), its value. Left out: the server's keys, which are backed up apart, so that
//! neither file alone says anything about anybody.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
};

use sha2::{Digest, Sha256};

/// What every backup begins with. The number is the version of this layout.
pub const MAGIC: &[u8; 17] = b"MILANIO-BACKUP-1\n";

/// Longest key and value that are read (chosen: above what any store takes).
const MAX_KEY_BYTES: usize = 1024;
const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// One entry of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedEntry {
    /// Its key.
    pub key: Vec<u8>,
    /// When it vanishes, in seconds since the Unix epoch; 0 for never.
    pub expires_s: u64,
    /// Its value.
    pub value: Vec<u8>,
}

/// What is in a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// When it was made, in seconds since the Unix epoch.
    pub created_s: u64,
    /// How many entries there are.
    pub entries: u64,
    /// How many of each kind, by what their keys begin with.
    pub kinds: BTreeMap<String, u64>,
}

/// Why a file is not a backup that can be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// It begins differently.
    #[error("the file is not a backup of this program, or of a newer one")]
    NotABackup,
    /// It was changed, or ends early.
    #[error("the backup is damaged")]
    Damaged,
}

/// Writes a backup.
pub struct BackupWriter<W> {
    out: Hashed<W>,
    summary: Summary,
}

impl<W: Write> BackupWriter<W> {
    /// Begins a backup that was made at `created_s` (seconds since the Unix epoch).
    pub fn new(out: W, created_s: u64) -> io::Result<Self> {
        let mut out = Hashed { inner: out, hash: Sha256::new() };
        out.write_all(MAGIC)?;
        out.write_all(&created_s.to_be_bytes())?;
        Ok(Self { out, summary: Summary { created_s, ..Summary::default() } })
    }

    /// Adds an entry.
    pub fn entry(&mut self, key: &[u8], expires_s: u64, value: &[u8]) -> io::Result<()> {
        let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
        self.out.write_all(&u16::try_from(key.len()).map_err(too_long)?.to_be_bytes())?;
        self.out.write_all(key)?;
        self.out.write_all(&expires_s.to_be_bytes())?;
        self.out.write_all(&u32::try_from(value.len()).map_err(too_long)?.to_be_bytes())?;
        self.out.write_all(value)?;
        self.summary.count(key);
        Ok(())
    }

    /// Ends the backup. Gives back what was written to, which the caller brings to the disk.
    pub fn finish(mut self) -> io::Result<(W, Summary)> {
        self.out.write_all(&[0; 2])?;
        self.out.write_all(&self.summary.entries.to_be_bytes())?;
        let hash = self.out.hash.clone().finalize();
        self.out.inner.write_all(&hash)?;
        self.out.inner.flush()?;
        Ok((self.out.inner, self.summary))
    }
}

/// Reads a backup to its end and hands every entry to `visit`. Only when this returns `Ok` was the file whole, so whoever acts on
/// entries reads it twice.
pub fn read(
    file: impl Read,
    mut visit: impl FnMut(SavedEntry) -> Result<(), BackupError>,
) -> Result<Summary, BackupError> {
    let mut file = Hashed { inner: file, hash: Sha256::new() };
    let magic: [u8; MAGIC.len()] = file.array().map_err(|_| BackupError::NotABackup)?;
    if magic != *MAGIC {
        return Err(BackupError::NotABackup);
    }
    let mut summary = Summary { created_s: u64::from_be_bytes(file.array()?), ..Summary::default() };
    loop {
        let key = match usize::from(u16::from_be_bytes(file.array()?)) {
            0 => break,
            length => file.bytes(length, MAX_KEY_BYTES)?,
        };
        let expires_s = u64::from_be_bytes(file.array()?);
        let length = usize::try_from(u32::from_be_bytes(file.array()?)).map_err(|_| BackupError::Damaged)?;
        let value = file.bytes(length, MAX_VALUE_BYTES)?;
        summary.count(&key);
        visit(SavedEntry { key, expires_s, value })?;
    }
    let entries = u64::from_be_bytes(file.array()?);
    let hash: [u8; 32] = file.hash.clone().finalize().into();
    let (written, mut rest) = (file.array::<32>()?, [0; 1]);
    if written != hash || entries != summary.entries || file.inner.read(&mut rest)? != 0 {
        return Err(BackupError::Damaged);
    }
    Ok(summary)
}

impl Summary {
    fn count(&mut self, key: &[u8]) {
        let kind = key.split(|byte| *byte == b'/').next().unwrap_or_default();
        self.entries += 1;
        *self.kinds.entry(String::from_utf8_lossy(kind).into_owned()).or_default() += 1;
    }
}

// Hashes what passes.
struct Hashed<T> {
    inner: T,
    hash: Sha256,
}

impl<W: Write> Hashed<W> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.inner.write_all(bytes)
    }
}

impl<R: Read> Hashed<R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn bytes(&mut self, length: usize, most: usize) -> Result<Vec<u8>, BackupError> {
        if length > most {
            return Err(BackupError::Damaged);
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        self.inner.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BackupError::Damaged,
            _ => BackupError::Disk(error),
        })?;
        self.hash.update(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(entries: &[SavedEntry]) -> Vec<u8> {
        let mut writer = BackupWriter::new(Vec::new(), 1_900_000_000).unwrap();
        for entry in entries {
            writer.entry(&entry.key, entry.expires_s, &entry.value).unwrap();
        }
        writer.finish().unwrap().0
    }

    fn entries() -> Vec<SavedEntry> {
        let entry =
            |key: &[u8], expires_s, value: &[u8]| SavedEntry { key: key.to_vec(), expires_s, value: value.to_vec() };
        vec![entry(b"a/1", 0, b"one"), entry(b"room/1", 5, b""), entry(b"room/2", 0, &[7; 5_000])]
    }

    #[test]
    fn a_backup_reads_as_it_was_written() {
        let mut read_back = Vec::new();
        let summary = read(&written(&entries())[..], |entry| {
            read_back.push(entry);
            Ok(())
        });
        let kinds = BTreeMap::from([("a".to_owned(), 1), ("room".to_owned(), 2)]);
        assert_eq!(summary.unwrap(), Summary { created_s: 1_900_000_000, entries: 3, kinds });
        assert_eq!(read_back, entries());
    }

    #[test]
    fn any_changed_byte_and_any_early_end_is_noticed() {
        let whole = written(&entries()[..2]);
        for index in 0..whole.len() {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            assert!(read(&changed[..], |_| Ok(())).is_err(), "byte {index}");
            assert!(read(&whole[..index], |_| Ok(())).is_err(), "{index} bytes");
        }
        assert!(read(&[&whole[..], b"x"].concat()[..], |_| Ok(())).is_err(), "something after its end");
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let whole = [&MAGIC[..], &bytes].concat();
            prop_assert!(read(&whole[..], |_| Ok(())).is_err());
        }
    }
}
