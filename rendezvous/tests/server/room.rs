//! Rooms as clients make them, numbered.

use std::time::{SystemTime, UNIX_EPOCH};

use milanio_identity::{AccountKey, RegistryKeys, RoomKeys, RoomOwnerKey, RootSecret};
use milanio_rendezvous::api::{CreateRoom, DEFAULT_TTL_S, Rid, Sealed, Statement};

/// A room that somebody may create.
pub struct Room {
    pub keys: RegistryKeys,
    pub owner: RoomOwnerKey,
}

impl Room {
    /// Room number `n`.
    pub fn new(n: u64) -> Self {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        let room = RoomKeys::new(&RootSecret::from_bytes(seed));
        let owner = RoomOwnerKey::derive(&AccountKey::from_seed(seed), room.room_id());
        Self { keys: room.registry(), owner }
    }

    pub fn rid(&self) -> Rid {
        Rid::from_bytes(*self.keys.rid())
    }

    pub fn creation(&self, sealed: &[u8]) -> CreateRoom {
        CreateRoom::signed(&self.keys, &self.owner, DEFAULT_TTL_S, Sealed::new(sealed.to_vec()).unwrap(), now_s())
    }

    pub fn beat(&self) -> Statement {
        Statement::beat(&self.keys, now_s())
    }

    pub fn destruction(&self) -> Statement {
        Statement::destroy(&self.rid(), &self.owner, now_s())
    }
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
