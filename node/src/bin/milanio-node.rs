//! `milanio-node run`: a community relay. It only reads its options and wires; the relay is in the library.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use libp2p::Multiaddr;
use milanio_node::{
    core::turn_quota::TurnLimits,
    net::{
        relay::{Relay, RelayConfig, RelayHandle, RelayLimits},
        transport::ip,
        turn::{TurnConfig, TurnHandle},
    },
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A relay for Milanio's rooms. It forwards what it cannot read.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the relay until it is interrupted.
    Run(RunOptions),
}

#[derive(clap::Args)]
struct RunOptions {
    /// An address to listen on; may be given several times.
    #[arg(long, value_name = "MULTIADDR", default_values = DEFAULT_LISTEN)]
    listen: Vec<Multiaddr>,
    /// Where the relay's key and certificates are kept.
    #[arg(long, value_name = "DIR", default_value = "milanio-node-data")]
    data: PathBuf,
    /// Another relay to keep a connection with; may be given several times.
    #[arg(long, value_name = "MULTIADDR")]
    peer: Vec<Multiaddr>,
    /// Where STUN and TURN listen, UDP and TCP [default: port 3478 or a free one, on all addresses; in the lab on loopback].
    #[arg(long, value_name = "ADDR:PORT")]
    turn: Option<SocketAddr>,
    /// The address that TURN candidates carry, if it is not the one that this machine sees itself under (behind NAT).
    #[arg(long, value_name = "ADDR")]
    external_ip: Option<IpAddr>,
    /// Which limits hold. Those of the lab are for listening on loopback only.
    #[arg(long, value_enum, default_value = "standard")]
    limits: Limits,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Limits {
    Standard,
    Lab,
}

const DEFAULT_LISTEN: [&str; 3] =
    ["/ip4/0.0.0.0/udp/4002/quic-v1/webtransport", "/ip4/0.0.0.0/tcp/4002/ws", "/ip4/0.0.0.0/tcp/4001"];

/// What is logged unless `RUST_LOG` says otherwise. Libraries log errors only: one of them has a warning for each malformed message,
/// and so would let strangers fill the disk.
const DEFAULT_LOG: &str = "error,milanio_node=info";

// RFC 8656 section 18.6.
const DEFAULT_TURN_PORT: u16 = 3478;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // Errors only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Command::Run(options) = Options::parse().command;
    run(options).await
}

async fn run(options: RunOptions) -> anyhow::Result<()> {
    let on_loopback =
        options.listen.iter().all(is_loopback) && options.turn.is_none_or(|address| address.ip().is_loopback());
    let (limits, turn_limits, turn_ip) = match options.limits {
        Limits::Standard => (RelayLimits::default(), TurnLimits::default(), Ipv4Addr::UNSPECIFIED),
        Limits::Lab if on_loopback => (RelayLimits::lab(), TurnLimits::lab(), Ipv4Addr::LOCALHOST),
        Limits::Lab => anyhow::bail!("--limits lab is for listening on loopback addresses only"),
    };
    let turn = options.turn.unwrap_or_else(|| (turn_ip, DEFAULT_TURN_PORT).into());
    let turn = TurnHandle::start(TurnConfig {
        bind: turn.ip(),
        port: turn.port(),
        any_port: options.turn.is_none(),
        external: options.external_ip,
        limits: turn_limits,
    });
    let turn = turn.await.context("the TURN server cannot start")?;
    let config = RelayConfig {
        listen: options.listen,
        peers: options.peer,
        limits,
        turn: Some(turn.desk()),
        ..RelayConfig::new(options.data)
    };
    let relay = Relay::start(config).await.context("the relay cannot start")?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        () = print_addresses(&relay) => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    relay.shutdown().await;
    turn.shutdown().await;
    Ok(())
}

/// Prints the addresses now and whenever they change; ends when the relay does.
async fn print_addresses(relay: &RelayHandle) {
    let mut addresses = relay.addresses();
    loop {
        for address in addresses.borrow_and_update().iter() {
            println!("{address}");
        }
        if addresses.changed().await.is_err() {
            return;
        }
    }
}

fn is_loopback(address: &Multiaddr) -> bool {
    ip::leading(address).is_some_and(|ip| ip.is_loopback())
}
