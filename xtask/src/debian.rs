//! Installs Debian packages where that is possible without asking: as root, or by a sudo that needs no password.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::command;
use crate::progress::{Step, note};

/// Some 300 MB at most (the browser and what it depends on).
const LIMIT: Duration = Duration::from_secs(600);

/// Tries to install the packages; whether that worked shows when they are used.
pub fn install(packages: &[&str]) {
    let root = command::probe("id", &["-u"]).as_deref() == Some("0");
    let may = root || command::probe("sudo", &["-n", "true"]).is_some();
    if !may || command::probe("apt-get", &["--version"]).is_none() {
        return;
    }
    let step = Step::start(format!("Installing {}", packages.join(" and ")));
    let apt = |arguments: &[&str]| apt_get(root, arguments);
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    if let Err(error) = apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install))) {
        note(format!("{error:#}"));
    }
    step.done();
}

/// Tries to install a program, unless it is there.
pub fn install_program(program: &str, package: &str) {
    let find = format!("command -v {program}");
    if command::probe("sh", &["-c", &find]).is_none() {
        install(&[package]);
    }
}

fn apt_get(root: bool, arguments: &[&str]) -> Result<()> {
    let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
    if !root {
        command.args(["-n", "apt-get"]);
    }
    command::run_within(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"), LIMIT)
}
