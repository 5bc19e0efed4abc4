//! The keys that others seal to: the current one, and for a while the one before.

use milanio_identity::{EphemeralPublic, EphemeralSecret};
use rand_core::CryptoRng;

use super::{
    Ephemeral,
    limits::{EPHEMERAL_KEPT, EPHEMERAL_USED},
};
use crate::core::time::Timestamp;

/// This device's ephemeral keys.
#[derive(Clone)]
pub struct Ephemerals {
    current: EphemeralSecret,
    public: EphemeralPublic,
    made_at: Timestamp,
    turn_over_at: Timestamp,
    previous: Option<(EphemeralSecret, Timestamp)>,
}

impl Ephemerals {
    /// A first key.
    pub fn new(rng: &mut impl CryptoRng, now: Timestamp) -> Self {
        let current = EphemeralSecret::generate(rng);
        let public = current.public();
        Self { current, public, made_at: now, turn_over_at: now.after(EPHEMERAL_USED), previous: None }
    }

    /// What others seal to.
    pub fn public(&self, now: Timestamp) -> Ephemeral {
        Ephemeral { key: self.public, age: now.since(self.made_at) }
    }

    /// Somebody left: the key is to be replaced, but not so often that what is on its way to the one before is lost.
    pub fn turn_over_soon(&mut self, now: Timestamp) {
        let soonest = now.max(self.made_at.after(EPHEMERAL_KEPT));
        self.turn_over_at = self.turn_over_at.min(soonest);
    }

    /// What `open` makes of the current key, else of the one before.
    pub fn open<T, E>(&self, open: impl Fn(&EphemeralSecret) -> Result<T, E>) -> Result<T, E> {
        match (open(&self.current), &self.previous) {
            (Err(_), Some((previous, _))) => open(previous),
            (result, _) => result,
        }
    }

    /// Replaces the key and forgets the one before when it is time.
    pub fn handle_timeout(&mut self, rng: &mut impl CryptoRng, now: Timestamp) {
        self.previous.take_if(|(_, until)| *until <= now);
        if now < self.turn_over_at {
            return;
        }
        // A device that slept may be late by hours: the time in which the old key may be sealed to is over then.
        let until = self.turn_over_at.after(EPHEMERAL_KEPT);
        let old = std::mem::replace(self, Self::new(rng, now));
        self.previous = (until > now).then_some((old.current, until));
    }

    /// When something is due.
    pub fn next_due(&self) -> Timestamp {
        self.previous.as_ref().map_or(self.turn_over_at, |(_, until)| self.turn_over_at.min(*until))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn opens(keys: &Ephemerals, sealed: &[u8]) -> bool {
        keys.open(|secret| secret.open(b"", b"", sealed)).is_ok()
    }

    #[test]
    fn a_key_opens_for_a_minute_after_it_was_replaced_and_then_never() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut keys = Ephemerals::new(&mut rng, at(0));
        let first = keys.public(at(0)).key;
        let sealed = first.seal(b"", b"", b"key", &mut rng).unwrap();
        keys.handle_timeout(&mut rng, at(299));
        assert_eq!(keys.public(at(299)).key, first);
        keys.handle_timeout(&mut rng, keys.next_due());
        assert_ne!(keys.public(at(300)).key, first);
        assert!(opens(&keys, &sealed));
        assert_eq!(keys.next_due(), at(300).after(EPHEMERAL_KEPT));
        keys.handle_timeout(&mut rng, keys.next_due());
        assert!(!opens(&keys, &sealed));
    }

    #[test]
    fn a_removal_replaces_the_key_at_most_once_a_minute() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut keys = Ephemerals::new(&mut rng, at(0));
        keys.turn_over_soon(at(10));
        assert_eq!(keys.next_due(), at(60));
        keys.handle_timeout(&mut rng, at(60));
        keys.turn_over_soon(at(200));
        assert_eq!(keys.next_due(), at(120), "the one before goes first");
        keys.handle_timeout(&mut rng, at(200));
        assert_eq!(keys.next_due(), at(260));
    }

    #[test]
    fn a_device_that_slept_keeps_no_old_key() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut keys = Ephemerals::new(&mut rng, at(0));
        let sealed = keys.public(at(0)).key.seal(b"", b"", b"key", &mut rng).unwrap();
        keys.handle_timeout(&mut rng, at(0).after(Duration::from_secs(3_600)));
        assert!(!opens(&keys, &sealed));
    }
}
