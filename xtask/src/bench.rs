//! `cargo xtask bench NAME`: measures what the product promises, on this machine, against the real programs.

use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::build_app::{self, Effort};
use crate::command;
use crate::debian;
use crate::native;
use crate::paths::Paths;
use crate::progress::Step;
use crate::test_suites::{end_to_end, tools};

/// Runs of each side in `room`; the median counts.
const ROOM_RUNS: usize = 5;

/// What `cargo xtask bench` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// What to measure.
    name: Name,
    /// Ends with one JSON object on the last line.
    #[arg(long)]
    json: bool,
    /// How many accounts there are in `recovery`.
    #[arg(long, default_value_t = 1_000_000)]
    accounts: u64,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// Bytes that travel for the landing page and for a call page.
    AppSize,
    /// The second person's click on join to the first frame of the other.
    Call,
    /// A page's dial to the first message of the room.
    Dial,
    /// A file from one browser to another through a relay.
    File,
    /// Durable writes at the store, and whole sign-ups.
    Signup,
    /// The server's CPU for a login by key and by password, against hashing a password.
    Login,
    /// Looking at a room over HTTP, against nginx with a fixed answer.
    Http,
    /// From the start of a server with many accounts to its first answer, after a kill and after a clean stop.
    Recovery,
    /// 50 people in one room on one relay, beside socket.io.
    Room,
    /// Sealing a group message of 200 bytes and opening it.
    Seal,
    /// Reading a roster from 5,000 operations.
    Roster,
    /// From a removal to the last of 50 members on the new floor, on virtual time.
    Kick,
}

/// Measures and prints the figures.
///
/// # Errors
/// When something does not build or run.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    let figures = match options.name {
        Name::AppSize => in_browser(&paths, "app-size", Effort::Release)?,
        Name::Call => in_browser(&paths, "call", Effort::Optimised)?,
        Name::Dial => in_browser(&paths, "dial", Effort::Optimised)?,
        Name::File => in_browser(&paths, "file", Effort::Optimised)?,
        Name::Signup => accounts(&paths, &["signup"])?,
        Name::Login => accounts(&paths, &["login"])?,
        Name::Http => {
            debian::install_program("nginx", "nginx-light");
            accounts(&paths, &["http"])?
        }
        Name::Recovery => accounts(&paths, &["recovery", &options.accounts.to_string()])?,
        Name::Room => room(&paths)?,
        Name::Seal => core(&paths, "seal")?,
        Name::Roster => core(&paths, "roster")?,
        Name::Kick => core(&paths, "kick")?,
    };
    if options.json {
        println!("{}", Value::Object(figures));
    } else {
        figures.iter().for_each(|(name, figure)| println!("{name}: {figure}"));
    }
    Ok(())
}

/// Runs a script in `tests/e2e/bench`; its last line is its figures.
fn in_browser(paths: &Paths, name: &str, effort: Effort) -> Result<Map<String, Value>> {
    let chromium = tools::chromium()?;
    let folder = end_to_end(paths);
    tools::install_node_packages(&folder)?;
    build_app::build(paths, effort)?;
    let step = Step::start(format!("Measuring {name}"));
    let mut node = script(paths, name);
    node.env("CHROMIUM", chromium)
        .env("MILANIO_SERVER", paths.release_binary(native::SERVER))
        .env("MILANIO_APP", paths.app_dist());
    let figures = last_line(&command::output(&mut node)?)?;
    step.done();
    Ok(figures)
}

/// One measurement of `bench-accounts`: its name, and what comes after the server's program.
fn accounts(paths: &Paths, arguments: &[&str]) -> Result<Map<String, Value>> {
    native::build_lab(paths)?;
    let (name, rest) = arguments.split_first().context("a measurement has a name")?;
    let step = Step::start(format!("Measuring {name}"));
    let mut program = Command::new(paths.release_binary(native::ACCOUNT_BENCHES));
    program.arg(name).arg(paths.release_binary(native::SERVER)).args(rest);
    let figures = last_line(&command::output(&mut program)?)?;
    step.done();
    Ok(figures)
}

/// One measurement of `bench-core`.
fn core(paths: &Paths, name: &str) -> Result<Map<String, Value>> {
    native::build_room_program(paths, native::CORE_BENCHES)?;
    let step = Step::start(format!("Measuring {name}"));
    let figures = last_line(&command::output(Command::new(paths.release_binary(native::CORE_BENCHES)).arg(name))?)?;
    step.done();
    Ok(figures)
}

/// Our relay and socket.io by turns, so that whatever else the machine does hits both.
fn room(paths: &Paths) -> Result<Map<String, Value>> {
    tools::install_node_packages(&end_to_end(paths))?;
    let step = Step::start("Building the relay");
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--release", "--package", "milanio-node", "--package", "milanio-tests"])
            .args(["--features", "milanio-node/relay", "--bin", "milanio-node", "--bin", "bench-room"])
            .current_dir(&paths.root),
    )?;
    step.done();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 1..=ROOM_RUNS {
        let step = Step::start(format!("Measuring room, {run} of {ROOM_RUNS}"));
        let mut leaves = Command::new(paths.release_binary("bench-room"));
        ours.push(last_line(&command::output(leaves.arg(paths.release_binary("milanio-node")))?)?);
        theirs.push(last_line(&command::output(&mut script(paths, "socketio"))?)?);
        step.done();
    }
    let ratio = |name: &str| median(&ours, name) / median(&theirs, name);
    let figures = json!({
        "lost": ours.iter().filter_map(|run| run["lost"].as_u64()).sum::<u64>(),
        "p50_ms": median(&ours, "p50_ms"),
        "p99_ms": median(&ours, "p99_ms"),
        "p99_ms_socketio": median(&theirs, "p99_ms"),
        "p99_ratio_socketio": ratio("p99_ms"),
        "cpu_us_per_delivery": median(&ours, "cpu_us_per_delivery"),
        "cpu_us_per_delivery_socketio": median(&theirs, "cpu_us_per_delivery"),
        "cpu_ratio_socketio": ratio("cpu_us_per_delivery"),
    });
    figures.as_object().cloned().context("an object")
}

fn script(paths: &Paths, name: &str) -> Command {
    let folder = end_to_end(paths);
    let mut node = Command::new("node");
    node.arg(folder.join("bench").join(format!("{name}.mjs"))).current_dir(folder);
    node
}

fn last_line(output: &str) -> Result<Map<String, Value>> {
    let line = output.lines().last().context("a measurement ends with its figures")?;
    serde_json::from_str(line).with_context(|| format!("figures in JSON, not {line}"))
}

fn median(runs: &[Map<String, Value>], name: &str) -> f64 {
    let mut values: Vec<f64> = runs.iter().filter_map(|run| run.get(name)?.as_f64()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_five_runs_is_the_middle_one() {
        let runs: Vec<_> = [9.0, 1.0, 5.0, 2.0, 7.0]
            .map(|value| json!({ "p": value }).as_object().cloned())
            .into_iter()
            .flatten()
            .collect();
        assert!((median(&runs, "p") - 5.0).abs() < f64::EPSILON);
        assert!(median(&runs, "q").is_nan());
    }

    #[test]
    fn the_figures_are_the_last_line() {
        assert_eq!(last_line("said\n{\"lost\":0}\n").expect("JSON")["lost"], 0);
        last_line("nothing").expect_err("no JSON");
    }
}
