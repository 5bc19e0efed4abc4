//! What a leaf speaks with a relay.

use std::time::Duration;

use libp2p::{gossipsub, identify, identity::Keypair, ping};

use crate::net::{
    bundle::Bundle,
    gossip,
    turn_protocol::{self, TurnProtocol},
};

/// Named in the identify exchange; says nothing about who or what runs it.
const IDENTIFY_PROTOCOL: &str = "/milanio/1";

/// Pause between pings. With [`PING_PATIENCE`] a relay that has gone silent is noticed within 8 s.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(4);

/// How long a ping may take.
pub(super) const PING_PATIENCE: Duration = Duration::from_secs(4);

/// The protocols of a leaf with this key: its relay's topics, [`turn_protocol`], ping and identify.
pub(super) fn leaf(keypair: &Keypair) -> Bundle {
    let config = gossip::leaf().expect("the constants of the leaf's settings are consistent, which a test checks");
    Bundle::default()
        .with(gossip::behaviour(config).expect("anonymous messages and anonymous validation go together"))
        .with(turn_protocol::client())
        .with(ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_PATIENCE)))
        .with(identify::Behaviour::new(identify::Config::new(IDENTIFY_PROTOCOL.into(), keypair.public())))
}

/// The leaf's topics.
pub(super) fn gossip(protocols: &mut Bundle) -> &mut gossipsub::Behaviour {
    protocols.part().expect("every leaf has it")
}

/// The leaf's questions to its relay.
pub(super) fn turn(protocols: &mut Bundle) -> &mut TurnProtocol {
    protocols.part().expect("every leaf has it")
}
