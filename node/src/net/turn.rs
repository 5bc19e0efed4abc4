//! The STUN and TURN server (RFC 8489, RFC 8656) of a relay: media of people who cannot reach each other directly goes through it.
//!
//! The protocol engine is the `turn-server` crate's `service`; this is its shell: sockets, framing, credentials, quotas. Relayed
//! ports are virtual: it forwards between its own clients and to nobody else, so it cannot be used to reach other hosts, and both
//! ends of a call must use the same server. What passes is DTLS-SRTP, which it cannot read. What is not here: TLS, and
//! allocations over IPv6 where the external address is IPv4.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinSet,
};

use crate::{
    core::{time::RoomTime, turn_quota::TurnLimits},
    net::{
        relay::{TurnAsker, TurnIssuer},
        runtime::Clock,
    },
    wire::turn::TurnCredential,
};

mod credentials;
mod datagram;
mod external;
mod handler;
mod shell;
mod tcp;
mod udp;

use credentials::CredentialKey;
use shell::Shell;

/// How to run a TURN server.
#[derive(Clone, Copy, Debug)]
pub struct TurnConfig {
    /// The address to listen on.
    pub bind: IpAddr,
    /// The UDP and TCP port; 0 takes a free one.
    pub port: u16,
    /// Take a free port instead, where `port` is taken.
    pub any_port: bool,
    /// The address that relayed candidates carry, and that URLs name when it is not known how a client reached the relay. Without
    /// it, the one that this machine sees itself under.
    pub external: Option<IpAddr>,
    /// What it allows.
    pub limits: TurnLimits,
}

/// A running TURN server. Dropping it stops it.
#[derive(Debug)]
pub struct TurnHandle {
    desk: Arc<TurnDesk>,
    shell: Arc<Shell>,
    tasks: JoinSet<()>,
}

/// Gives out credentials for one TURN server.
#[derive(Debug)]
pub struct TurnDesk {
    key: CredentialKey,
    external: IpAddr,
    // The operator has said what the external address is, and knows better than the sockets.
    told: bool,
    port: u16,
}

impl TurnHandle {
    /// Starts the server; it answers when this returns. Must be called in a tokio runtime.
    pub async fn start(config: TurnConfig) -> io::Result<Self> {
        let (udp, tcp) = bind(&config).await?;
        let local = udp.local_addr()?;
        let key = CredentialKey::random()?;
        let external =
            SocketAddr::new(config.external.unwrap_or_else(|| external::reachable(config.bind)), local.port());
        let shell = Arc::new(Shell::new(key.clone(), config.limits, udp, external, Clock::start())?);
        let mut tasks = JoinSet::new();
        tasks.spawn(udp::run(Arc::clone(&shell)));
        tasks.spawn(tcp::run(Arc::clone(&shell), tcp));
        tasks.spawn(shell::tidy(Arc::clone(&shell)));
        let desk =
            Arc::new(TurnDesk { key, external: external.ip(), told: config.external.is_some(), port: local.port() });
        Ok(Self { desk, shell, tasks })
    }

    /// Who gives out credentials for it.
    pub fn desk(&self) -> Arc<TurnDesk> {
        Arc::clone(&self.desk)
    }

    /// The clients that hold an allocation or are about to.
    pub fn clients(&self) -> usize {
        self.shell.clients()
    }

    /// Stops. What is on its way is lost.
    pub async fn shutdown(mut self) {
        self.tasks.shutdown().await;
    }
}

impl TurnDesk {
    /// The UDP and TCP port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A credential that is good for new allocations for ten minutes from `now`, to be used at `urls`.
    pub fn grant(&self, urls: Vec<String>, now: RoomTime) -> Option<TurnCredential> {
        let (username, credential, expires_s) = self.key.issue(now.as_secs())?;
        let expires = RoomTime::from_millis(expires_s.saturating_mul(1_000));
        Some(TurnCredential { urls, username, credential, expires })
    }
}

impl TurnIssuer for TurnDesk {
    fn issue(&self, asker: TurnAsker, now: RoomTime) -> Option<TurnCredential> {
        let reached = asker.reached.map(|reached| reached.to_canonical());
        let usable = |reached: &IpAddr| !reached.is_unspecified() && (!self.told || reached.is_loopback());
        let at = SocketAddr::new(reached.filter(usable).unwrap_or(self.external), self.port);
        let urls = vec![format!("stun:{at}"), format!("turn:{at}?transport=udp"), format!("turn:{at}?transport=tcp")];
        self.grant(urls, now)
    }
}

/// How often another free port is tried, when one was free for UDP and taken for TCP (chosen).
const BIND_ATTEMPTS: usize = 16;

// The same port for UDP and TCP.
async fn bind(config: &TurnConfig) -> io::Result<(UdpSocket, TcpListener)> {
    let first = bind_both(SocketAddr::new(config.bind, config.port)).await;
    if first.is_ok() || !(config.any_port || config.port == 0) {
        return first;
    }
    let mut last = first;
    for _ in 0..BIND_ATTEMPTS {
        last = bind_both(SocketAddr::new(config.bind, 0)).await;
        if last.is_ok() {
            break;
        }
    }
    last
}

async fn bind_both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let udp = UdpSocket::bind(address).await?;
    let tcp = TcpListener::bind(udp.local_addr()?).await?;
    Ok((udp, tcp))
}

#[cfg(test)]
mod tests;
