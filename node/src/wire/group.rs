//! Messages to a group, and the bundles that hand out the keys to read them.
//!
//! Each device run numbers its *chains*. A chain is a ratchet of message keys with a signing key of its own; a bundle, signed by the
//! device, hands a position of it to other devices; messages are sealed with the chain's keys, numbered and signed with its
//! signing key, so anybody may pass them on.
//!
//! Both name the latest operations that the sender knew (its *heads*): what is read was written under a roster that the reader knows
//! as well. All numbers in signed and sealed contexts are big-endian and all parts but the last have fixed lengths. What is left out:
//! who may have a key, when keys change and what is kept; `core::group` decides that.

mod again;
mod bundle;
mod message;

use milanio_identity::{AccountId, DeviceId, KeyError, RoomId, SignatureError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use again::{Again, Author};
pub use bundle::{BundleContents, KeyBundle, SealedKey, VerifiedBundle};
pub use message::{GroupMessage, MessagePlace};

use super::{
    codec::{Checked, DecodeError, LimitError},
    limits,
    message::RunId,
    operation::OperationHash,
};

/// Names one chain of messages for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChainId {
    /// The device that sends on it.
    pub device: DeviceId,
    /// The device's run.
    pub run: RunId,
    /// The chain's number in that run, from 1.
    pub number: u32,
}

/// The latest operations that somebody knew: sorted, at most [`limits::DEPENDENCIES`]. None means that only the genesis is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads(Vec<OperationHash>);

impl Heads {
    /// The first [`limits::DEPENDENCIES`] of `operations` in order.
    pub fn new(mut operations: Vec<OperationHash>) -> Self {
        operations.sort_unstable();
        operations.dedup();
        operations.truncate(limits::DEPENDENCIES);
        Self(operations)
    }

    /// The operations.
    pub fn operations(&self) -> &[OperationHash] {
        &self.0
    }

    /// SHA-256 of their hashes in order.
    pub fn digest(&self) -> [u8; 32] {
        self.0.iter().fold(Sha256::new(), |hasher, head| hasher.chain_update(head.0)).finalize().into()
    }
}

impl Checked for Heads {
    fn check(&self) -> Result<(), LimitError> {
        let is_sorted = self.0.is_sorted_by(|one, other| one < other);
        if is_sorted && self.0.len() <= limits::DEPENDENCIES { Ok(()) } else { Err(LimitError::Dependencies) }
    }
}

/// A request to the owner of a chain to hand its key to whoever asks. The device that signed it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysWanted {
    /// The chain; its device is asked.
    pub chain: ChainId,
}

/// What devices say to each other so that the group reads what it writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupBody {
    /// A message, as [`GroupMessage::to_bytes`] gives it.
    Message(Vec<u8>),
    /// A bundle, as [`VerifiedBundle::as_bytes`] gives it.
    Keys(Vec<u8>),
    /// "Hand me the keys of this chain of yours."
    KeysWanted(KeysWanted),
}

impl Checked for GroupBody {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Message(bytes) if bytes.len() > limits::GROUP_MESSAGE_BYTES => Err(LimitError::GroupMessage),
            Self::Keys(bytes) if bytes.len() > limits::BUNDLE_BYTES => Err(LimitError::Keys),
            Self::KeysWanted(wanted) => wanted.check(),
            Self::Message(_) | Self::Keys(_) => Ok(()),
        }
    }
}

impl Checked for KeysWanted {
    fn check(&self) -> Result<(), LimitError> {
        self.chain.check()
    }
}

impl Checked for ChainId {
    fn check(&self) -> Result<(), LimitError> {
        if self.number == 0 { Err(LimitError::Sequence) } else { Ok(()) }
    }
}

/// Why bytes are no bundle or no group message of this room. Whoever sent them is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GroupWireError {
    /// Too short to be one.
    #[error("nothing of this kind has this length")]
    Length,
    /// Made by a version of the protocol that is not known here.
    #[error("unknown version")]
    Version,
    /// Not what it should be, or it breaks a limit.
    #[error("it cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// The device or the chain did not sign it, for this room.
    #[error("its sender did not sign it: {0}")]
    Signature(#[from] SignatureError),
    /// A key in it is invalid.
    #[error("a key in it is invalid: {0}")]
    Key(#[from] KeyError),
    /// Sealed to another key or in another context.
    #[error("what is sealed in it does not open")]
    Sealed,
}

/// Where a place in a chain belongs: the beginning of every signed or sealed context.
///
/// `room(16) | account(32) | device(32) | run(8) | number(4) | index(4) | SHA-256 of the heads(32)`.
fn place(room: RoomId, account: AccountId, chain: ChainId, index: u32, heads: &Heads) -> Vec<u8> {
    let mut place = Vec::with_capacity(PLACE_BYTES);
    place.extend_from_slice(room.as_bytes());
    place.extend_from_slice(account.as_bytes());
    place.extend_from_slice(chain.device.as_bytes());
    place.extend_from_slice(&chain.run.0);
    place.extend_from_slice(&chain.number.to_be_bytes());
    place.extend_from_slice(&index.to_be_bytes());
    place.extend_from_slice(&heads.digest());
    place
}

const PLACE_BYTES: usize = 16 + 32 + 32 + 8 + 4 + 4 + 32;
const VERSION: u8 = 1;

#[cfg(test)]
pub(crate) mod tests;
