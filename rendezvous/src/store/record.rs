//! How a room lies in the store: its key, and a versioned encoding.
//!
//! Stored structs are not the domain's, so that either can change without the other. Versions are read for ever, and only the
//! newest is written. Left out: when a room changes, which [`crate::core::room_life`] decides.

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::{
    api::{KeyText, Rid, Sealed},
    core::room_life::{Life, Room},
};

/// Every room's key starts with this.
pub const ROOM_PREFIX: &[u8] = b"room/";

/// The key of the room `rid`.
pub fn room_key(rid: &Rid) -> Vec<u8> {
    [ROOM_PREFIX, rid.as_bytes()].concat()
}

/// The room whose key this is.
pub fn rid_of(key: &[u8]) -> Result<Rid, StoreError> {
    let rid = key.strip_prefix(ROOM_PREFIX).and_then(|rid| rid.try_into().ok());
    rid.map(Rid::from_bytes).ok_or(StoreError::Unreadable)
}

/// The stored form of `room`.
pub fn encode(room: &Room) -> Result<Vec<u8>, StoreError> {
    let life = match &room.life {
        Life::Open { sealed } => LifeV1::Open(sealed.as_bytes().to_vec()),
        Life::Expired { at_s } => LifeV1::Expired(*at_s),
        Life::Destroyed { at_s } => LifeV1::Destroyed(*at_s),
    };
    let stored = Stored::V1(RoomV1 {
        owner_key: *room.owner_key.as_bytes(),
        beat_key: *room.beat_key.as_bytes(),
        ttl_s: room.ttl_s,
        created_s: room.created_s,
        life,
    });
    postcard::to_allocvec(&stored).map_err(|_| StoreError::TooLarge)
}

/// Reads a stored room; [`StoreError::Unreadable`] if it is damaged or of a newer version.
pub fn decode(bytes: &[u8]) -> Result<Room, StoreError> {
    let (Stored::V1(room), rest) = postcard::take_from_bytes(bytes).map_err(|_| StoreError::Unreadable)?;
    if !rest.is_empty() {
        return Err(StoreError::Unreadable);
    }
    let life = match room.life {
        LifeV1::Open(sealed) => Life::Open { sealed: Sealed::new(sealed).map_err(|_| StoreError::Unreadable)? },
        LifeV1::Expired(at_s) => Life::Expired { at_s },
        LifeV1::Destroyed(at_s) => Life::Destroyed { at_s },
    };
    Ok(Room {
        owner_key: KeyText::from_bytes(room.owner_key),
        beat_key: KeyText::from_bytes(room.beat_key),
        ttl_s: room.ttl_s,
        created_s: room.created_s,
        life,
    })
}

// The variant's number is the record's schema version.
#[derive(Serialize, Deserialize)]
enum Stored {
    V1(RoomV1),
}

#[derive(Serialize, Deserialize)]
struct RoomV1 {
    owner_key: [u8; 32],
    beat_key: [u8; 32],
    ttl_s: u32,
    created_s: u64,
    life: LifeV1,
}

#[derive(Serialize, Deserialize)]
enum LifeV1 {
    Open(Vec<u8>),
    Expired(u64),
    Destroyed(u64),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn room(life: Life) -> Room {
        let (owner_key, beat_key) = (KeyText::from_bytes([1; 32]), KeyText::from_bytes([2; 32]));
        Room { owner_key, beat_key, ttl_s: 86_400, created_s: 1_900_000_000, life }
    }

    #[test]
    fn a_room_comes_back_from_the_store_whatever_its_life() {
        let sealed = Sealed::new(vec![3; 1024]).unwrap();
        for life in [Life::Open { sealed }, Life::Expired { at_s: 5 }, Life::Destroyed { at_s: 6 }] {
            assert_eq!(decode(&encode(&room(life.clone())).unwrap()), Ok(room(life)));
        }
    }

    #[test]
    fn version_one_has_not_changed() {
        let bytes = encode(&room(Life::Destroyed { at_s: 1 })).unwrap();
        let mut expected = vec![0];
        expected.extend([1; 32]);
        expected.extend([2; 32]);
        expected.extend([0x80, 0xa3, 0x05]);
        expected.extend([0x80, 0xe6, 0xfe, 0x89, 0x07]);
        expected.extend([2, 1]);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn a_key_names_its_room() {
        let rid = Rid::from_bytes([9; 16]);
        assert_eq!(rid_of(&room_key(&rid)), Ok(rid));
        assert_eq!(rid_of(b"room/short"), Err(StoreError::Unreadable));
    }

    proptest! {
        #[test]
        fn damaged_records_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(room) = decode(&bytes) {
                prop_assert_eq!(decode(&encode(&room).unwrap()), Ok(room));
            }
        }
    }
}
