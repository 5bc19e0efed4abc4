//! Prints what the browser will load, file by file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Prints one line per file: raw and brotli bytes, and the sum.
///
/// # Errors
/// When the folder cannot be read.
pub fn print(folder: &Path) -> Result<()> {
    let mut total = (0, 0);
    println!("{:>10} {:>10}  file", "raw", "brotli");
    for path in files(folder)? {
        let raw = fs::metadata(&path)?.len();
        let packed = packed_bytes(&path)?;
        total = (total.0 + raw, total.1 + packed);
        println!("{raw:>10} {packed:>10}  {}", path.strip_prefix(folder)?.display());
    }
    println!("{:>10} {:>10}  all", total.0, total.1);
    Ok(())
}

/// The bytes that travel: the brotli sibling where there is one.
fn packed_bytes(path: &Path) -> Result<u64> {
    let mut sibling = path.as_os_str().to_owned();
    sibling.push(".br");
    let sibling = PathBuf::from(sibling);
    Ok(fs::metadata(if sibling.exists() { &sibling } else { path })?.len())
}

/// All files below the folder without their compressed siblings, in order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if !matches!(path.extension().and_then(|extension| extension.to_str()), Some("br" | "gz")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
