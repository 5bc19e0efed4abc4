//! Linking a device: a person's old device hands the account to a new one, over a mailbox that neither trusts.
//!
//! The new device shows a code; the old one reads it. Four messages, each sealed under a key of the code:
//!
//! 0. new: a commitment, the hash of its ephemeral key, its device id and a nonce;
//! 1. old: a nonce, and the account it is about to hand over;
//! 2. new: what it committed to. From here both can show four words that follow from all three messages;
//! 3. old: once its owner has found the same words on both screens, the account, sealed to the ephemeral key (HPKE), with a
//!    certificate for the new device and a device list that names it.
//!
//! Somebody who has seen the code and sits on the mailbox can put another key into message 2, but then the words differ: the new
//! device is bound to its key before it sees the old one's nonce, and the old one gives its nonce before it sees the key, so
//! nobody can try keys until the words fit (44 bits, one try). Both screens must ask: on the old one a "no" keeps the account,
//! on the new one it keeps somebody else's account out. Left out: the mailbox, and how long to wait.

mod code;
mod new;
mod old;

use std::fmt;

use bip39::Language;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::{
    SealError,
    kdf::{self, Cost, Secret, StretchError},
    key::{AccountId, DeviceId},
    room::first_half,
    sealed::SealedError,
    sign::DOMAIN,
    topic,
};

pub use code::LinkCode;
pub use new::{LinkAwaiting, LinkNewDevice};
pub use old::{LinkConfirming, LinkOldDevice};

/// The longest message in bytes: message 3 with the largest keepsake and the longest device list, rounded up. The others are
/// below 200.
pub const MAX_LINK_MESSAGE_BYTES: usize = 8 * 1024;

/// Why linking failed. There is no second try with the same code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// Sealed under another code, meant for another step, or changed: the mailbox is at fault, or a mistyped code.
    #[error("the message does not open")]
    Unreadable,
    /// It opens, but is not what this step needs: the other device is at fault.
    #[error("the message is malformed")]
    Malformed,
    /// The new device shows another key than the one it had committed to: it, or somebody between, is at fault.
    #[error("the new device changed its key")]
    CommitmentBroken,
    /// Account, certificate and device list do not belong together, or not to these devices. On handing over the caller is at
    /// fault, else the other device.
    #[error("what is handed over does not belong together")]
    Inconsistent,
    /// The keepsake is not allowed: the caller is at fault.
    #[error(transparent)]
    Contents(#[from] SealedError),
    /// The new device's key is weak: it is at fault.
    #[error(transparent)]
    WeakKey(#[from] SealError),
}

/// What both devices derive from the code.
#[derive(Clone, ZeroizeOnDrop)]
pub struct LinkSecret(Secret);

impl LinkSecret {
    /// The secret of `code`. Slow on purpose: Argon2id with 64 MiB.
    pub fn derive(code: &LinkCode) -> Result<Self, StretchError> {
        kdf::stretch(code.secret_characters().as_ref(), SALT, Cost::one_pass(MEMORY_KIB)).map(Self)
    }

    /// Takes a secret that was derived elsewhere, in a worker.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let secret = Self(Secret::new(bytes));
        bytes.zeroize();
        secret
    }

    /// The secret itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name of the mailbox: all that its keeper learns of the code.
    pub fn mailbox(&self) -> [u8; 16] {
        first_half(&kdf::derive(&self.0, "link-mailbox", &[]))
    }

    /// Seals message number `step`.
    fn seal(&self, step: u8, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, LinkError> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let key = kdf::derive(&self.0, "link-message", &[step]);
        let sealed = topic::seal(&key, &nonce, &[VERSION, step], plaintext).map_err(|_| LinkError::Malformed)?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens message number `step`.
    fn open(&self, step: u8, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, LinkError> {
        if message.len() > MAX_LINK_MESSAGE_BYTES {
            return Err(LinkError::Unreadable);
        }
        let rest = message.strip_prefix(&[VERSION]).ok_or(LinkError::Unreadable)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(LinkError::Unreadable)?;
        let key = kdf::derive(&self.0, "link-message", &[step]);
        let opened = topic::open(&key, nonce, &[VERSION, step], sealed).map_err(|_| LinkError::Unreadable)?;
        Ok(Zeroizing::new(opened))
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(redacted)")
    }
}

/// Four words that two people, or one with two devices, can compare at a glance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LinkWords([&'static str; 4]);

impl LinkWords {
    /// The words, in order.
    pub const fn words(&self) -> [&'static str; 4] {
        self.0
    }

    /// The words of the first 44 bits of `bytes`.
    fn of(bytes: &[u8; 32]) -> Self {
        let list = Language::English.word_list();
        let bits = bytes.iter().take(6).fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte)) >> 4;
        // 11 bits each, and the list has 2,048 words.
        Self([33, 22, 11, 0].map(|shift| list[(bits >> shift & 0x7ff) as usize]))
    }
}

impl fmt::Display for LinkWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl fmt::Debug for LinkWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkWords(redacted)")
    }
}

/// What the old device says in message 1.
#[derive(Clone, Copy)]
struct Answer {
    nonce: [u8; 32],
    account: AccountId,
}

impl Answer {
    fn to_bytes(self) -> [u8; 64] {
        pair(&self.nonce, self.account.as_bytes())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        let bytes: &[u8; 64] = bytes.try_into().map_err(|_| LinkError::Malformed)?;
        let (nonce, account) = halves(bytes);
        let account = AccountId::from_bytes(&account).map_err(|_| LinkError::Malformed)?;
        Ok(Self { nonce, account })
    }
}

/// What the new device commits to in message 0 and shows in message 2.
#[derive(Clone, Copy)]
struct Reveal {
    key: [u8; 32],
    device: DeviceId,
    nonce: [u8; 32],
}

impl Reveal {
    const LENGTH: usize = 96;

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..64].copy_from_slice(&pair(&self.key, self.device.as_bytes()));
        bytes[64..].copy_from_slice(&self.nonce);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        let bytes: &[u8; Self::LENGTH] = bytes.try_into().map_err(|_| LinkError::Malformed)?;
        let (front, nonce) = bytes.split_first_chunk::<64>().ok_or(LinkError::Malformed)?;
        let (key, device) = halves(front);
        let device = DeviceId::from_bytes(&device).map_err(|_| LinkError::Malformed)?;
        Ok(Self { key, device, nonce: nonce.try_into().map_err(|_| LinkError::Malformed)? })
    }

    fn commitment(self) -> [u8; 32] {
        hash("link-commitment", &[&self.to_bytes()])
    }
}

/// What the first three messages said. Another byte in any of them, or another code, is another transcript.
fn transcript(secret: &LinkSecret, commitment: &[u8; 32], answer: Answer, reveal: Reveal) -> Secret {
    // All three have fixed lengths, so their concatenation is unambiguous.
    let said = hash("link-transcript", &[commitment, &answer.to_bytes(), &reveal.to_bytes()]);
    kdf::derive(&secret.0, "link-transcript", &said)
}

/// What message 3 is sealed in: only for this linking.
fn hand_over_info(transcript: &Secret) -> [u8; 32] {
    *kdf::derive(transcript, "link-hand-over", &[])
}

/// The words of a transcript.
fn words(transcript: &Secret) -> LinkWords {
    LinkWords::of(&kdf::derive(transcript, "link-words", &[]))
}

fn hash(name: &str, parts: &[&[u8]]) -> [u8; 32] {
    let start = Sha256::new().chain_update(DOMAIN).chain_update(name).chain_update([0]);
    parts.iter().fold(start, |hash, part| hash.chain_update(part)).finalize().into()
}

fn pair(one: &[u8; 32], other: &[u8; 32]) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(one);
    bytes[32..].copy_from_slice(other);
    bytes
}

fn halves(bytes: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    (std::array::from_fn(|at| bytes[at]), std::array::from_fn(|at| bytes[32 + at]))
}

/// All links share one salt, because the keys must be computable from the code alone.
const SALT: &[u8] = b"milanio/v1/link";
/// Memory of the derivation, in KiB. As for rooms: 75 random bits need no more.
const MEMORY_KIB: u32 = 64 * 1024;
const VERSION: u8 = 1;
/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;
/// The messages' numbers.
const COMMIT: u8 = 0;
const ANSWER: u8 = 1;
const REVEAL: u8 = 2;
const HAND_OVER: u8 = 3;

#[cfg(test)]
mod tests;
