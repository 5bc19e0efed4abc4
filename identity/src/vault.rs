//! The key that a password gives.

use std::fmt;

use zeroize::ZeroizeOnDrop;
use zeroize::Zeroizing;

/// What only the right password gives, and no server sees: opens the vault.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ExportKey(Zeroizing<[u8; 64]>);

impl ExportKey {
    /// Takes the 64 bytes of a key.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 64 bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for ExportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExportKey(redacted)")
    }
}
