//! A leaf's one connection to a relay: kept up by the dial policy, and what comes over it.
//!
//! It knows topics by name only and frames not at all. It is ready when the relay follows every topic that is wanted here:
//! only then is nothing that is published lost on the way.

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll},
};

use futures::{FutureExt, StreamExt, stream::BoxStream};
use futures_timer::Delay;
use libp2p::{
    PeerId, Swarm,
    identity::Keypair,
    noise,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use libp2p_stream::Control;

use crate::core::sorted::{SortedMap, SortedSet};
use crate::{
    core::{
        dial::{AttemptId, DialCommand, Dialer, LinkState},
        time::Timestamp,
    },
    net::{
        bundle::{Bundle, Thing},
        pulse::{self, Answers},
        runtime::{self, Clock},
        transport,
    },
    wire::pubsub::PubsubMessage,
};

use super::{
    behaviour::{PING_INTERVAL, Protocols},
    liveness::Liveness,
    pubsub::{Heard, Pubsub},
    relays::{RelayAddress, RelayList},
    turn::{RelayAnswer, TurnAsker},
};

/// Something that happened to the connection or came over it.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// How the leaf is connected has changed; [`Link::status`] tells.
    StatusChanged,
    /// The relay list is used up or outdated.
    NeedRelays,
    /// A message came on a topic.
    Frame(PubsubMessage),
    /// The relay told its time, and perhaps gave TURN credentials.
    Answer(RelayAnswer),
}

/// How the leaf is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinkStatus {
    pub(super) state: LinkState,
    /// Connected, and the relay follows all our topics.
    pub(super) ready: bool,
}

struct Up {
    peer: PeerId,
    connection: ConnectionId,
    /// Its answers to our pings.
    beats: BoxStream<'static, ()>,
}

pub(super) struct Link {
    swarm: Swarm<Bundle>,
    clock: Clock,
    dialer: Dialer,
    relays: RelayList,
    attempts: SortedMap<ConnectionId, AttemptId>,
    up: Option<Up>,
    control: Control,
    pubsub: Pubsub,
    pings: Answers,
    turn: TurnAsker,
    liveness: Liveness,
    wanted: SortedSet<String>,
    told: Option<LinkStatus>,
    timer: Option<(Timestamp, Delay)>,
    events: VecDeque<LinkEvent>,
}

/// Connections stay while they are of use, which the dial policy decides and not a timer.
const IDLE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

impl Link {
    /// A leaf with a key of its own that nobody has seen before.
    pub(super) fn new(clock: Clock, seed: [u8; 32]) -> Result<Self, noise::Error> {
        let keypair = Keypair::generate_ed25519();
        let config = runtime::swarm_config().with_idle_connection_timeout(IDLE_TIMEOUT);
        let Protocols { bundle, control, pubsub, pings } = Protocols::new();
        let swarm = Swarm::new(transport::leaf(&keypair)?, bundle, keypair.public().to_peer_id(), config);
        Ok(Self {
            swarm,
            clock,
            dialer: Dialer::new(seed),
            relays: RelayList::default(),
            attempts: SortedMap::new(),
            up: None,
            control,
            pubsub,
            pings,
            turn: TurnAsker::default(),
            liveness: Liveness::default(),
            wanted: SortedSet::new(),
            told: None,
            timer: None,
            events: VecDeque::new(),
        })
    }

    pub(super) fn set_relays(&mut self, relays: Vec<RelayAddress>) {
        let relays = RelayList::new(relays);
        // The same list again must not cut a pause short: that pause is there because this very list failed.
        if relays != self.relays || self.dialer.state() == LinkState::Offline {
            self.relays = relays;
            self.dialer.set_relays(self.relays.carriers(), self.clock.now());
        }
    }

    pub(super) fn retry_now(&mut self) {
        self.dialer.retry_now(self.clock.now());
    }

    pub(super) fn status(&self) -> LinkStatus {
        let ready = self.up.is_some() && self.pubsub.reaches(&self.wanted);
        LinkStatus { state: self.dialer.state(), ready }
    }

    pub(super) fn subscribe(&mut self, topic: &str) {
        if self.wanted.insert(topic.into()) {
            self.pubsub.follow(topic, true);
        }
    }

    pub(super) fn unsubscribe(&mut self, topic: &str) {
        if self.wanted.remove(topic) {
            self.pubsub.follow(topic, false);
        }
    }

    /// Publishes; whether the relay took it.
    pub(super) fn publish(&mut self, topic: &str, data: Vec<u8>) -> bool {
        self.pubsub.publish(topic, data)
    }

    /// Asks the relay for TURN credentials, if they are not just being asked for.
    pub(super) fn ask_turn(&mut self) {
        if let Some(up) = &self.up {
            self.turn.ask(self.control.clone(), up.peer, self.clock.now());
        }
    }

    /// Waits for the next event. Nothing is lost when the returned future is dropped.
    pub(super) fn next(&mut self) -> impl Future<Output = LinkEvent> + Unpin + '_ {
        poll_fn(|cx| self.poll(cx))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<LinkEvent> {
        // A hidden page's timers come late: whatever else wakes this one looks at the clock.
        self.dialer.handle_timeout(self.clock.now());
        loop {
            self.run_dialer();
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(event);
            }
            let status = self.status();
            if self.told != Some(status) {
                self.told = Some(status);
                return Poll::Ready(LinkEvent::StatusChanged);
            }
            if let Poll::Ready(event) = self.swarm.select_next_some().poll_unpin(cx) {
                self.handle_swarm(event);
                continue;
            }
            if self.poll_streams(cx).is_ready() {
                continue;
            }
            // The same for the relay's silence, once what has come was heard.
            if self.end_if_silent() {
                continue;
            }
            if self.poll_timer(cx).is_pending() {
                return Poll::Pending;
            }
            self.handle_timeout();
        }
    }

    /// What came over the protocols; ready if something did.
    fn poll_streams(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.pings.poll(cx);
        let now = self.clock.now();
        if let Some(up) = &mut self.up
            && let Poll::Ready(Some(())) = up.beats.poll_next_unpin(cx)
        {
            self.liveness.heard(now);
            return Poll::Ready(());
        }
        if let Poll::Ready(answer) = self.turn.poll(cx, now) {
            self.events.push_back(LinkEvent::Answer(answer));
            return Poll::Ready(());
        }
        match futures::ready!(self.pubsub.poll(cx)) {
            Heard::Message(message) => self.events.push_back(LinkEvent::Frame(message)),
            Heard::Followed => {}
            Heard::Broken => {
                tracing::info!("the relay does not listen");
                self.close();
            }
        }
        Poll::Ready(())
    }

    /// Ends the connection; the dial policy makes another.
    fn close(&mut self) {
        if let Some(up) = &self.up {
            self.swarm.close_connection(up.connection);
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let wakes = [self.dialer.poll_timeout(), self.turn.poll_timeout(), self.liveness.poll_timeout()];
        let Some(at) = wakes.into_iter().flatten().min() else { return Poll::Pending };
        if self.timer.as_ref().is_none_or(|(set, _)| *set != at) {
            self.timer = Some((at, runtime::sleep(at.since(self.clock.now()))));
        }
        let Some((_, delay)) = &mut self.timer else { return Poll::Pending };
        futures::ready!(delay.poll_unpin(cx));
        self.timer = None;
        Poll::Ready(())
    }

    fn handle_timeout(&mut self) {
        let now = self.clock.now();
        self.dialer.handle_timeout(now);
        if self.turn.poll_timeout().is_some_and(|at| at <= now) {
            self.ask_turn();
        }
    }

    /// Ends the connection to a relay that answers nothing any more; whether that is so.
    fn end_if_silent(&mut self) -> bool {
        let is_dead = self.liveness.is_dead(self.clock.now());
        if is_dead {
            tracing::info!("the relay does not answer");
            self.close();
        }
        is_dead
    }

    fn run_dialer(&mut self) {
        while let Some(command) = self.dialer.poll_command() {
            match command {
                DialCommand::Dial { attempt, relay, path } => self.dial(attempt, relay, path),
                DialCommand::HangUp { attempt } => self.hang_up(attempt),
                DialCommand::NeedRelays => self.events.push_back(LinkEvent::NeedRelays),
            }
        }
    }

    fn dial(&mut self, attempt: AttemptId, relay: usize, path: usize) {
        let Some((peer, address)) = self.relays.address(relay, path) else {
            return self.dialer.handle_ended(attempt, self.clock.now());
        };
        tracing::debug!(%address, "dialling a relay");
        let options = DialOpts::peer_id(peer).addresses(vec![address]).condition(PeerCondition::Always).build();
        let connection = options.connection_id();
        match self.swarm.dial(options) {
            Ok(()) => drop(self.attempts.insert(connection, attempt)),
            Err(error) => {
                tracing::debug!(%error, "a relay cannot be dialled");
                self.dialer.handle_ended(attempt, self.clock.now());
            }
        }
    }

    /// Forgets the attempt. A dial cannot be taken back: what it brings is closed when it is there.
    fn hang_up(&mut self, attempt: AttemptId) {
        let connections: Vec<_> =
            self.attempts.iter().filter(|(_, known)| **known == attempt).map(|(id, _)| *id).collect();
        for connection in connections {
            self.attempts.remove(&connection);
            self.swarm.close_connection(connection);
        }
    }

    fn handle_swarm(&mut self, event: SwarmEvent<Thing>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. } => {
                self.handle_connected(peer_id, connection_id);
            }
            SwarmEvent::ConnectionClosed { connection_id, cause, .. } => {
                tracing::debug!(?cause, "a connection to a relay ended");
                self.handle_ended(connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                tracing::debug!(%error, "a relay could not be reached");
                self.handle_ended(connection_id);
            }
            _ => {}
        }
    }

    fn handle_connected(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some(attempt) = self.attempts.get(&connection).copied() else {
            self.swarm.close_connection(connection);
            return;
        };
        self.dialer.handle_connected(attempt, self.clock.now());
        let beats = pulse::beats(self.control.clone(), peer, self.clock, PING_INTERVAL);
        self.up = Some(Up { peer, connection, beats });
        self.pubsub.connected(peer, &self.wanted);
        self.liveness.heard(self.clock.now());
        self.ask_turn();
    }

    fn handle_ended(&mut self, connection: ConnectionId) {
        if self.up.as_ref().is_some_and(|up| up.connection == connection) {
            self.up = None;
            self.pubsub.disconnected();
            self.turn.handle_disconnected();
            self.liveness.disconnected();
        }
        if let Some(attempt) = self.attempts.remove(&connection) {
            self.dialer.handle_ended(attempt, self.clock.now());
        }
    }
}
