//! The life of rooms on virtual time, over the embedded store.

use std::sync::atomic::{AtomicU64, Ordering};

use milanio_identity::{AccountKey, RegistryKeys, RoomKeys, RoomOwnerKey, RootSecret};

use super::*;
use crate::{api::DEFAULT_TTL_S, store::EmbeddedStore};

const NOON_S: u64 = 1_900_000_000;
const DAY_S: u64 = DEFAULT_TTL_S as u64;

struct World {
    now_ms: Arc<AtomicU64>,
    registry: Registry,
    store: EmbeddedStore,
    _directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let now_ms = Arc::new(AtomicU64::new(NOON_S * 1_000));
        let directory = tempfile::tempdir().unwrap();
        let millis = Self::clock(&now_ms);
        let store = EmbeddedStore::open(directory.path(), clock::seconds(&millis)).unwrap();
        Self { registry: Registry::new(Arc::new(store.clone()), millis), now_ms, store, _directory: directory }
    }

    fn clock(now_ms: &Arc<AtomicU64>) -> clock::Millis {
        let now_ms = Arc::clone(now_ms);
        Arc::new(move || now_ms.load(Ordering::Relaxed))
    }

    fn restart(&mut self) {
        self.registry = Registry::new(Arc::new(self.store.clone()), Self::clock(&self.now_ms));
    }

    fn now_s(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed) / 1_000
    }

    fn pass(&self, seconds: u64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }

    async fn state(&self, room: &Someone) -> Result<RoomState, RegistryError> {
        self.registry.look(&room.rid()).await.map(|answer| answer.state)
    }

    async fn create(&self, room: &Someone) -> Result<(bool, RoomAnswer), RegistryError> {
        self.registry.create(room.request(self.now_s())).await
    }

    async fn beat(&self, room: &Someone) -> Result<RoomAnswer, RegistryError> {
        self.registry.beat(&room.rid(), &Statement::beat(&room.keys, self.now_s())).await
    }

    async fn destroy(&self, room: &Someone) -> Result<RoomAnswer, RegistryError> {
        let statement = Statement::destroy(&room.rid(), &room.owner, self.now_s());
        self.registry.destroy(&room.rid(), &statement).await
    }
}

struct Someone {
    keys: RegistryKeys,
    owner: RoomOwnerKey,
}

impl Someone {
    fn new(seed: u8) -> Self {
        let room = RoomKeys::new(&RootSecret::from_bytes([seed; 32]));
        let owner = RoomOwnerKey::derive(&AccountKey::from_seed([seed; 32]), room.room_id());
        Self { keys: room.registry(), owner }
    }

    fn rid(&self) -> Rid {
        Rid::from_bytes(*self.keys.rid())
    }

    fn request(&self, at_s: u64) -> CreateRoom {
        CreateRoom::signed(&self.keys, &self.owner, DEFAULT_TTL_S, Sealed::new(vec![5; 300]).unwrap(), at_s)
    }
}

#[tokio::test]
async fn a_room_is_created_waits_is_active_waits_expires_and_is_forgotten() {
    let (world, room) = (World::new(), Someone::new(1));
    assert_eq!(world.state(&room).await, Err(RegistryError::RoomUnknown));
    let (new, answer) = world.create(&room).await.unwrap();
    assert_eq!((new, answer.state, answer.expires_s), (true, RoomState::Waiting, NOON_S + DAY_S));
    assert_eq!(world.beat(&room).await.unwrap().state, RoomState::Active);
    world.pass(89);
    assert_eq!(world.state(&room).await, Ok(RoomState::Active));
    world.pass(1);
    assert_eq!(world.state(&room).await, Ok(RoomState::Waiting));
    world.beat(&room).await.unwrap();
    world.pass(DAY_S - 1);
    assert_eq!(world.registry.join(&room.rid()).await.unwrap().1.as_bytes(), [5; 300]);
    world.pass(1);
    assert_eq!(world.state(&room).await, Ok(RoomState::Expired), "before any sweep");
    assert_eq!(world.registry.join(&room.rid()).await, Err(RegistryError::RoomExpired));
    assert_eq!(world.beat(&room).await, Err(RegistryError::RoomExpired));
    assert_eq!(world.create(&room).await, Err(RegistryError::RoomExpired));
    assert_eq!(world.registry.sweep().await, Ok(1));
    assert_eq!(world.state(&room).await, Ok(RoomState::Expired));
    world.pass(TOMBSTONE_S);
    assert_eq!(world.state(&room).await, Err(RegistryError::RoomUnknown));
    assert_eq!(world.registry.sweep().await, Ok(0));
    assert!(world.create(&room).await.unwrap().0, "its rid is free again");
}

#[tokio::test]
async fn only_its_owner_destroys_a_room_and_for_good() {
    let (world, room, stranger) = (World::new(), Someone::new(1), Someone::new(2));
    world.create(&room).await.unwrap();
    let forged = Statement::destroy(&room.rid(), &stranger.owner, NOON_S);
    assert_eq!(world.registry.destroy(&room.rid(), &forged).await, Err(RegistryError::SignatureInvalid));
    assert_eq!(world.destroy(&room).await.unwrap().state, RoomState::Destroyed);
    assert_eq!(world.destroy(&room).await.unwrap().state, RoomState::Destroyed, "again changes nothing");
    assert_eq!(world.beat(&room).await, Err(RegistryError::RoomDestroyed));
    assert_eq!(world.create(&room).await, Err(RegistryError::RoomDestroyed));
    assert_eq!(world.registry.join(&room.rid()).await, Err(RegistryError::RoomDestroyed));
    world.pass(TOMBSTONE_S - 1);
    assert_eq!(world.state(&room).await, Ok(RoomState::Destroyed));
    world.pass(1);
    assert_eq!(world.state(&room).await, Err(RegistryError::RoomUnknown));
}

#[tokio::test]
async fn a_repeated_creation_finds_its_own_room_and_another_one_does_not_replace_it() {
    let (world, room) = (World::new(), Someone::new(1));
    assert!(world.create(&room).await.unwrap().0);
    world.pass(1);
    assert!(!world.create(&room).await.unwrap().0);
    let thief = Someone { keys: Someone::new(1).keys, owner: Someone::new(2).owner };
    assert_eq!(world.create(&thief).await, Err(RegistryError::RoomExists));
}

#[tokio::test]
async fn old_future_and_forged_statements_change_nothing() {
    let (world, room, stranger) = (World::new(), Someone::new(1), Someone::new(2));
    for at_s in [NOON_S - STATEMENT_WINDOW_S - 1, NOON_S + STATEMENT_WINDOW_S + 1] {
        assert_eq!(world.registry.create(room.request(at_s)).await, Err(RegistryError::ClockSkewed));
    }
    let long = CreateRoom::signed(&room.keys, &room.owner, MAX_TTL_S + 1, Sealed::new(Vec::new()).unwrap(), NOON_S);
    assert_eq!(world.registry.create(long).await, Err(RegistryError::TtlOutOfRange));
    let changed = CreateRoom { ttl_s: DEFAULT_TTL_S - 1, ..room.request(NOON_S) };
    assert_eq!(world.registry.create(changed).await, Err(RegistryError::SignatureInvalid));
    world.create(&room).await.unwrap();
    let forged = Statement::beat(&stranger.keys, NOON_S);
    assert_eq!(world.registry.beat(&room.rid(), &forged).await, Err(RegistryError::SignatureInvalid));
    assert_eq!(world.state(&room).await, Ok(RoomState::Waiting));
}

#[tokio::test]
async fn a_restart_forgets_heartbeats_and_ends_no_room_that_is_in_use() {
    let (mut world, room) = (World::new(), Someone::new(1));
    world.create(&room).await.unwrap();
    for _ in 0..4 {
        world.pass(DAY_S / 2);
        world.beat(&room).await.unwrap();
    }
    world.restart();
    assert_eq!(world.state(&room).await, Ok(RoomState::Waiting));
    assert_eq!(world.registry.sweep().await, Ok(0));
    world.pass(30);
    assert_eq!(world.beat(&room).await.unwrap().state, RoomState::Active);
}

#[tokio::test]
async fn a_full_registry_takes_no_more_rooms_until_some_have_ended() {
    let mut world = World::new();
    world.registry.max_rooms = 2;
    let rooms = [1, 2, 3].map(Someone::new);
    for room in &rooms[..2] {
        assert!(world.create(room).await.is_ok());
    }
    assert_eq!(world.create(&rooms[2]).await, Err(RegistryError::Full));
    let (new, _) = world.create(&rooms[1]).await.unwrap();
    assert!(!new, "whoever lost the answer finds the room");
    world.destroy(&rooms[0]).await.unwrap();
    assert_eq!(world.create(&rooms[0]).await.map(|(new, _)| new), Err(RegistryError::RoomDestroyed));
    assert!(world.create(&rooms[2]).await.is_ok());
    world.restart();
    world.registry.max_rooms = 2;
    world.registry.sweep().await.unwrap();
    assert_eq!(world.registry.open_rooms(), 2, "counted from the store");
    assert_eq!(world.create(&Someone::new(4)).await, Err(RegistryError::Full));
    world.pass(DAY_S + 1);
    world.registry.sweep().await.unwrap();
    assert_eq!(world.registry.open_rooms(), 0, "all have expired");
}
