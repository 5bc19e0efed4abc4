//! The sources that tidy judges, and how a problem is told.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 4] = ["target", "node_modules", "data", "out"];
/// What is judged.
const EXTENSIONS: [&str; 2] = ["rs", "html"];
/// Begins the tests at the end of a file.
const TESTS: &str = "#[cfg(test)]";

/// A source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path from the checkout's root, with forward slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// The lines before the unit tests, numbered from 1.
    pub fn production(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().zip(1..).take_while(|(line, _)| *line != TESTS).map(|(line, number)| (number, line))
    }

    /// The production lines that are code: comments left out.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.production()
            .map(|(number, line)| (number, line.split_once(" // ").map_or(line, |(code, _)| code)))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether this is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is tests, benches or a program beside them.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// A problem at a line of this file.
    pub fn problem(&self, line: usize, text: impl Into<String>) -> Problem {
        Problem { path: self.path.clone(), line, text: text.into() }
    }
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    path: String,
    line: usize,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Reads all sources below the root, in order of their paths.
///
/// # Errors
/// When one cannot be read.
pub fn read_all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    read_below(root, "", &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn read_below(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || FOREIGN.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            read_below(&entry.path(), &format!("{path}/"), sources)?;
        } else if EXTENSIONS
            .iter()
            .any(|extension| Path::new(&name).extension().is_some_and(|found| found == *extension))
        {
            let text = fs::read_to_string(entry.path()).with_context(|| path.clone())?;
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) fn rust(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_tests_and_comments_are_no_production_code() {
        let source = rust("a/src/b.rs", "//! Doc.\nfn a() {} // why\n#[cfg(test)]\nmod tests {}\n");
        assert_eq!(source.production().count(), 2);
        assert_eq!(source.code().collect::<Vec<_>>(), [(2, "fn a() {}")]);
    }
}
