//! Unix: the program takes over the process, so signals and the exit code are its own.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

/// Replaces this process by the program; returns only if that fails.
///
/// # Errors
/// When the program cannot be started.
pub fn become_program(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_owned();
    Err(command.exec()).with_context(|| format!("cannot start {}", program.display()))
}
