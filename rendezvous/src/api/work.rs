//! A small proof of work: who asks for a letter while many are being sent spends a second of computing first.
//!
//! The work is a number which, hashed after the server's challenge, gives a hash with enough leading zero bits (hashcash). Left out:
//! when work is asked for, and how much.

use sha2::{Digest, Sha256};

/// The leading zero bits of SHA-256 over `challenge` and `nonce` (8 bytes, big-endian).
pub fn work_done(challenge: &[u8], nonce: u64) -> u8 {
    let hash = Sha256::new().chain_update(challenge).chain_update(nonce.to_be_bytes()).finalize();
    let zero_bytes = hash.iter().take_while(|byte| **byte == 0).count();
    let rest = hash.get(zero_bytes).map_or(0, |byte| byte.leading_zeros() as usize);
    u8::try_from(zero_bytes * 8 + rest).unwrap_or(u8::MAX)
}

/// Tries `count` numbers from `first` on: the first that does `bits` of work. Callers pass slices, so that they can be stopped between.
pub fn find_work(challenge: &[u8], bits: u8, first: u64, count: u64) -> Option<u64> {
    (first..first.saturating_add(count)).find(|nonce| work_done(challenge, *nonce) >= bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_was_found_is_counted() {
        let nonce = find_work(b"challenge", 8, 0, 100_000).unwrap();
        assert!(work_done(b"challenge", nonce) >= 8);
        assert!((0..nonce).all(|before| work_done(b"challenge", before) < 8), "the first one");
        assert_eq!(find_work(b"challenge", 8, 0, nonce), None);
    }

    #[test]
    fn the_hash_is_over_the_challenge_and_then_the_number() {
        // By coreutils' sha256sum, this hash begins with 089e9acb.
        assert_eq!(work_done(b"milanio", 20), 4);
    }
}
