//! A leaf for tests: a bare swarm with a relay's counterpart protocols, driven by the test itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, gossipsub, identify,
    identity::Keypair,
    ping, request_response,
    swarm::{NetworkBehaviour, SwarmEvent},
};
use milanio_identity::{RoomKeys, RootSecret, TopicKeys};
use milanio_node::{
    core::time::RoomTime,
    net::{
        gossip,
        relay::{Relay, RelayConfig, RelayHandle, RelayLimits},
        runtime, transport,
        turn_protocol::{self, TurnProtocol},
    },
    wire::{
        frame,
        turn::{TurnAnswer, TurnRequest},
    },
};

/// How long anything may take that a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(NetworkBehaviour)]
pub struct LeafBehaviour {
    pub gossip: gossipsub::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    turn: TurnProtocol,
}

pub struct Leaf {
    pub swarm: Swarm<LeafBehaviour>,
}

pub type LeafEvent = SwarmEvent<LeafBehaviourEvent>;

impl Leaf {
    pub fn new() -> Self {
        let keypair = Keypair::generate_ed25519();
        let behaviour = LeafBehaviour {
            gossip: gossip::behaviour(gossip::leaf().unwrap()).unwrap(),
            identify: identify::Behaviour::new(identify::Config::new("/milanio/1".into(), keypair.public())),
            ping: ping::Behaviour::default(),
            turn: turn_protocol::client(),
        };
        let config = runtime::swarm_config().with_idle_connection_timeout(Duration::from_secs(3_600));
        let transport = transport::leaf(&keypair).unwrap();
        Self { swarm: Swarm::new(transport, behaviour, keypair.public().to_peer_id(), config) }
    }

    /// Connects to `address`, or tells why not.
    pub async fn dial(&mut self, address: Multiaddr) -> Result<PeerId, String> {
        self.swarm.dial(address).unwrap();
        self.until(|event| match event {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => Some(Ok(*peer_id)),
            SwarmEvent::OutgoingConnectionError { error, .. } => Some(Err(error.to_string())),
            _ => None,
        })
        .await
    }

    /// Connects and subscribes, and waits until the relay follows the topic.
    pub async fn join(&mut self, address: Multiaddr, keys: &TopicKeys) {
        self.dial(address).await.unwrap();
        self.subscribe(keys);
        self.followed().await;
    }

    pub fn subscribe(&mut self, keys: &TopicKeys) {
        self.swarm.behaviour_mut().gossip.subscribe(&topic(keys)).unwrap();
    }

    pub fn unsubscribe(&mut self, keys: &TopicKeys) {
        assert!(self.swarm.behaviour_mut().gossip.unsubscribe(&topic(keys)));
    }

    /// Waits until the relay has subscribed to a topic of this leaf.
    pub async fn followed(&mut self) {
        self.until(|event| match event {
            SwarmEvent::Behaviour(LeafBehaviourEvent::Gossip(gossipsub::Event::Subscribed { .. })) => Some(()),
            _ => None,
        })
        .await;
    }

    /// Waits until the relay has subscribed to this topic.
    pub async fn follows(&mut self, keys: &TopicKeys) {
        let wanted = topic(keys).hash();
        self.until(|event| match event {
            SwarmEvent::Behaviour(LeafBehaviourEvent::Gossip(gossipsub::Event::Subscribed { topic, .. })) => {
                (*topic == wanted).then_some(())
            }
            _ => None,
        })
        .await;
    }

    pub fn publish(&mut self, keys: &TopicKeys, data: Vec<u8>) -> Result<(), gossipsub::PublishError> {
        self.swarm.behaviour_mut().gossip.publish(topic(keys), data).map(drop)
    }

    /// The next message, accepted.
    pub async fn message(&mut self) -> Vec<u8> {
        self.until(|event| match event {
            SwarmEvent::Behaviour(LeafBehaviourEvent::Gossip(gossipsub::Event::Message { message, .. })) => {
                Some(message.data.clone())
            }
            _ => None,
        })
        .await
    }

    /// Waits until the relay has closed the connection.
    pub async fn disconnected(&mut self) {
        self.until(|event| matches!(event, SwarmEvent::ConnectionClosed { .. }).then_some(())).await;
    }

    /// Asks the relay for its time and a TURN credential.
    pub async fn ask_turn(&mut self, relay: PeerId) -> TurnAnswer {
        self.swarm.behaviour_mut().turn.send_request(&relay, TurnRequest);
        self.until(|event| match event {
            SwarmEvent::Behaviour(LeafBehaviourEvent::Turn(request_response::Event::Message {
                message: request_response::Message::Response { response, .. },
                ..
            })) => Some(response.clone()),
            _ => None,
        })
        .await
    }

    /// Drives the swarm until `found` finds something.
    pub async fn until<T>(&mut self, mut found: impl FnMut(&LeafEvent) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let event = self.swarm.select_next_some().await;
                if let Some(result) = found(&event) {
                    return result;
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("what is waited for happens")
    }

    /// Drives the swarm for ever.
    pub async fn drive(&mut self) {
        loop {
            self.swarm.select_next_some().await;
        }
    }
}

/// The keys of a room's floor, different for each `seed`.
pub fn keys(seed: u8) -> TopicKeys {
    RoomKeys::new(&RootSecret::from_bytes([seed; 32])).floor_epoch_zero(now().day())
}

/// A valid frame, different for each `number`.
pub fn valid_frame(keys: &TopicKeys, number: u32) -> Vec<u8> {
    let mut nonce = [0; 24];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    frame::seal(keys, now(), nonce, &number.to_be_bytes()).unwrap()
}

pub fn now() -> RoomTime {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    RoomTime::from_millis(u64::try_from(since_epoch.as_millis()).unwrap())
}

/// A relay on loopback that listens in every way, with the directory it keeps its files in.
pub async fn relay(limits: RelayLimits) -> (RelayHandle, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let config = RelayConfig { limits, ..config(&directory) };
    (Relay::start(config).await.unwrap(), directory)
}

/// How [`relay`] runs one.
pub fn config(directory: &tempfile::TempDir) -> RelayConfig {
    // Errors if another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listen = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/0/ws", "/ip4/127.0.0.1/udp/0/quic-v1/webtransport"];
    RelayConfig {
        listen: listen.iter().map(|address| address.parse().unwrap()).collect(),
        limits: RelayLimits::lab(),
        ..RelayConfig::new(directory.path().to_owned())
    }
}

/// The relay's address of one kind: `tcp`, `ws` or `webtransport`.
pub fn address(relay: &RelayHandle, kind: &str) -> Multiaddr {
    let addresses = relay.addresses().borrow().clone();
    let is_kind = |address: &&Multiaddr| {
        let text = address.to_string();
        match kind {
            "tcp" => text.contains("/tcp/") && !text.contains("/ws"),
            other => text.contains(&format!("/{other}")),
        }
    };
    addresses.iter().find(is_kind).unwrap().clone()
}

fn topic(keys: &TopicKeys) -> gossipsub::IdentTopic {
    gossipsub::IdentTopic::new(keys.topic().as_str())
}
