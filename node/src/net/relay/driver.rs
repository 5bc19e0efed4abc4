//! The relay's loop: what the network says goes into the cores, what they decide goes out.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm,
    core::ConnectedPoint,
    gossipsub::{self, MessageAcceptance, TopicHash},
    identify, ping, relay, request_response,
    swarm::{ConnectionId, SwarmEvent, dial_opts::DialOpts},
};
use milanio_identity::TopicName;
use tokio::sync::{oneshot, watch};

use super::{
    RelayConfig, RelayStats, TurnAsker,
    behaviour::{RelayBehaviour, RelayBehaviourEvent},
    circuits::Circuits,
    gatekeeper::ip_of,
    links::Links,
    shaping::Shaping,
};
use crate::{
    core::{
        mirror::{Mirror, MirrorCommand},
        rate_limit::RateLimiter,
        subnet::Subnet,
        time::{ClockOffset, RoomTime, Timestamp},
    },
    net::{gossip, runtime::Clock},
    wire::{
        frame,
        turn::{TurnAnswer, TurnCredential, TurnRequest},
    },
};

/// Owns the swarm and everything that is decided about it.
pub(super) struct Driver {
    swarm: Swarm<RelayBehaviour>,
    config: Arc<RelayConfig>,
    clock: Clock,
    mirror: Mirror<PeerId, TopicName>,
    links: Links,
    dials: BTreeMap<ConnectionId, usize>,
    peers: BTreeMap<PeerId, Peer>,
    circuits: Circuits,
    shaping: Shaping,
    turn_rate: RateLimiter<Subnet>,
    frames_forwarded: u64,
    frames_refused: u64,
    addresses: watch::Sender<Vec<Multiaddr>>,
    stats: watch::Sender<RelayStats>,
}

/// What is known of a connected peer.
struct Peer {
    remote: IpAddr,
    reached: Option<IpAddr>,
    is_relay: bool,
    topics: BTreeSet<TopicName>,
    /// Names it subscribes to, topics or not; counted for leaves.
    subscriptions: usize,
    since: Timestamp,
    idle_since: Timestamp,
    invalid_frames: u32,
}

/// What a relay does regularly: closing idle connections, and telling its numbers.
const TICK: Duration = Duration::from_millis(500);

/// How long a stopping relay waits until its peers know.
const GRACE: Duration = Duration::from_secs(2);

/// How long a peer may take to say that it is a relay; a leaf with too many subscriptions is disconnected after that.
const IDENTIFY_PATIENCE: Duration = Duration::from_secs(3);

/// Relays at once (chosen): what they subscribe to takes memory, and anybody can say to be one.
const MAX_RELAYS: usize = 32;

/// Networks whose TURN questions are remembered.
const MAX_SUBNETS: usize = 100_000;

impl Driver {
    pub(super) fn new(
        swarm: Swarm<RelayBehaviour>,
        config: Arc<RelayConfig>,
        clock: Clock,
        shaping: Shaping,
        addresses: watch::Sender<Vec<Multiaddr>>,
        stats: watch::Sender<RelayStats>,
    ) -> Self {
        Self {
            mirror: Mirror::new(config.limits.mirror),
            links: Links::new(&config.peers, clock.now()),
            dials: BTreeMap::new(),
            peers: BTreeMap::new(),
            circuits: Circuits::default(),
            shaping,
            turn_rate: RateLimiter::new(config.limits.turn, MAX_SUBNETS),
            frames_forwarded: 0,
            frames_refused: 0,
            swarm,
            config,
            clock,
            addresses,
            stats,
        }
    }

    /// Waits until each of `listeners` has an address.
    pub(super) async fn await_listeners(&mut self, listeners: usize) {
        let mut ready = BTreeSet::new();
        while ready.len() < listeners {
            let event = self.swarm.select_next_some().await;
            if let SwarmEvent::NewListenAddr { listener_id, .. } = &event {
                ready.insert(format!("{listener_id:?}"));
            }
            self.handle_swarm_event(event);
        }
    }

    /// Runs until `stopped` is answered or dropped.
    pub(super) async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.handle_swarm_event(event),
                _ = tick.tick() => self.handle_tick(),
                _ = &mut stopped => break,
            }
            self.drain();
        }
        self.close().await;
    }

    /// Does what the cores want.
    fn drain(&mut self) {
        while let Some(command) = self.mirror.poll_command() {
            match command {
                MirrorCommand::Follow(topic) => self.follow(topic),
                MirrorCommand::Unfollow(topic) => {
                    self.swarm.behaviour_mut().gossip.unsubscribe(&gossip_topic(topic));
                }
                MirrorCommand::Disconnect(peer) => self.disconnect(peer),
            }
        }
        while let Some((number, address)) = self.links.poll_dial(self.clock.now()) {
            let dial = DialOpts::unknown_peer_id().address(address).build();
            let connection = dial.connection_id();
            match self.swarm.dial(dial) {
                Ok(()) => drop(self.dials.insert(connection, number)),
                Err(_) => self.links.handle_failed(number, self.clock.now()),
            }
        }
    }

    fn follow(&mut self, topic: TopicName) {
        if self.swarm.behaviour_mut().gossip.subscribe(&gossip_topic(topic)).is_err() {
            tracing::warn!("a topic that was accepted cannot be subscribed to");
        }
    }

    fn disconnect(&mut self, peer: PeerId) {
        // Errors if the peer is gone already.
        let _ = self.swarm.disconnect_peer_id(peer);
    }

    fn handle_tick(&mut self) {
        let now = self.clock.now();
        self.mirror.handle_timeout(now);
        let idle = |id: &PeerId, peer: &Peer| {
            let is_of_use = !peer.topics.is_empty() || self.circuits.has(id);
            let is_idle = !is_of_use && now.since(peer.idle_since) >= self.config.limits.idle;
            let is_greedy = peer.subscriptions > self.config.limits.mirror.topics_per_peer
                && now.since(peer.since) >= IDENTIFY_PATIENCE;
            !peer.is_relay && (is_idle || is_greedy)
        };
        let idle: Vec<_> = self.peers.iter().filter(|(id, peer)| idle(id, peer)).map(|(id, _)| *id).collect();
        for peer in idle {
            self.disconnect(peer);
        }
        self.tell_stats();
    }

    fn tell_stats(&self) {
        let shaped = self.shaping.totals();
        let stats = RelayStats {
            connections: self.swarm.behaviour().gatekeeper.established(),
            relays: self.peers.values().filter(|peer| peer.is_relay).count(),
            topics: self.mirror.topics(),
            circuits: self.circuits.len(),
            circuit_bytes: shaped.carried,
            circuit_waits: shaped.waits,
            frames_forwarded: self.frames_forwarded,
            frames_refused: self.frames_refused,
        };
        self.stats.send_if_modified(|told| std::mem::replace(told, stats) != stats);
    }

    fn handle_swarm_event(&mut self, event: SwarmEvent<RelayBehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.handle_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.handle_established(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                let now = self.clock.now();
                self.peers.remove(&peer_id);
                self.mirror.handle_disconnected(&peer_id, now);
                self.links.handle_disconnected(&peer_id, now);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, .. } => {
                if let Some(number) = self.dials.remove(&connection_id) {
                    self.links.handle_failed(number, self.clock.now());
                }
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "a connection did not come about");
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                // What a reservation answers with: without any, leaves take it for failed.
                self.swarm.add_external_address(address);
                self.tell_addresses();
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.swarm.remove_external_address(&address);
                self.tell_addresses();
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener has a problem"),
            SwarmEvent::ListenerClosed { reason, .. } => tracing::error!(?reason, "a listener has closed"),
            _ => {}
        }
    }

    fn tell_addresses(&mut self) {
        let peer_id = *self.swarm.local_peer_id();
        let addresses: Vec<_> = self.swarm.listeners().filter_map(|addr| addr.clone().with_p2p(peer_id).ok()).collect();
        self.addresses.send_if_modified(|told| {
            let changed = *told != addresses;
            *told = addresses;
            changed
        });
    }

    fn handle_established(&mut self, id: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let (remote, reached) = match endpoint {
            ConnectedPoint::Dialer { address, .. } => (ip_of(address), None),
            ConnectedPoint::Listener { local_addr, send_back_addr } => {
                (ip_of(send_back_addr), Some(ip_of(local_addr)).filter(|ip| !ip.is_unspecified()))
            }
        };
        let dialled = self.dials.remove(&connection);
        let now = self.clock.now();
        self.peers.entry(id).or_insert(Peer {
            remote,
            reached,
            is_relay: false,
            topics: BTreeSet::new(),
            subscriptions: 0,
            since: now,
            idle_since: now,
            invalid_frames: 0,
        });
        self.mirror.handle_connected(id, remote.into());
        if let Some(number) = dialled {
            self.links.handle_connected(number, id);
            self.handle_relay(id);
        }
    }

    /// A peer says that it is a relay.
    fn handle_claim(&mut self, id: PeerId) {
        if self.peers.get(&id).is_some_and(|peer| peer.is_relay) {
            return;
        }
        if self.peers.values().filter(|peer| peer.is_relay).count() < MAX_RELAYS {
            self.handle_relay(id);
        } else {
            self.disconnect(id);
        }
    }

    fn handle_relay(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.is_relay = true;
            self.mirror.handle_relay(&id, self.clock.now());
        }
    }

    fn handle_behaviour_event(&mut self, event: RelayBehaviourEvent) {
        match event {
            RelayBehaviourEvent::Gossip(event) => self.handle_gossip(event),
            RelayBehaviourEvent::Circuits(event) => self.handle_circuits(&event),
            RelayBehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. })
                if info.protocols.contains(&StreamProtocol::new(gossip::RELAY_PROTOCOL)) =>
            {
                self.handle_claim(peer_id);
            }
            RelayBehaviourEvent::Ping(ping::Event { connection, result: Err(error), .. }) => {
                tracing::debug!(%error, "a connection is dead");
                self.swarm.close_connection(connection);
            }
            RelayBehaviourEvent::Turn(request_response::Event::Message {
                peer,
                message: request_response::Message::Request { request, channel, .. },
                ..
            }) => {
                let answer = self.answer(&peer, request);
                // The answer fails only if the asker is gone.
                let _ = self.swarm.behaviour_mut().turn.send_response(channel, answer);
            }
            _ => {}
        }
    }

    fn handle_circuits(&mut self, event: &relay::Event) {
        let now = self.clock.now();
        if let relay::Event::CircuitReqAccepted { src_peer_id, dst_peer_id } = event {
            self.shaping.begin(src_peer_id);
            self.shaping.begin(dst_peer_id);
        }
        for end in self.circuits.handle(event).into_iter().flatten() {
            if let Some(peer) = self.peers.get_mut(&end) {
                peer.idle_since = now;
            }
        }
    }

    fn handle_gossip(&mut self, event: gossipsub::Event) {
        let now = self.clock.now();
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                let acceptance = self.judge(&propagation_source, &message.topic, &message.data);
                let gossip = &mut self.swarm.behaviour_mut().gossip;
                gossip.report_message_validation_result(&message_id, &propagation_source, acceptance);
            }
            gossipsub::Event::Subscribed { peer_id, topic } => {
                let Some(peer) = self.peers.get_mut(&peer_id).filter(|peer| !peer.is_relay) else { return };
                peer.subscriptions += 1;
                if peer.subscriptions <= self.config.limits.mirror.topics_per_peer
                    && let Ok(topic) = TopicName::parse(topic.as_str())
                {
                    peer.topics.insert(topic);
                    self.mirror.handle_subscribed(&peer_id, &topic, now);
                }
            }
            gossipsub::Event::Unsubscribed { peer_id, topic } => {
                let Some(peer) = self.peers.get_mut(&peer_id).filter(|peer| !peer.is_relay) else { return };
                peer.subscriptions = peer.subscriptions.saturating_sub(1);
                if let Ok(topic) = TopicName::parse(topic.as_str()) {
                    peer.topics.remove(&topic);
                    peer.idle_since = now;
                    self.mirror.handle_unsubscribed(&peer_id, &topic, now);
                }
            }
            gossipsub::Event::GossipsubNotSupported { .. } | gossipsub::Event::SlowPeer { .. } => {}
        }
    }

    /// Whether a frame is forwarded. Who passes on too many bad ones is disconnected.
    fn judge(&mut self, from: &PeerId, topic: &TopicHash, data: &[u8]) -> MessageAcceptance {
        let Ok(topic) = TopicName::parse(topic.as_str()) else { return MessageAcceptance::Reject };
        let error = match frame::check(&topic, data, self.room_time()) {
            Ok(()) => {
                self.mirror.handle_valid_frame(&topic);
                self.frames_forwarded += 1;
                return MessageAcceptance::Accept;
            }
            Err(error) => error,
        };
        self.frames_refused += 1;
        if !error.is_misbehaviour() {
            return MessageAcceptance::Ignore;
        }
        if let Some(peer) = self.peers.get_mut(from) {
            peer.invalid_frames += 1;
            if peer.invalid_frames >= self.config.limits.invalid_frames {
                tracing::debug!(peer = %from, "a peer passes on invalid frames and is disconnected");
                self.disconnect(*from);
            }
        }
        MessageAcceptance::Reject
    }

    fn answer(&mut self, peer: &PeerId, TurnRequest: TurnRequest) -> TurnAnswer {
        TurnAnswer { now: self.room_time(), turn: self.credential(peer) }
    }

    fn credential(&mut self, peer: &PeerId) -> Option<TurnCredential> {
        let issuer = Arc::clone(self.config.turn.as_ref()?);
        let peer = self.peers.get(peer)?;
        if !self.turn_rate.allow(&peer.remote.into(), self.clock.now()) {
            return None;
        }
        issuer.issue(TurnAsker { remote: peer.remote, reached: peer.reached }, self.room_time())
    }

    /// Room time is what relays say it is: their own clock.
    fn room_time(&self) -> RoomTime {
        self.clock.now().in_room(ClockOffset::default())
    }

    /// Closes every connection and waits until the peers know, or for [`GRACE`].
    async fn close(mut self) {
        for peer in self.peers.keys().copied().collect::<Vec<_>>() {
            self.disconnect(peer);
        }
        let closed = async {
            while !self.peers.is_empty() {
                let event = self.swarm.select_next_some().await;
                self.handle_swarm_event(event);
            }
        };
        if tokio::time::timeout(GRACE, closed).await.is_err() {
            tracing::debug!("some connections did not close in time");
        }
    }
}

fn gossip_topic(topic: TopicName) -> gossipsub::IdentTopic {
    gossipsub::IdentTopic::new(topic.as_str())
}
