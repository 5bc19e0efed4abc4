//! The floors of a room: their secrets, which of them are in use, and which is spoken on.

use std::fmt;

use zeroize::Zeroizing;

/// A floor's secret as it is kept from one run to the next: the rotation's hash and the secret. Opaque; to be kept sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptFloor(Zeroizing<[u8; 64]>);

impl KeptFloor {
    /// Takes what [`Self::as_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to be kept.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for KeptFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptFloor(redacted)")
    }
}
