//! `cargo xtask fuzz`: feeds every decoder inputs that nobody thought of.

mod libfuzzer;

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::paths::Paths;
use crate::progress::Step;

/// The driver on stable Rust; also knows the seeds.
const DRIVER: &str = "fuzz";

/// What `cargo xtask fuzz` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// How long each target is fed.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// By libFuzzer, guided by coverage, with AddressSanitizer; takes minutes to build and needs a C++ compiler.
    #[arg(long)]
    libfuzzer: bool,
    /// Only these targets.
    targets: Vec<String>,
}

/// Feeds the targets; checks for overflow and debug assertions are on, since they find more than speed does.
///
/// # Errors
/// When an input breaks a target; it is kept among the regressions.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    let step = Step::start("Building the fuzz targets");
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--workspace", "--all-features", "--bin", DRIVER])
            .current_dir(&paths.root),
    )?;
    step.done();
    if options.libfuzzer {
        return libfuzzer::run(&paths, options);
    }
    command::run(driver(&paths).args(["--seconds", &options.seconds.to_string()]).args(&options.targets))
}

fn driver(paths: &Paths) -> Command {
    let mut driver = Command::new(paths.debug_binary(DRIVER));
    driver.current_dir(&paths.root);
    driver
}
