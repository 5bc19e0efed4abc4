//! The loop: waits for the network, the app or the time, lets the session decide, does what it says.

use std::{future, time::Duration};

use crate::core::sorted::SortedMap;
use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::mpsc::{Receiver, Sender},
    future::Either,
};
use milanio_identity::TopicName;

use crate::{
    core::{
        files::{FileName, TransferEvent},
        session::{Session, SessionCommand, SessionInput},
        time::Timestamp,
    },
    net::{
        files::Transfers,
        runtime::{self, Clock},
    },
    wire::pubsub::PubsubMessage,
};

use super::{
    ClientConfig, ClientInput, ClientOutput, ConnectionState, RelayAddress,
    link::{Link, LinkEvent},
    turn::RelayAnswer,
};

/// How often the session is given fresh randomness. Chosen: several times in the life of every key.
const SEED_EVERY: Duration = Duration::from_secs(60);
/// How long a goodbye may take to reach the relay when the app has let go of the client.
const GOODBYE: Duration = Duration::from_millis(500);

pub(super) struct Driver {
    link: Link,
    transfers: Transfers,
    session: Session,
    clock: Clock,
    inputs: Receiver<ClientInput>,
    outputs: Sender<ClientOutput>,
    topics: SortedMap<String, TopicName>,
    was_ready: bool,
    lost: Option<Timestamp>,
    told: Option<ConnectionState>,
    seed_at: Timestamp,
}

enum Wake {
    Network(LinkEvent),
    Transfer(TransferEvent),
    App(Option<ClientInput>),
    Time,
}

impl Driver {
    pub(super) fn new(
        config: ClientConfig,
        clock: Clock,
        (link, transfers): (Link, Transfers),
        inputs: Receiver<ClientInput>,
        outputs: Sender<ClientOutput>,
    ) -> Self {
        let mut session = Session::new(config.session, clock.now());
        if let Some(offset) = config.offset {
            session.handle_clock(offset, clock.now());
        }
        let mut driver = Self {
            link,
            transfers,
            session,
            clock,
            inputs,
            outputs,
            topics: SortedMap::new(),
            was_ready: false,
            lost: None,
            told: None,
            seed_at: clock.now().after(SEED_EVERY),
        };
        driver.set_relays(config.relays);
        driver
    }

    /// Runs until the app lets go of its handle, or of its outputs.
    pub(super) async fn run(mut self) {
        loop {
            self.run_commands();
            if self.tell_app().await.is_err() {
                break;
            }
            let wake = self.wake().await;
            self.seed_if_due();
            match wake {
                Wake::Network(event) => self.handle_network(event).await,
                Wake::Transfer(event) => self.session.handle_transfer(event, self.clock.now()),
                Wake::App(Some(input)) => self.handle_input(input),
                Wake::App(None) => break,
                Wake::Time => self.session.handle_timeout(self.clock.now()),
            }
        }
        self.say_goodbye().await;
    }

    /// The session wakes far more often than it is to be seeded, so this needs no timer of its own.
    fn seed_if_due(&mut self) {
        let now = self.clock.now();
        if self.seed_at > now {
            return;
        }
        // Without randomness from the system, keys follow from what was given before; the next round asks again.
        if let Ok(seed) = runtime::seed() {
            self.session.handle_seed(&seed);
            self.seed_at = now.after(SEED_EVERY);
        }
    }

    async fn wake(&mut self) -> Wake {
        let timeout = self.session.poll_timeout().map(|at| runtime::sleep(at.since(self.clock.now())));
        let time = timeout.map_or(Either::Left(future::pending()), Either::Right);
        futures::select_biased! {
            input = self.inputs.next() => Wake::App(input),
            () = time.fuse() => Wake::Time,
            event = self.link.next().fuse() => Wake::Network(event),
            event = self.transfers.next().fuse() => Wake::Transfer(event),
        }
    }

    fn handle_input(&mut self, input: ClientInput) {
        let now = self.clock.now();
        match input {
            ClientInput::Session(input) => self.session.handle_input(input, now),
            ClientInput::Relays(relays) => self.set_relays(relays),
            ClientInput::Clock(offset) => self.session.handle_clock(offset, now),
            ClientInput::RetryNow => self.link.retry_now(),
            ClientInput::ShareFile(offer, source) => {
                self.transfers.add_source(offer.id, source);
                self.session.handle_input(SessionInput::ShareFile(offer), now);
            }
            ClientInput::FetchFile(owner, offer, sink) => {
                self.transfers.add_sink(FileName { owner, id: offer.id }, sink);
                self.session.handle_input(SessionInput::FetchFile(owner, offer), now);
            }
        }
    }

    fn set_relays(&mut self, relays: Vec<RelayAddress>) {
        let nodes = relays.iter().map(|relay| relay.peer.to_bytes()).collect();
        self.session.handle_relays(nodes, self.clock.now());
        self.transfers.set_relays(relays.clone());
        self.link.set_relays(relays);
    }

    async fn handle_network(&mut self, event: LinkEvent) {
        let now = self.clock.now();
        match event {
            LinkEvent::Frame(message) => self.handle_frame(&message, now),
            LinkEvent::Answer(RelayAnswer { offset, turn }) => {
                self.session.handle_clock(offset, now);
                self.session.handle_turn(turn.into_iter().collect(), now);
            }
            LinkEvent::StatusChanged => self.handle_status(now),
            // A failure to tell the app is noticed by the loop, which tells it something in every round.
            LinkEvent::NeedRelays => drop(self.outputs.send(ClientOutput::NeedRelays).await),
        }
    }

    fn handle_frame(&mut self, PubsubMessage { topic, data }: &PubsubMessage, now: Timestamp) {
        if let Some(topic) = self.topics.get(topic) {
            // Nobody hears from this leaf what it thinks of a frame: it passes none on.
            let _ = self.session.handle_frame(topic, data, now);
        }
    }

    fn handle_status(&mut self, now: Timestamp) {
        let is_ready = self.link.status().ready;
        if is_ready == self.was_ready {
            return;
        }
        self.was_ready = is_ready;
        self.lost = (!is_ready).then_some(now);
        self.session.handle_network(is_ready, now);
    }

    fn run_commands(&mut self) {
        while let Some(command) = self.session.poll_command() {
            match command {
                SessionCommand::Subscribe(topic) => {
                    self.link.subscribe(topic.as_str());
                    self.topics.insert(topic.to_string(), topic);
                }
                SessionCommand::Unsubscribe(topic) => {
                    self.link.unsubscribe(topic.as_str());
                    self.topics.remove(topic.as_str());
                }
                SessionCommand::Publish { ticket, topic, data } => {
                    let ok = self.link.publish(topic.as_str(), data);
                    self.session.handle_published(ticket, ok, self.clock.now());
                }
                SessionCommand::AskTurn => self.link.ask_turn(),
                SessionCommand::Transfer(command) => self.transfers.run(command),
            }
        }
    }

    async fn tell_app(&mut self) -> Result<(), futures::channel::mpsc::SendError> {
        let status = self.link.status();
        let state = ConnectionState::new(status.state, self.was_ready && status.ready, self.lost);
        if self.told != Some(state) {
            self.told = Some(state);
            self.outputs.send(ClientOutput::Connection(state)).await?;
        }
        while let Some(output) = self.session.poll_output() {
            self.outputs.send(ClientOutput::Session(output)).await?;
        }
        Ok(())
    }

    /// Leaves the room, and keeps the network going for as long as the farewell needs.
    async fn say_goodbye(mut self) {
        self.session.handle_input(SessionInput::Leave, self.clock.now());
        self.run_commands();
        let mut over = runtime::sleep(GOODBYE).fuse();
        loop {
            futures::select_biased! {
                () = over => return,
                _ = self.link.next().fuse() => {}
            }
        }
    }
}
