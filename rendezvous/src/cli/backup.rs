//! `backup create|verify|restore`: everything that is stored, also while the server runs.
//!
//! The server's keys are not in it; `key backup` saves them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Subcommand;
use serde_json::json;

use super::{
    Failure,
    place::{Place, refuse, runtime},
    tell,
};
use crate::{
    admin::{AdminAnswer, AdminRequest},
    backup::{self, Summary},
};

/// `backup ...`.
#[derive(Subcommand)]
pub enum Backup {
    /// Saves everything that is stored into a new file. The server may run: it is asked for a consistent copy.
    Create {
        /// The file.
        file: PathBuf,
        /// Whose data.
        #[command(flatten)]
        place: Place,
    },
    /// Reads a backup to its end and says what is in it.
    Verify {
        /// The file.
        file: PathBuf,
    },
    /// Puts a backup into an empty data directory, which no server may use.
    Restore {
        /// The file.
        file: PathBuf,
        /// Where to.
        #[command(flatten)]
        place: Place,
    },
}

impl Backup {
    /// Does it.
    pub fn obey(self, json: bool) -> Result<(), Failure> {
        let (file, done, summary) = match self {
            Self::Create { file, place } => {
                let summary = create(&file, &place)?;
                (file, "was written", summary)
            }
            Self::Verify { file } => {
                let summary = verify(&file)?;
                (file, "is whole", summary)
            }
            Self::Restore { file, place } => {
                let summary = place.store(true)?.restore(&file);
                let summary =
                    summary.with_context(|| format!("cannot restore {} (the data must be empty)", file.display()))?;
                (file, "was restored", summary)
            }
        };
        let result =
            json!({ "file": file, "created_s": summary.created_s, "entries": summary.entries, "kinds": summary.kinds });
        tell(json, &format!("{} {done}: {} entries", file.display(), summary.entries), &result);
        Ok(())
    }
}

fn verify(file: &Path) -> anyhow::Result<Summary> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    backup::read(BufReader::new(opened), |_| Ok(())).with_context(|| format!("{}", file.display()))
}

// Under another name until it was verified, so that what has the name is whole.
fn create(file: &Path, place: &Place) -> Result<Summary, Failure> {
    let shown = file.display();
    if file.exists() {
        return Err(anyhow::anyhow!("{shown} exists; it stays as it is").into());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(anyhow::Error::from(error).context(format!("cannot replace {}", part.display())).into());
        }
        _ => {}
    }
    match place.ask(&AdminRequest::Backup)? {
        Some((AdminAnswer::Backup { bytes }, reader)) => receive(reader, bytes, &part)?,
        Some((answer, _)) => refuse(answer)?,
        None => {
            let store = place.store(false)?;
            runtime()?.block_on(store.snapshot(part.clone())).with_context(|| format!("cannot write {shown}"))?;
        }
    }
    let summary = verify(&part)?;
    fs::rename(&part, file).with_context(|| format!("cannot write {shown}"))?;
    Ok(summary)
}

fn receive(reader: impl Read, bytes: u64, part: &Path) -> anyhow::Result<()> {
    let mut out =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).context("cannot write the backup")?;
    let received = io::copy(&mut reader.take(bytes), &mut out).context("cannot write the backup")?;
    ensure!(received == bytes, "the server stopped in the middle");
    out.flush().and_then(|()| out.sync_all()).context("cannot write the backup")
}
