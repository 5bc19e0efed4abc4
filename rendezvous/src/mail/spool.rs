//! Letters as files, for a server that has no mail server: for trying it out and for tests.
//!
//! Each is there twice: `.eml` as a mail server would have got it, and `.txt` as its reader would see it. Files are named by time and
//! number, and the oldest are removed. Left out: sending them later, which nobody does.

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Letters that are kept (chosen: a day of trying out).
const MAX_KEPT: usize = 200;

/// A directory of letters. Clones share it.
#[derive(Clone, Debug)]
pub struct Spool {
    directory: PathBuf,
    written: Arc<AtomicU64>,
}

impl Spool {
    /// The letters in `directory`, which is made when the first is written.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, written: Arc::default() }
    }

    /// Writes a letter: as mail, and as text. Blocks.
    pub fn write(&self, mail: &[u8], text: &str) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.join(format!("{:013}-{number:06}", since.as_millis()));
        fs::write(path.with_extension("eml"), mail)?;
        // Under another name first, so that whoever looks finds whole letters only.
        fs::write(path.with_extension("part"), text)?;
        fs::rename(path.with_extension("part"), path.with_extension("txt"))?;
        self.remove_old()
    }

    /// The newest `count` letters, newest first. Blocks.
    pub fn newest(&self, count: usize) -> io::Result<Vec<String>> {
        // One that was removed meanwhile is none any more.
        let letters = self.paths()?.into_iter().rev().take(count).map(fs::read_to_string);
        letters.filter(|read| !is_gone(read)).collect()
    }

    fn remove_old(&self) -> io::Result<()> {
        let paths = self.paths()?;
        let old = paths.iter().take(paths.len().saturating_sub(MAX_KEPT));
        // Several letters are written at once, and each looks for old ones.
        let removed = old.flat_map(|path| [path.clone(), path.with_extension("eml")]).map(fs::remove_file);
        removed.filter(|removed| !is_gone(removed)).collect()
    }

    // Oldest first, since names begin with the time.
    fn paths(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
        paths.sort();
        Ok(paths)
    }
}

fn is_gone<T>(done: &io::Result<T>) -> bool {
    matches!(done, Err(error) if error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_written_at_once_do_not_fail_over_the_oldest() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new(directory.path().to_owned());
        let written = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..MAX_KEPT).filter(|_| spool.write(b"mail", "letter").is_ok()).count()))
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
        });
        assert_eq!(written, 8 * MAX_KEPT);
    }

    #[test]
    fn the_newest_letters_come_first_and_the_oldest_go() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new(directory.path().join("spool"));
        assert!(spool.newest(1).unwrap().is_empty(), "nothing was written yet");
        for n in 0..MAX_KEPT + 5 {
            spool.write(b"mail", &format!("letter {n}")).unwrap();
        }
        let letters = spool.newest(MAX_KEPT * 2).unwrap();
        assert_eq!(letters.len(), MAX_KEPT);
        assert_eq!(letters[0], format!("letter {}", MAX_KEPT + 4));
        let files = fs::read_dir(directory.path().join("spool")).unwrap().count();
        assert_eq!(files, 2 * MAX_KEPT, "as mail and as text");
    }
}
