//! What the browser tests need beside Rust: Chromium, Firefox, Node and the packages of `tests/e2e`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::progress::Step;
use crate::{command, debian};

/// Names under which systems install the browsers.
const CHROMIUM_NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FIREFOX_NAMES: [&str; 2] = ["firefox-esr", "firefox"];
/// The oldest Node whose test runner has what the tests use.
const NODE_MAJOR: u32 = 20;
/// The packages are some 50 MB.
const NPM_LIMIT: Duration = Duration::from_secs(300);
/// Lies in `node_modules` and holds the lock file that was installed.
const STAMP: &str = "node_modules/.milanio-installed";

/// Chromium, installed if this is Debian and we may.
///
/// # Errors
/// When it is not there and cannot be installed; says which package to install.
pub fn chromium() -> Result<String> {
    browser("CHROMIUM", &CHROMIUM_NAMES, "chromium")
        .context("Chromium is not installed (Debian: apt-get install chromium)")
}

/// Firefox, installed if this is Debian and we may. Without it the tests that need it are skipped.
pub fn firefox() -> Option<String> {
    browser("FIREFOX", &FIREFOX_NAMES, "firefox-esr")
}

/// Where a browser is: named by `variable`, or found under one of `names` once the Debian package is tried.
fn browser(variable: &str, names: &[&str], package: &str) -> Option<String> {
    if let Ok(path) = std::env::var(variable) {
        return Some(path);
    }
    let find = || names.iter().find(|name| command::probe(name, &["--version"]).is_some());
    if find().is_none() {
        debian::install(&[package]);
    }
    command::probe("sh", &["-c", &format!("command -v {}", find()?)])
}

/// Installs the packages of the lock file, unless they are installed.
///
/// # Errors
/// When Node is missing or too old, or a package cannot be had.
pub fn install_node_packages(folder: &Path) -> Result<()> {
    let version =
        command::probe("node", &["--version"]).context("Node is not installed (Debian: apt-get install nodejs npm)")?;
    ensure!(
        major(&version).is_some_and(|major| major >= NODE_MAJOR),
        "Node {NODE_MAJOR} or newer is needed, not {version}"
    );
    let lock = fs::read(folder.join("package-lock.json")).context("tests/e2e/package-lock.json")?;
    if fs::read(folder.join(STAMP)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let step = Step::start("Installing the packages of the browser tests");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    command::run_within(&mut npm, NPM_LIMIT)?;
    fs::write(folder.join(STAMP), lock)?;
    step.done();
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// The files with tests, in order of their names.
///
/// # Errors
/// When there is none.
pub fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{} has no tests", folder.display());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(major("v20.19.2"), Some(20));
        assert_eq!(major("unknown"), None);
    }
}
