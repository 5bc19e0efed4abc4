//! `cargo xtask tidy`: everything about the sources that a program can judge, in one command that CI runs as well.

mod budgets;
mod headers;
mod logs;
mod markup;
mod placement;
mod purity;
mod source;

use anyhow::{Result, bail};

use crate::build_app;
use crate::command;
use crate::paths::Paths;
use crate::progress::{Step, note};
use crate::wasm_std::WasmStd;
use source::{Problem, Source};

/// What `cargo xtask tidy` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// Only the rules of our own, which compile nothing.
    #[arg(long)]
    rules: bool,
}

/// One check over the whole checkout.
type Check = fn(&Paths) -> Result<()>;

/// One rule about the text of a source file.
type Rule = fn(&Source) -> Vec<Problem>;

/// All rules of our own.
const RULES: [Rule; 6] = [budgets::check, headers::check, logs::check, markup::check, placement::check, purity::check];

/// Runs all checks; tells every problem before it fails.
///
/// # Errors
/// When a check finds something, or cannot run.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    if options.rules {
        return own_rules(&paths);
    }
    let checks: [(&str, Check); 5] = [
        ("own rules", own_rules),
        ("format", format),
        ("dependencies", dependencies),
        ("clippy", clippy),
        ("browser app", wasm),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        let step = Step::start(format!("Checking: {name}"));
        if let Err(error) = check(&paths) {
            eprintln!("error: {error:#}");
            failed.push(name);
        }
        step.done();
    }
    if !failed.is_empty() {
        bail!("tidy: {} failed", failed.join(", "));
    }
    println!("tidy: all {} checks passed", checks.len());
    Ok(())
}

fn own_rules(paths: &Paths) -> Result<()> {
    let sources = source::read_all(&paths.root)?;
    let problems: Vec<Problem> =
        sources.iter().flat_map(|source| RULES.iter().flat_map(move |rule| rule(source))).collect();
    for problem in &problems {
        eprintln!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} problems in {} files", problems.len(), sources.len());
    }
    Ok(())
}

fn format(paths: &Paths) -> Result<()> {
    command::run(command::cargo().args(["fmt", "--all", "--check"]).current_dir(&paths.root))
}

fn clippy(paths: &Paths) -> Result<()> {
    command::run(
        command::cargo()
            .args(["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"])
            .current_dir(&paths.root),
    )
}

/// Advisories, licences and banned versions, by `deny.toml`.
fn dependencies(paths: &Paths) -> Result<()> {
    if command::probe("cargo-deny", &["--version"]).is_none() {
        note("cargo-deny is skipped: it is not installed (cargo install cargo-deny)");
        return Ok(());
    }
    command::run(
        command::cargo()
            .args(["deny", "--all-features", "check", "bans", "licenses", "sources"])
            .current_dir(&paths.root),
    )
}

/// What only exists for the browser is linted for it.
fn wasm(paths: &Paths) -> Result<()> {
    let mut cargo = WasmStd::find()?.clippy()?;
    cargo.args(["--quiet", "--package", "milanio-app", "--package", "milanio-node", "--package", "milanio-identity"]);
    cargo.arg("--lib").args(build_app::program_targets());
    cargo.arg("--target-dir").arg(paths.wasm_target());
    command::run(cargo.args(["--", "--deny", "warnings"]).current_dir(&paths.root))
}
