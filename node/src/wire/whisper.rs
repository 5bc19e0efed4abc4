//! What one device says to one other, inside a sealed signal: something about a call, a file, or history.
//!
//! `kind(1) | signal`. Everything else about the kinds is in `signal`, `file` and `history`.

use super::{
    codec::{DecodeError, LimitError},
    file::FileSignal,
    history::HistorySignal,
    signal::Signal,
};

/// What is inside a sealed signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whisper {
    /// A step of a call.
    Call(Signal),
    /// A step of a file's transfer.
    File(FileSignal),
    /// About what was said before somebody came.
    History(HistorySignal),
}

const CALL: u8 = 0;
const FILE: u8 = 1;
const HISTORY: u8 = 2;

impl Whisper {
    /// The encoding: what is sealed.
    pub fn encode(&self) -> Result<Vec<u8>, LimitError> {
        let (kind, signal) = match self {
            Self::Call(signal) => (CALL, signal.encode()?),
            Self::File(signal) => (FILE, signal.encode()?),
            Self::History(signal) => (HISTORY, signal.encode()?),
        };
        Ok([&[kind], signal.as_slice()].concat())
    }

    /// Decodes strictly.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.split_first() {
            Some((&CALL, signal)) => Signal::decode(signal).map(Self::Call),
            Some((&FILE, signal)) => FileSignal::decode(signal).map(Self::File),
            Some((&HISTORY, signal)) => HistorySignal::decode(signal).map(Self::History),
            _ => Err(DecodeError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        core::time::RoomTime,
        wire::file::{FileSignalKind, TransferId},
    };

    #[test]
    fn a_kind_that_is_not_known_is_refused() {
        let signal = FileSignal {
            transfer: TransferId([1; 16]),
            expires: RoomTime::from_millis(1),
            kind: FileSignalKind::Cancel,
        };
        let mut bytes = Whisper::File(signal.clone()).encode().unwrap();
        assert_eq!(Whisper::decode(&bytes), Ok(Whisper::File(signal)));
        bytes[0] = 3;
        assert_eq!(Whisper::decode(&bytes), Err(DecodeError::Malformed));
        assert_eq!(Whisper::decode(&[]), Err(DecodeError::Malformed));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(whisper) = Whisper::decode(&bytes) {
                prop_assert_eq!(whisper.encode(), Ok(bytes));
            }
        }
    }
}
