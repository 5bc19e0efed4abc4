//! Challenges that need no memory: a random number and an end, under a MAC; and which of them were used.
//!
//! Layout (numbers big-endian): `nonce(16) | expires_s(8) | mac(32)`. Left out: what is signed together with a challenge.

use std::collections::BTreeSet;

use super::keyed::{is_keyed, keyed};
use crate::api::ChallengeText;

/// How long a challenge can be answered, in seconds.
pub const CHALLENGE_LIFE_S: u64 = 60;
/// Most challenges that are remembered as used (chosen: 8 MiB; 3,000 proven requests a second).
pub const MAX_USED: usize = 200_000;

/// Why an answered challenge does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// This server never gave it out, or it was used before, or it is over. Whoever presents it is at fault.
    #[error("the challenge is not one that can be answered now")]
    Invalid,
    /// Too many were used within a minute. Nobody is at fault.
    #[error("too many challenges are being answered")]
    Full,
}

/// A new challenge under `key`, and when it ends. `nonce` is random.
pub fn issue(key: &[u8; 32], nonce: [u8; 16], now_s: u64) -> (ChallengeText, u64) {
    let expires_s = now_s.saturating_add(CHALLENGE_LIFE_S);
    let mut bytes = [0; 56];
    bytes[..16].copy_from_slice(&nonce);
    bytes[16..24].copy_from_slice(&expires_s.to_be_bytes());
    let mac = keyed(key, NAME, &[&bytes[..24]]);
    bytes[24..].copy_from_slice(&mac);
    (ChallengeText::from_bytes(bytes), expires_s)
}

/// The challenges of the last minute that were used, each of which counts once.
#[derive(Debug, Default)]
pub struct UsedChallenges(BTreeSet<(u64, [u8; 16])>);

impl UsedChallenges {
    /// Uses a challenge under `key` at `now_s`. To be called when everything else about the request is in order, so that nobody can
    /// use up a challenge of somebody else.
    pub fn spend(&mut self, key: &[u8; 32], challenge: &ChallengeText, now_s: u64) -> Result<(), ChallengeError> {
        let bytes = challenge.as_bytes();
        let (head, mac) = bytes.split_at(24);
        let (nonce, expires) = head.split_at(16);
        let expires_s = expires.try_into().map_or(0, u64::from_be_bytes);
        if !is_keyed(key, NAME, &[head], mac) || expires_s <= now_s {
            return Err(ChallengeError::Invalid);
        }
        self.spend_once(nonce.try_into().unwrap_or_default(), expires_s, now_s)
    }

    /// Uses the number `nonce`, which cannot be presented from `expires_s` on.
    pub fn spend_once(&mut self, nonce: [u8; 16], expires_s: u64, now_s: u64) -> Result<(), ChallengeError> {
        while self.0.first().is_some_and(|(expires_s, _)| *expires_s <= now_s) {
            self.0.pop_first();
        }
        if self.0.contains(&(expires_s, nonce)) {
            return Err(ChallengeError::Invalid);
        }
        if self.0.len() >= MAX_USED {
            return Err(ChallengeError::Full);
        }
        self.0.insert((expires_s, nonce));
        Ok(())
    }
}

const NAME: &str = "challenge";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [3; 32];
    const NOON: u64 = 1_900_000_000;

    #[test]
    fn a_challenge_counts_once_and_for_a_minute() {
        let mut used = UsedChallenges::default();
        let (challenge, expires_s) = issue(&KEY, [1; 16], NOON);
        assert_eq!(expires_s, NOON + 60);
        assert_eq!(used.spend(&KEY, &challenge, NOON + 59), Ok(()));
        assert_eq!(used.spend(&KEY, &challenge, NOON + 59), Err(ChallengeError::Invalid));
        let (late, _) = issue(&KEY, [2; 16], NOON);
        assert_eq!(used.spend(&KEY, &late, NOON + 60), Err(ChallengeError::Invalid));
        let (foreign, _) = issue(&[4; 32], [3; 16], NOON);
        assert_eq!(used.spend(&KEY, &foreign, NOON), Err(ChallengeError::Invalid));
    }

    #[test]
    fn memory_is_bounded_and_given_back_after_a_minute() {
        let mut used = UsedChallenges::default();
        for n in 0..MAX_USED {
            used.spend_once((n as u128).to_be_bytes(), NOON + 60, NOON).unwrap();
        }
        assert_eq!(used.spend_once([0xff; 16], NOON + 60, NOON), Err(ChallengeError::Full));
        assert_eq!(used.spend_once([0xff; 16], NOON + 120, NOON + 60), Ok(()));
        assert_eq!(used.0.len(), 1);
    }

    proptest! {
        #[test]
        fn no_changed_challenge_counts(at in 0_usize..56, bit in 0_u8..8) {
            let (challenge, _) = issue(&KEY, [1; 16], NOON);
            let mut bytes = *challenge.as_bytes();
            bytes[at] ^= 1 << bit;
            let spent = UsedChallenges::default().spend(&KEY, &ChallengeText::from_bytes(bytes), NOON);
            prop_assert_eq!(spent, Err(ChallengeError::Invalid));
        }
    }
}
