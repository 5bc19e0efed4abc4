//! The rooms this browser was in lately, for the landing page. Kept on this device only; where, and sealed, is `platform::book`.

use serde::{Deserialize, Serialize};

/// Rooms kept; the one visited longest ago goes first. Chosen: two screens of them.
pub const MAX_ROOMS: usize = 12;

/// Where a room is in its life, by its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Open, with nobody in.
    Waiting,
    /// Somebody is inside.
    Active,
    /// Its time is over.
    Expired,
    /// Its founder ended it.
    Destroyed,
}

impl Life {
    /// Whether one can go in.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Active)
    }
}

/// A room visited before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRoom {
    /// The room code as people write it.
    pub code: String,
    /// The registry's name of it, by which it can be asked about without deriving any key.
    pub rid: [u8; 16],
    /// Founded by the person of this browser.
    pub is_own: bool,
    /// When it was visited last, in milliseconds since 1970.
    pub visited_ms: u64,
    /// What the registry said of it, if it was asked: its life, and when it ends if nobody comes, in seconds since 1970.
    #[serde(skip)]
    pub life: Option<(Life, u64)>,
}

/// The rooms, visited last first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRooms(pub Vec<RecentRoom>);

/// A change of the list as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecentAction {
    /// The whole list, as it is kept.
    All(RecentRooms),
    /// The registry says this of a room: its life, and when it ends, in seconds since 1970.
    Life([u8; 16], Life, u64),
}

impl RecentRooms {
    /// Changes what is shown. What is known of a room's life stays with it.
    pub fn apply(&mut self, action: RecentAction) {
        match action {
            RecentAction::All(mut rooms) => {
                for room in &mut rooms.0 {
                    room.life = self.0.iter().find(|known| known.rid == room.rid).and_then(|known| known.life);
                }
                *self = rooms;
            }
            RecentAction::Life(rid, life, ends_s) => {
                self.0.iter_mut().filter(|room| room.rid == rid).for_each(|room| room.life = Some((life, ends_s)));
            }
        }
    }

    /// A room was visited.
    pub fn visit(&mut self, room: RecentRoom) {
        let was_own = self.0.iter().any(|known| known.code == room.code && known.is_own);
        self.forget(&room.code);
        self.0.insert(0, RecentRoom { is_own: room.is_own || was_own, ..room });
        self.0.truncate(MAX_ROOMS);
    }

    /// A room is not to be kept any more.
    pub fn forget(&mut self, code: &str) {
        self.0.retain(|room| room.code != code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(n: u8, is_own: bool) -> RecentRoom {
        RecentRoom { code: format!("room-{n}"), rid: [n; 16], is_own, visited_ms: n.into(), life: None }
    }

    #[test]
    fn the_last_visited_is_first_once_and_stays_ones_own() {
        let mut rooms = RecentRooms::default();
        rooms.visit(room(1, true));
        rooms.visit(room(2, false));
        rooms.visit(room(1, false));
        assert_eq!(rooms.0.iter().map(|room| (room.rid[0], room.is_own)).collect::<Vec<_>>(), [(1, true), (2, false)]);
        for n in 3..100 {
            rooms.visit(room(n, false));
        }
        assert_eq!(rooms.0.len(), MAX_ROOMS);
    }

    #[test]
    fn a_rooms_life_outlives_the_lists_being_loaded_again() {
        let mut rooms = RecentRooms(vec![room(1, false)]);
        rooms.apply(RecentAction::Life([1; 16], Life::Active, 9));
        rooms.apply(RecentAction::All(RecentRooms(vec![room(2, false), room(1, false)])));
        assert_eq!(rooms.0.iter().map(|room| room.life).collect::<Vec<_>>(), [None, Some((Life::Active, 9))]);
    }

    #[test]
    fn what_is_kept_reads_back_without_what_the_registry_said() {
        let mut rooms = RecentRooms(vec![room(1, true)]);
        rooms.apply(RecentAction::Life([1; 16], Life::Expired, 9));
        let bytes = postcard::to_allocvec(&rooms).expect("it encodes");
        assert_eq!(postcard::from_bytes(&bytes), Ok(RecentRooms(vec![room(1, true)])));
    }
}
