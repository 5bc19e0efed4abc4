//! `cargo xtask proof NAME`: what must hold however often it is tried, tried often, against the real server or in whole rooms.

mod api;

use std::process::Command;

use anyhow::{Context as _, Result};

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

/// The tests in which somebody changes what was said.
const CHANGES: [&str; 4] = ["frame_forgery", "membership_forgery", "group_forgery", "door_forgery"];

/// What can be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// A server that is killed while people sign up, write and leave loses nothing and leaves nothing half done.
    Kill,
    /// Neither answers nor their times tell who has an account.
    Enumeration,
    /// Requests with forged tokens, proofs, certificates or lists are refused, and so are changed frames, operations, bundles,
    /// messages and admits. How often: each kind.
    Forgery,
    /// The API does what its OpenAPI document says, whatever is sent to it. How often: examples of each kind of request.
    Api,
    /// What a stolen memory opens in whole rooms: nothing old, nothing new, and nothing foreign. How often: rooms.
    Secrecy,
}

/// Tries, and prints what came out.
///
/// # Errors
/// When it does not hold, or something does not build.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    match options.name {
        Name::Kill => kill(&paths, options.times.unwrap_or(500)),
        Name::Enumeration => program(&paths, "enumeration", options.times.unwrap_or(1_000), &mut lab(&paths)),
        Name::Forgery => {
            let times = options.times.unwrap_or(100_000);
            program(&paths, "forgery", times, &mut lab(&paths))?;
            changes(&paths, times)
        }
        Name::Secrecy => secrecy(&paths, options.times.unwrap_or(2_000)),
        Name::Api => {
            let schemathesis = api::schemathesis(&paths)?;
            program(&paths, "api", options.times.unwrap_or(100), lab(&paths).env("SCHEMATHESIS", schemathesis))
        }
    }
}

/// The program that holds the proofs.
fn lab(paths: &Paths) -> Command {
    Command::new(paths.release_binary(native::PROOFS))
}

/// One proof of `program`.
fn program(paths: &Paths, name: &str, times: u64, program: &mut Command) -> Result<()> {
    native::build_lab(paths)?;
    let step = Step::start(format!("Trying {name} {times} times"));
    let figures = command::output(program.arg(name).arg(paths.release_binary(native::SERVER)).arg(times.to_string()))?;
    step.done();
    print!("{figures}");
    Ok(())
}

/// The server's own test, which kills it less often.
fn kill(paths: &Paths, times: u64) -> Result<()> {
    let step = Step::start(format!("Killing the server {times} times"));
    let mut test = command::cargo();
    test.args(["test", "--quiet", "--package", "milanio-rendezvous", "--all-features", "--test", "server"])
        .args(["accounts_kill::", "--", "--nocapture"])
        .env("MILANIO_KILLS", times.to_string())
        .current_dir(&paths.root);
    let output = command::output(&mut test)?;
    step.done();
    let figures = output.lines().find(|line| line.starts_with('{')).context("the test prints its figures")?;
    println!("{figures}");
    Ok(())
}

/// The tests of what rooms say, changed on its way.
fn changes(paths: &Paths, times: u64) -> Result<()> {
    let step = Step::start(format!("Changing {times} frames, operations, bundles, messages and admits"));
    let mut test = command::cargo();
    test.args(["test", "--quiet", "--package", "milanio-tests"])
        .args(CHANGES.iter().flat_map(|name| ["--test", name]))
        .args(["no_changed", "--", "--nocapture"])
        .env("MILANIO_FORGERIES", times.to_string())
        .current_dir(&paths.root);
    let output = command::output(&mut test)?;
    step.done();
    // The dots of tests that ended may stand in front.
    output.lines().filter_map(|line| line.find('{').map(|at| &line[at..])).for_each(|figures| println!("{figures}"));
    Ok(())
}

/// The test of whole rooms, which lives through fewer.
fn secrecy(paths: &Paths, times: u64) -> Result<()> {
    let step = Step::start(format!("Stealing memories in {times} rooms"));
    let mut test = command::cargo();
    test.args(["test", "--quiet", "--package", "milanio-tests", "--test", "room_secrecy"])
        .args(["a_stolen_memory", "--", "--nocapture"])
        .env("MILANIO_TRACES", times.to_string())
        .current_dir(&paths.root);
    let output = command::output(&mut test)?;
    step.done();
    let figures = output.lines().find(|line| line.starts_with("Count")).context("the test prints its figures")?;
    println!("{figures}");
    Ok(())
}
