//! What reaches the bridge: everything that happens outside it, in one bounded queue.

use futures::{SinkExt as _, channel::mpsc};
use milanio_identity::{DeviceId, IssuerId, RootSecret};
use milanio_node::{
    core::{files::FileName, room::RegistryAnswer},
    net::client::ClientOutput,
    wire::file::FileOffer,
};
use milanio_rendezvous::api::ErrorCode;

use crate::{
    bridge::{founding::FoundingError, relay_list::RelayList, visit::Known},
    intent::Intent,
    platform::{
        api::Failure, claim::Claim, history, incoming::Incoming, media::MediaReport, page::PageEvent,
        peer_connection::PeerReport, picked::Picked,
    },
    state::{
        recent::RecentRooms,
        trust::{AccountBytes, Contacts},
    },
    wallet::Wallet,
};

/// One thing that happened.
pub(super) enum Message {
    /// The person wants something.
    Intent(Intent),
    /// The own camera or microphone reports.
    Media(MediaReport),
    /// The wallet of this browser as it is now: loaded, changed, or gone.
    Wallet(Option<Box<Wallet>>),
    /// The wallet is another one, here or in another tab.
    WalletChanged,
    /// Everybody met before, as it is kept.
    Contacts(Contacts),
    /// The rooms visited lately, as they are kept.
    Rooms(RecentRooms),
    /// The pause is over before the registry is asked again about these rooms; how often in a row it did not answer.
    LivesAgain(Vec<[u8; 16]>, u32),
    /// The keys under which attestations count, or none could be had.
    Issuers(Option<Vec<IssuerId>>),
    /// A second has passed while the page is hidden.
    Tick,
    /// The page itself was hidden, shown, or is going.
    Page(PageEvent),
    /// The list of relays came, or did not.
    Relays(Result<RelayList, Failure>),
    /// The pause before the next try is over.
    RelaysAgain,
    /// Who one is in the room that was opened last.
    Recalled(Option<Box<Known>>),
    /// A room was founded and perhaps registered, or not even founded.
    Founded(Result<(Box<Known>, Result<(), Failure>), FoundingError>),
    /// Something for the visit with this number; if that is over, it is ignored.
    Visit(VisitNumber, VisitMessage),
}

/// Counts the visits of this page.
pub(super) type VisitNumber = u32;

/// What happened in a visit.
pub(super) enum VisitMessage {
    /// The root was derived, or could not be.
    Root(Option<RootSecret>),
    /// The client says something.
    Client(ClientOutput),
    /// A peer connection reports.
    Peer(PeerReport),
    /// The registry answered.
    Registry(RegistryAnswer, Option<ErrorCode>),
    /// No other page of this browser is in this room with this device (any more), or one is.
    Claimed(Option<Claim>),
    /// Another page of this browser took the room over.
    TakenOver,
    /// No relay was reached for a long while, unless one was.
    RelayLate,
    /// The pause before the room is put into the registry again is over.
    Register,
    /// The room was put into the registry, or was not.
    Registered(Result<(), Failure>),
    /// The registry heard that the room is in use, or did not.
    Beaten(Result<(), Failure>),
    /// What this browser kept of the conversation, if it did.
    History(Option<history::Kept>),
    /// The while is over in which this device was not heard.
    MuteOver(DeviceId),
    /// The pause before the conversation is kept again is over.
    SaveTalk,
    /// An own file was looked through, or cannot be read.
    FilePrepared { picked: Picked, offer: Option<Box<FileOffer>>, to: Option<AccountBytes> },
    /// Nothing more of somebody else's file comes: what there is of it, or that it cannot be kept.
    FileWritten { file: FileName, try_number: u32, incoming: Option<Incoming> },
    /// A file that was saved need not be kept any more.
    FileReleased { file: FileName, try_number: u32 },
    /// A genesis was checked.
    GenesisChecked { bytes: Vec<u8>, code_matches: bool },
}

/// Messages that may wait. Chosen: more than come while one page is drawn; beyond that the page is lost anyway.
const QUEUE: usize = 1_024;

/// Hands messages to the bridge. Cheap to clone.
#[derive(Clone)]
pub(super) struct Post(mpsc::Sender<Message>);

impl Post {
    pub(super) fn new() -> (Self, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    /// Hands a message over at once.
    pub(super) fn send(&self, message: Message) {
        if self.0.clone().try_send(message).is_err() {
            tracing::warn!("the page is too busy: something that happened is lost");
        }
    }

    /// The same, to a visit.
    pub(super) fn send_visit(&self, number: VisitNumber, message: VisitMessage) {
        self.send(Message::Visit(number, message));
    }

    /// Hands a message over as soon as there is room; `false` if the bridge is gone.
    pub(super) async fn send_waiting(&mut self, message: Message) -> bool {
        self.0.send(message).await.is_ok()
    }
}
