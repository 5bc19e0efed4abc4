//! The loop of transfers: commands of the core go in, what the network and the streams do comes out.

use std::{collections::VecDeque, future::poll_fn, task::Poll};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::{mpsc, oneshot},
    future::BoxFuture,
    stream::FuturesUnordered,
};
use libp2p::{
    PeerId, Stream,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};

use super::{
    FileSource, HubCommand,
    network::Network,
    pump::{self, Receipt},
    station::Stations,
};
use crate::core::sorted::SortedMap;
use crate::{
    core::files::{Fetch, FileCommand, FileName, Serve, TransferEnd, TransferEvent},
    net::bundle::Thing,
    wire::file::{FileId, FileToken, TransferId},
};

/// Streams that have not shown a token yet. Chosen: those who may come were told to, and are few.
const MAX_GREETED: usize = 16;

type Greeting = Option<(PeerId, Stream, FileToken)>;

/// A stream that has ended.
struct Pumped {
    transfer: TransferId,
    offset: u64,
    end: TransferEnd,
    receipt: Option<(FileName, Receipt)>,
}

struct Serving {
    serve: Serve,
    /// Relays that have not been tried.
    untried: VecDeque<PeerId>,
    phase: ServePhase,
}

enum ServePhase {
    /// On the way to this relay.
    Finding(PeerId),
    /// Can be reached there.
    Waiting(PeerId),
    /// Sends to this peer, until told otherwise.
    Sending { relay: PeerId, peer: PeerId, stop: oneshot::Sender<()> },
}

struct Fetching {
    fetch: Fetch,
    /// What comes is not wanted any more, and the stream is ending.
    is_forgotten: bool,
    relay: PeerId,
    peer: PeerId,
    phase: FetchPhase,
}

enum FetchPhase {
    /// On the way to the relay.
    Connecting,
    /// On the way to the owner, over the relay.
    Dialling(ConnectionId),
    /// Receives, until told otherwise.
    Receiving(oneshot::Sender<()>),
}

/// See the module's documentation.
pub(super) struct Hub {
    commands: mpsc::Receiver<HubCommand>,
    events: mpsc::Sender<TransferEvent>,
    network: Option<Network>,
    stations: Stations,
    sources: SortedMap<FileId, FileSource>,
    receipts: SortedMap<FileName, Receipt>,
    serving: SortedMap<TransferId, Serving>,
    fetching: SortedMap<TransferId, Fetching>,
    greetings: FuturesUnordered<BoxFuture<'static, Greeting>>,
    pumps: FuturesUnordered<BoxFuture<'static, Pumped>>,
    /// What the client is to be told. Bounded by the transfers there are.
    told: VecDeque<TransferEvent>,
}

enum Wake {
    Command(Option<HubCommand>),
    Swarm(SwarmEvent<Thing>),
    Came(PeerId, Stream),
    Greeted(Greeting),
    Pumped(Pumped),
}

impl Hub {
    pub(super) fn new(commands: mpsc::Receiver<HubCommand>, events: mpsc::Sender<TransferEvent>) -> Self {
        Self {
            commands,
            events,
            network: None,
            stations: Stations::default(),
            sources: SortedMap::new(),
            receipts: SortedMap::new(),
            serving: SortedMap::new(),
            fetching: SortedMap::new(),
            greetings: FuturesUnordered::new(),
            pumps: FuturesUnordered::new(),
            told: VecDeque::new(),
        }
    }

    /// Runs until the client has gone.
    pub(super) async fn run(mut self) {
        loop {
            while let Some(event) = self.told.pop_front() {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
            match self.wake().await {
                Wake::Command(None) => return,
                Wake::Command(Some(command)) => self.handle_command(command),
                Wake::Swarm(event) => self.handle_swarm(event),
                Wake::Came(peer, stream) if self.greetings.len() < MAX_GREETED => {
                    self.greetings.push(pump::greet(peer, stream).boxed());
                }
                Wake::Came(..) | Wake::Greeted(None) => {}
                Wake::Greeted(Some((peer, stream, token))) => self.handle_token(peer, stream, token),
                Wake::Pumped(pumped) => self.handle_pumped(pumped),
            }
        }
    }

    async fn wake(&mut self) -> Wake {
        let Self { commands, network, greetings, pumps, .. } = self;
        let mut network = poll_fn(|cx| {
            let Some(network) = network else { return Poll::Pending };
            network.pings.poll(cx);
            if let Poll::Ready(Some((peer, stream))) = network.incoming.poll_next_unpin(cx) {
                return Poll::Ready(Wake::Came(peer, stream));
            }
            network.swarm.select_next_some().poll_unpin(cx).map(Wake::Swarm)
        })
        .fuse();
        futures::select! {
            command = commands.next() => Wake::Command(command),
            wake = network => wake,
            greeting = greetings.select_next_some() => Wake::Greeted(greeting),
            pumped = pumps.select_next_some() => Wake::Pumped(pumped),
        }
    }

    fn handle_command(&mut self, command: HubCommand) {
        match command {
            HubCommand::Relays(relays) => self.stations.set_known(relays),
            HubCommand::Source(file, source) => drop(self.sources.insert(file, source)),
            HubCommand::Sink(file, sink) => drop(self.receipts.insert(file, Receipt::new(sink))),
            HubCommand::Run(command) => match command {
                FileCommand::Serve(serve) => self.serve(serve),
                FileCommand::Fetch(fetch) => self.fetch(fetch),
                FileCommand::Stop(transfer) => self.stop(transfer),
                FileCommand::Forget(file) => self.forget(file),
                FileCommand::Unshare(file) => drop(self.sources.remove(&file)),
                FileCommand::Rest => self.rest(),
                FileCommand::Send { .. } => tracing::error!("a signal is not sent by the transfers"),
            },
        }
    }

    /// The swarm, made when it is not there.
    fn network(&mut self) -> Option<&mut Network> {
        if self.network.is_none() {
            self.stations.reset();
            self.network = Network::new().inspect_err(|error| tracing::error!(%error, "no network key")).ok();
        }
        self.network.as_mut()
    }

    fn rest(&mut self) {
        if self.serving.is_empty() && self.fetching.is_empty() {
            self.network = None;
            self.stations.reset();
            self.greetings.clear();
        }
    }

    fn serve(&mut self, serve: Serve) {
        let untried = serve.relays.iter().filter_map(|relay| PeerId::from_bytes(relay).ok()).collect();
        let transfer = serve.transfer;
        self.find_relay(transfer, Serving { serve, untried, phase: ServePhase::Finding(PeerId::random()) });
    }

    /// Goes to the next relay that is to be tried.
    fn find_relay(&mut self, transfer: TransferId, mut serving: Serving) {
        while let Some(relay) = serving.untried.pop_front() {
            if self.network().is_none() {
                break;
            }
            let Some(network) = &mut self.network else { break };
            if !self.stations.connect(&mut network.swarm, relay) {
                continue;
            }
            serving.phase = ServePhase::Finding(relay);
            self.serving.insert(transfer, serving);
            return self.reserve(relay);
        }
        let offset = serving.serve.offset;
        self.tell_end(transfer, offset, TransferEnd::NoRelay);
    }

    /// Does what can be done now for those who want to wait at a relay.
    fn reserve(&mut self, relay: PeerId) {
        let Some(network) = &mut self.network else { return };
        if !self.stations.is_connected(&relay) {
            return;
        }
        if !self.stations.is_reserved(&relay) {
            if !self.stations.listen(&mut network.swarm, relay) {
                self.fail_station(relay);
            }
            return;
        }
        let peer = network.peer().to_bytes();
        for (transfer, serving) in &mut self.serving {
            if matches!(serving.phase, ServePhase::Finding(at) if at == relay) {
                serving.phase = ServePhase::Waiting(relay);
                let (transfer, relay) = (*transfer, relay.to_bytes());
                self.told.push_back(TransferEvent::Waiting { transfer, relay, peer: peer.clone() });
            }
        }
    }

    fn fetch(&mut self, fetch: Fetch) {
        let nodes = (PeerId::from_bytes(&fetch.relay), PeerId::from_bytes(&fetch.peer));
        let (transfer, offset) = (fetch.transfer, fetch.offset);
        let (Ok(relay), Ok(peer)) = nodes else { return self.tell_end(transfer, offset, TransferEnd::Broken) };
        let is_connected = self.network().is_some();
        let connected = match &mut self.network {
            Some(network) if is_connected => self.stations.connect(&mut network.swarm, relay),
            _ => false,
        };
        if !connected {
            return self.tell_end(transfer, offset, TransferEnd::NoRelay);
        }
        self.fetching
            .insert(transfer, Fetching { fetch, is_forgotten: false, relay, peer, phase: FetchPhase::Connecting });
        self.go_to_owners(relay);
    }

    /// Those who were on the way to a relay go on to the owners of their files.
    fn go_to_owners(&mut self, relay: PeerId) {
        if !self.stations.is_connected(&relay) {
            return;
        }
        let ready = self
            .fetching
            .iter()
            .filter(|(_, fetching)| fetching.relay == relay && matches!(fetching.phase, FetchPhase::Connecting));
        for transfer in ready.map(|(transfer, _)| *transfer).collect::<Vec<_>>() {
            self.dial_owner(transfer);
        }
    }

    fn dial_owner(&mut self, transfer: TransferId) {
        let Some(network) = &mut self.network else { return };
        let Some(Fetching { relay, peer, .. }) = self.fetching.get(&transfer) else { return };
        let (relay, peer) = (*relay, *peer);
        if network.swarm.is_connected(&peer) {
            return self.receive(transfer);
        }
        let under_way = self.fetching.values().find_map(|fetching| match fetching.phase {
            FetchPhase::Dialling(connection) if fetching.peer == peer => Some(connection),
            _ => None,
        });
        let dialled = under_way.or_else(|| {
            let address = self.stations.address(relay, peer)?;
            let dial = DialOpts::peer_id(peer).addresses(vec![address]).condition(PeerCondition::Always).build();
            let connection = dial.connection_id();
            network.swarm.dial(dial).is_ok().then_some(connection)
        });
        match (dialled, self.fetching.get_mut(&transfer)) {
            (Some(connection), Some(fetching)) => fetching.phase = FetchPhase::Dialling(connection),
            _ => self.end_fetch(transfer, TransferEnd::Broken),
        }
    }

    fn receive(&mut self, transfer: TransferId) {
        let (Some(network), Some(fetching)) = (&self.network, self.fetching.get_mut(&transfer)) else { return };
        let file = fetching.fetch.file;
        let receipt = self.receipts.remove(&file).filter(|receipt| receipt.offset == fetching.fetch.offset);
        let Some(receipt) = receipt else { return self.end_fetch(transfer, TransferEnd::LocalSink) };
        let (stop, stopped) = oneshot::channel();
        fetching.phase = FetchPhase::Receiving(stop);
        let (control, peer, fetch) = (network.control.clone(), fetching.peer, fetching.fetch.clone());
        let pump = pump::receive(control, peer, fetch, receipt, self.events.clone(), stopped);
        let pumped = pump.map(move |(receipt, end)| {
            let offset = receipt.offset;
            Pumped { transfer, offset, end, receipt: Some((file, receipt)) }
        });
        self.pumps.push(pumped.boxed());
    }

    /// Somebody has come and shown a token.
    fn handle_token(&mut self, peer: PeerId, stream: Stream, token: FileToken) {
        let found = self.serving.iter_mut().find(|(_, serving)| serving.serve.token == token);
        let Some((transfer, serving)) = found else { return };
        let ServePhase::Waiting(relay) = serving.phase else { return };
        let transfer = *transfer;
        let Some(source) = self.sources.get(&serving.serve.file).cloned() else {
            return self.end_serve(transfer, TransferEnd::LocalSource);
        };
        let (stop, stopped) = oneshot::channel();
        serving.phase = ServePhase::Sending { relay, peer, stop };
        let pump = pump::send(stream, serving.serve.clone(), source, self.events.clone(), stopped);
        let pumped = pump.map(move |(offset, end)| Pumped { transfer, offset, end, receipt: None });
        self.pumps.push(pumped.boxed());
    }

    fn handle_pumped(&mut self, pumped: Pumped) {
        let Pumped { transfer, offset, end, receipt } = pumped;
        let is_wanted = self.fetching.get(&transfer).is_some_and(|fetching| !fetching.is_forgotten);
        if let Some((file, receipt)) = receipt.filter(|_| is_wanted) {
            // Kept for the next attempt; if there is none, the core says so.
            self.receipts.insert(file, receipt);
        }
        if let Some(serving) = self.serving.remove(&transfer) {
            self.tell_end(transfer, offset, end);
            if let ServePhase::Sending { relay, .. } = serving.phase
                && end != TransferEnd::Complete
            {
                self.leave(relay);
            }
        } else if let Some(fetching) = self.fetching.remove(&transfer) {
            self.tell_end(transfer, offset, end);
            self.part(fetching.relay, fetching.peer, end);
        }
    }

    /// Closes the sink of a file, now or when the stream that has it ends.
    fn forget(&mut self, file: FileName) {
        self.receipts.remove(&file);
        for fetching in self.fetching.values_mut().filter(|fetching| fetching.fetch.file == file) {
            fetching.is_forgotten = true;
        }
    }

    fn stop(&mut self, transfer: TransferId) {
        let serving = self.serving.get_mut(&transfer).map(|serving| &mut serving.phase);
        let fetching = self.fetching.get_mut(&transfer).map(|fetching| &mut fetching.phase);
        let stop = match (serving, fetching) {
            (Some(ServePhase::Sending { stop, .. }), _) | (_, Some(FetchPhase::Receiving(stop))) => stop,
            _ => {
                self.end_serve(transfer, TransferEnd::Stopped);
                return self.end_fetch(transfer, TransferEnd::Stopped);
            }
        };
        // The pump ends, and that is told then. It may have ended by itself.
        let _ = std::mem::replace(stop, oneshot::channel().0).send(());
    }

    fn end_serve(&mut self, transfer: TransferId, end: TransferEnd) {
        let Some(serving) = self.serving.remove(&transfer) else { return };
        self.tell_end(transfer, serving.serve.offset, end);
    }

    fn end_fetch(&mut self, transfer: TransferId, end: TransferEnd) {
        let Some(fetching) = self.fetching.remove(&transfer) else { return };
        self.tell_end(transfer, fetching.fetch.offset, end);
        self.part(fetching.relay, fetching.peer, end);
    }

    /// A circuit that no other transfer uses is closed; so is the relay it went over when it did not work, for a relay may be
    /// dead without anybody having been told.
    fn part(&mut self, relay: PeerId, peer: PeerId, end: TransferEnd) {
        let serves = |serving: &Serving| matches!(serving.phase, ServePhase::Sending { peer: to, .. } if to == peer);
        let is_used = self.fetching.values().any(|fetching| fetching.peer == peer) || self.serving.values().any(serves);
        if !is_used && let Some(network) = &mut self.network {
            // Errors if it is gone already.
            let _ = network.swarm.disconnect_peer_id(peer);
        }
        if end != TransferEnd::Complete {
            self.leave(relay);
        }
    }

    /// Closes the connection to a relay that no transfer uses any more.
    fn leave(&mut self, relay: PeerId) {
        let uses = |serving: &Serving| match &serving.phase {
            ServePhase::Finding(at) | ServePhase::Waiting(at) | ServePhase::Sending { relay: at, .. } => *at == relay,
        };
        let is_used = self.fetching.values().any(|fetching| fetching.relay == relay) || self.serving.values().any(uses);
        if !is_used
            && self.stations.lost(&relay)
            && let Some(network) = &mut self.network
        {
            let _ = network.swarm.disconnect_peer_id(relay);
        }
    }

    /// A relay cannot be used (any more).
    fn fail_station(&mut self, relay: PeerId) {
        let affected = |serving: &Serving| matches!(serving.phase, ServePhase::Finding(at) | ServePhase::Waiting(at) if at == relay);
        let serving: Vec<_> = self.serving.iter().filter(|(_, s)| affected(s)).map(|(id, _)| *id).collect();
        for transfer in serving {
            let Some(serving) = self.serving.remove(&transfer) else { continue };
            match serving.phase {
                ServePhase::Finding(_) => self.find_relay(transfer, serving),
                _ => self.tell_end(transfer, serving.serve.offset, TransferEnd::Broken),
            }
        }
        let affected =
            |fetching: &Fetching| fetching.relay == relay && !matches!(fetching.phase, FetchPhase::Receiving(_));
        let fetching: Vec<_> = self.fetching.iter().filter(|(_, f)| affected(f)).map(|(id, _)| *id).collect();
        for transfer in fetching {
            self.end_fetch(transfer, TransferEnd::Broken);
        }
    }

    fn handle_swarm(&mut self, event: SwarmEvent<Thing>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. } => {
                if self.stations.connected(&peer_id) {
                    self.handle_station(peer_id);
                }
                self.handle_dialled(connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                tracing::debug!(%error, "a relay or a peer over one could not be reached");
                if let Some(relay) = self.stations.failed(connection_id) {
                    self.fail_station(relay);
                }
                for transfer in self.dialled_by(connection_id) {
                    self.end_fetch(transfer, TransferEnd::Broken);
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, cause, .. } => {
                tracing::debug!(?cause, "a connection for transfers has ended");
                if self.stations.lost(&peer_id) {
                    self.fail_station(peer_id);
                }
            }
            SwarmEvent::NewListenAddr { listener_id, .. } => {
                if let Some(relay) = self.stations.reserved(listener_id) {
                    self.reserve(relay);
                }
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                tracing::debug!(?reason, "a relay does not let others come any more");
                if let Some(relay) = self.stations.unreserved(listener_id) {
                    self.fail_station(relay);
                }
            }
            _ => {}
        }
    }

    /// A relay is connected now.
    fn handle_station(&mut self, relay: PeerId) {
        if self.serving.values().any(|serving| matches!(serving.phase, ServePhase::Finding(at) if at == relay)) {
            self.reserve(relay);
        }
        self.go_to_owners(relay);
    }

    /// An owner is connected now.
    fn handle_dialled(&mut self, connection: ConnectionId) {
        for transfer in self.dialled_by(connection) {
            self.receive(transfer);
        }
    }

    fn dialled_by(&self, connection: ConnectionId) -> Vec<TransferId> {
        let dialled = |fetching: &Fetching| matches!(fetching.phase, FetchPhase::Dialling(id) if id == connection);
        self.fetching.iter().filter(|(_, fetching)| dialled(fetching)).map(|(transfer, _)| *transfer).collect()
    }

    fn tell_end(&mut self, transfer: TransferId, offset: u64, end: TransferEnd) {
        self.told.push_back(TransferEvent::Ended { transfer, offset, end });
    }
}
