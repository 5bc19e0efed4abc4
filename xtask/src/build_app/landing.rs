//! Renders the landing page to HTML, so that it is there before any wasm has arrived.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::native::PRERENDER;
use crate::paths::Paths;

/// The landing page's HTML, from the app's own code.
///
/// # Errors
/// When the program that renders it fails.
pub fn render(paths: &Paths) -> Result<String> {
    command::output(&mut Command::new(paths.release_binary(PRERENDER)))
}
