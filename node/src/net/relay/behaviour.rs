//! The protocols a relay speaks, and its swarm.

use std::time::Duration;

use libp2p::{
    PeerId, Swarm,
    core::{muxing::StreamMuxerBox, transport::Boxed},
    gossipsub::{self, IdentityTransform, MessageAuthenticity},
    identify,
    identity::Keypair,
    ping, relay,
    swarm::NetworkBehaviour,
};

use super::{
    RelayConfig, RelayError, circuits,
    gatekeeper::Gatekeeper,
    throttle::Throttled,
    topics::{self, TopicFilter},
};
use crate::net::{
    gossip, runtime,
    runtime::Clock,
    turn_protocol::{self, TurnProtocol},
};

/// What a relay says it is to other peers (libp2p specifications, identify).
const IDENTIFY_PROTOCOL: &str = "/milanio/1";

/// A dead connection that no transport notices is noticed after two of these.
const PING_INTERVAL: Duration = Duration::from_secs(4);
const PING_PATIENCE: Duration = Duration::from_secs(4);

/// A relay ends idle connections itself, because only it knows what idle is.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// See the module's documentation. The gatekeeper comes first: what it refuses costs the others nothing.
#[derive(NetworkBehaviour)]
pub(super) struct RelayBehaviour {
    pub(super) gatekeeper: Gatekeeper,
    pub(super) gossip: Throttled<gossipsub::Behaviour<IdentityTransform, TopicFilter>>,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) turn: TurnProtocol,
    pub(super) circuits: relay::Behaviour,
}

/// A swarm that listens nowhere yet.
pub(super) fn swarm(
    transport: Boxed<(PeerId, StreamMuxerBox)>,
    keypair: &Keypair,
    config: &RelayConfig,
    clock: Clock,
) -> Result<Swarm<RelayBehaviour>, RelayError> {
    let limits = &config.limits;
    let settings = gossip::relay(limits.admission.established as usize)
        .map_err(|_| RelayError::Setup("the gossip settings contradict each other"))?;
    let filter = topics::filter();
    let gossip = gossipsub::Behaviour::new_with_subscription_filter(MessageAuthenticity::Anonymous, settings, filter)
        .map_err(RelayError::Setup)?;
    let identify = identify::Config::new(IDENTIFY_PROTOCOL.to_owned(), keypair.public())
        .with_agent_version(concat!("milanio/", env!("CARGO_PKG_VERSION")).to_owned())
        .with_push_listen_addr_updates(true);
    let behaviour = RelayBehaviour {
        gatekeeper: Gatekeeper::new(limits.admission, clock),
        gossip: Throttled::new(gossip, limits.gossip, clock),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_PATIENCE)),
        turn: turn_protocol::server(),
        circuits: circuits::behaviour(keypair.public().to_peer_id(), limits.circuits, clock),
    };
    let settings = runtime::swarm_config().with_idle_connection_timeout(NEVER);
    Ok(Swarm::new(transport, behaviour, keypair.public().to_peer_id(), settings))
}
