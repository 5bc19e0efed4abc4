//! Remembers what the served folder was made of, so that nothing is done twice.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::{Effort, PROGRAMS};
use crate::paths::Paths;

/// Name of the stamp, beside the folder it describes.
const STAMP: &str = "app-dist.stamp";
/// The pipeline's own sources: with another pipeline, the result is another.
const PIPELINE: &str = concat!(
    include_str!("arrange.rs"),
    include_str!("bindings.rs"),
    include_str!("compress.rs"),
    include_str!("names.rs"),
    include_str!("optimise.rs"),
    include_str!("shorten.rs"),
    include_str!("site.rs"),
    include_str!("styles.rs"),
    include_str!("worker_start.js"),
);

/// The hash of everything the folder is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    hash: String,
}

impl Inputs {
    /// Reads all inputs.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read(paths: &Paths, effort: Effort, compiled: &Path, landing: &str) -> Result<Self> {
        let mut hasher = Sha256::new();
        for text in [PIPELINE, &format!("{effort:?}"), landing] {
            add(&mut hasher, text.as_bytes());
        }
        for program in PROGRAMS {
            add_path(&mut hasher, &compiled.join(format!("{program}.wasm")))?;
        }
        for name in ["assets", "static", "styles", "index.html"] {
            add_path(&mut hasher, &paths.app().join(name))?;
        }
        Ok(Self { hash: hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    /// Whether the folder was made of exactly these.
    pub fn are_built(&self, folder: &Path) -> bool {
        folder.exists() && fs::read_to_string(folder.with_file_name(STAMP)).is_ok_and(|stamp| stamp == self.hash)
    }

    /// Remembers that the folder was made of these.
    ///
    /// # Errors
    /// When the stamp cannot be written.
    pub fn mark_built(&self, folder: &Path) -> Result<()> {
        fs::write(folder.with_file_name(STAMP), &self.hash).context("the stamp of the app cannot be written")
    }
}

fn add(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// Adds a file, or all files below a folder with their names; what is not there adds nothing.
fn add_path(hasher: &mut Sha256, path: &Path) -> Result<()> {
    add(hasher, path.file_name().unwrap_or_default().as_encoded_bytes());
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add_path(hasher, entry));
    }
    if path.exists() {
        add(hasher, &fs::read(path).with_context(|| path.display().to_string())?);
    }
    Ok(())
}
