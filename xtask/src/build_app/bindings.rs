//! Turns a compiled program into what a browser loads: its JavaScript bindings and the final wasm.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use super::{Effort, optimise, shorten};
use crate::paths::Paths;
use crate::progress::Step;

/// A program as the browser loads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// An ES module whose default export starts the program, given the wasm's URL as `module_or_path`.
    pub script: String,
    /// The wasm.
    pub wasm: Vec<u8>,
}

/// Generates the bindings.
///
/// # Errors
/// When the wasm was built with another wasm-bindgen, or wants JavaScript snippets of its own.
pub fn generate(paths: &Paths, name: &str, wasm: &Path, effort: Effort) -> Result<Program> {
    let step = Step::start(format!("Generating the bindings of {name}"));
    let folder = paths.app_work().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(effort != Effort::Quick)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen refuses {name}.wasm"))?;
    let script = if effort == Effort::Quick { output.js().to_owned() } else { shorten::shorten(&mut output)? };
    output.emit(&folder)?;
    ensure!(!folder.join("snippets").exists(), "{name} brings JavaScript snippets, which the pipeline does not serve");
    ensure!(!script.contains("from \"env\""), "{name} imports from `env`: a dependency was not built for the browser");
    let wasm = folder.join(format!("{name}_bg.wasm"));
    if effort == Effort::Release {
        optimise::optimise(paths, &wasm)?;
    }
    let wasm = fs::read(wasm)?;
    step.done();
    Ok(Program { script, wasm })
}
