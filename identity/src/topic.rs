//! Topics that prove themselves: a topic's name is an Ed25519 public key, and only who knows the room can sign for it.
//!
//! A relay can check a frame against nothing but the topic it came in on, and learns nothing else. Contents are sealed with
//! the topic's envelope key. The layout of frames is left to the wire format.

use std::fmt;

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::SigningKey;
use thiserror::Error;
use zeroize::ZeroizeOnDrop;

use crate::{
    kdf::{self, Secret},
    key::{self, KeyError},
    sign::{self, Label, Signature},
};

/// Why a text is no topic name. Whoever sent it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TopicNameError {
    /// Not 52 characters of lower-case base 32, or not the one way to write its 32 bytes.
    #[error("a topic name is 32 bytes in lower-case base 32")]
    Encoding,
    /// Nobody could sign for it.
    #[error("the topic name is no usable public key: {0}")]
    Key(#[from] KeyError),
}

/// The name of a topic: a public key in lower-case base 32 (RFC 4648, without padding).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName {
    text: [u8; Self::LENGTH],
    key: [u8; 32],
}

impl TopicName {
    /// Characters of a topic name.
    pub const LENGTH: usize = 52;

    /// Reads a name; refuses what is not the one encoding of a strong point of the curve.
    pub fn parse(text: &str) -> Result<Self, TopicNameError> {
        let text: [u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| TopicNameError::Encoding)?;
        let bytes = base32_decode(&text).ok_or(TopicNameError::Encoding)?;
        Ok(Self { text, key: key::checked_point(&bytes)? })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).expect("only base 32 characters are ever stored")
    }

    /// The public key that frames on this topic must be signed for.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    fn from_key(key: [u8; 32]) -> Self {
        Self { text: base32_encode(&key), key }
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TopicName({}..)", self.as_str().get(..8).unwrap_or_default())
    }
}

/// An envelope does not open: wrong key, nonce, context, or changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the envelope does not open")]
pub struct EnvelopeError;

/// The secrets of one topic: what signs its frames and what seals them.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TopicKeys {
    #[zeroize(skip)]
    name: TopicName,
    signing: SigningKey,
    envelope: Secret,
}

impl TopicKeys {
    /// The topic's name.
    pub const fn topic(&self) -> TopicName {
        self.name
    }

    /// Signs `bytes` for the purpose `label` with the topic's key.
    pub fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        sign::sign(&self.signing, label, bytes)
    }

    /// The key that the topic's contents are sealed with (XChaCha20-Poly1305).
    pub fn envelope_key(&self) -> &[u8; 32] {
        &self.envelope
    }

    /// Seals `plaintext` under the envelope key; `nonce` must never be used twice. 16 bytes longer than the plaintext.
    pub fn seal_envelope(&self, nonce: &[u8; 24], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        seal(&self.envelope, nonce, aad, plaintext).map_err(|_| EnvelopeError)
    }

    /// Opens what [`TopicKeys::seal_envelope`] made.
    pub fn open_envelope(&self, nonce: &[u8; 24], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        open(&self.envelope, nonce, aad, sealed).map_err(|_| EnvelopeError)
    }

    /// The keys of the topic `kind` on `day`, derived from `secret`.
    pub(crate) fn derive(secret: &[u8; 32], kind: &str, day: u32) -> Self {
        let day = day.to_be_bytes();
        let signing = SigningKey::from_bytes(&kdf::derive(secret, kind, &day));
        let envelope = kdf::derive(secret, &format!("{kind}-envelope"), &day);
        Self { name: TopicName::from_key(signing.verifying_key().to_bytes()), signing, envelope }
    }
}

impl fmt::Debug for TopicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TopicKeys({:?})", self.name)
    }
}

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): ciphertext and tag.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, chacha20poly1305::Error> {
    XChaCha20Poly1305::new(key.into()).encrypt(nonce.into(), Payload { msg: plaintext, aad })
}

/// Opens what [`seal`] made.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, chacha20poly1305::Error> {
    XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), Payload { msg: sealed, aad })
}

fn base32_encode(bytes: &[u8; 32]) -> [u8; TopicName::LENGTH] {
    crate::crockford::leading_symbols::<{ TopicName::LENGTH }>(bytes).map(|value| BASE32[usize::from(value & 31)])
}

/// The 32 bytes of 52 characters; `None` if a character is foreign or the 4 bits left over are not zero.
fn base32_decode(text: &[u8; TopicName::LENGTH]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (index, character) in text.iter().enumerate() {
        let value = BASE32.iter().position(|known| known == character)?;
        for bit in (0..5).filter(|bit| value >> (4 - bit) & 1 == 1) {
            let at = index * 5 + bit;
            *bytes.get_mut(at / 8)? |= 0x80 >> (at % 8);
        }
    }
    Some(bytes)
}

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(day: u32) -> TopicKeys {
        TopicKeys::derive(&[7; 32], "floor", day)
    }

    #[test]
    fn a_name_reads_back_and_has_one_spelling() {
        let name = keys(1).topic();
        assert_eq!(TopicName::parse(name.as_str()), Ok(name));
        assert_eq!(TopicName::parse(&name.as_str().to_uppercase()), Err(TopicNameError::Encoding));
        // The last character carries one bit; the other four must be zero.
        let last = name.as_str().as_bytes()[51];
        for other in BASE32.iter().filter(|&&other| other != last && other != b'a' && other != b'q') {
            let text = format!("{}{}", &name.as_str()[..51], char::from(*other));
            assert_eq!(TopicName::parse(&text), Err(TopicNameError::Encoding));
        }
    }

    #[test]
    fn a_name_nobody_can_sign_for_is_refused() {
        assert_eq!(TopicName::parse(&"a".repeat(52)), Err(TopicNameError::Key(KeyError::Weak)));
        let off_the_curve = format!("ai{}", "a".repeat(50));
        assert_eq!(TopicName::parse(&off_the_curve), Err(TopicNameError::Key(KeyError::NotAPoint)));
    }

    #[test]
    fn every_day_and_kind_has_other_keys() {
        let mut names = std::collections::BTreeSet::new();
        for (kind, day) in [("door", 1), ("door", 2), ("floor", 1), ("floor", 2)] {
            let keys = TopicKeys::derive(&[7; 32], kind, day);
            assert!(names.insert(keys.topic()));
            assert_ne!(keys.envelope_key(), super::tests::keys(3).envelope_key());
        }
    }

    #[test]
    fn an_envelope_opens_only_in_its_context() {
        let sealed = keys(1).seal_envelope(&[1; 24], b"here", b"text").unwrap();
        assert_eq!(keys(1).open_envelope(&[1; 24], b"here", &sealed).unwrap(), b"text");
        assert_eq!(keys(1).open_envelope(&[1; 24], b"there", &sealed), Err(EnvelopeError));
        assert_eq!(keys(1).open_envelope(&[2; 24], b"here", &sealed), Err(EnvelopeError));
        assert_eq!(keys(2).open_envelope(&[1; 24], b"here", &sealed), Err(EnvelopeError));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics_and_reads_as_itself(text in "[a-z2-7]{50,53}|.{0,60}") {
            if let Ok(name) = TopicName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
