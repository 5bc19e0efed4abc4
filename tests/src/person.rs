//! A person in a room, over a real network and natively: what an app does with a client, without pages and media.
//!
//! The slow derivation of a room's root from its code is left out: rooms here are made from random roots.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::StreamExt as _;
use milanio_identity::{AccountKey, DeviceCert, DeviceId, DeviceKey, Genesis, Policy, RootSecret, SignedGenesis};
use milanio_node::{
    core::{
        room::{ChatMessage, Departure, Member, RegistryAnswer, RoomConfig, RoomEvent, RoomLimits},
        session::{SessionConfig, SessionInput, SessionOutput},
    },
    net::{
        client::{
            self, ClientConfig, ClientHandle, ClientInput, ClientOutput, ClientOutputs, ConnectionState, RelayAddress,
        },
        runtime::{self, Clock},
    },
    wire::message::{MediaState, RunId},
};

/// How long anything that is waited for may take. Chosen: far more than it takes, far less than a test may hang.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The life of the certificates made here, in seconds.
const CERT_LIFE_S: u64 = 86_400;
/// When the rooms here were founded, in seconds since the Unix epoch: long ago.
const FOUNDED_S: u64 = 1_750_000_000;

/// Somebody with a client.
pub struct Person {
    /// Their device.
    pub device: DeviceId,
    client: ClientHandle,
    outputs: ClientOutputs,
}

/// A root that no room ever had.
///
/// # Errors
/// If the system has no randomness.
pub fn random_root() -> Result<RootSecret> {
    Ok(RootSecret::from_bytes(runtime::seed()?))
}

/// Ines and Ravi in a new room over these relays, where each sees the other.
///
/// # Errors
/// If one of them does not get there in time.
pub async fn meet(relays: Vec<RelayAddress>) -> Result<(Person, Person)> {
    let root = random_root()?;
    let mut ines = Person::start("Ines", &root, relays.clone())?;
    let mut ravi = Person::start("Ravi", &root, relays)?;
    for person in [&mut ines, &mut ravi] {
        person.connected().await?;
        person.enter()?;
    }
    let seen = (ines.member().await?.name, ravi.member().await?.name);
    ensure!(seen == ("Ravi".to_owned(), "Ines".to_owned()), "somebody else is there");
    Ok((ines, ravi))
}

/// The keys of who founded all rooms here.
fn founder() -> (AccountKey, DeviceKey) {
    (AccountKey::from_seed([7; 32]), DeviceKey::from_seed([8; 32]))
}

/// Everybody here meets in rooms of one founder, who seldom comes.
fn genesis() -> Result<SignedGenesis> {
    let (account, device) = founder();
    let cert = DeviceCert::issue(&account, device.id(), FOUNDED_S, FOUNDED_S + 60)?;
    let ttl_s = Genesis::DEFAULT_TTL_S;
    let founded = Genesis { nonce: [9; 16], owner: account.id(), policy: Policy::Open, created_s: FOUNDED_S, ttl_s };
    Ok(SignedGenesis::create(&device, &cert, founded)?)
}

impl Person {
    /// A guest called `name` who looks into the room with this root and finds it in no registry.
    ///
    /// # Errors
    /// If the client cannot be started.
    pub fn start(name: &str, root: &RootSecret, relays: Vec<RelayAddress>) -> Result<Self> {
        let keys = (AccountKey::from_seed(runtime::seed()?), DeviceKey::from_seed(runtime::seed()?));
        Self::with_keys(name, root, relays, keys)
    }

    /// The same for who founded the room, and owns it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_founder(name: &str, root: &RootSecret, relays: Vec<RelayAddress>) -> Result<Self> {
        Self::with_keys(name, root, relays, founder())
    }

    fn with_keys(
        name: &str,
        root: &RootSecret,
        relays: Vec<RelayAddress>,
        (account, device): (AccountKey, DeviceKey),
    ) -> Result<Self> {
        let id = device.id();
        let now_s = Clock::start().now().as_millis() / 1_000;
        let mut run = [0; 8];
        run.copy_from_slice(&runtime::seed()?[..8]);
        let room = RoomConfig {
            root: RootSecret::from_bytes(*root.as_bytes()),
            cert: DeviceCert::issue(&account, id, now_s, now_s + CERT_LIFE_S)?,
            device,
            attestation: None,
            issuers: Vec::new(),
            name: name.into(),
            genesis: Some(genesis()?),
            operations: Vec::new(),
            floors: Vec::new(),
            run: RunId(run),
            seed: runtime::seed()?,
            limits: RoomLimits::default(),
        };
        let session =
            SessionConfig { room, call_seed: runtime::seed()?, file_seed: runtime::seed()?, relay_only: false };
        let (client, outputs) = client::start(ClientConfig { relays, session, offset: None })?;
        Ok(Self { device: id, client, outputs })
    }

    /// Hands the client an input.
    ///
    /// # Errors
    /// If the client has ended or too many inputs wait.
    pub fn send(&mut self, input: impl Into<ClientInput>) -> Result<()> {
        Ok(self.client.send(input)?)
    }

    /// Steps into the room.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn enter(&mut self) -> Result<()> {
        self.send(SessionInput::Enter(MediaState::default()))
    }

    /// Says something to everybody.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn say(&mut self, text: &str) -> Result<()> {
        self.send(SessionInput::SendChat(text.into()))
    }

    /// Waits for the next output. Answers what an app would have to answer.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn next(&mut self) -> Result<ClientOutput> {
        let output = tokio::time::timeout(PATIENCE, self.outputs.next()).await.context("no output in time")?;
        let output = output.context("the client has ended")?;
        if let ClientOutput::Session(SessionOutput::AskRegistry) = &output {
            self.send(SessionInput::Registry(RegistryAnswer::Unreachable))?;
        }
        Ok(output)
    }

    /// Waits for an output that `pick` takes something from.
    ///
    /// # Errors
    /// If none comes in time, although others may.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(ClientOutput) -> Option<T>) -> Result<T> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline {
            if let Some(found) = pick(self.next().await?) {
                return Ok(found);
            }
        }
        bail!("it did not happen in time")
    }

    /// Waits until frames flow.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn connected(&mut self) -> Result<()> {
        self.until(|output| matches!(output, ClientOutput::Connection(ConnectionState::Connected { .. })).then_some(()))
            .await
    }

    /// Waits until the connection is lost.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn disconnected(&mut self) -> Result<()> {
        self.until(|output| {
            matches!(output, ClientOutput::Connection(ConnectionState::Reconnecting { .. })).then_some(())
        })
        .await
    }

    /// Waits for the next event of the room that `pick` takes something from.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn room_event<T>(&mut self, mut pick: impl FnMut(RoomEvent) -> Option<T>) -> Result<T> {
        self.until(|output| match output {
            ClientOutput::Session(SessionOutput::Room(event)) => pick(event),
            _ => None,
        })
        .await
    }

    /// Waits until somebody is seen.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn member(&mut self) -> Result<Member> {
        self.room_event(|event| match event {
            RoomEvent::MemberJoined(member) => Some(member),
            _ => None,
        })
        .await
    }

    /// Waits until somebody says goodbye.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn left(&mut self) -> Result<DeviceId> {
        self.room_event(|event| match event {
            RoomEvent::MemberLeft { device, reason: Departure::Left, .. } => Some(device),
            _ => None,
        })
        .await
    }

    /// Waits for the next message of somebody else.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn heard(&mut self) -> Result<ChatMessage> {
        self.room_event(|event| match event {
            RoomEvent::Chat(message) if !message.own => Some(*message),
            _ => None,
        })
        .await
    }
}
