//! Runs Binaryen's wasm-opt over a wasm file, where Node can bring it. The app works the same without.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::arrange;
use crate::command;
use crate::paths::Paths;
use crate::progress::note;

/// The package and the version that was measured; Debian 12's own (108) does not know today's compiler output.
const BINARYEN: &str = "binaryen@123.0.0";
/// The package is some 100 MB unpacked.
const INSTALL_LIMIT: Duration = Duration::from_secs(180);
/// Measured: 40 s for 4 MB on two cores.
const OPTIMISE_LIMIT: Duration = Duration::from_secs(300);
/// What is optimised for is what travels. These passes make the module smaller and its compressed form larger, since
/// they make alike code unlike: measured one by one, together 4 % of the app.
const PASSES: [&str; 9] = [
    "-Oz",
    "--skip-pass=const-hoisting",
    "--skip-pass=inlining-optimizing",
    "--skip-pass=local-cse",
    "--skip-pass=memory-packing",
    "--skip-pass=merge-locals",
    "--skip-pass=reorder-functions",
    "--skip-pass=simplify-locals",
    "--skip-pass=ssa-nomerge",
];
/// What the compiler's output uses beside the first version of wasm.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Replaces the file by its optimised form, or says why it was skipped.
///
/// # Errors
/// When wasm-opt runs and fails, which says that the wasm is not valid.
pub fn optimise(paths: &Paths, wasm: &Path) -> Result<()> {
    let Some(program) = find(paths) else {
        note("wasm-opt is skipped: it needs Node and npm (Debian: apt-get install nodejs npm)");
        return Ok(());
    };
    pass(&program, &PASSES, wasm)?;
    fs::write(wasm, arrange::name_in_order(&fs::read(wasm)?)?)?;
    pass(&program, &["--reorder-functions-by-name", "--strip-debug"], wasm)
}

/// Runs wasm-opt once over the file.
fn pass(program: &Path, passes: &[&str], wasm: &Path) -> Result<()> {
    let smaller = wasm.with_extension("opt.wasm");
    let mut wasm_opt = Command::new("node");
    wasm_opt.arg(program).args(passes).args(FEATURES).arg(wasm).arg("-o").arg(&smaller);
    command::run_within(&mut wasm_opt, OPTIMISE_LIMIT)?;
    fs::rename(&smaller, wasm).context("wasm-opt has written its result")
}

/// wasm-opt's path, installed below the target directory if Node is there.
fn find(paths: &Paths) -> Option<PathBuf> {
    let folder = paths.target.join("tools").join(BINARYEN);
    let program = folder.join("node_modules/binaryen/bin/wasm-opt");
    if program.exists() {
        return Some(program);
    }
    command::probe("npm", &["--version"])?;
    fs::create_dir_all(&folder).ok()?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"])
        .arg(&folder)
        .arg(BINARYEN);
    if let Err(error) = command::run_within(&mut npm, INSTALL_LIMIT) {
        note(format!("{error:#}"));
    }
    program.exists().then_some(program)
}
