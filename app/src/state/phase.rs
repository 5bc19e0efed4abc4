//! How far the way into the call has got, and what can end it.

use super::route::Route;

/// The step on the way from the landing page to the end of the call. One page each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The landing page.
    #[default]
    Landing,
    /// A new room is being made; the landing page shows its button as busy.
    Creating(CreateStep),
    /// The prejoin page; how far the room is open behind it is in `Room::door`.
    Prejoin,
    /// The person pressed join and the room is not open yet; still the prejoin page.
    Entering,
    /// In the call.
    Call {
        /// When the person entered, in milliseconds of the page's clock.
        since_ms: u64,
    },
    /// The call is over.
    Ended {
        /// How long it took.
        duration_s: u64,
    },
    /// It cannot go on; a page says why and what to do.
    Failed(Failure),
}

/// What making a room is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateStep {
    /// Drawing and stretching the room code.
    MakingCode,
    /// Telling the registry.
    Registering,
}

/// Why the way into the call ended, for now. Each has a page: what happened, what to do, one main button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The address holds no valid room code.
    WrongCode,
    /// The registry does not know this room and nobody inside answered.
    NoSuchRoom,
    /// The registry cannot be reached, so the room cannot be looked up. It is tried again by itself.
    RegistryUnreachable {
        /// Tries so far.
        attempts: u32,
    },
    /// Creating a room was refused because too many were made; wait this long.
    TooManyRooms {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// No relay can be reached.
    RelayUnreachable,
    /// The page is served over plain http, away from localhost.
    InsecureContext,
    /// The browser lacks something that is needed; its name as developers know it.
    MissingApi(&'static str),
    /// Another tab of this browser holds this guest.
    OpenElsewhere,
    /// The room's lifetime is over.
    RoomExpired,
    /// Those inside do not let one in.
    Refused(Refusal),
    /// One was removed from the room.
    Removed {
        /// By whom; may be empty.
        by: String,
        /// One's key is refused from now on.
        banned: bool,
    },
    /// Its owner ended the room for everybody.
    Destroyed {
        /// Who; may be empty.
        by: String,
    },
    /// Something inside the app broke; a short public code for a report.
    Internal(&'static str),
}

/// Why one is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody looked and said no.
    Declined,
    /// Nobody new comes in.
    Locked,
    /// One's key is banned.
    Banned,
    /// There is no room for one more.
    Full,
}

impl Phase {
    /// The phase a page begins in.
    pub fn at(route: &Route) -> Self {
        match route {
            Route::Landing => Self::Landing,
            Route::Room(_) => Self::Prejoin,
        }
    }
}
