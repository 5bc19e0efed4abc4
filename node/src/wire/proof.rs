//! An author's word for one message, which holds whoever hands the message on.
//!
//! What says a message on the floor proves who said it to those who hear it, and to nobody else. Where the room's policy has
//! newcomers read what was said before, authors sign each message besides:
//!
//! `room(16) | account(32) | device(32) | run(8) | seq(4) | lamport(8) | written in ms(8) | outline (postcard) | name`.
//!
//! The *outline* has hashes in place of what was said, each over 16 random bytes, the *salt*, and that. So a text that its author took
//! back or replaced, or a private one, can be accounted for without being shown: who has no salt cannot try what it may have been. Numbers are big-endian, and all parts but the last two have fixed or self-delimiting lengths.
//! Left out: who hands on what to whom (`core::room`).

use milanio_identity::{AccountId, DeviceKey, Label, RoomId, Signature, SignatureError, verify};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    body::ensure,
    codec::{self, Checked, LimitError},
    entry::Entry,
    message::MessageId,
    name,
};
use crate::core::time::RoomTime;

/// What stands in front of what is hashed: random, so that nobody guesses what was said.
pub type Salt = [u8; 16];

/// The word: under which name the author spoke, and the signature.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The author's name when the message went out.
    pub name: String,
    /// The device's signature, 64 bytes.
    pub signature: Vec<u8>,
    /// Of the outline's hashes. Beside all that was said, and never beside an outline.
    pub salt: Option<Salt>,
}

/// Of which message a proof speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofPlace {
    /// The room.
    pub room: RoomId,
    /// The author's account.
    pub account: AccountId,
    /// The message.
    pub id: MessageId,
    /// Its Lamport time.
    pub lamport: u64,
    /// When it was written, says its author.
    pub written: RoomTime,
}

/// A message without what it says: SHA-256 of the salt and that instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outline {
    /// A text.
    Text {
        /// Of the text's bytes.
        hash: [u8; 32],
        /// The message that it answers.
        reply_to: Option<MessageId>,
    },
    /// Another text in place of one.
    Edit {
        /// Which message.
        of: MessageId,
        /// Of the new text's bytes.
        hash: [u8; 32],
    },
    /// For one account alone: of the encoded entry as it went out.
    Private([u8; 32]),
    /// Every other entry: of its encoding.
    Other([u8; 32]),
}

impl Outline {
    /// The outline of an entry that keeps its limits.
    pub fn of(entry: &Entry, salt: &Salt) -> Self {
        let hash = |bytes: &[u8]| Sha256::new().chain_update(salt).chain_update(bytes).finalize().into();
        let whole = || hash(&codec::encode(entry).unwrap_or_default());
        match entry {
            Entry::Text { text, reply_to } => Self::Text { hash: hash(text.as_bytes()), reply_to: *reply_to },
            Entry::Edit { of, text } => Self::Edit { of: *of, hash: hash(text.as_bytes()) },
            Entry::Private(_) => Self::Private(whole()),
            Entry::Delete { .. } | Entry::React { .. } | Entry::Offer(_) => Self::Other(whole()),
        }
    }
}

impl Checked for Outline {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Text { reply_to: Some(id), .. } | Self::Edit { of: id, .. } => {
                ensure(id.seq > 0, LimitError::Sequence)
            }
            Self::Text { reply_to: None, .. } | Self::Private(_) | Self::Other(_) => Ok(()),
        }
    }
}

impl Proof {
    /// `device` stands behind a message of its own, as `name`.
    pub fn sign(device: &DeviceKey, at: &ProofPlace, entry: &Entry, name: &str, salt: Salt) -> Self {
        let signature = device.sign(Label::Chat, &signed_bytes(at, &Outline::of(entry, &salt), name));
        Self { name: name.to_owned(), signature: signature.0.to_vec(), salt: Some(salt) }
    }

    /// Checks that the device `at.id` names said it. Says nothing about whose the device is.
    pub fn verify(&self, at: &ProofPlace, outline: &Outline) -> Result<(), SignatureError> {
        let signature = Signature::from_slice(&self.signature).ok_or(SignatureError::Mismatch)?;
        let signed = signed_bytes(at, outline, &self.name);
        verify(at.id.device.as_bytes(), Label::Chat, &signed, &signature)
    }
}

impl Checked for Proof {
    fn check(&self) -> Result<(), LimitError> {
        ensure(name::is_clean(&self.name), LimitError::Name)?;
        ensure(self.signature.len() == Signature::LENGTH, LimitError::Proof)
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names are in no log.
        f.write_str("Proof")
    }
}

fn signed_bytes(at: &ProofPlace, outline: &Outline, name: &str) -> Vec<u8> {
    let mut signed = Vec::new();
    signed.extend_from_slice(at.room.as_bytes());
    signed.extend_from_slice(at.account.as_bytes());
    signed.extend_from_slice(at.id.device.as_bytes());
    signed.extend_from_slice(&at.id.run.0);
    signed.extend_from_slice(&at.id.seq.to_be_bytes());
    signed.extend_from_slice(&at.lamport.to_be_bytes());
    signed.extend_from_slice(&at.written.as_millis().to_be_bytes());
    // What breaks a limit is refused before; nothing is signed in its place.
    signed.extend(codec::encode(outline).unwrap_or_default());
    signed.extend_from_slice(name.as_bytes());
    signed
}
