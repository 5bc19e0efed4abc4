//! The room registry: applies the rules of [`crate::core::room_life`] to stored rooms, at the clock's time.
//!
//! Signatures are checked here, before any rule is asked. Left out: HTTP, and who may ask how often.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    api::{
        CreateRoom, KeyText, MAX_TTL_S, MIN_TTL_S, Rid, RoomAnswer, RoomState, STATEMENT_WINDOW_S, Sealed, Statement,
    },
    clock,
    core::room_life::{Beats, Heard, Life, Room, TOMBSTONE_S},
    store::{
        MAX_SCAN, Revision, Store, StoreError,
        record::{self, ROOM_PREFIX, room_key},
    },
};

/// Why the registry did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The request asks for something no room can have.
    #[error("the time to live is out of range")]
    TtlOutOfRange,
    /// The signature does not verify under the room's key.
    #[error("the signature does not verify")]
    SignatureInvalid,
    /// The signed time is too far from the server's.
    #[error("the signed time is too far from the server's")]
    ClockSkewed,
    /// No room has this rid.
    #[error("no such room")]
    RoomUnknown,
    /// Another room has this rid.
    #[error("another room has this rid")]
    RoomExists,
    /// The room's time has passed.
    #[error("the room has expired")]
    RoomExpired,
    /// The room was destroyed.
    #[error("the room was destroyed")]
    RoomDestroyed,
    /// There are as many rooms as this server keeps.
    #[error("there are too many rooms")]
    Full,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Open rooms that one server keeps (chosen: at 2 KiB each they take 200 MB of disk).
pub const MAX_ROOMS: usize = 100_000;

/// The registry of one server.
pub struct Registry {
    store: Arc<dyn Store>,
    // Open rooms, counted anew by every sweep: between two of them, those that expire are still in it.
    open: AtomicUsize,
    max_rooms: usize,
    beats: Mutex<Beats>,
    now_ms: clock::Millis,
}

impl Registry {
    /// The registry whose rooms are in `store`. Heartbeats before now are not known.
    pub fn new(store: Arc<dyn Store>, now_ms: clock::Millis) -> Self {
        let beats = Mutex::new(Beats::new(now_ms() / 1_000));
        Self { store, open: AtomicUsize::new(0), max_rooms: MAX_ROOMS, beats, now_ms }
    }

    /// Open rooms, as far as they have been counted.
    pub fn open_rooms(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// The registry's time, in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        (self.now_ms)()
    }

    /// Opens a room. True if it is new; a request that is repeated, since its answer was lost, finds its own room.
    pub async fn create(&self, request: CreateRoom) -> Result<(bool, RoomAnswer), RegistryError> {
        if !(MIN_TTL_S..=MAX_TTL_S).contains(&request.ttl_s) {
            return Err(RegistryError::TtlOutOfRange);
        }
        self.check_time(request.at_s)?;
        request.verify().map_err(|_| RegistryError::SignatureInvalid)?;
        let room = Room {
            owner_key: request.owner_key,
            beat_key: request.beat_key,
            ttl_s: request.ttl_s,
            created_s: self.now_s(),
            life: Life::Open { sealed: request.sealed },
        };
        if self.open_rooms() >= self.max_rooms {
            // Not for a room that is there already: whoever lost the answer to opening it asks again.
            return match self.find_own(&request.rid, &room).await {
                Err(RegistryError::RoomUnknown) => Err(RegistryError::Full),
                found => found.map(|answer| (false, answer)),
            };
        }
        let created = self.store.create(room_key(&request.rid), record::encode(&room)?, None).await;
        match created {
            Ok(_) => {
                self.open.fetch_add(1, Ordering::Relaxed);
                Ok((true, self.answer(&request.rid, &room)))
            }
            Err(StoreError::Conflict) => self.find_own(&request.rid, &room).await.map(|answer| (false, answer)),
            Err(error) => Err(error.into()),
        }
    }

    /// What there is to say of a room, ended or not.
    pub async fn look(&self, rid: &Rid) -> Result<RoomAnswer, RegistryError> {
        let (room, _) = self.read(rid).await?;
        Ok(self.answer(rid, &room))
    }

    /// An open room and its sealed genesis.
    pub async fn join(&self, rid: &Rid) -> Result<(RoomAnswer, Sealed), RegistryError> {
        let (room, _) = self.read(rid).await?;
        let answer = self.answer_open(rid, &room)?;
        match room.life {
            Life::Open { sealed } => Ok((answer, sealed)),
            Life::Expired { .. } => Err(RegistryError::RoomExpired),
            Life::Destroyed { .. } => Err(RegistryError::RoomDestroyed),
        }
    }

    /// A heartbeat: the room is active. Kept in memory only.
    pub async fn beat(&self, rid: &Rid, statement: &Statement) -> Result<RoomAnswer, RegistryError> {
        self.check_time(statement.at_s)?;
        let (room, _) = self.read(rid).await?;
        let key: &KeyText = &room.beat_key;
        statement.verify_beat(rid, key).map_err(|_| RegistryError::SignatureInvalid)?;
        self.answer_open(rid, &room)?;
        self.with_beats(|beats| beats.hear(*rid, self.now_s()));
        Ok(self.answer(rid, &room))
    }

    /// Ends a room for ever. Ending an ended room again changes nothing.
    pub async fn destroy(&self, rid: &Rid, statement: &Statement) -> Result<RoomAnswer, RegistryError> {
        self.check_time(statement.at_s)?;
        let (mut room, mut revision) = self.read(rid).await?;
        statement.verify_destroy(rid, &room.owner_key).map_err(|_| RegistryError::SignatureInvalid)?;
        while matches!(room.life, Life::Open { .. }) {
            let ended = room.destroyed(self.now_s());
            match self.store.update(room_key(rid), revision, record::encode(&ended)?, Some(TOMBSTONE)).await {
                Ok(_) => {
                    let one_less = |open: usize| open.checked_sub(1);
                    // None were counted before the first sweep.
                    let _ = self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
                    self.with_beats(|beats| beats.forget(rid));
                    room = ended;
                }
                // Only a sweep can have come between, so this ends after one more round.
                Err(StoreError::Conflict) => (room, revision) = self.read(rid).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.answer(rid, &room))
    }

    /// Turns rooms whose time has passed into tombstones, removes old tombstones and counts the open rooms. Tells how many expired.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let (mut expired, mut open, mut after) = (0, 0, None);
        loop {
            let page = self.store.scan(ROOM_PREFIX.to_vec(), after, MAX_SCAN).await?;
            for entry in &page {
                let rid = record::rid_of(&entry.key)?;
                let room = record::decode(&entry.value)?;
                let is_open = matches!(room.life, Life::Open { .. });
                let Some(tombstone) = room.expired(self.heard(&rid), self.now_s()) else {
                    open += usize::from(is_open);
                    continue;
                };
                let tombstone = record::encode(&tombstone)?;
                match self.store.update(entry.key.clone(), entry.revision, tombstone, Some(TOMBSTONE)).await {
                    Ok(_) => expired += 1,
                    Err(StoreError::Conflict) => continue,
                    Err(error) => return Err(error),
                }
                self.with_beats(|beats| beats.forget(&rid));
            }
            let Some(last) = page.into_iter().next_back() else { break };
            after = Some(last.key);
        }
        self.open.store(open, Ordering::Relaxed);
        self.store.purge().await?;
        Ok(expired)
    }

    async fn read(&self, rid: &Rid) -> Result<(Room, Revision), RegistryError> {
        let entry = self.store.get(&room_key(rid)).await?.ok_or(RegistryError::RoomUnknown)?;
        Ok((record::decode(&entry.value)?, entry.revision))
    }

    async fn find_own(&self, rid: &Rid, asked: &Room) -> Result<RoomAnswer, RegistryError> {
        let (room, _) = self.read(rid).await?;
        let answer = self.answer_open(rid, &room)?;
        let same = (&room.owner_key, &room.beat_key, &room.life) == (&asked.owner_key, &asked.beat_key, &asked.life);
        if same { Ok(answer) } else { Err(RegistryError::RoomExists) }
    }

    fn answer(&self, rid: &Rid, room: &Room) -> RoomAnswer {
        let (heard, now_ms) = (self.heard(rid), self.now_ms());
        RoomAnswer { state: room.state(heard, now_ms / 1_000), expires_s: room.expires_s(heard), now_ms }
    }

    fn answer_open(&self, rid: &Rid, room: &Room) -> Result<RoomAnswer, RegistryError> {
        let answer = self.answer(rid, room);
        match answer.state {
            RoomState::Expired => Err(RegistryError::RoomExpired),
            RoomState::Destroyed => Err(RegistryError::RoomDestroyed),
            RoomState::Created | RoomState::Waiting | RoomState::Active => Ok(answer),
        }
    }

    fn check_time(&self, at_s: u64) -> Result<(), RegistryError> {
        if at_s.abs_diff(self.now_s()) > STATEMENT_WINDOW_S { Err(RegistryError::ClockSkewed) } else { Ok(()) }
    }

    fn now_s(&self) -> u64 {
        self.now_ms() / 1_000
    }

    fn heard(&self, rid: &Rid) -> Heard {
        self.with_beats(|beats| beats.heard(rid))
    }

    // Nothing below can panic while it holds the lock, and nothing awaits.
    fn with_beats<T>(&self, act: impl FnOnce(&mut Beats) -> T) -> T {
        act(&mut self.beats.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const TOMBSTONE: Duration = Duration::from_secs(TOMBSTONE_S);

#[cfg(test)]
mod tests;
