//! Bytes as text: ids in base32 for paths, keys, signatures and sealed records in base64url; and bounded text.
//!
//! Decoding is strict: one text per value, exact or bounded lengths, no padding. What the bytes mean is not checked here.

use std::{fmt, str::FromStr};

use data_encoding::{BASE64URL_NOPAD, Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::rooms::MAX_SEALED_BYTES;

/// What opaque names of 16 bytes have in common: 26 lower-case base32 characters as text, and nothing shown by `Debug`.
macro_rules! opaque_id {
    ($(#[$doc:meta])* $id:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id([u8; 16]);

        impl $id {
            /// The name of these 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32().encode(&self.0))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($id), "(..)"))
            }
        }

        impl FromStr for $id {
            type Err = TextError;

            /// Takes the 26 lower-case base32 characters that `Display` writes.
            fn from_str(text: &str) -> Result<Self, TextError> {
                exact(&base32(), text).map(Self)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

opaque_id!(
    /// A room's opaque name in the registry. Whoever knows it has derived it from the room's code, so it is never logged.
    Rid
);
opaque_id!(
    /// Names an open question whose answer is the code in a mail. Random; worth nothing without that code.
    RequestId
);
opaque_id!(
    /// Where two devices that share a link code leave messages for each other. Derived from that code, so it is never logged.
    Mailbox
);

/// An Ed25519 public key.
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

/// At most `MAX` bytes that travel as base64url; mostly sealed, so that the server cannot read them.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob<const MAX: usize>(Vec<u8>);

/// A room's record that its creator sealed.
pub type Sealed = Blob<MAX_SEALED_BYTES>;

impl<const MAX: usize> Blob<MAX> {
    /// Wraps the bytes; refuses more than `MAX`.
    pub fn new(bytes: Vec<u8>) -> Result<Self, TextError> {
        if bytes.len() > MAX { Err(TextError::Length) } else { Ok(Self(bytes)) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> fmt::Debug for Blob<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl<const MAX: usize> Serialize for Blob<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Blob<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > BASE64URL_NOPAD.encode_len(MAX) {
            return Err(de::Error::custom(TextError::Length));
        }
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| de::Error::custom(TextError::Alphabet))
    }
}

/// Something a person typed, at most `MAX` bytes of it, whose form the server judges. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed<const MAX: usize>(String);

/// An e-mail address as it was typed. RFC 5321 section 4.5.3.1.3 allows 254 bytes; some spaces around it are forgiven.
pub type EmailText = Typed<320>;
/// The code of a mail as it was typed, spaces and dashes included.
pub type CodeText = Typed<40>;
/// A language tag (RFC 5646), as `navigator.language` has it; what is not known to the server counts as English.
pub type LanguageTag = Typed<35>;

impl<const MAX: usize> Typed<MAX> {
    /// Wraps the text; refuses more than `MAX` bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > MAX { Err(TextError::Length) } else { Ok(Self(text)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Typed<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({} bytes)", self.0.len())
    }
}

impl<const MAX: usize> Serialize for Typed<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Typed<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
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
    fn debug_shows_neither_names_nor_keys_nor_what_was_typed() {
        assert_eq!(format!("{:?}", Rid::from_bytes([7; 16])), "Rid(..)");
        assert_eq!(format!("{:?}", Mailbox::from_bytes([7; 16])), "Mailbox(..)");
        assert_eq!(format!("{:?}", EmailText::new("someone@example.org").unwrap()), "Typed(19 bytes)");
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
