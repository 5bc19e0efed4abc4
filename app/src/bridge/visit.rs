//! One visit to one room: from the moment its code is known until the page goes elsewhere.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use futures::StreamExt as _;
use gloo::timers::future::sleep;
use milanio_identity::{IssuerId, RegistryKeys, RoomCode, RoomId, RoomKeys, RootSecret, SignedGenesis};
use milanio_node::{
    core::{
        room::{KeptFloor, RegistryAnswer, RoomConfig, RoomLimits},
        session::{SessionConfig, SessionInput},
    },
    net::{
        client::{self, ClientConfig, ClientHandle, ClientInput, StartError},
        runtime,
    },
    wire::message::{MediaState, RunId},
};
use milanio_rendezvous::api::{ErrorCode, Rid, Statement};
use wasm_bindgen_futures::spawn_local;

use crate::{
    bridge::{
        desk::Desk,
        founding,
        message::{Message, Post, VisitMessage, VisitNumber},
        persona::Persona,
        relay_list::RelayList,
        show::People,
        talk::{SAVE_AFTER, Talk},
    },
    platform::{
        api::{self, Failure},
        claim::{self, Claim},
        clock, history,
        peer_connection::{LocalTracks, PeerConnections},
        worker::KeyWorker,
    },
    state::chat::Keep,
};

/// What of a room survives the end of a visit, so that coming back costs nothing.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) code: RoomCode,
    pub(super) persona: Persona,
    pub(super) root: Option<RootSecret>,
    pub(super) genesis: Option<SignedGenesis>,
    /// The room's operations, as its members told them.
    pub(super) operations: Vec<Vec<u8>>,
    /// The secrets of its floors, newest last.
    pub(super) floors: Vec<KeptFloor>,
    /// Founded here, and the registry has not heard of it.
    pub(super) is_unregistered: bool,
}

impl Known {
    /// A room of which only the code is known.
    pub(super) fn new(code: RoomCode, persona: Persona) -> Self {
        Self {
            code,
            persona,
            root: None,
            genesis: None,
            operations: Vec::new(),
            floors: Vec::new(),
            is_unregistered: false,
        }
    }

    /// Keeps the secret of a floor; the oldest is forgotten first.
    pub(super) fn keep_floor(&mut self, floor: KeptFloor) {
        self.floors.retain(|known| *known != floor);
        if self.floors.len() >= MAX_FLOORS {
            self.floors.remove(0);
        }
        self.floors.push(floor);
    }

    /// What is claimed, so that this device is in this room with one page of the browser only. Only this site's pages see it.
    fn claim_name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.code.to_string().hash(&mut hasher);
        format!("milanio.room.{}.{:016x}", self.persona.device().id().short(), hasher.finish())
    }

    /// This person founded the room.
    pub(super) fn is_founder(&self) -> bool {
        let account = self.persona.account().id();
        self.genesis.as_ref().is_some_and(|genesis| genesis.genesis().owner == account)
    }
}

/// How far the visit has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// In front of the door.
    Outside,
    /// The person wants to go in as soon as the door is open.
    Entering,
    /// In the call.
    Inside {
        /// Since when, by the page's clock.
        since_ms: u64,
    },
}

/// Whether a relay was ever reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RelayHope {
    /// None is being dialled yet.
    #[default]
    Idle,
    /// Being dialled.
    Young,
    /// Being dialled for longer than it ever should take.
    Late,
    /// One was reached.
    Met,
}

/// How long no relay at all may be reached before the page says so. Chosen: all paths of a relay are tried within 8 s.
const RELAY_PATIENCE: Duration = Duration::from_secs(15);

/// Secrets of floors kept of a room. Chosen: a floor lasts until somebody is put out or the door is closed, and others may still speak
/// on one of those before.
const MAX_FLOORS: usize = 8;

/// The first pause before a room is put into the registry again; doubled each time.
const FIRST_REGISTERING_PAUSE: Duration = Duration::from_secs(2);

/// The longest such pause.
const LONGEST_REGISTERING_PAUSE: Duration = Duration::from_secs(30);

/// The visit.
pub(super) struct Visit {
    pub(super) number: VisitNumber,
    pub(super) known: Known,
    pub(super) stage: Stage,
    pub(super) people: People,
    pub(super) talk: Talk,
    /// Own files that are offered, and others' that are taken.
    pub(super) desk: Desk,
    /// The genesis is known and right: the door is open.
    pub(super) is_open: bool,
    /// How often the registry could not be reached.
    pub(super) registry_failures: u32,
    /// Why the registry has no record to show.
    pub(super) registry_refusal: Option<ErrorCode>,
    /// How often the room could not be registered.
    registering_failures: u32,
    /// How long a relay is being looked for.
    pub(super) relay: RelayHope,
    /// Entered, and nobody has let the person in yet.
    pub(super) is_waiting: bool,
    /// The person's hand is raised.
    pub(super) has_hand: bool,
    /// No other page of this browser has this device in this room.
    pub(super) claim: Option<Claim>,
    running: Option<Running>,
    post: Post,
}

struct Running {
    client: ClientHandle,
    registry: RegistryKeys,
    peers: PeerConnections,
}

impl Visit {
    pub(super) fn new(number: VisitNumber, known: Known, post: Post) -> Self {
        Self {
            number,
            known,
            stage: Stage::Outside,
            people: People::default(),
            talk: Talk::default(),
            desk: Desk::default(),
            is_open: false,
            registry_failures: 0,
            registry_refusal: None,
            registering_failures: 0,
            relay: RelayHope::Idle,
            is_waiting: false,
            has_hand: false,
            claim: None,
            running: None,
            post,
        }
    }

    /// Has the root derived, unless it is known. The answer comes as [`VisitMessage::Root`].
    pub(super) fn derive(&self, worker: &KeyWorker) {
        if self.known.root.is_some() {
            return;
        }
        let (post, number, worker, code) = (self.post.clone(), self.number, worker.clone(), self.known.code.clone());
        spawn_local(async move {
            let root = founding::root(&worker, &code).await;
            post.send_visit(number, VisitMessage::Root(root));
        });
    }

    /// Claims the room for this page. The answer comes as [`VisitMessage::Claimed`].
    pub(super) fn claim(&self, take_over: bool) {
        let (post, number, name) = (self.post.clone(), self.number, self.known.claim_name());
        spawn_local(async move {
            let lost = {
                let post = post.clone();
                move || post.send_visit(number, VisitMessage::TakenOver)
            };
            let claim = claim::claim(&name, take_over, lost).await;
            post.send_visit(number, VisitMessage::Claimed(claim));
        });
    }

    /// Waits a while for the first relay, once. [`VisitMessage::RelayLate`] comes then.
    pub(super) fn await_relay(&mut self) {
        if self.running.is_some() && self.relay == RelayHope::Idle {
            self.relay = RelayHope::Young;
            self.send_later(RELAY_PATIENCE, VisitMessage::RelayLate);
        }
    }

    /// Puts the room into the registry after a pause, which grows. [`VisitMessage::Register`] comes then.
    pub(super) fn register_later(&mut self, least: Option<Duration>) {
        let pause = FIRST_REGISTERING_PAUSE.saturating_mul(1 << self.registering_failures.min(8));
        self.registering_failures = self.registering_failures.saturating_add(1);
        let pause = pause.min(LONGEST_REGISTERING_PAUSE).max(least.unwrap_or_default());
        self.send_later(pause, VisitMessage::Register);
    }

    /// Puts the room into the registry. The answer comes as [`VisitMessage::Registered`].
    pub(super) fn register(&self, now_s: u64) {
        let (post, number, known) = (self.post.clone(), self.number, self.known.clone());
        spawn_local(async move {
            let answer = founding::register(&known, now_s).await;
            post.send_visit(number, VisitMessage::Registered(answer));
        });
    }

    /// Reads what this browser kept of the conversation, once the room's keys are known. It comes as [`VisitMessage::History`].
    pub(super) fn load_history(&self) {
        let Some(room) = self.room_id() else { return };
        let (post, number) = (self.post.clone(), self.number);
        spawn_local(async move {
            post.send_visit(number, VisitMessage::History(history::load(room, clock::now_ms()).await));
        });
    }

    /// Keeps the conversation after a moment, if it is to be kept. [`VisitMessage::SaveTalk`] comes then.
    pub(super) fn save_talk_soon(&mut self) {
        if self.talk.keep != Keep::Never && !std::mem::replace(&mut self.talk.is_saving, true) {
            self.send_later(SAVE_AFTER, VisitMessage::SaveTalk);
        }
    }

    /// Keeps the conversation now, if it is to be kept.
    pub(super) fn save_talk(&mut self) {
        self.talk.is_saving = false;
        let Some((room, (conversation, until_ms))) = self.room_id().zip(self.talk.export(clock::now_ms())) else {
            return;
        };
        spawn_local(async move {
            if history::save(room, &conversation, until_ms).await.is_none() {
                tracing::warn!("this browser does not keep the conversation");
            }
        });
    }

    /// Forgets what this browser kept of the conversation.
    pub(super) fn clear_history(&self) {
        if let Some(room) = self.room_id() {
            spawn_local(history::clear(room));
        }
    }

    fn room_id(&self) -> Option<RoomId> {
        self.known.root.as_ref().map(|root| RoomKeys::new(root).room_id())
    }

    /// Sends a message to this visit after a pause.
    pub(super) fn send_later(&self, pause: Duration, message: VisitMessage) {
        let (post, number) = (self.post.clone(), self.number);
        spawn_local(async move {
            sleep(pause).await;
            post.send_visit(number, message);
        });
    }

    /// Starts the client as soon as the claim, the root and the relays' answer are there. Does nothing if it runs.
    pub(super) fn start(
        &mut self,
        name: &str,
        list: Option<&RelayList>,
        tracks: &LocalTracks,
        issuers: &[IssuerId],
    ) -> Result<(), StartError> {
        let may_start = self.running.is_none() && self.claim.is_some();
        let Some(root) = self.known.root.as_ref().filter(|_| may_start) else { return Ok(()) };
        let registry = RoomKeys::new(root).registry();
        let mut run = [0; 8];
        getrandom::fill(&mut run)?;
        let room = RoomConfig {
            root: RootSecret::from_bytes(*root.as_bytes()),
            device: self.known.persona.device(),
            cert: self.known.persona.cert().clone(),
            attestation: self.known.persona.attestation().cloned(),
            issuers: issuers.to_vec(),
            name: name.to_owned(),
            genesis: self.known.genesis.clone(),
            operations: self.known.operations.clone(),
            floors: self.known.floors.clone(),
            run: RunId(run),
            seed: runtime::seed()?,
            limits: RoomLimits::default(),
        };
        let session =
            SessionConfig { room, call_seed: runtime::seed()?, file_seed: runtime::seed()?, relay_only: false };
        let relays = list.map(|list| list.relays.clone()).unwrap_or_default();
        let (client, outputs) = client::start(ClientConfig { relays, session, offset: list.map(|list| list.offset) })?;
        self.forward(outputs);
        let (post, number) = (self.post.clone(), self.number);
        let peers = PeerConnections::new(move |report| post.send_visit(number, VisitMessage::Peer(report)));
        peers.set_tracks(tracks);
        self.running = Some(Running { client, registry, peers });
        self.send(SessionInput::ResumeAfter(self.talk.lamport()));
        Ok(())
    }

    fn forward(&self, mut outputs: client::ClientOutputs) {
        let (mut post, number) = (self.post.clone(), self.number);
        spawn_local(async move {
            while let Some(output) = outputs.next().await {
                if !post.send_waiting(Message::Visit(number, VisitMessage::Client(output))).await {
                    return;
                }
            }
        });
    }

    /// Tells the client, if it runs.
    pub(super) fn send(&mut self, input: impl Into<ClientInput>) {
        if let Some(running) = &mut self.running
            && let Err(error) = running.client.send(input)
        {
            tracing::warn!(%error, "the client did not take an input");
        }
    }

    /// The peer connections, if the client runs.
    pub(super) fn peers(&self) -> Option<&PeerConnections> {
        self.running.as_ref().map(|running| &running.peers)
    }

    /// Steps in with this switched on.
    pub(super) fn enter(&mut self, media: MediaState, now_ms: u64) {
        self.stage = Stage::Inside { since_ms: now_ms };
        self.send(SessionInput::Enter(media));
    }

    /// Looks the room up. The answer comes as [`VisitMessage::Registry`].
    pub(super) fn ask_registry(&self) {
        let Some(running) = &self.running else { return };
        let (post, number, keys) = (self.post.clone(), self.number, running.registry.clone());
        spawn_local(async move {
            let (answer, reason) = match api::join(Rid::from_bytes(*keys.rid())).await {
                Ok(join) => (
                    match keys.open_record(join.sealed.as_bytes()) {
                        Ok(genesis) => RegistryAnswer::Found(genesis),
                        Err(_) => RegistryAnswer::NoSuchRoom,
                    },
                    None,
                ),
                Err(Failure::Refused(
                    reason @ (ErrorCode::RoomUnknown | ErrorCode::RoomExpired | ErrorCode::RoomDestroyed),
                    _,
                )) => (RegistryAnswer::NoSuchRoom, Some(reason)),
                Err(_) => (RegistryAnswer::Unreachable, None),
            };
            post.send_visit(number, VisitMessage::Registry(answer, reason));
        });
    }

    /// Says that the room is in use, at this room time in seconds.
    pub(super) fn beat_registry(&self, now_s: u64) {
        let Some(running) = &self.running else { return };
        let (post, number, keys) = (self.post.clone(), self.number, running.registry.clone());
        spawn_local(async move {
            let answer = api::heartbeat(&Rid::from_bytes(*keys.rid()), &Statement::beat(&keys, now_s)).await;
            post.send_visit(number, VisitMessage::Beaten(answer.map(drop)));
        });
    }

    /// Finds out whether this room's code commits to a genesis. The answer comes as [`VisitMessage::GenesisChecked`].
    pub(super) fn check_genesis(&self, bytes: Vec<u8>, worker: &KeyWorker) {
        let (post, number, worker, code) = (self.post.clone(), self.number, worker.clone(), self.known.code.clone());
        spawn_local(async move {
            let code_matches = founding::code(&worker, bytes.clone()).await.is_some_and(|found| found == code);
            post.send_visit(number, VisitMessage::GenesisChecked { bytes, code_matches });
        });
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.save_talk();
        // The client says goodbye by itself when its handle is gone.
        if let Some(running) = &self.running {
            running.peers.close_all();
        }
    }
}
