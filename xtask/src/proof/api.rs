//! Schemathesis in an environment of its own below the target directory, for the proof of the API.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::command;
use crate::paths::Paths;
use crate::progress::Step;

/// Some 60 MB of packages.
const INSTALL_LIMIT: Duration = Duration::from_secs(300);

/// Where schemathesis is, installed as `tests/api/requirements.txt` says.
///
/// # Errors
/// When Python or a package is missing.
pub fn schemathesis(paths: &Paths) -> Result<PathBuf> {
    let requirements = paths.root.join("tests").join("api").join("requirements.txt");
    let wanted = fs::read(&requirements).context("tests/api/requirements.txt")?;
    let folder = paths.target.join("schemathesis");
    let installed = folder.join("installed.txt");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(folder.join("bin").join("schemathesis"));
    }
    let step = Step::start("Installing schemathesis");
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(folder.join("bin").join("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--requirement"]);
    command::run_within(pip.arg(&requirements), INSTALL_LIMIT)?;
    fs::write(&installed, wanted)?;
    step.done();
    Ok(folder.join("bin").join("schemathesis"))
}
