//! The letters that a server without a mail server puts into its data directory, read by many people at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// How long a letter may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait before looking again (chosen: a letter takes a millisecond, an answer a quarter of a second).
const PAUSE: Duration = Duration::from_millis(5);

/// A folder of letters.
#[derive(Debug)]
pub struct Post {
    folder: PathBuf,
    read: Mutex<Letters>,
}

#[derive(Debug, Default)]
struct Letters {
    /// The files that were there when the folder was last read. Several may be written at once, so names alone do not tell.
    seen: BTreeSet<PathBuf>,
    /// The newest code for each address.
    codes: BTreeMap<String, String>,
}

impl Post {
    /// The letters of the server whose data is in `data`.
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join("mail"), read: Mutex::default() }
    }

    /// Forgets what came to `address` so far.
    pub fn forget(&self, address: &str) -> Result<()> {
        let mut letters = self.read.lock().map_err(|_| anyhow::anyhow!("another reader has failed"))?;
        letters.look(&self.folder)?;
        letters.codes.remove(address);
        Ok(())
    }

    /// Waits for a letter to `address` with a code, and takes the code.
    pub fn code_for(&self, address: &str) -> Result<String> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            {
                let mut letters = self.read.lock().map_err(|_| anyhow::anyhow!("another reader has failed"))?;
                letters.look(&self.folder)?;
                if let Some(code) = letters.codes.remove(address) {
                    return Ok(code);
                }
            }
            thread::sleep(PAUSE);
        }
        bail!("no letter came within {:?}", PATIENCE)
    }
}

impl Letters {
    fn look(&mut self, folder: &Path) -> Result<()> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let there: BTreeSet<_> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "txt")).collect();
        // In the order of time, by which they are named.
        for path in there.difference(&self.seen) {
            // The oldest are removed meanwhile.
            let Ok(letter) = fs::read_to_string(path) else { continue };
            let to = letter.lines().find_map(|line| line.strip_prefix("To: ")).context("letters are to somebody")?;
            let link = letter.lines().find(|line| line.contains("/#/verify/"));
            if let Some(code) = link.and_then(|link| link.trim().rsplit('/').next()) {
                self.codes.insert(to.to_owned(), code.to_owned());
            }
        }
        self.seen = there;
        Ok(())
    }
}
