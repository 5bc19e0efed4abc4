//! The words of who may do what in a room, and of what somebody did.

use milanio_node::wire::operation::{Door, Role};

use crate::state::people::Act;

/// A role.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Moderator => "Co-host",
        Role::Member => "Member",
        Role::Viewer => "Viewer",
    }
}

/// Something that can be done with somebody.
pub fn act(act: Act) -> &'static str {
    match act {
        Act::Mute => "Mute",
        Act::AskToUnmute => "Ask to unmute",
        Act::CameraOff => "Turn camera off",
        Act::LowerHand => "Lower hand",
        Act::Role(Role::Moderator | Role::Owner) => "Make co-host",
        Act::Role(Role::Member) => "Make member",
        Act::Role(Role::Viewer) => "Make viewer",
        Act::Transfer => "Make owner",
        Act::Remove => "Remove from room",
        Act::Ban => "Ban",
    }
}

/// Whether somebody who is removed can come back.
pub fn comes_back(door: Door) -> &'static str {
    match door {
        Door::Open => "They can come back with the link. To keep them out, ban them or lock the room.",
        Door::Lobby => "They can knock again, and somebody has to let them in.",
        Door::Locked => "The room is locked, so they cannot come back.",
    }
}

/// What newcomers read.
pub fn history(history: bool) -> &'static str {
    if history { "The last 24 hours, from others who were here" } else { "What is said from then on" }
}

/// Who may do something: this role and all above.
pub fn from_role_up(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Everybody",
        Role::Member => "All but viewers",
        Role::Moderator => "Owner and co-hosts",
        Role::Owner => "Only the owner",
    }
}

/// The place of a raised hand.
pub fn place(place: usize) -> String {
    let ending = match (place % 10, place % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{place}{ending}")
}

/// What the owner is told who leaves others behind: who takes over.
pub fn heir(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("The room goes on without you. {name} becomes its owner."),
        None => "The room goes on without you.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_line_are_said_as_people_say_them() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 21, 113].into_iter().map(place).collect();
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "113th"]);
    }
}
