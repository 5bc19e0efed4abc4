//! The words of rooms from outside: how a new one is to be, and those visited lately.

use milanio_node::wire::operation::Door;

use crate::state::{
    founding,
    recent::{Life, RecentRoom},
};

/// Who may come in.
pub fn door(door: Door) -> &'static str {
    match door {
        Door::Open => "Anyone with the link",
        Door::Lobby => "People you let in",
        Door::Locked => "Nobody new",
    }
}

/// What that means.
pub fn door_about(door: Door) -> &'static str {
    match door {
        Door::Open => "No need for you to be there first",
        Door::Lobby => "They knock, and you or a co-host let them in",
        Door::Locked => "Who is in stays in and may come back",
    }
}

/// A word for tests.
pub fn door_word(door: Door) -> &'static str {
    match door {
        Door::Open => "open",
        Door::Lobby => "lobby",
        Door::Locked => "locked",
    }
}

/// How long a room lasts unused.
pub fn life(life: founding::Life) -> &'static str {
    match life {
        founding::Life::Hour => "1 hour",
        founding::Life::Day => "24 hours",
        founding::Life::Week => "7 days",
        founding::Life::Month => "30 days",
    }
}

/// The chip of a room's life: its tone and its word.
pub fn state(life: Option<Life>) -> (&'static str, &'static str) {
    match life {
        None => ("chip", "Not known"),
        Some(Life::Waiting) => ("chip verde", "Waiting"),
        Some(Life::Active) => ("chip ok lit", "Active"),
        Some(Life::Expired) => ("chip", "Expired"),
        Some(Life::Destroyed) => ("chip", "Ended"),
    }
}

/// When one was here last, and how long the room still is.
pub fn visited(room: &RecentRoom, now_ms: u64) -> String {
    let own = if room.is_own { "Yours. " } else { "" };
    let last = ago(now_ms.saturating_sub(room.visited_ms) / 1_000);
    match room.life {
        Some((Life::Waiting, ends_s)) => {
            format!("{own}Here {last}. Ends in {}", about(ends_s.saturating_sub(now_ms / 1_000)))
        }
        _ => format!("{own}Here {last}"),
    }
}

/// What forgetting all rooms means.
pub const CLEARING: &str = "This list goes, and with it every conversation that this browser has kept, of any room. The rooms themselves stay.";

fn ago(seconds: u64) -> String {
    if seconds < 60 { "just now".to_owned() } else { format!("{} ago", about(seconds)) }
}

/// A duration in its largest unit.
fn about(seconds: u64) -> String {
    let (n, word) = match seconds {
        0..3_600 => (seconds.div_ceil(60), "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_says_when_one_was_there_and_when_it_ends() {
        let mut room = RecentRoom {
            code: String::new(),
            rid: [0; 16],
            is_own: true,
            visited_ms: 0,
            life: Some((Life::Waiting, 90_000)),
        };
        assert_eq!(visited(&room, 7_200_000), "Yours. Here 2 hours ago. Ends in 23 hours");
        room.life = None;
        room.is_own = false;
        assert_eq!(visited(&room, 10_000), "Here just now");
        assert_eq!(visited(&room, 86_400_000), "Here 1 day ago");
    }
}
