//! `cargo xtask fuzz`: feeds every decoder inputs that nobody thought of.

use anyhow::Result;

use crate::command;
use crate::paths::Paths;

/// What `cargo xtask fuzz` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// How long each target is fed.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Only these targets.
    targets: Vec<String>,
}

/// Feeds the targets; checks for overflow and debug assertions are on, since they find more than speed does.
///
/// # Errors
/// When an input breaks a target; it is kept among the regressions.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    let mut cargo = command::cargo();
    cargo.args(["run", "--quiet", "--package", "milanio-tests", "--all-features", "--bin", "fuzz", "--"]);
    cargo.args(["--seconds", &options.seconds.to_string()]).args(&options.targets);
    command::run(cargo.current_dir(&paths.root))
}
