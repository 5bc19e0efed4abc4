//! Files between two devices: what is offered to a room, and what the two say to each other about a transfer.
//!
//! A [`FileOffer`] is part of a chat message, so everybody in the room learns the file's key and nobody outside does. A
//! [`FileSignal`] is sealed to one device like a call's signals. The bytes themselves never pass through the room: they flow over
//! a stream that a relay carries, in chunks sealed under the offer's key (`file_chunk`).

use serde::{Deserialize, Serialize};

use super::{
    body::ensure,
    codec::{self, Checked, DecodeError, LimitError},
    file_name, limits,
};
use crate::core::time::RoomTime;

/// Names one offered file: 16 random bytes of whoever offers it. Two members may use the same one; a file is named by its owner's
/// device and this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub [u8; 16]);

/// What a file's chunks are sealed with: 32 random bytes of whoever offers it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileKey(pub [u8; 32]);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(redacted)")
    }
}

/// A file that its owner gives to whoever in the room wants it, for as long as the owner's page is open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOffer {
    /// Its name among this owner's files.
    pub id: FileId,
    /// What to call it when it is saved; clean by [`file_name::is_clean`].
    pub name: String,
    /// Its length in bytes, 1 to [`limits::FILE_BYTES`].
    pub size_bytes: u64,
    /// SHA-256 of all of it.
    pub sha256: [u8; 32],
    /// What its chunks are sealed with.
    pub key: FileKey,
}

impl Checked for FileOffer {
    fn check(&self) -> Result<(), LimitError> {
        ensure(file_name::is_clean(&self.name), LimitError::FileName)?;
        ensure((1..=limits::FILE_BYTES).contains(&self.size_bytes), LimitError::FileSize)
    }
}

impl std::fmt::Debug for FileOffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names of files are in no log.
        f.debug_struct("FileOffer").field("id", &self.id).field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

/// Names one attempt to fetch a file: 16 random bytes of whoever fetches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TransferId(pub [u8; 16]);

/// What entitles to one stream of one file: 16 random bytes of its owner. Also makes the nonces of that stream unique.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileToken(pub [u8; 16]);

impl std::fmt::Debug for FileToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileToken(redacted)")
    }
}

/// One step of a transfer, said to the other device of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSignal {
    /// The attempt it belongs to.
    pub transfer: TransferId,
    /// After this it must be ignored. A receiver remembers attempts for longer, so a repeated signal has no effect.
    pub expires: RoomTime,
    /// What it says.
    pub kind: FileSignalKind,
}

/// What a signal about a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileSignalKind {
    /// To the owner: "I want this file."
    Want(FileWanted),
    /// To who wants it: "Come to this relay."
    Grant(FileGranted),
    /// To who wants it: "Not now", or "not at all".
    Refuse(FileRefusal),
    /// To either: "No longer."
    Cancel,
}

/// Who wants what, from where on, and over which relays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWanted {
    /// One of the owner's files.
    pub file: FileId,
    /// The first byte that is missing: a multiple of [`limits::FILE_CHUNK_BYTES`] below the file's size.
    pub offset: u64,
    /// The relays that may carry it (PeerId bytes, 1 to [`limits::FILE_RELAYS`]), most wanted first. Ids and no addresses: each
    /// side dials only addresses that it was given by its own server, so nobody can send another's browser anywhere.
    pub relays: Vec<Vec<u8>>,
}

/// Where the owner waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileGranted {
    /// At which of the relays (PeerId bytes).
    pub relay: Vec<u8>,
    /// Under which PeerId (bytes), which was made for transfers alone.
    pub peer: Vec<u8>,
    /// What to show there.
    pub token: FileToken,
}

impl std::fmt::Debug for FileGranted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileGranted(redacted)")
    }
}

/// Why there is no transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileRefusal {
    /// The owner no longer has it: taken back, or the page was loaded anew.
    Gone,
    /// The owner sends to as many as it can: ask again later.
    Busy,
    /// The owner reaches none of the relays.
    NoRelay,
    /// The owner's file cannot be read any more: it was changed or moved.
    Unreadable,
}

impl FileSignal {
    /// The encoding: what is sealed.
    pub fn encode(&self) -> Result<Vec<u8>, LimitError> {
        codec::encode(self)
    }

    /// Decodes strictly.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::FILE_SIGNAL_BYTES {
            return Err(LimitError::Signal.into());
        }
        codec::decode(bytes)
    }
}

impl Checked for FileSignal {
    fn check(&self) -> Result<(), LimitError> {
        match &self.kind {
            FileSignalKind::Want(wanted) => wanted.check(),
            FileSignalKind::Grant(granted) => {
                ensure(is_peer(&granted.relay) && is_peer(&granted.peer), LimitError::Relays)
            }
            FileSignalKind::Refuse(_) | FileSignalKind::Cancel => Ok(()),
        }
    }
}

impl Checked for FileWanted {
    fn check(&self) -> Result<(), LimitError> {
        let aligned = self.offset.is_multiple_of(limits::FILE_CHUNK_BYTES as u64);
        ensure(aligned && self.offset < limits::FILE_BYTES, LimitError::FileSize)?;
        ensure((1..=limits::FILE_RELAYS).contains(&self.relays.len()), LimitError::Relays)?;
        ensure(self.relays.iter().all(|relay| is_peer(relay)), LimitError::Relays)
    }
}

fn is_peer(bytes: &[u8]) -> bool {
    (1..=limits::TURN_NODE_BYTES).contains(&bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: RoomTime = RoomTime::from_millis(u64::MAX);

    fn signal(kind: FileSignalKind) -> FileSignal {
        FileSignal { transfer: TransferId([1; 16]), expires: MARK, kind }
    }

    fn want(offset: u64, relays: usize, relay_bytes: usize) -> FileSignal {
        let relays = vec![vec![2; relay_bytes]; relays];
        signal(FileSignalKind::Want(FileWanted { file: FileId([3; 16]), offset, relays }))
    }

    fn grant(relay: usize, peer: usize) -> FileSignal {
        let granted = FileGranted { relay: vec![4; relay], peer: vec![5; peer], token: FileToken([6; 16]) };
        signal(FileSignalKind::Grant(granted))
    }

    fn offer(name: &str, size_bytes: u64) -> FileOffer {
        FileOffer { id: FileId([1; 16]), name: name.into(), size_bytes, sha256: [2; 32], key: FileKey([3; 32]) }
    }

    #[test]
    fn the_largest_signals_are_allowed_and_fit() {
        let last = limits::FILE_BYTES - limits::FILE_CHUNK_BYTES as u64;
        for largest in [
            want(last, limits::FILE_RELAYS, limits::TURN_NODE_BYTES),
            grant(limits::TURN_NODE_BYTES, limits::TURN_NODE_BYTES),
            signal(FileSignalKind::Refuse(FileRefusal::Busy)),
            signal(FileSignalKind::Cancel),
        ] {
            let bytes = largest.encode().unwrap();
            assert!(bytes.len() <= limits::FILE_SIGNAL_BYTES, "{}", bytes.len());
            assert_eq!(FileSignal::decode(&bytes), Ok(largest));
        }
    }

    #[test]
    fn what_is_larger_or_crooked_is_refused() {
        for (signal, refused) in [
            (want(1, 1, 38), LimitError::FileSize),
            (want(limits::FILE_BYTES, 1, 38), LimitError::FileSize),
            (want(0, 0, 38), LimitError::Relays),
            (want(0, limits::FILE_RELAYS + 1, 38), LimitError::Relays),
            (want(0, 1, 0), LimitError::Relays),
            (want(0, 1, limits::TURN_NODE_BYTES + 1), LimitError::Relays),
            (grant(0, 38), LimitError::Relays),
            (grant(38, limits::TURN_NODE_BYTES + 1), LimitError::Relays),
        ] {
            assert_eq!(signal.encode(), Err(refused));
            assert!(FileSignal::decode(&postcard::to_allocvec(&signal).unwrap()).is_err());
        }
        let long = vec![0; limits::FILE_SIGNAL_BYTES + 1];
        assert_eq!(FileSignal::decode(&long), Err(DecodeError::Limit(LimitError::Signal)));
    }

    #[test]
    fn an_offer_keeps_its_limits() {
        assert_eq!(offer("a.pdf", 1).check(), Ok(()));
        assert_eq!(offer("a.pdf", limits::FILE_BYTES).check(), Ok(()));
        assert_eq!(offer("a.pdf", 0).check(), Err(LimitError::FileSize));
        assert_eq!(offer("a.pdf", limits::FILE_BYTES + 1).check(), Err(LimitError::FileSize));
        assert_eq!(offer("../a.pdf", 1).check(), Err(LimitError::FileName));
        assert_eq!(offer("", 1).check(), Err(LimitError::FileName));
    }

    #[test]
    fn neither_names_nor_keys_are_shown() {
        let shown = format!("{:?} {:?} {:?}", offer("secret.pdf", 1), FileKey([77; 32]), grant(38, 38));
        for hidden in ["secret", "[2", "[3", "[77", "[4", "[5", "[6"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(signal) = FileSignal::decode(&bytes) {
                prop_assert_eq!(signal.encode(), Ok(bytes));
            }
        }

        #[test]
        fn a_changed_signal_is_refused_or_another_one(at: prop::sample::Index, flip in 1_u8..) {
            let original = want(limits::FILE_CHUNK_BYTES as u64, 2, 38);
            let mut bytes = original.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_ne!(FileSignal::decode(&bytes), Ok(original));
        }
    }
}
