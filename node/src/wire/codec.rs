//! Strict postcard: one encoding per value, nothing after it.
//!
//! Which values are allowed is left to [`Checked::check`]; both directions call it, so what one side refuses the other never
//! sends.

use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// A value with limits of its own.
pub trait Checked {
    /// Tells whether every field keeps its limits.
    fn check(&self) -> Result<(), LimitError>;
}

/// A field that breaks its limit. When encoding, the caller is at fault; when decoding, the sender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LimitError {
    /// A display name that is too long, or not what [`name::clean`](super::name::clean) makes of it.
    #[error("the name is too long or holds control characters")]
    Name,
    /// A device certificate of the wrong length.
    #[error("the device certificate has the wrong length")]
    Cert,
    /// An attestation of the wrong length.
    #[error("the attestation has the wrong length")]
    Attestation,
    /// A genesis of the wrong length.
    #[error("the genesis has the wrong length")]
    Genesis,
    /// An empty or too long chat text.
    #[error("the text is empty or too long")]
    Text,
    /// A reaction that is no emoji, or too long.
    #[error("the reaction is no emoji")]
    Emoji,
    /// A private entry with no seals, too many, or impossible ones.
    #[error("the seals of a private message are none, too many or impossible")]
    Private,
    /// A message number of 0.
    #[error("numbers of messages begin with 1")]
    Sequence,
    /// An empty, backward or too long range of messages.
    #[error("the range of messages is empty or too long")]
    Range,
    /// A signal that is too long or too short to be one.
    #[error("the signal has an impossible length")]
    Signal,
    /// An empty or too long session description.
    #[error("the session description is empty or too long")]
    Sdp,
    /// No candidates, too many, or too long ones.
    #[error("the candidates are none, too many or too long")]
    Candidates,
    /// Too many dependencies, or not in their only order.
    #[error("the dependencies are too many or not sorted")]
    Dependencies,
    /// Operations, or names of some, that are none, too many, too long, or not in their only order.
    #[error("the operations are none, too many, too long or not sorted")]
    Operations,
    /// Something sealed that is too long or too short, or holds too much.
    #[error("what is sealed has an impossible length")]
    Sealed,
    /// A role that cannot be given in this way.
    #[error("the role cannot be given in this way")]
    Role,
    /// Too many TURN nodes, or impossible ones.
    #[error("the TURN nodes are too many or impossible")]
    TurnNodes,
    /// Keys for too many devices, not in their only order, or of the wrong length.
    #[error("the keys are too many, not sorted, or of the wrong length")]
    Keys,
    /// A group message that is empty or too long.
    #[error("the group message is empty or too long")]
    GroupMessage,
    /// The name of a file that is too long, or not what [`file_name::clean`](super::file_name::clean) makes of it.
    #[error("the file's name is too long or not allowed")]
    FileName,
    /// An empty or too large file, or an impossible place in one.
    #[error("the file's size or the place in it is impossible")]
    FileSize,
    /// No relays, too many, or impossible ones.
    #[error("the relays are none, too many or impossible")]
    Relays,
    /// A signature of the wrong length, or a salt where none belongs or is missing.
    #[error("the author's signature has the wrong length, or its salt is out of place")]
    Proof,
    /// Too many parts of an answer, or messages in one.
    #[error("what is handed on is too much")]
    History,
}

/// Why bytes were refused. The sender is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// No such value, or bytes after it, or not its only encoding.
    #[error("the bytes are no encoding of this value")]
    Malformed,
    /// A value that must not be.
    #[error("the value breaks a limit: {0}")]
    Limit(#[from] LimitError),
}

/// Encodes a `value` that keeps its limits.
pub fn encode<T: Serialize + Checked>(value: &T) -> Result<Vec<u8>, LimitError> {
    value.check()?;
    Ok(to_bytes(value))
}

/// Decodes a value; refuses trailing bytes, other encodings than its own, and broken limits.
pub fn decode<T: Serialize + DeserializeOwned + Checked>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (value, rest) = postcard::take_from_bytes::<T>(bytes).map_err(|_| DecodeError::Malformed)?;
    if !rest.is_empty() || to_bytes(&value) != bytes {
        return Err(DecodeError::Malformed);
    }
    value.check()?;
    Ok(value)
}

/// Encodes a value whose limits nobody asks about.
pub(crate) fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("only sequences of unknown length fail, and no message has one")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Small(u32);

    impl Checked for Small {
        fn check(&self) -> Result<(), LimitError> {
            if self.0 > 1_000 { Err(LimitError::Sequence) } else { Ok(()) }
        }
    }

    #[test]
    fn a_value_has_one_encoding() {
        assert_eq!(decode::<Small>(&[5]), Ok(Small(5)));
        assert_eq!(decode::<Small>(&[0x85, 0x00]), Err(DecodeError::Malformed));
        assert_eq!(decode::<Small>(&[5, 0]), Err(DecodeError::Malformed));
        assert_eq!(decode::<Small>(&[]), Err(DecodeError::Malformed));
    }

    #[test]
    fn limits_hold_in_both_directions() {
        assert_eq!(encode(&Small(1_001)), Err(LimitError::Sequence));
        assert_eq!(decode::<Small>(&[0xe9, 0x07]), Err(DecodeError::Limit(LimitError::Sequence)));
    }

    proptest! {
        #[test]
        fn what_is_accepted_encodes_to_what_came(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            if let Ok(value) = decode::<Small>(&bytes) {
                prop_assert_eq!(encode(&value), Ok(bytes));
            }
        }
    }
}
