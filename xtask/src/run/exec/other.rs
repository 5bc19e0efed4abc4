//! Systems that cannot replace a process: waits for the program, which gets Ctrl-C from the same console.

use std::process::{Command, exit};

use anyhow::{Context as _, Result};

/// Runs the program to its end and ends with its exit code.
///
/// # Errors
/// When the program cannot be started.
pub fn become_program(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_owned();
    let status = command.status().with_context(|| format!("cannot start {}", program.display()))?;
    exit(status.code().unwrap_or(1))
}
