//! Compiles the app's programs to wasm.

use std::path::PathBuf;

use anyhow::Result;

use super::{Effort, PROGRAMS};
use crate::command;
use crate::paths::Paths;
use crate::progress::Step;
use crate::wasm_std::{TARGET, WasmStd};

/// Compiles the programs and returns the folder they lie in; cargo decides what has changed.
///
/// # Errors
/// When the target cannot be had or the app does not compile.
pub fn compile(paths: &Paths, effort: Effort) -> Result<PathBuf> {
    let profile = if effort == Effort::Quick { "wasm-quick" } else { "wasm" };
    let wasm = WasmStd::find()?;
    let step = Step::start("Building the browser app");
    let mut cargo = wasm.cargo("build");
    cargo
        .args(["--quiet", "--package", "milanio-app", "--profile", profile])
        .arg("--target-dir")
        .arg(paths.wasm_target());
    for program in PROGRAMS {
        cargo.args(["--bin", program]);
    }
    command::run(cargo.current_dir(&paths.root))?;
    step.done();
    Ok(paths.wasm_target().join(TARGET).join(profile))
}
