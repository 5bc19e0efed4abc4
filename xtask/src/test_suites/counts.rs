//! Runs a test runner, shows all it says, and adds up what it counted.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// How many tests ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    passed: u32,
    failed: u32,
    skipped: u32,
    /// The runner itself ended with an error, for instance because something does not compile.
    runner_failed: bool,
}

impl Counts {
    /// Whether something ran and nothing failed.
    pub fn are_good(self) -> bool {
        self.passed > 0 && self.failed == 0 && !self.runner_failed
    }

    /// Adds what one line of a runner's output counts: libtest's result line, or one of node's closing lines.
    fn add(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            let of = |what: &str| {
                counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(what)?.trim().parse().ok())
            };
            self.passed += of("passed").unwrap_or(0);
            self.failed += of("failed").unwrap_or(0);
            self.skipped += of("ignored").unwrap_or(0);
        }
        let mut words = line.trim_start_matches(['ℹ', '#', ' ']).split(' ');
        if let (Some(name), Some(Ok(count)), None) = (words.next(), words.next().map(str::parse::<u32>), words.next()) {
            match name {
                "pass" => self.passed += count,
                "fail" | "cancelled" => self.failed += count,
                "skipped" | "todo" => self.skipped += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)?;
        if self.runner_failed && self.failed == 0 { write!(f, "; the runner failed") } else { Ok(()) }
    }
}

/// Runs a test runner to its end.
///
/// # Errors
/// When it cannot be started or its output cannot be read.
pub fn run(command: &mut Command) -> Result<Counts> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{program}` cannot be started"))?;
    let mut counts = Counts::default();
    for line in BufReader::new(child.stdout.take().context("the output is piped")?).lines() {
        let line = line?;
        println!("{line}");
        counts.add(&line);
    }
    counts.runner_failed = !child.wait()?.success();
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(lines: &[&str]) -> String {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.add(line));
        counts.to_string()
    }

    #[test]
    fn the_result_lines_of_cargo_add_up() {
        let lines = [
            "running 27 tests",
            "test result: ok. 27 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        ];
        assert_eq!(count(&lines), "29 passed, 3 failed, 1 skipped");
    }

    #[test]
    fn the_closing_lines_of_node_add_up() {
        let lines = ["ℹ tests 9", "ℹ pass 5", "ℹ fail 1", "ℹ cancelled 1", "ℹ skipped 2", "ℹ todo 0", "pass the salt"];
        assert_eq!(count(&lines), "5 passed, 2 failed, 2 skipped");
    }

    #[test]
    fn a_runner_that_ran_nothing_is_not_good() {
        assert!(!Counts::default().are_good());
        let counts = run(Command::new("sh").args(["-c", "echo 'ℹ pass 1'; exit 1"])).expect("sh runs");
        assert!(!counts.are_good(), "{counts}");
    }
}
