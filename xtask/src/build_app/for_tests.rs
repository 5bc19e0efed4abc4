//! The program that runs the test vectors in a browser: compiled like the app, served by the test alone.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::{Effort, bindings, compile};
use crate::paths::Paths;

/// Its package, and the stem of what its pieces are called.
const PACKAGE: &str = "milanio-vectors";
const NAME: &str = "vectors";

/// Builds the program and returns the folder of its two files, `vectors.js` and `vectors.wasm`.
///
/// # Errors
/// When a step fails.
pub fn build(paths: &Paths, effort: Effort) -> Result<PathBuf> {
    let compiled = compile::compile(paths, effort, PACKAGE, &["--lib"])?;
    let wasm = compiled.join(PACKAGE.replace('-', "_")).with_extension("wasm");
    let program = bindings::generate(paths, NAME, &wasm, effort)?;
    let folder = paths.target.join("test-dist");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(NAME).with_extension("js"), program.script)?;
    fs::write(folder.join(NAME).with_extension("wasm"), program.wasm)?;
    Ok(folder)
}
