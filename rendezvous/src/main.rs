//! The program `milanio-rendezvous`: does what its command line says.

use std::process::ExitCode;

use clap::Parser;
use milanio_rendezvous::cli::Arguments;

fn main() -> ExitCode {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Arguments::parse().obey()
}
