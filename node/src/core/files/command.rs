//! What the machine wants its shell to do, and what the shell reports.

use milanio_identity::DeviceId;

use super::FileName;
use crate::wire::file::{FileId, FileKey, FileOffer, FileSignal, FileToken, TransferId};

/// A relay or a peer on the network: the bytes of its PeerId.
pub type Node = Vec<u8>;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileCommand {
    /// Seal this to a member and send it.
    Send {
        /// To whom.
        to: DeviceId,
        /// What.
        signal: FileSignal,
    },
    /// Wait at the first of these relays that can be reached, report [`TransferEvent::Waiting`], and send the file to who shows
    /// the token.
    Serve(Serve),
    /// Fetch a file over a relay.
    Fetch(Fetch),
    /// End this transfer; answered by [`TransferEvent::Ended`].
    Stop(TransferId),
    /// The file is complete, given up or cancelled: nothing more is written.
    Forget(FileName),
    /// The file is no longer offered: nothing more is read.
    Unshare(FileId),
    /// Nothing has been transferred for a while: close the connections to relays that were made for it.
    Rest,
}

/// How to send a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// Names the transfer.
    pub transfer: TransferId,
    /// Where to wait, most wanted first.
    pub relays: Vec<Node>,
    /// What the other side shows.
    pub token: FileToken,
    /// The file.
    pub file: FileId,
    /// What to seal it with.
    pub key: FileKey,
    /// Its length.
    pub size_bytes: u64,
    /// The first byte to send.
    pub offset: u64,
}

/// How to fetch a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Names the transfer.
    pub transfer: TransferId,
    /// The file.
    pub file: FileName,
    /// What was offered.
    pub offer: FileOffer,
    /// The relay at which its owner waits.
    pub relay: Node,
    /// The owner, as a peer.
    pub peer: Node,
    /// What to show.
    pub token: FileToken,
    /// The first byte that will come.
    pub offset: u64,
}

/// What becomes of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferEvent {
    /// The file can be fetched here now.
    Waiting {
        /// Which transfer.
        transfer: TransferId,
        /// At which relay.
        relay: Node,
        /// Under which PeerId.
        peer: Node,
    },
    /// So many bytes of the file are sent, or have come and are authentic.
    Progress {
        /// Which transfer.
        transfer: TransferId,
        /// Bytes from the file's beginning.
        offset: u64,
    },
    /// It is over. Told once for each [`FileCommand::Serve`] and [`FileCommand::Fetch`].
    Ended {
        /// Which transfer.
        transfer: TransferId,
        /// Bytes from the file's beginning that were sent, or are there.
        offset: u64,
        /// How it ended.
        end: TransferEnd,
    },
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEnd {
    /// All of it is there and has the hash that was offered; the sender was told so.
    Complete,
    /// The relay, the way to it or the other side is gone.
    Broken,
    /// None of the relays can be reached.
    NoRelay,
    /// It was stopped.
    Stopped,
    /// What came is not what was offered. The sender is at fault.
    Forged,
    /// The own file cannot be read any more.
    LocalSource,
    /// What comes cannot be written any more.
    LocalSink,
}
