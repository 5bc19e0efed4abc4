//! What a leaf speaks with a relay.

use std::time::Duration;

use libp2p::{gossipsub, identify, identity::Keypair, ping, swarm::NetworkBehaviour};

use crate::net::{
    gossip,
    turn_protocol::{self, TurnProtocol},
};

/// Named in the identify exchange; says nothing about who or what runs it.
const IDENTIFY_PROTOCOL: &str = "/milanio/1";

/// Pause between pings. With [`PING_PATIENCE`] a relay that has gone silent is noticed within 8 s.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(4);

/// How long a ping may take.
pub(super) const PING_PATIENCE: Duration = Duration::from_secs(4);

#[derive(NetworkBehaviour)]
pub(super) struct LeafBehaviour {
    pub(super) gossip: gossipsub::Behaviour,
    pub(super) turn: TurnProtocol,
    pub(super) ping: ping::Behaviour,
    identify: identify::Behaviour,
}

impl LeafBehaviour {
    pub(super) fn new(keypair: &Keypair) -> Self {
        let config = gossip::leaf().expect("the constants of the leaf's settings are consistent, which a test checks");
        Self {
            gossip: gossip::behaviour(config).expect("anonymous messages and anonymous validation go together"),
            turn: turn_protocol::client(),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_PATIENCE)),
            identify: identify::Behaviour::new(identify::Config::new(IDENTIFY_PROTOCOL.into(), keypair.public())),
        }
    }
}
