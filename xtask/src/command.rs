//! Running other programs: found or a clear error, bounded in time where they might hang, never reading our stdin.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

/// How often a running program is looked at while it is bounded in time.
const POLL: Duration = Duration::from_millis(50);

/// The cargo that started us, so that toolchain overrides stay in force, without what it told us about this package: build
/// scripts that watch those variables (ring's does) would run again, and all that stands on them would be compiled again,
/// each time cargo is started by hand and by us in turns.
pub fn cargo() -> Command {
    cargo_by(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The same for a program that will run cargo.
pub fn cargo_by(program: impl AsRef<OsStr>) -> Command {
    let mut cargo = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| OWN_PACKAGE.iter().any(|prefix| name.starts_with(prefix))) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// What the variables begin with by which cargo tells a program about its own package.
const OWN_PACKAGE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"];

/// Runs a program to its end; its output goes to the terminal's stderr.
///
/// # Errors
/// When the program is missing or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(io::stderr()).status();
    check(command, status)
}

/// Like [`run`], but ends the program after `limit`.
///
/// # Errors
/// When the program is missing, fails or takes too long.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child =
        command.stdin(Stdio::null()).stdout(io::stderr()).spawn().map_err(|error| not_started(command, &error))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return check(command, Ok(status));
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("`{}` did not end within {} s", line(command), limit.as_secs());
        }
        thread::sleep(POLL);
    }
}

/// Runs a program and returns what it wrote to stdout.
///
/// # Errors
/// When the program is missing, fails or writes no UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    check(command, Ok(output.status))?;
    String::from_utf8(output.stdout).with_context(|| format!("`{}` wrote no UTF-8", line(command)))
}

/// What a program writes to stdout, or nothing if it is missing or fails: for looking whether a tool is there.
pub fn probe(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn check(command: &Command, status: io::Result<ExitStatus>) -> Result<()> {
    let status = status.map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(anyhow!("`{}` failed ({status})", line(command))) }
}

fn not_started(command: &Command, error: &io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    if error.kind() == io::ErrorKind::NotFound {
        anyhow!("`{program}` is not installed{}", package_hint(&program))
    } else {
        anyhow!("`{program}` cannot be started: {error}")
    }
}

fn package_hint(program: &str) -> &'static str {
    match program.rsplit('/').next().unwrap_or(program) {
        "cargo" | "rustc" | "rustup" => ": install Rust from https://rustup.rs",
        "node" | "npm" => ": install Node 20 or newer (Debian: apt-get install nodejs npm)",
        "chromium" => ": install Chromium (Debian: apt-get install chromium)",
        "ip" => ": install iproute2",
        _ => "",
    }
}

fn line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let error = not_started(&Command::new("node"), &io::ErrorKind::NotFound.into());
        assert!(error.to_string().starts_with("`node` is not installed: install Node"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let error = run_within(Command::new("sleep").arg("60"), Duration::from_millis(100)).expect_err("too long");
        assert!(error.to_string().contains("did not end within"), "{error}");
    }

    #[test]
    fn a_failing_program_is_an_error_that_shows_its_command_line() {
        let error = run(Command::new("false").arg("x")).expect_err("fails");
        assert!(error.to_string().starts_with("`false x` failed"), "{error}");
    }
}
