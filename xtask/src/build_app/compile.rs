//! Compiles programs to wasm.

use std::path::PathBuf;

use anyhow::Result;

use super::Effort;
use crate::command;
use crate::paths::Paths;
use crate::progress::Step;
use crate::wasm_std::{TARGET, WasmStd};

/// Compiles a package's targets, chosen as on cargo's command line, and returns the folder they lie in; cargo decides what has
/// changed.
///
/// # Errors
/// When wasm cannot be compiled here or the package does not compile.
pub fn compile(paths: &Paths, effort: Effort, package: &str, targets: &[&str]) -> Result<PathBuf> {
    let wasm = WasmStd::find()?;
    let (profile, mut cargo) = match effort {
        Effort::Quick => ("wasm-quick", wasm.cargo("build")),
        Effort::Optimised | Effort::Release => ("wasm", wasm.cargo_for_download()?),
    };
    let step = Step::start(format!("Building {package} for the browser"));
    cargo
        .args(["--quiet", "--package", package, "--profile", profile])
        .args(targets)
        .arg("--target-dir")
        .arg(paths.wasm_target());
    command::run(cargo.current_dir(&paths.root))?;
    step.done();
    Ok(paths.wasm_target().join(TARGET).join(profile))
}
