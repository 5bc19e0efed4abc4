//! The keys of this device in a room: what others seal to, which is another key every few minutes.
//!
//! Left out: the keys themselves and when they change (`core::group`).

use milanio_identity::{EphemeralPublic, EphemeralSecret, OpenError, RoomId};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Room;
use crate::core::{
    group::{Ephemeral, GroupCrypto as _, SenderKeys, exchange::Exchange},
    time::Timestamp,
};

/// Keys that can be sealed to.
pub trait Opens {
    /// Opens what was sealed to one of them in the context `info`.
    fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError>;
}

impl Opens for EphemeralSecret {
    fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        Self::open(self, info, &[], sealed)
    }
}

/// The current key, and for a while the one before.
impl Opens for Content {
    fn open(&self, info: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.exchange.group().open_sealed(info, &[], sealed)
    }
}

/// The keys.
pub struct Content {
    exchange: Exchange<SenderKeys>,
    /// The key that presence said last, or will say next.
    said: EphemeralPublic,
}

impl Content {
    /// With the first keys of a run, in `room`.
    pub fn new(room: RoomId, keys: SenderKeys, now: Timestamp) -> Self {
        let said = keys.ephemeral(now).key;
        Self { exchange: Exchange::new(room, keys), said }
    }

    /// What others are to seal to.
    pub fn ephemeral(&self, now: Timestamp) -> Ephemeral {
        self.exchange.group().ephemeral(now)
    }

    /// Turns over and forgets what is due. True if others are to seal to another key now.
    pub fn handle_timeout(&mut self, rng: &mut ChaCha20Rng, now: Timestamp) -> bool {
        if self.next_due() <= now {
            self.exchange.group_mut().handle_timeout(rng, now);
        }
        let key = self.ephemeral(now).key;
        std::mem::replace(&mut self.said, key) != key
    }

    /// When [`Self::handle_timeout`] has something next.
    pub fn next_due(&self) -> Timestamp {
        self.exchange.group().poll_timeout()
    }
}

impl Room {
    /// Fresh randomness, to be given now and then. Keys made from here on cannot be told from what the room held before.
    pub fn handle_seed(&mut self, seed: &[u8; 32]) {
        let mut own = Zeroizing::new([0; 32]);
        self.rng.fill_bytes(own.as_mut());
        let mixed: Zeroizing<[u8; 32]> =
            Zeroizing::new(Sha256::new().chain_update(*own).chain_update(seed).finalize().into());
        self.rng = ChaCha20Rng::from_seed(*mixed);
    }

    /// Replaces keys when it is time, and tells others of the new one.
    pub(super) fn renew_keys(&mut self, now: Timestamp) {
        if self.content.handle_timeout(&mut self.rng, now) {
            self.announce_change(now);
        }
    }
}
