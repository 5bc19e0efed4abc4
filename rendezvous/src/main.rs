//! The program `milanio-rendezvous`: reads the command line, runs the server, and stops it when asked.

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use milanio_rendezvous::{
    config::{Arguments, Command, RunOptions},
    logging,
    server::Server,
};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let Command::Run(options) = Arguments::parse().command;
    logging::start();
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(options: &RunOptions) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut server = Server::start(options).await?;
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
