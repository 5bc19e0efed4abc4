//! Logs on stderr: plain on a terminal, JSON otherwise.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The variable that says what is logged, as directives of `tracing-subscriber`.
pub const VARIABLE: &str = "MILANIO_LOG";

/// Starts logging for the whole process. Libraries log warnings only: at lower levels they log addresses.
pub fn start() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only if logging was started before, and then it is on.
    let _ = if std::io::stderr().is_terminal() { builder.try_init() } else { builder.json().try_init() };
}

const DEFAULT: &str = "error,milanio_rendezvous=info,milanio_node=info";
