//! `cargo xtask proof NAME`: what must hold however often it is tried, tried often, against the real server.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::native;
use crate::paths::Paths;
use crate::progress::Step;

/// What `cargo xtask proof` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// What to prove.
    name: Name,
    /// How often it is tried.
    #[arg(long)]
    times: Option<u64>,
}

/// What can be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// A server that is killed while people sign up and write loses nothing and leaves nothing half done.
    Kill,
    /// Neither answers nor their times tell who has an account.
    Enumeration,
    /// Requests with forged tokens, proofs, certificates or lists are refused.
    Forgery,
}

impl Name {
    /// As the program calls it, and how often it is tried unless told otherwise.
    const fn program(self) -> (&'static str, u64) {
        match self {
            Self::Kill => ("kill", 500),
            Self::Enumeration => ("enumeration", 1_000),
            Self::Forgery => ("forgery", 100_000),
        }
    }
}

/// Tries, and prints what came out.
///
/// # Errors
/// When it does not hold, or something does not build.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    native::build_lab(&paths)?;
    let (name, times) = options.name.program();
    let times = options.times.unwrap_or(times);
    let step = Step::start(format!("Trying {name} {times} times"));
    let mut program = Command::new(paths.release_binary(native::PROOFS));
    let figures = command::output(program.arg(name).arg(paths.release_binary(native::SERVER)).arg(times.to_string()))?;
    step.done();
    print!("{figures}");
    Ok(())
}
