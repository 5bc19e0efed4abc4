//! Bytes as text: ids in base32 for paths, keys, signatures and sealed records in base64url.
//!
//! Decoding is strict: one text per value, exact lengths, no padding. What the bytes mean is not checked here.

use std::{fmt, str::FromStr};

use data_encoding::{BASE64URL_NOPAD, Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::rooms::MAX_SEALED_BYTES;

/// A room's opaque name in the registry. Whoever knows it has derived it from the room's code, so it is never logged: `Debug`
/// hides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rid([u8; 16]);

impl Rid {
    /// The rid of these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32().encode(&self.0))
    }
}

impl fmt::Debug for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rid(..)")
    }
}

impl FromStr for Rid {
    type Err = TextError;

    /// Takes the 26 lower-case base32 characters that `Display` writes.
    fn from_str(text: &str) -> Result<Self, TextError> {
        exact(&base32(), text).map(Self)
    }
}

impl Serialize for Rid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An Ed25519 public key, made for one room only.
pub type KeyText = Base64Bytes<32>;
/// An Ed25519 signature.
pub type SignatureText = Base64Bytes<64>;

/// `N` bytes that travel as base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Base64Bytes<const N: usize>([u8; N]);

impl<const N: usize> Base64Bytes<N> {
    /// Wraps the bytes.
    pub const fn from_bytes(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Base64Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64Bytes<{N}>(..)")
    }
}

impl<const N: usize> Serialize for Base64Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Base64Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        exact(&BASE64URL_NOPAD, &String::deserialize(deserializer)?).map(Self).map_err(de::Error::custom)
    }
}

/// A record that its creator sealed: at most [`MAX_SEALED_BYTES`] that the server cannot read.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Wraps sealed bytes; refuses more than [`MAX_SEALED_BYTES`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, TextError> {
        if bytes.len() > MAX_SEALED_BYTES { Err(TextError::Length) } else { Ok(Self(bytes)) }
    }

    /// The sealed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > BASE64URL_NOPAD.encode_len(MAX_SEALED_BYTES) {
            return Err(de::Error::custom(TextError::Length));
        }
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| de::Error::custom(TextError::Alphabet))
    }
}

/// Why a text is not the bytes it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The number of characters or bytes is wrong.
    #[error("wrong length")]
    Length,
    /// A character does not belong, or the last one carries stray bits.
    #[error("not in the alphabet")]
    Alphabet,
}

fn exact<const N: usize>(encoding: &Encoding, text: &str) -> Result<[u8; N], TextError> {
    if text.len() != encoding.encode_len(N) {
        return Err(TextError::Length);
    }
    let bytes = encoding.decode(text.as_bytes()).map_err(|_| TextError::Alphabet)?;
    bytes.try_into().map_err(|_| TextError::Length)
}

fn base32() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().expect("32 distinct ASCII symbols are an encoding")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rid_is_26_lower_case_characters() {
        let rid = Rid::from_bytes([0xff; 16]);
        assert_eq!(rid.to_string(), "77777777777777777777777774");
        assert_eq!("77777777777777777777777774".parse(), Ok(rid));
        assert_eq!("77777777777777777777777777".parse::<Rid>(), Err(TextError::Alphabet), "stray bits");
        assert_eq!("7777777777777777777777777".parse::<Rid>(), Err(TextError::Length));
        assert_eq!("7777777777777777777777777A".parse::<Rid>(), Err(TextError::Alphabet));
    }

    #[test]
    fn a_sealed_record_is_at_most_1_kib() {
        assert!(Sealed::new(vec![0; MAX_SEALED_BYTES]).is_ok());
        assert_eq!(Sealed::new(vec![0; MAX_SEALED_BYTES + 1]), Err(TextError::Length));
        let long = serde_json::to_string(&BASE64URL_NOPAD.encode(&[0; MAX_SEALED_BYTES + 1])).unwrap();
        assert!(serde_json::from_str::<Sealed>(&long).is_err());
    }

    #[test]
    fn debug_shows_neither_rids_nor_keys() {
        assert_eq!(format!("{:?}", Rid::from_bytes([7; 16])), "Rid(..)");
        assert_eq!(format!("{:?}", KeyText::from_bytes([7; 32])), "Base64Bytes<32>(..)");
    }

    proptest! {
        #[test]
        fn every_value_comes_back_from_its_text(rid: [u8; 16], key: [u8; 32], sealed in proptest::collection::vec(any::<u8>(), 0..=1024)) {
            prop_assert_eq!(Rid::from_bytes(rid).to_string().parse(), Ok(Rid::from_bytes(rid)));
            let key = KeyText::from_bytes(key);
            prop_assert_eq!(serde_json::from_str::<KeyText>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
            let sealed = Sealed::new(sealed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sealed>(&serde_json::to_string(&sealed).unwrap()).unwrap(), sealed);
        }

        #[test]
        fn no_text_makes_a_decoder_panic_and_one_text_names_one_value(text in ".{0,40}") {
            if let Ok(rid) = text.parse::<Rid>() {
                prop_assert_eq!(rid.to_string(), text);
            }
        }
    }
}
