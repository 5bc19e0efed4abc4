//! `cargo xtask test`: all tests, with what they need installed first, and one line of counts per suite at the end.

mod counts;
pub mod tools;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::build_app::{self, Effort};
use crate::command;
use crate::native;
use crate::paths::Paths;
use crate::progress::Step;
use counts::Counts;

/// What `cargo xtask test` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// Only this suite.
    suite: Option<Suite>,
    /// Only browser tests whose names match this pattern.
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Builds the app faster for the browser tests; it becomes larger.
    #[arg(long)]
    quick: bool,
}

/// Which tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Suite {
    /// The crates' own tests.
    Unit,
    /// Whole rooms and calls on virtual time.
    Scenario,
    /// The real server and real browsers.
    Browser,
}

/// Runs the suites; all of them, even if one fails.
///
/// # Errors
/// When a test fails, or something they need is missing.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    let cargo_test = |arguments: &[&str]| {
        let mut cargo = command::cargo();
        cargo.args(["test", "--all-features", "--no-fail-fast"]).args(arguments).current_dir(&paths.root);
        counts::run(&mut cargo)
    };
    let mut results: Vec<(&str, Result<Counts>)> = Vec::new();
    // One call for both native suites: cargo then compiles their common dependencies once.
    match options.suite {
        Some(Suite::Unit) => results.push(("unit", cargo_test(&["--workspace", "--exclude", "milanio-tests"]))),
        Some(Suite::Scenario) => results.push(("scenario", cargo_test(&["--package", "milanio-tests"]))),
        Some(Suite::Browser) => {}
        None => results.push(("unit and scenario", cargo_test(&["--workspace"]))),
    }
    if matches!(options.suite, None | Some(Suite::Browser)) {
        results.push(("browser", browser(&paths, options)));
    }
    report(results)
}

/// The browser tests, against the programs that `cargo xtask run` starts.
fn browser(paths: &Paths, options: &Options) -> Result<Counts> {
    let chromium = tools::chromium()?;
    let e2e = end_to_end(paths);
    tools::install_node_packages(&e2e)?;
    let effort = if options.quick { Effort::Quick } else { Effort::Optimised };
    build_app::build(paths, effort)?;
    let vectors = build_app::for_tests::build(paths, effort)?;
    native::build_for_tests(paths)?;
    let step = Step::start("Browser tests");
    let mut node = Command::new("node");
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    if let Some(pattern) = &options.only {
        node.args(["--test-name-pattern", pattern]);
    }
    node.args(tools::test_files(&e2e)?).current_dir(&e2e);
    if let Some(firefox) = tools::firefox() {
        node.env("FIREFOX", firefox);
    }
    node.env("CHROMIUM", chromium)
        .env("MILANIO_SERVER", paths.release_binary(native::SERVER))
        .env("MILANIO_ECHO_RELAY", paths.debug_binary(native::ECHO_RELAY))
        .env("MILANIO_APP", paths.app_dist())
        .env("MILANIO_VECTORS", vectors);
    if options.quick {
        node.env("MILANIO_QUICK", "1");
    }
    let counts = counts::run(&mut node);
    step.done();
    counts
}

/// Where the browser tests lie.
pub fn end_to_end(paths: &Paths) -> PathBuf {
    paths.root.join("tests").join("e2e")
}

fn report(results: Vec<(&str, Result<Counts>)>) -> Result<()> {
    let mut failed = Vec::new();
    println!();
    for (suite, result) in results {
        match result {
            Ok(counts) => {
                println!("{suite}: {counts}");
                if !counts.are_good() {
                    failed.push(suite);
                }
            }
            Err(error) => {
                println!("{suite}: {error:#}");
                failed.push(suite);
            }
        }
    }
    if !failed.is_empty() {
        bail!("tests failed: {}", failed.join(", "));
    }
    Ok(())
}
