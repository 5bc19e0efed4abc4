//! The swarm that transfers run over: circuits through relays, and one protocol on them.

use std::time::Duration;

use libp2p::{PeerId, StreamProtocol, Swarm, Transport, core::transport::OrTransport, identity::Keypair, noise, relay};
use libp2p_stream as stream;

use crate::net::{
    bundle::Bundle,
    pulse::Answers,
    runtime,
    transport::{self, secured::secured},
};

/// One file, or the rest of one, on one stream: its taker sends a token (16 bytes), its owner the sealed chunks in order, its
/// taker one byte when all is there and right.
pub(super) const PROTOCOL: StreamProtocol = StreamProtocol::new("/milanio/file/1");

/// Connections stay while they are of use, which the hub decides and not a timer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 3_600);

/// The swarm, and what streams come and go by.
pub(super) struct Network {
    pub(super) swarm: Swarm<Bundle>,
    pub(super) control: stream::Control,
    pub(super) incoming: stream::IncomingStreams,
    /// A relay closes what does not answer its pings.
    pub(super) pings: Answers,
}

impl Network {
    /// A swarm with a key of its own that nobody has seen before; it is connected to nobody.
    pub(super) fn new() -> Result<Self, noise::Error> {
        let keypair = Keypair::generate_ed25519();
        let peer = keypair.public().to_peer_id();
        let (circuits, behaviour) = relay::client::new(peer);
        // Circuits come first: the others would take a circuit's address for the relay's own.
        let transport = OrTransport::new(secured(circuits, &keypair)?, transport::leaf(&keypair)?)
            .map(|either, _| either.into_inner())
            .boxed();
        let streams = stream::Behaviour::new();
        let mut control = streams.new_control();
        let pings = Answers::new(&mut control).expect("a new behaviour accepts no protocol yet");
        let incoming = control.accept(PROTOCOL).expect("a new behaviour accepts only pings yet");
        let behaviour = Bundle::default().with(behaviour).with(streams);
        let config = runtime::swarm_config().with_idle_connection_timeout(IDLE_TIMEOUT);
        Ok(Self { swarm: Swarm::new(transport, behaviour, peer, config), control, incoming, pings })
    }

    pub(super) fn peer(&self) -> PeerId {
        *self.swarm.local_peer_id()
    }
}
