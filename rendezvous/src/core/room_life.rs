//! The life of a room in the registry: created, waiting, active, expired, destroyed.
//!
//! [`Room`] is what is stored and [`Beats`] what is known in memory only; together with the time they decide the state:
//!
//! - created -> waiting when the record is written;
//! - waiting -> active at a heartbeat, active -> waiting after [`SILENCE_S`] without one;
//! - waiting -> expired when the room's time to live has passed since the last heartbeat;
//! - waiting or active -> destroyed by the owner's signature.
//!
//! An ended room leaves a tombstone for [`TOMBSTONE_S`], so that its rid means nothing else meanwhile. Left out: signatures
//! (checked before anything here is called) and storage.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{KeyText, Rid, RoomState, Sealed};

/// A room is active until this long after its last heartbeat, in seconds: three heartbeats of 30 s may be lost.
pub const SILENCE_S: u64 = 90;
/// How long an ended room is remembered, in seconds: 30 days.
pub const TOMBSTONE_S: u64 = 30 * 86_400;
/// After a start nothing is known of earlier heartbeats: no room expires for this long, in seconds, so that those inside can be
/// heard (chosen: ten minutes, 20 heartbeats).
pub const RESTART_GRACE_S: u64 = 600;
/// A room that was not heard since the start lives at most this long after its own time to live, in seconds, however often the
/// server is restarted: 30 days.
pub const UNHEARD_S: u64 = 30 * 86_400;
/// How many rooms' heartbeats are kept in memory; beyond, the one silent for longest is forgotten first (chosen: 8 MiB).
pub const MAX_BEATING_ROOMS: usize = 100_000;

/// A room as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Verifies its destruction.
    pub owner_key: KeyText,
    /// Verifies its heartbeats.
    pub beat_key: KeyText,
    /// Life after the last heartbeat, in seconds.
    pub ttl_s: u32,
    /// When it was created, in seconds since the Unix epoch.
    pub created_s: u64,
    /// Open, or how it ended.
    pub life: Life,
}

/// The part of a room's state that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// Waiting or active, by its heartbeats.
    Open {
        /// The sealed genesis.
        sealed: Sealed,
    },
    /// Its time passed; the record is gone.
    Expired {
        /// When, in seconds since the Unix epoch.
        at_s: u64,
    },
    /// Its creator ended it; the record is gone.
    Destroyed {
        /// When, in seconds since the Unix epoch.
        at_s: u64,
    },
}

impl Room {
    /// Where the room is in its life at `now_s`.
    pub fn state(&self, heard: Heard, now_s: u64) -> RoomState {
        match self.life {
            Life::Destroyed { .. } => RoomState::Destroyed,
            Life::Expired { .. } => RoomState::Expired,
            Life::Open { .. } if now_s >= self.expires_s(heard) => RoomState::Expired,
            Life::Open { .. } if heard.last_s.is_some_and(|last_s| now_s < last_s.saturating_add(SILENCE_S)) => {
                RoomState::Active
            }
            Life::Open { .. } => RoomState::Waiting,
        }
    }

    /// When the room expires if nothing more is heard, or when it ended, in seconds since the Unix epoch.
    pub fn expires_s(&self, heard: Heard) -> u64 {
        let ttl_s = u64::from(self.ttl_s);
        match (&self.life, heard.last_s) {
            (Life::Expired { at_s } | Life::Destroyed { at_s }, _) => *at_s,
            (Life::Open { .. }, Some(last_s)) => last_s.max(self.created_s).saturating_add(ttl_s),
            (Life::Open { .. }, None) => {
                let unheard_s = self.created_s.saturating_add(ttl_s).saturating_add(UNHEARD_S);
                let from_start_s = self.created_s.max(heard.since_s).saturating_add(ttl_s);
                from_start_s.min(unheard_s).max(self.grace_s(heard))
            }
        }
    }

    /// The same room, ended by its owner at `now_s`. Its sealed record is forgotten.
    pub fn destroyed(self, now_s: u64) -> Self {
        Self { life: Life::Destroyed { at_s: now_s }, ..self }
    }

    /// The tombstone to store instead if the room's time has passed by `now_s`.
    pub fn expired(self, heard: Heard, now_s: u64) -> Option<Self> {
        let over = matches!(self.life, Life::Open { .. }) && self.state(heard, now_s) == RoomState::Expired;
        over.then_some(Self { life: Life::Expired { at_s: now_s }, ..self })
    }

    // Only a room older than the start can have been heard before it.
    fn grace_s(&self, heard: Heard) -> u64 {
        if self.created_s < heard.since_s { heard.since_s.saturating_add(RESTART_GRACE_S) } else { 0 }
    }
}

/// What is known of one room's heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The last one since the start, if any, in seconds since the Unix epoch.
    pub last_s: Option<u64>,
    /// When the server started to listen, in seconds since the Unix epoch.
    pub since_s: u64,
}

/// Heartbeats, in memory only: who was in which room when is written nowhere.
#[derive(Debug)]
pub struct Beats {
    since_s: u64,
    last: BTreeMap<Rid, u64>,
    // The same, by time, to find the one to forget.
    oldest: BTreeSet<(u64, Rid)>,
}

impl Beats {
    /// Nothing heard yet, listening since `now_s`.
    pub fn new(now_s: u64) -> Self {
        Self { since_s: now_s, last: BTreeMap::new(), oldest: BTreeSet::new() }
    }

    /// A heartbeat of `rid` at `now_s`.
    pub fn hear(&mut self, rid: Rid, now_s: u64) {
        self.forget(&rid);
        if self.last.len() >= MAX_BEATING_ROOMS
            && let Some((_, silent)) = self.oldest.pop_first()
        {
            self.last.remove(&silent);
        }
        self.last.insert(rid, now_s);
        self.oldest.insert((now_s, rid));
    }

    /// `rid` has ended.
    pub fn forget(&mut self, rid: &Rid) {
        if let Some(last_s) = self.last.remove(rid) {
            self.oldest.remove(&(last_s, *rid));
        }
    }

    /// What is known of `rid`.
    pub fn heard(&self, rid: &Rid) -> Heard {
        Heard { last_s: self.last.get(rid).copied(), since_s: self.since_s }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api::{DEFAULT_TTL_S, MAX_TTL_S, MIN_TTL_S};

    const NOON: u64 = 1_900_000_000;
    const RID: Rid = Rid::from_bytes([7; 16]);

    fn room(created_s: u64) -> Room {
        Room {
            owner_key: KeyText::from_bytes([1; 32]),
            beat_key: KeyText::from_bytes([2; 32]),
            ttl_s: DEFAULT_TTL_S,
            created_s,
            life: Life::Open { sealed: Sealed::new(vec![9; 40]).unwrap() },
        }
    }

    #[test]
    fn a_room_waits_becomes_active_waits_again_and_expires_a_day_after_the_last_heartbeat() {
        let (room, mut beats) = (room(NOON), Beats::new(NOON - 50));
        assert_eq!(room.state(beats.heard(&RID), NOON), RoomState::Waiting);
        beats.hear(RID, NOON + 1_000);
        assert_eq!(room.state(beats.heard(&RID), NOON + 1_089), RoomState::Active);
        assert_eq!(room.state(beats.heard(&RID), NOON + 1_090), RoomState::Waiting);
        let end = NOON + 1_000 + u64::from(DEFAULT_TTL_S);
        assert_eq!(room.expires_s(beats.heard(&RID)), end);
        assert_eq!(room.state(beats.heard(&RID), end - 1), RoomState::Waiting);
        assert_eq!(room.state(beats.heard(&RID), end), RoomState::Expired);
    }

    #[test]
    fn a_destroyed_room_stays_destroyed_whatever_is_heard() {
        let mut beats = Beats::new(NOON);
        beats.hear(RID, NOON + 5);
        let room = room(NOON).destroyed(NOON + 10);
        assert_eq!(room.state(beats.heard(&RID), NOON + 11), RoomState::Destroyed);
        assert_eq!(room.expired(beats.heard(&RID), NOON + TOMBSTONE_S), None);
    }

    #[test]
    fn a_sweep_turns_a_room_whose_time_has_passed_into_a_tombstone_without_its_record() {
        let beats = Beats::new(NOON);
        let end = NOON + u64::from(DEFAULT_TTL_S);
        assert_eq!(room(NOON).expired(beats.heard(&RID), end - 1), None);
        let expired = room(NOON).expired(beats.heard(&RID), end);
        assert_eq!(expired, Some(Room { life: Life::Expired { at_s: end }, ..room(NOON) }));
        assert_eq!(expired.and_then(|room| room.expired(beats.heard(&RID), end + 1)), None, "once");
    }

    #[test]
    fn a_restart_expires_no_room_before_those_inside_can_be_heard() {
        let old = room(NOON);
        let start = NOON + 20 * u64::from(DEFAULT_TTL_S);
        let mut beats = Beats::new(start);
        assert_eq!(old.state(beats.heard(&RID), start), RoomState::Waiting);
        beats.hear(RID, start + 30);
        assert_eq!(old.state(beats.heard(&RID), start + 31), RoomState::Active);
    }

    #[test]
    fn restarts_do_not_keep_an_unheard_room_for_ever() {
        let start = NOON + u64::from(DEFAULT_TTL_S) + UNHEARD_S + 1;
        let beats = Beats::new(start);
        assert_eq!(room(NOON).state(beats.heard(&RID), start + RESTART_GRACE_S), RoomState::Expired);
    }

    #[test]
    fn memory_of_heartbeats_is_bounded_and_forgets_the_longest_silent_first() {
        let mut beats = Beats::new(NOON);
        let rid = |n: usize| Rid::from_bytes((n as u128).to_be_bytes());
        for n in 0..=MAX_BEATING_ROOMS {
            beats.hear(rid(n), NOON + n as u64);
        }
        assert_eq!((beats.last.len(), beats.oldest.len()), (MAX_BEATING_ROOMS, MAX_BEATING_ROOMS));
        assert_eq!(beats.heard(&rid(0)).last_s, None);
        assert_eq!(beats.heard(&rid(1)).last_s, Some(NOON + 1));
    }

    proptest! {
        #[test]
        fn time_alone_never_brings_an_ended_room_back(
            created in 0u64..4_000_000_000,
            ttl_s in MIN_TTL_S..=MAX_TTL_S,
            since in 0u64..4_000_000_000,
            beat in proptest::option::of(0u64..4_000_000_000),
            mut times in proptest::collection::vec(0u64..8_000_000_000, 2..20),
        ) {
            let room = Room { ttl_s, ..room(created) };
            let heard = Heard { last_s: beat, since_s: since };
            times.sort_unstable();
            let states: Vec<_> = times.iter().map(|now| room.state(heard, *now)).collect();
            let ended = states.iter().position(|state| *state == RoomState::Expired).unwrap_or(states.len());
            prop_assert!(states[ended..].iter().all(|state| *state == RoomState::Expired));
            prop_assert!(room.expires_s(heard) >= created + u64::from(ttl_s), "no room lives shorter than it was promised");
        }

        #[test]
        fn the_two_indexes_of_beats_agree(steps in proptest::collection::vec((0u8..8, 0u64..100, any::<bool>()), 0..200)) {
            let mut beats = Beats::new(0);
            for (n, now, forget) in steps {
                let rid = Rid::from_bytes([n; 16]);
                if forget { beats.forget(&rid) } else { beats.hear(rid, now) }
                let by_time: BTreeMap<_, _> = beats.oldest.iter().map(|(at, rid)| (*rid, *at)).collect();
                prop_assert_eq!(&by_time, &beats.last);
            }
        }
    }
}
