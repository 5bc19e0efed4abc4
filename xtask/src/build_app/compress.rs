//! Writes the finished files, each with a brotli and a gzip sibling, so that the server never compresses.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, Result};

use super::Effort;
use super::site::Files;
use crate::progress::Step;

/// Extensions whose content is compressed already.
const COMPRESSED: [&str; 5] = ["woff2", "png", "jpg", "webp", "avif"];
/// Below this a compressed sibling saves less than its headers (chosen).
const SMALLEST_BYTES: usize = 256;
/// Brotli's window, as a power of two: the largest that browsers must accept (RFC 7932 section 9.1 allows 10 to 24).
const BROTLI_WINDOW_BITS: u32 = 24;
/// Brotli's input buffer.
const BROTLI_BUFFER_BYTES: usize = 1 << 16;

/// Replaces the folder by the files and their siblings.
///
/// # Errors
/// When something cannot be written.
pub fn write(files: &Files, folder: &Path, effort: Effort) -> Result<()> {
    let step = Step::start("Compressing");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join("assets"))?;
    let queue = Mutex::new(files.iter());
    let next = || queue.lock().map_or(None, |mut queue| queue.next());
    let work = || -> Result<()> {
        while let Some((path, content)) = next() {
            write_one(&folder.join(path), content, effort).with_context(|| path.clone())?;
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("compressing does not panic"))
    })?;
    step.done();
    Ok(())
}

fn write_one(path: &Path, content: &[u8], effort: Effort) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    if content.len() < SMALLEST_BYTES || COMPRESSED.contains(&extension.as_str()) {
        return Ok(());
    }
    fs::write(path.with_extension(format!("{extension}.br")), brotli(content, effort)?)?;
    fs::write(path.with_extension(format!("{extension}.gz")), gzip(content, effort)?)?;
    Ok(())
}

fn brotli(content: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let quality = if effort == Effort::Quick { 5 } else { 11 };
    let mut writer = brotli::CompressorWriter::new(Vec::new(), BROTLI_BUFFER_BYTES, quality, BROTLI_WINDOW_BITS);
    writer.write_all(content)?;
    Ok(writer.into_inner())
}

fn gzip(content: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let level = if effort == Effort::Quick { flate2::Compression::fast() } else { flate2::Compression::best() };
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
    writer.write_all(content)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_siblings_hold_the_same_content() {
        let content = b"Two people meet. ".repeat(100);
        let mut from_gzip = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&content, Effort::Quick).expect("gzip")[..])
            .read_to_end(&mut from_gzip)
            .expect("valid gzip");
        let mut from_brotli = Vec::new();
        brotli::Decompressor::new(&brotli(&content, Effort::Optimised).expect("brotli")[..], 4096)
            .read_to_end(&mut from_brotli)
            .expect("valid brotli");
        assert_eq!([from_gzip, from_brotli], [content.clone(), content]);
    }
}
