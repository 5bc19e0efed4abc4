//! One chain of another device, as it is read: forward only, each number once.

use crate::core::sorted::SortedMap;
use milanio_identity::{AccountId, ChainKey, ChainVerifier, MediaSecret, OneTimeKey};
use thiserror::Error;
use zeroize::Zeroizing;

use super::limits::{CHAIN_KEPT, CHAIN_MESSAGES, MAX_GENERATIONS_AHEAD, MAX_SKIPPED_PER_CHAIN, SKIPPED_KEPT};
use crate::{core::time::Timestamp, wire::group::BundleContents};

/// Why there is no key for a message's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IndexError {
    /// It was opened before. Whoever says it again may be at fault.
    #[error("the message was opened before")]
    Replayed,
    /// It is before the position that this device was given, or its key was forgotten. Nobody is at fault.
    #[error("the message's key is not there, or not any more")]
    Forgotten,
    /// Chains are not so long. The sender is at fault.
    #[error("no chain has so many messages")]
    TooFar,
}

/// A chain that can be read from the position that was handed over.
#[derive(Clone)]
pub struct Inbound {
    account: AccountId,
    signer: ChainVerifier,
    next: u32,
    chain_key: ChainKey,
    media: MediaSecret,
    generation: u8,
    skipped: SortedMap<u32, Skipped>,
    opened: Opened,
    until: Timestamp,
}

#[derive(Clone)]
struct Skipped {
    key: OneTimeKey,
    since: Timestamp,
}

/// Which numbers were opened, a bit each.
#[derive(Clone)]
struct Opened([u64; WORDS]);

const WORDS: usize = CHAIN_MESSAGES.div_ceil(u64::BITS) as usize;

impl Inbound {
    /// The chain from number `next` on.
    pub fn new(account: AccountId, signer: ChainVerifier, next: u32, contents: BundleContents, now: Timestamp) -> Self {
        let BundleContents { chain_key, media, generation } = contents;
        let (skipped, opened) = (SortedMap::new(), Opened([0; WORDS]));
        Self { account, signer, next, chain_key, media, generation, skipped, opened, until: now.after(CHAIN_KEPT) }
    }

    /// For whom its owner speaks.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// What its messages verify under.
    pub const fn signer(&self) -> &ChainVerifier {
        &self.signer
    }

    /// The key of message `index`, which is gone then. The message's signature must have been verified: this moves the chain on.
    pub fn take(&mut self, index: u32, now: Timestamp) -> Result<OneTimeKey, IndexError> {
        if index >= CHAIN_MESSAGES {
            return Err(IndexError::TooFar);
        }
        if self.opened.has(index) {
            return Err(IndexError::Replayed);
        }
        let key = if index < self.next {
            self.skipped.remove(&index).ok_or(IndexError::Forgotten)?.key
        } else {
            self.skip_to(index, now);
            self.next = index + 1;
            self.chain_key.step()
        };
        self.opened.mark(index);
        Ok(key)
    }

    fn skip_to(&mut self, index: u32, now: Timestamp) {
        for skipped in self.next..index {
            self.skipped.insert(skipped, Skipped { key: self.chain_key.step(), since: now });
            if self.skipped.len() > MAX_SKIPPED_PER_CHAIN {
                self.skipped.pop_first();
            }
        }
    }

    /// Keys of messages that were overtaken.
    pub fn skipped(&self) -> usize {
        self.skipped.len()
    }

    /// Forgets the keys of all messages that were overtaken.
    pub fn forget_skipped(&mut self) {
        self.skipped.clear();
    }

    /// Forgets keys that waited long enough. Returns whether the chain is still to be read.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        self.skipped.retain(|_, skipped| now.since(skipped.since) < SKIPPED_KEPT);
        now < self.until
    }

    /// A key of a generation of its media secret that is not before the known one.
    pub fn export(&self, generation: u8, context: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let ahead = generation.checked_sub(self.generation).filter(|ahead| *ahead <= MAX_GENERATIONS_AHEAD)?;
        Some((0..ahead).fold(self.media.clone(), |media, _| media.next()).export(context))
    }
}

impl Opened {
    fn has(&self, index: u32) -> bool {
        let (word, bit) = place(index);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn mark(&mut self, index: u32) {
        let (word, bit) = place(index);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }
}

const fn place(index: u32) -> (usize, u64) {
    ((index / u64::BITS) as usize, 1 << (index % u64::BITS))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use milanio_identity::{AccountKey, ChainSigner};
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn inbound(next: u32) -> Inbound {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut chain_key = ChainKey::from_bytes([1; 32]);
        (0..next).for_each(|_| drop(chain_key.step()));
        let contents = BundleContents { chain_key, media: MediaSecret::from_bytes([2; 32]), generation: 3 };
        let signer = ChainVerifier::new(ChainSigner::generate(&mut rng).id()).unwrap();
        Inbound::new(AccountKey::from_seed([3; 32]).id(), signer, next, contents, at(0))
    }

    fn key_of(index: u32) -> [u8; 32] {
        static KEYS: LazyLock<Vec<[u8; 32]>> = LazyLock::new(|| {
            let mut chain_key = ChainKey::from_bytes([1; 32]);
            (0..CHAIN_MESSAGES).map(|_| *chain_key.step().as_bytes()).collect()
        });
        KEYS[index as usize]
    }

    fn take(chain: &mut Inbound, index: u32) -> Result<[u8; 32], IndexError> {
        chain.take(index, at(0)).map(|key| *key.as_bytes())
    }

    #[test]
    fn every_number_gives_its_key_once_in_any_order() {
        let mut chain = inbound(0);
        for index in [3, 0, 2, 7] {
            assert_eq!(take(&mut chain, index), Ok(key_of(index)));
            assert_eq!(take(&mut chain, index), Err(IndexError::Replayed));
        }
        assert_eq!(chain.skipped(), 4);
    }

    #[test]
    fn there_is_no_key_before_the_position_or_beyond_the_longest_chain() {
        let mut chain = inbound(5);
        assert_eq!(take(&mut chain, 4), Err(IndexError::Forgotten));
        assert_eq!(take(&mut chain, CHAIN_MESSAGES), Err(IndexError::TooFar));
        assert_eq!(take(&mut chain, u32::MAX), Err(IndexError::TooFar));
        assert_eq!(take(&mut chain, 5), Ok(key_of(5)));
        assert_eq!(take(&mut chain, CHAIN_MESSAGES - 1), Ok(key_of(CHAIN_MESSAGES - 1)));
    }

    #[test]
    fn overtaken_keys_are_bounded_and_go_in_time() {
        let mut chain = inbound(0);
        assert!(take(&mut chain, 300).is_ok());
        assert_eq!(chain.skipped(), MAX_SKIPPED_PER_CHAIN);
        assert_eq!(take(&mut chain, 43), Err(IndexError::Forgotten));
        assert_eq!(take(&mut chain, 44), Ok(key_of(44)));
        assert!(chain.expire(at(599)));
        assert_eq!(chain.skipped(), MAX_SKIPPED_PER_CHAIN - 1);
        assert!(!chain.expire(at(600)));
        assert_eq!(chain.skipped(), 0);
    }

    #[test]
    fn media_keys_are_told_forward_only() {
        let chain = inbound(0);
        let secret = MediaSecret::from_bytes([2; 32]);
        assert_eq!(chain.export(3, b"x"), Some(secret.export(b"x")));
        assert_eq!(chain.export(5, b"x"), Some(secret.next().next().export(b"x")));
        assert_eq!(chain.export(2, b"x"), None);
        assert_eq!(chain.export(3 + MAX_GENERATIONS_AHEAD + 1, b"x"), None);
    }

    proptest! {
        // Each case derives up to a thousand keys.
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn no_order_gives_a_wrong_key_or_one_twice(indices in prop::collection::vec(0_u32..CHAIN_MESSAGES + 5, 1..60)) {
            let mut chain = inbound(2);
            let mut given = std::collections::BTreeSet::new();
            for index in indices {
                match take(&mut chain, index) {
                    Ok(key) => {
                        prop_assert_eq!(key, key_of(index));
                        prop_assert!(given.insert(index));
                    }
                    Err(IndexError::Replayed) => prop_assert!(given.contains(&index)),
                    Err(IndexError::Forgotten) => prop_assert!(index < chain.next && !given.contains(&index)),
                    Err(IndexError::TooFar) => prop_assert!(index >= CHAIN_MESSAGES),
                }
                prop_assert!(chain.skipped() <= MAX_SKIPPED_PER_CHAIN);
            }
        }
    }
}
