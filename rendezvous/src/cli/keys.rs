//! `key backup|restore`: the server's own secrets, in one file under a passphrase.
//!
//! Without them a restored store is worth little: nobody's address is recognised, and no password works.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use milanio_node::net::private_file;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Failure, place::Place, tell};
use crate::key_backup::{self, KeyFiles, NONCE, SALT};

/// `key ...`.
#[derive(Subcommand)]
pub enum Key {
    /// Saves the server's keys into a new file, sealed with a passphrase.
    Backup(KeyArguments),
    /// Puts saved keys into a data directory that has none, which no server may use.
    Restore(KeyArguments),
}

/// What both take.
#[derive(Args)]
pub struct KeyArguments {
    /// The file.
    file: PathBuf,
    /// A file that holds the passphrase; without, it is read from the standard input.
    #[arg(long, env = "MILANIO_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Whose keys.
    #[command(flatten)]
    place: Place,
}

impl Key {
    /// Does it.
    pub fn obey(self, json: bool) -> Result<(), Failure> {
        let (arguments, restoring) = match self {
            Self::Backup(arguments) => (arguments, false),
            Self::Restore(arguments) => (arguments, true),
        };
        let passphrase = arguments.passphrase()?;
        let data = arguments.place.data()?;
        let (file, shown) = (&arguments.file, arguments.file.display());
        let names = if restoring { restore(file, &data, &passphrase)? } else { save(file, &data, &passphrase)? };
        let done = if restoring { "restored from" } else { "saved into" };
        tell(json, &format!("{} key files were {done} {shown}", names.len()), &json!({ "file": file, "keys": names }));
        Ok(())
    }
}

impl KeyArguments {
    fn passphrase(&self) -> anyhow::Result<Zeroizing<String>> {
        let mut line = Zeroizing::new(String::new());
        match &self.passphrase_file {
            Some(path) => {
                *line = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
            }
            None => {
                eprintln!("passphrase:");
                io::stdin().read_line(&mut line).context("cannot read the passphrase")?;
            }
        }
        Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// Directories of key files below the data directory; the relay's certificates come anew by themselves.
const FOLDERS: [&str; 2] = ["keys", "relay"];
/// How key files end.
const ENDING: &str = "key";

fn save(file: &Path, data: &Path, passphrase: &str) -> anyhow::Result<Vec<String>> {
    ensure!(!file.exists(), "{} exists; it stays as it is", file.display());
    let mut files = KeyFiles::new();
    for folder in FOLDERS {
        for path in key_files(&data.join(folder))? {
            let name = path.file_name().and_then(|name| name.to_str()).context("a key file's name is not text")?;
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((format!("{folder}/{name}"), Zeroizing::new(bytes)));
        }
    }
    ensure!(!files.is_empty(), "there are no keys in {}", data.display());
    let mut random = [0; SALT + NONCE];
    getrandom::fill(&mut random).map_err(|_| anyhow::anyhow!("this machine has no randomness"))?;
    let sealed = key_backup::seal(&files, passphrase, random)?;
    private_file::write(file, &sealed).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

fn restore(file: &Path, data: &Path, passphrase: &str) -> anyhow::Result<Vec<String>> {
    let sealed = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let files = key_backup::open(&sealed, passphrase)?;
    for (name, _) in &files {
        let known = name.split_once('/').is_some_and(|(folder, key)| {
            FOLDERS.contains(&folder) && !key.contains('/') && key.ends_with(&format!(".{ENDING}"))
        });
        ensure!(known, "the file holds something that is no key");
        if data.join(name).exists() {
            bail!("{} exists: keys are restored only where there are none", data.join(name).display());
        }
    }
    for (name, bytes) in &files {
        private_file::write(&data.join(name), bytes).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

fn key_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.with_context(|| format!("cannot read {}", folder.display()))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == ENDING));
    paths.sort();
    Ok(paths)
}
