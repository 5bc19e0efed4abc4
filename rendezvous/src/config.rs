//! What an operator can choose on the command line or in the environment.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use libp2p::Multiaddr;

/// Milanio's rendezvous: room registry, app and relay in one.
#[derive(Debug, Parser)]
#[command(name = "milanio-rendezvous", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server until SIGTERM or Ctrl-C.
    Run(RunOptions),
}

/// How to run.
#[derive(Clone, Debug, Args)]
pub struct RunOptions {
    /// TCP port of HTTP, and UDP port of WebTransport. TURN takes the next. 0 takes free ones.
    #[arg(long, env = "MILANIO_PORT", default_value_t = 8080)]
    pub port: u16,
    /// Where rooms and keys are kept.
    #[arg(long, env = "MILANIO_DATA", default_value = "milanio-data", value_name = "DIR")]
    pub data: PathBuf,
    /// The address to listen on; 0.0.0.0 or :: for all.
    #[arg(long, env = "MILANIO_BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDR")]
    pub bind: IpAddr,
    /// The address that TURN candidates carry, if it is not the one that this machine sees itself under (behind NAT).
    #[arg(long, env = "MILANIO_EXTERNAL_IP", value_name = "ADDR")]
    pub external_ip: Option<IpAddr>,
    /// Another relay that clients are told of, with its peer id; may be given several times.
    #[arg(long, env = "MILANIO_RELAY", value_name = "MULTIADDR", value_delimiter = ',')]
    pub relay: Vec<Multiaddr>,
    /// Another relay to keep a connection with, so that rooms reach across; may be given several times.
    #[arg(long, env = "MILANIO_PEER", value_name = "MULTIADDR", value_delimiter = ',')]
    pub peer: Vec<Multiaddr>,
    /// The built app. Without it only the API and the relay are served.
    #[arg(long, env = "MILANIO_APP", value_name = "DIR")]
    pub app: Option<PathBuf>,
    /// `lab` raises the limits per address, and is refused unless the server listens on loopback only.
    #[arg(long, env = "MILANIO_LIMITS", value_enum, default_value_t = LimitsName::Standard)]
    pub limits: LimitsName,
    /// Certificate chain (PEM): serves HTTPS.
    #[arg(long, env = "MILANIO_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, env = "MILANIO_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// A set of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LimitsName {
    /// For real use.
    Standard,
    /// For tests and benches on one machine.
    Lab,
}
