//! `run`: the server, from its settings until it is told to stop.

use std::io::Write;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use crate::{
    config::{Flags, Settings},
    logging,
    server::Server,
};

/// Runs until a signal comes.
pub fn run(flags: &Flags) -> Result<(), Failure> {
    logging::start();
    let settings = super::settings_of(flags)?;
    serve(&settings).map_err(Failure::Other)
}

#[tokio::main]
async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut server = Server::start(settings).await?;
    announce(server.url())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        error = server.failed() => return Err(error).context("the server failed"),
    }
    tracing::info!("stopping");
    tokio::select! {
        () = server.stop() => {}
        _ = interrupt.recv() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

// The one line on stdout: scripts wait for it.
fn announce(url: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "Milanio is ready at {url}").and_then(|()| stdout.flush()).context("cannot write to stdout")
}
