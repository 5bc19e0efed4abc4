//! How a new room is to be: who may come in, and how long it waits while nobody is inside.

use milanio_node::wire::operation::Door;

/// The doors a room can be given.
pub const DOORS: &[Door] = &[Door::Open, Door::Lobby, Door::Locked];

/// How long a room lasts after the last person has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// An hour.
    Hour,
    /// 24 hours.
    #[default]
    Day,
    /// A week.
    Week,
    /// 30 days.
    Month,
}

impl Life {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// In seconds.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
        }
    }
}

/// How a new room is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Founding {
    /// Who may come in.
    pub door: Door,
    /// How long it lasts unused.
    pub life: Life,
}

impl Default for Founding {
    fn default() -> Self {
        Self { door: Door::Open, life: Life::default() }
    }
}
