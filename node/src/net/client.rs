//! A leaf: a session, the connection it runs over, and the loop that drives both.
//!
//! The app talks to it over two bounded channels: [`ClientHandle`] takes what the app wants, [`ClientOutputs`] gives what it
//! must know. Works the same in a browser and natively. What is not here: rules of rooms and calls (`core`), HTTP, media.

use futures::channel::mpsc;
use milanio_identity::DeviceId;
use thiserror::Error;

use crate::{
    core::{
        dial::{Carrier, LinkState},
        session::{SessionConfig, SessionInput, SessionOutput},
        time::{ClockOffset, Timestamp},
    },
    net::{
        files::{FileSink, FileSource, Transfers},
        runtime::{self, Clock},
    },
    wire::file::FileOffer,
};

mod address;
mod behaviour;
mod driver;
mod link;
mod liveness;
mod pubsub;
mod relays;
mod turn;

pub use relays::RelayAddress;

/// Inputs of the app that may wait for the loop. Chosen: candidates and track events of a full mesh in one burst.
pub const INPUT_QUEUE: usize = 512;

/// Outputs that may wait for the app, after which the loop waits for it.
pub const OUTPUT_QUEUE: usize = 512;

/// What a client starts with.
pub struct ClientConfig {
    /// Where to connect; may be empty at first, and be replaced at any time by [`ClientInput::Relays`].
    pub relays: Vec<RelayAddress>,
    /// The room and who is in it.
    pub session: SessionConfig,
    /// Room time minus local time, if something has told it already (the relay list does).
    pub offset: Option<ClockOffset>,
}

/// What the app tells.
#[derive(Clone, Debug)]
pub enum ClientInput {
    /// For the session.
    Session(SessionInput),
    /// A fresh list of relays.
    Relays(Vec<RelayAddress>),
    /// Room time minus local time, as whoever gave the list says.
    Clock(ClockOffset),
    /// Give this own file, which is read from here, to whoever asks. Telling the room of it is another input.
    ShareFile(FileOffer, FileSource),
    /// Fetch a file that this member has offered, and write it there.
    FetchFile(DeviceId, FileOffer, FileSink),
    /// The network may be back, or another one: end a pause between attempts.
    RetryNow,
}

impl From<SessionInput> for ClientInput {
    fn from(input: SessionInput) -> Self {
        Self::Session(input)
    }
}

/// What the app learns.
#[derive(Clone, Debug)]
pub enum ClientOutput {
    /// From the session.
    Session(SessionOutput),
    /// How the connection to the relays stands. Told at the start and at every change.
    Connection(ConnectionState),
    /// Every known address failed: fetch the list again and answer with [`ClientInput::Relays`].
    NeedRelays,
}

/// How the connection to the relays stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// No relay is known yet.
    Offline,
    /// Connecting for the first time.
    Connecting {
        /// How often all relays were tried in vain.
        failed_rounds: u32,
        /// The path being tried; `None` during a pause.
        carrier: Option<Carrier>,
    },
    /// Frames flow both ways.
    Connected {
        /// What carries them.
        carrier: Carrier,
    },
    /// It was connected, and is being connected again. What is sent waits.
    Reconnecting {
        /// Since when.
        since: Timestamp,
        /// How often all relays were tried in vain.
        failed_rounds: u32,
        /// When the next try begins; in the past while one runs.
        next_try: Timestamp,
        /// The path being tried; `None` during a pause.
        carrier: Option<Carrier>,
    },
}

impl ConnectionState {
    /// `lost`: when frames last stopped flowing, if they ever flowed.
    fn new(link: LinkState, is_ready: bool, lost: Option<Timestamp>) -> Self {
        let waiting = |carrier, failed_rounds, next_try: Option<Timestamp>| match lost {
            Some(since) => Self::Reconnecting { since, failed_rounds, next_try: next_try.unwrap_or(since), carrier },
            None => Self::Connecting { failed_rounds, carrier },
        };
        match link {
            LinkState::Connected { carrier, .. } if is_ready => Self::Connected { carrier },
            LinkState::Connected { carrier, .. } => waiting(Some(carrier), 0, None),
            LinkState::Connecting { failed_rounds, carrier, next_try, .. } => {
                waiting(carrier, failed_rounds, Some(next_try))
            }
            LinkState::Offline if lost.is_none() => Self::Offline,
            LinkState::Offline => waiting(None, 0, None),
        }
    }
}

/// Why a client could not be started. Always local.
#[derive(Debug, Error)]
pub enum StartError {
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    LocalRandomness(#[from] getrandom::Error),
    /// The network key cannot be used.
    #[error("the network key cannot be used")]
    LocalKey(#[from] libp2p::noise::Error),
}

/// Why an input was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    /// More than [`INPUT_QUEUE`] inputs wait.
    #[error("the client is busy")]
    LocalFull,
    /// The client has ended.
    #[error("the client has ended")]
    LocalClosed,
}

/// Tells a client what the app wants. When the last one is dropped, the client leaves the room and ends.
#[derive(Clone, Debug)]
pub struct ClientHandle {
    inputs: mpsc::Sender<ClientInput>,
}

impl ClientHandle {
    /// Hands an input to the loop.
    ///
    /// # Errors
    /// If too many wait, or the client has ended; the input is lost then.
    pub fn send(&mut self, input: impl Into<ClientInput>) -> Result<(), InputError> {
        self.inputs.try_send(input.into()).map_err(|error| match error.is_full() {
            true => InputError::LocalFull,
            false => InputError::LocalClosed,
        })
    }
}

/// What a client tells the app, in order. It must be read: the client waits when [`OUTPUT_QUEUE`] outputs are unread.
pub type ClientOutputs = mpsc::Receiver<ClientOutput>;

/// Starts a client: it connects at once and looks into the room. Natively this needs a tokio runtime around the caller.
///
/// # Errors
/// Only for local reasons; an unreachable network is told as an output.
pub fn start(config: ClientConfig) -> Result<(ClientHandle, ClientOutputs), StartError> {
    let (inputs, from_app) = mpsc::channel(INPUT_QUEUE);
    let (to_app, outputs) = mpsc::channel(OUTPUT_QUEUE);
    let clock = Clock::start();
    let link = link::Link::new(clock, runtime::seed()?)?;
    let transfers = Transfers::start();
    runtime::spawn(driver::Driver::new(config, clock, (link, transfers), from_app, to_app).run());
    Ok((ClientHandle { inputs }, outputs))
}
