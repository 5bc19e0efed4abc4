//! How an entry lies on disk: a version byte, revision, expiry, and the value.
//!
//! Left out: what the value means, which has a version of its own.

use super::{Revision, StoreError};

/// An entry's stored form, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Names this state.
    pub revision: Revision,
    /// When it vanishes, in seconds since the Unix epoch; 0 for never.
    pub expires_s: u64,
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// The stored bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.value.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.revision.0.to_be_bytes());
        bytes.extend_from_slice(&self.expires_s.to_be_bytes());
        bytes.extend_from_slice(self.value);
        bytes
    }

    /// Reads stored bytes; [`StoreError::Unreadable`] if they are damaged or of another version.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, StoreError> {
        let (&version, rest) = bytes.split_first().ok_or(StoreError::Unreadable)?;
        let (revision, rest) = rest.split_first_chunk::<8>().ok_or(StoreError::Unreadable)?;
        let (expires, value) = rest.split_first_chunk::<8>().ok_or(StoreError::Unreadable)?;
        if version != VERSION {
            return Err(StoreError::Unreadable);
        }
        let (revision, expires_s) = (Revision(u64::from_be_bytes(*revision)), u64::from_be_bytes(*expires));
        Ok(Self { revision, expires_s, value })
    }

    /// True when the entry has vanished by `now_s`.
    pub const fn is_over(&self, now_s: u64) -> bool {
        self.expires_s != 0 && self.expires_s <= now_s
    }
}

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 17;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_envelope_comes_back_from_its_bytes(revision: u64, expires_s: u64, value: Vec<u8>) {
            let envelope = Envelope { revision: Revision(revision), expires_s, value: &value };
            let bytes = envelope.to_bytes();
            prop_assert_eq!(Envelope::from_bytes(&bytes), Ok(envelope));
        }

        #[test]
        fn damaged_bytes_are_unreadable_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let read = Envelope::from_bytes(&bytes);
            prop_assert_eq!(read.is_ok(), bytes.len() >= 17 && bytes[0] == 1);
        }
    }
}
