//! The relay: forwards frames whose topic signature verifies, between leaves and other relays, and can read none of them.
//!
//! [`Relay::start`] binds the listeners, spawns one task that drives the swarm and answers with a [`RelayHandle`]. The task ends
//! at [`RelayHandle::shutdown`] or when the handle is dropped. What it decides is decided by [`core::mirror`](crate::core::mirror)
//! and [`core::admission`](crate::core::admission). It serves no HTTP and runs no TURN server: a [`TurnIssuer`] stands for one.

use std::sync::Arc;

use libp2p::{Multiaddr, PeerId};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::net::{runtime::Clock, transport::websocket::WsAcceptor};

mod behaviour;
mod circuits;
mod config;
mod driver;
mod gatekeeper;
mod identity;
mod links;
mod listen;
mod shaping;
mod throttle;
mod topics;

pub use config::{CircuitLimits, RelayConfig, RelayLimits, TurnAsker, TurnIssuer};
pub use identity::IdentityError;
use shaping::Shaping;

/// Starts relays.
#[derive(Debug)]
pub struct Relay;

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The data directory or what it holds cannot be used.
    #[error("the relay's key or certificates cannot be read or written")]
    Identity(#[from] IdentityError),
    /// An address cannot be listened on, because it is taken or of a kind that is not known.
    #[error("cannot listen on {0}")]
    Listen(Multiaddr, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The program's own settings contradict each other.
    #[error("the relay cannot be set up: {0}")]
    Setup(&'static str),
}

/// What a relay is doing, for its operator and for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayStats {
    /// Established connections that others opened.
    pub connections: u32,
    /// Other relays it is connected to.
    pub relays: usize,
    /// Topics it follows.
    pub topics: usize,
    /// Circuits between two of its leaves.
    pub circuits: usize,
    /// Bytes that came over circuits since it started.
    pub circuit_bytes: u64,
    /// How often bytes of circuits had to wait since it started, because their address had its share.
    pub circuit_waits: u64,
    /// Frames it has forwarded since it started.
    pub frames_forwarded: u64,
    /// Frames it has refused since it started.
    pub frames_refused: u64,
}

/// A running relay. Dropping it stops the relay without grace.
#[derive(Debug)]
pub struct RelayHandle {
    peer_id: PeerId,
    addresses: watch::Receiver<Vec<Multiaddr>>,
    stats: watch::Receiver<RelayStats>,
    ws: WsAcceptor,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Starts a relay; it accepts connections when this returns. Must be called in a tokio runtime.
    pub async fn start(config: RelayConfig) -> Result<RelayHandle, RelayError> {
        let keypair = identity::load_or_create(&config.data_dir)?;
        let peer_id = keypair.public().to_peer_id();
        let clock = Clock::start();
        let shaping = Shaping::new(config.limits.circuits.bandwidth, clock);
        let (transport, ws) = listen::transport(&keypair, &config, &shaping)?;
        let mut swarm = behaviour::swarm(transport, &keypair, &config, clock)?;
        let listeners = listen::listen(&mut swarm, &config)?;
        let (addresses_sender, addresses) = watch::channel(Vec::new());
        let (stats_sender, stats) = watch::channel(RelayStats::default());
        let (stop, stopped) = oneshot::channel();
        let mut driver = driver::Driver::new(swarm, Arc::new(config), clock, shaping, addresses_sender, stats_sender);
        driver.await_listeners(listeners).await;
        let task = tokio::spawn(driver.run(stopped));
        tracing::info!(peer = %peer_id, "the relay has started");
        Ok(RelayHandle { peer_id, addresses, stats, ws, stop, task })
    }
}

impl RelayHandle {
    /// Who the relay is, on the network.
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// The addresses it can be dialled at, each with its peer id; they change when certificates are rotated.
    ///
    /// Addresses of sockets that a web server accepts are not among them.
    pub fn addresses(&self) -> watch::Receiver<Vec<Multiaddr>> {
        self.addresses.clone()
    }

    /// What it is doing; changes are seen within a second.
    pub fn stats(&self) -> watch::Receiver<RelayStats> {
        self.stats.clone()
    }

    /// Takes WebSockets from a web server.
    pub fn ws(&self) -> WsAcceptor {
        self.ws.clone()
    }

    /// Closes all connections and waits until the relay has stopped.
    pub async fn shutdown(self) {
        // If the receiver is gone the task has ended by itself, which is what is wanted.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the relay's task failed");
        }
    }
}
