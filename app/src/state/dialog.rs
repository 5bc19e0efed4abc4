//! What stands over the call: a question before something that cannot be taken back, or a closer look.

use super::room::PersonId;

/// Which dialog is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// The safety number of this person and oneself.
    Safety(PersonId),
    /// The check of the whole room.
    RoomCheck,
    /// Whether to remove this person.
    Remove(PersonId),
    /// Whether to ban this person.
    Ban(PersonId),
    /// Whether to make this person the owner.
    Transfer(PersonId),
    /// Whether to mute everybody else.
    MuteAll,
    /// Who may do what.
    Policy,
    /// Whether to end the room for everybody.
    Destroy,
    /// Whether the owner leaves, and what becomes of the room.
    Leave,
}

impl Dialog {
    /// Whom it is about.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Safety(person) | Self::Remove(person) | Self::Ban(person) | Self::Transfer(person) => Some(*person),
            Self::RoomCheck | Self::MuteAll | Self::Policy | Self::Destroy | Self::Leave => None,
        }
    }
}
