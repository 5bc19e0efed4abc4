//! What becomes of files, as the app is told.

use milanio_identity::DeviceId;
use thiserror::Error;

use super::FileName;
use crate::{core::time::Timestamp, wire::file::FileId};

/// Something that happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEvent {
    /// A file of somebody else that is wanted here.
    Fetching {
        /// Which.
        file: FileName,
        /// How it stands now.
        state: FetchState,
    },
    /// An own file that somebody else wants.
    Serving {
        /// Which.
        file: FileId,
        /// Who.
        to: DeviceId,
        /// How it stands now.
        state: ServeState,
    },
}

/// How a wanted file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchState {
    /// Others come first.
    Queued,
    /// Its owner is being asked, or the way to it is being made.
    Asking {
        /// Bytes that are there already.
        received: u64,
    },
    /// It is coming.
    Receiving {
        /// Bytes that are there.
        received: u64,
        /// It was interrupted before, and goes on where it was.
        resumed: bool,
    },
    /// It was interrupted and will go on by itself.
    Waiting {
        /// Bytes that are there.
        received: u64,
        /// When it is tried again.
        until: Timestamp,
        /// What for.
        reason: WaitReason,
    },
    /// It is there, whole, and has the hash that was offered.
    Complete,
    /// It was cancelled here.
    Cancelled,
    /// It does not come.
    Failed(FetchError),
}

/// Why a transfer does not go on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// The connection broke or could not be made.
    Connection,
    /// The owner sends to others first.
    OwnerBusy,
    /// The owner is not in the room at the moment.
    OwnerAway,
}

/// Why a file does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The owner has left, has loaded the page anew, or takes the file back.
    #[error("the owner no longer offers the file")]
    OwnerGone,
    /// The owner's file cannot be read any more, for it was changed or moved.
    #[error("the owner can no longer read the file")]
    OwnerCannotRead,
    /// What came is not what was offered: the owner is at fault.
    #[error("what came is not what was offered")]
    Forged,
    /// No relay that both know can be reached, or the owner does not answer, for too long. Nobody is at fault.
    #[error("there is no way to the owner")]
    Unreachable,
    /// This device was put out, or the room was ended.
    #[error("the room has ended")]
    RoomOver,
    /// What came cannot be kept on this device.
    #[error("the file cannot be written here")]
    LocalSink,
}

/// How the sending of an own file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServeState {
    /// They have accepted it.
    Preparing,
    /// It is being sent.
    Sending {
        /// Bytes from its beginning that are sent.
        sent: u64,
    },
    /// They have all of it.
    Complete,
    /// The connection broke: they will ask again.
    Interrupted,
    /// They have cancelled it, or have left.
    Cancelled,
    /// The file cannot be read any more.
    LocalSource,
}
