//! Link codes: made like room codes, by chance, and good for one linking.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::code::{Characters, CodeError, DATA_LENGTH};

/// A code that one device shows and another reads, so that they find each other: 75 random bits.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct LinkCode(Characters);

impl LinkCode {
    /// A new code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let code = Self(Characters::from_bytes(&bytes));
        bytes.zeroize();
        code
    }

    /// Reads a code that somebody typed, as forgivingly as a room code.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Characters::parse(text).map(Self)
    }

    /// Reads what somebody typed or pasted: a code, or a whole link whose fragment holds one (`https://host/#/link/<code>`).
    pub fn from_input(text: &str) -> Result<Self, CodeError> {
        Characters::from_input(text, "link/").map(Self)
    }

    pub(super) fn secret_characters(&self) -> Zeroizing<[u8; DATA_LENGTH]> {
        self.0.secret_characters()
    }
}

impl fmt::Display for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkCode(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    #[test]
    fn a_code_reads_back_typed_or_as_a_link() {
        let code = LinkCode::generate(&mut ChaCha20Rng::seed_from_u64(1));
        assert_eq!(code.to_string().len(), 19);
        assert_eq!(LinkCode::parse(&code.to_string().to_uppercase().replace('-', " ")), Ok(code.clone()));
        for link in [format!("https://milanio.example/#/link/{code}"), format!("#/link/{code}?x"), code.to_string()] {
            assert_eq!(LinkCode::from_input(&link), Ok(code.clone()));
        }
        assert_ne!(code, LinkCode::generate(&mut ChaCha20Rng::seed_from_u64(2)));
    }

    #[test]
    fn a_room_link_is_no_device_link() {
        let code = LinkCode::generate(&mut ChaCha20Rng::seed_from_u64(1));
        assert!(LinkCode::from_input(&format!("https://milanio.example/#/r/{code}")).is_err());
    }
}
