//! The secrets behind one sender's messages to a group: a ratchet, the keys it gives, and the key that signs them.
//!
//! Each step of the ratchet gives the key of one message and forgets how it got there: who has a position can read on from it, and
//! nothing before it. What is left out: numbers, bundles and whom they are handed to, which the room's protocol decides.

use std::fmt;

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    kdf::{self, Secret},
    key::{self, ChainSignerId},
    sign::{self, Label, Signature, SignatureError},
};

/// What was sealed does not open: another key or context, or changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the sealed contents do not open")]
pub struct OneTimeKeyError;

/// A position of a ratchet: opens the messages from here on.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ChainKey(Secret);

impl ChainKey {
    /// Bytes of a position.
    pub const LENGTH: usize = 32;

    /// The first position of a new chain.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(random(rng))
    }

    /// Takes a position that was handed over.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The position, to be handed over sealed.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The key of this position's message; moves on to the next position and wipes this one.
    pub fn step(&mut self) -> OneTimeKey {
        let key = OneTimeKey(kdf::derive(&self.0, "message-key", &[]));
        self.0 = kdf::derive(&self.0, "chain-key", &[]);
        key
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(redacted)")
    }
}

/// A key that seals one thing and is then gone: ChaCha20-Poly1305 (RFC 8439) with nonce 0.
#[derive(Clone, ZeroizeOnDrop)]
pub struct OneTimeKey(Secret);

impl OneTimeKey {
    /// Bytes of a key.
    pub const LENGTH: usize = 32;
    /// Bytes by which what is sealed is longer than its contents.
    pub const OVERHEAD: usize = 16;

    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(random(rng))
    }

    /// Takes a key that was handed over.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The key, to be handed over sealed.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Seals `plaintext` in the context `aad`. Takes the key: a second use would give both contents away.
    pub fn seal(self, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        ChaCha20Poly1305::new((&*self.0).into())
            .encrypt(&Nonce::default(), Payload { msg: plaintext, aad })
            .expect("only contents beyond 256 GiB (RFC 8439 2.8) cannot be sealed")
    }

    /// Opens what [`seal`](Self::seal) made in the same context.
    pub fn open(self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OneTimeKeyError> {
        ChaCha20Poly1305::new((&*self.0).into())
            .decrypt(&Nonce::default(), Payload { msg: sealed, aad })
            .map(Zeroizing::new)
            .map_err(|_| OneTimeKeyError)
    }
}

impl fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeKey(redacted)")
    }
}

/// What a sender's media keys come from, in generations of which each follows from the one before.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MediaSecret(Secret);

impl MediaSecret {
    /// Bytes of the secret.
    pub const LENGTH: usize = 32;

    /// The first generation of a new chain.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(random(rng))
    }

    /// Takes a generation that was handed over.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The generation, to be handed over sealed.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The next generation; who has it cannot tell this one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self(kdf::derive(&self.0, "media-next", &[]))
    }

    /// A key for what `context` names.
    pub fn export(&self, context: &[u8]) -> Zeroizing<[u8; 32]> {
        kdf::derive(&self.0, "media-key", context)
    }
}

impl fmt::Debug for MediaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaSecret(redacted)")
    }
}

/// The secret key that signs one chain's messages. A device vouches for it where it hands the chain out.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ChainSigner(SigningKey);

impl ChainSigner {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(key::signing_key(*random(rng)))
    }

    /// The public half.
    pub fn id(&self) -> ChainSignerId {
        ChainSignerId::of(&self.0.verifying_key())
    }

    /// Signs a message of the chain.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        sign::sign(&self.0, Label::GroupMessage, bytes)
    }
}

impl fmt::Debug for ChainSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainSigner({})", self.id())
    }
}

/// The public key of a chain, made ready to check many messages.
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    id: ChainSignerId,
    key: VerifyingKey,
}

impl ChainVerifier {
    /// Makes a key ready. Fails for weak keys, of which there are no ids.
    pub fn new(id: ChainSignerId) -> Result<Self, SignatureError> {
        Ok(Self { id, key: sign::strong(id.as_bytes())? })
    }

    /// The key.
    pub const fn id(&self) -> ChainSignerId {
        self.id
    }

    /// Checks that the chain signed a message of these `bytes`.
    pub fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        sign::verify_with(&self.key, Label::GroupMessage, bytes, signature)
    }
}

fn random(rng: &mut impl CryptoRng) -> Secret {
    let mut secret = Zeroizing::new([0; 32]);
    rng.fill_bytes(secret.as_mut());
    secret
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chain() -> ChainKey {
        ChainKey::from_bytes([7; 32])
    }

    #[test]
    fn who_has_a_position_reads_on_from_it_with_the_same_keys() {
        let mut sender = chain();
        let first = sender.step();
        let mut joiner = ChainKey::from_bytes(*sender.as_bytes());
        assert_eq!(joiner.step().as_bytes(), sender.step().as_bytes());
        assert_ne!(first.as_bytes(), joiner.step().as_bytes());
    }

    #[test]
    fn no_two_steps_and_no_two_chains_give_one_key() {
        let mut keys = std::collections::BTreeSet::new();
        for seed in 0..10 {
            let mut chain = ChainKey::from_bytes([seed; 32]);
            (0..100).for_each(|_| {
                keys.insert(*chain.as_bytes());
                keys.insert(*chain.step().as_bytes());
            });
        }
        assert_eq!(keys.len(), 2_000);
    }

    #[test]
    fn generations_and_contexts_of_media_have_keys_of_their_own() {
        let secret = MediaSecret::from_bytes([1; 32]);
        assert_eq!(secret.export(b"call"), secret.export(b"call"));
        assert_ne!(secret.export(b"call"), secret.export(b"other"));
        assert_ne!(secret.export(b"call"), secret.next().export(b"call"));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_context_alone(text: Vec<u8>, aad: Vec<u8>, at: prop::sample::Index, bit in 0..8) {
            let key = chain().step();
            let sealed = key.clone().seal(&aad, &text);
            prop_assert_eq!(sealed.len(), text.len() + OneTimeKey::OVERHEAD);
            let opened = key.clone().open(&aad, &sealed);
            prop_assert_eq!(opened.as_deref(), Ok(&text));
            prop_assert!(key.clone().open(&[aad.as_slice(), &[0]].concat(), &sealed).is_err());
            prop_assert!(ChainKey::from_bytes([8; 32]).step().open(&aad, &sealed).is_err());
            let mut changed = sealed;
            let at = at.index(changed.len());
            changed[at] ^= 1_u8 << bit;
            prop_assert!(key.open(&aad, &changed).is_err());
        }
    }
}
