//! What a relay is told when it is started, and every number that limits it.

use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use libp2p::Multiaddr;

use crate::{
    core::{
        admission::AdmissionLimits, bandwidth::BandwidthLimits, mirror::MirrorLimits, rate_limit::Rate, time::RoomTime,
    },
    net::gossip::MAX_RELAY_TOPICS,
    wire::{limits::FILE_BYTES, turn::TurnCredential},
};

/// How to run a relay.
#[derive(Clone)]
pub struct RelayConfig {
    /// Where its key and certificates are kept; made if it is not there.
    pub data_dir: PathBuf,
    /// What to listen on: `/ip4/../udp/../quic-v1/webtransport`, `/ip4/../tcp/../ws` and `/ip4/../tcp/..`.
    pub listen: Vec<Multiaddr>,
    /// Take a free port instead, where one of `listen` is taken.
    pub any_port: bool,
    /// Other relays to keep a connection with, over TCP.
    pub peers: Vec<Multiaddr>,
    /// What it allows.
    pub limits: RelayLimits,
    /// Who gives out leave to use the TURN server, if there is one.
    pub turn: Option<Arc<dyn TurnIssuer>>,
}

impl RelayConfig {
    /// A relay that keeps its files in `data_dir` and listens nowhere yet.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            listen: Vec::new(),
            any_port: false,
            peers: Vec::new(),
            limits: RelayLimits::default(),
            turn: None,
        }
    }
}

/// Gives out leave to use a TURN server. Called for each question, so it must not wait for anything.
pub trait TurnIssuer: Send + Sync {
    /// A credential for `asker`, or `None` if it may have none now.
    fn issue(&self, asker: TurnAsker, now: RoomTime) -> Option<TurnCredential>;
}

/// Who asks for a TURN credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TurnAsker {
    /// Its address.
    pub remote: IpAddr,
    /// The address under which it reached the relay, if that is known: where it will reach the TURN server too.
    pub reached: Option<IpAddr>,
}

/// Every number that limits a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayLimits {
    /// Who may connect.
    pub admission: AdmissionLimits,
    /// What is followed.
    pub mirror: MirrorLimits,
    /// Who may have bytes carried to another peer.
    pub circuits: CircuitLimits,
    /// How often one network may say something, of whatever kind and on whatever topic.
    pub gossip: Rate,
    /// How often one network may ask for a TURN credential.
    pub turn: Rate,
    /// Invalid frames after which a connection is closed.
    pub invalid_frames: u32,
    /// How long a connection may be without any subscription.
    pub idle: Duration,
}

/// What limits circuits (libp2p specifications, circuit relay v2), over which leaves send each other files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitLimits {
    /// Peers that wait for circuits at once.
    pub reservations: usize,
    /// How often one network may begin to wait.
    pub reservation_rate: Rate,
    /// Circuits at once.
    pub circuits: usize,
    /// Circuits towards or from one peer at once.
    pub circuits_per_peer: usize,
    /// How often one network may open one.
    pub circuit_rate: Rate,
    /// How long one circuit may live.
    pub duration: Duration,
    /// Bytes that one circuit carries, both ways together.
    pub bytes: u64,
    /// How fast circuits may be.
    pub bandwidth: BandwidthLimits,
}

impl Default for RelayLimits {
    /// The real ones. An office or a school is one address, so what is counted per address allows for hundreds of people.
    fn default() -> Self {
        Self {
            admission: AdmissionLimits {
                established: 2_000,
                established_per_subnet: 256,
                established_per_peer: 2,
                pending: 128,
                // When a relay comes back, a whole office reconnects within a second.
                pending_per_subnet: 32,
                attempts: Rate { burst: 100, interval: Duration::from_secs(3) },
            },
            mirror: MirrorLimits {
                topics: MAX_RELAY_TOPICS,
                topics_per_peer: MAX_TOPICS_PER_PEER,
                // 256 connections with 16 topics each.
                subscriptions_per_subnet: 4_096,
                // A leaf subscribes to all its topics at once when it connects.
                changes: Rate { burst: 256, interval: Duration::from_secs(1) },
                // 256 connections with 8 topics each, at once when the relay comes back, and then as rooms come and go.
                follows: Rate { burst: 2_048, interval: Duration::from_secs(1) },
                linger: Duration::from_secs(60),
            },
            circuits: CircuitLimits {
                reservations: 1_024,
                // A leaf waits for circuits only while it sends a file: an office of hundreds does so now and then.
                reservation_rate: Rate { burst: 120, interval: Duration::from_secs(10) },
                circuits: 256,
                // A leaf sends to four and fetches two files at once, and a broken circuit may take a while to be noticed.
                circuits_per_peer: 8,
                circuit_rate: Rate { burst: 120, interval: Duration::from_secs(10) },
                // The largest file at 0.5 Mbit/s. A transfer that is cut goes on over the next circuit.
                duration: Duration::from_secs(30 * 60),
                // The largest file, and a tenth more for what seals and streams add (measured: 0.2 %).
                bytes: FILE_BYTES + FILE_BYTES / 10,
                // What comes in goes out again and counts twice: half of a line of 400 Mbit/s, so that frames are not late. One
                // address has 40 Mbit/s: the largest file in 21 s.
                bandwidth: BandwidthLimits { total: 50_000_000, per_address: 5_000_000 },
            },
            // Hundreds of people who beat every 4 s, or another relay with thousands. Gossipsub remembers 300 s of it: some 60 MiB.
            gossip: Rate { burst: 10_000, interval: Duration::from_millis(1) },
            turn: Rate { burst: 120, interval: Duration::from_secs(30) },
            invalid_frames: 4,
            idle: Duration::from_secs(60),
        }
    }
}

impl RelayLimits {
    /// Those of a laboratory, where everybody has the same address.
    pub fn lab() -> Self {
        let mut limits = Self::default();
        limits.admission.established_per_subnet = limits.admission.established;
        limits.admission.pending_per_subnet = limits.admission.pending;
        limits.admission.attempts = Rate { burst: 100_000, interval: Duration::from_millis(1) };
        limits.mirror.subscriptions_per_subnet = limits.mirror.topics;
        limits.mirror.follows = Rate { burst: 100_000, interval: Duration::from_millis(1) };
        limits.circuits.reservation_rate = Rate { burst: 100_000, interval: Duration::from_millis(1) };
        limits.circuits.circuit_rate = Rate { burst: 100_000, interval: Duration::from_millis(1) };
        limits.circuits.bandwidth = BandwidthLimits { total: LAB_BANDWIDTH, per_address: LAB_BANDWIDTH };
        limits.gossip = Rate { burst: 1_000_000, interval: Duration::from_millis(1) };
        limits.turn = Rate { burst: 100_000, interval: Duration::from_millis(1) };
        limits
    }
}

/// Bytes per second in a laboratory: more than any machine copies.
const LAB_BANDWIDTH: u64 = 100_000_000_000;

/// Topics one leaf may subscribe to: 16 rooms with a door and a floor each, on two days (chosen).
pub(super) const MAX_TOPICS_PER_PEER: usize = 64;
