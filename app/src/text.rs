//! Every text of the app, in one place, so that other languages can take its place. English.
//!
//! Plain, short, calm; says what happened, then what to do. No full stop on buttons and labels.

pub mod chat;
pub mod failure;
pub mod files;
pub mod moderation;
pub mod rooms;
pub mod safety;

use milanio_node::wire::limits::FILE_BYTES;

use crate::state::{
    account::Account,
    chat::Item,
    connection::{Connection, Transport},
    media::DeviceKind,
    phase::CreateStep,
    room::{Door, Knocker, Link, Path, Person, Quality},
    route::CodeProblem,
    toast::Notice,
};

/// A slide of the landing page's carousel: title and text.
pub const SLIDES: [(&str, &str); 5] = [
    (
        "The middle stays empty",
        "Five people, ten direct links, no server that could listen in. Relays help you find and reach each other, and can't read a word.",
    ),
    (
        "Sealed before it leaves",
        "What you write is sealed on your device and opened on theirs. A relay passes on closed envelopes and holds no key.",
    ),
    (
        "A room is a code",
        "Sixteen characters open the door. They stay after the # of the link, so they are never sent to a server.",
    ),
    (
        "The call outlives the relay",
        "If a relay disappears, faces and voices go on. Messages wait, find another way, and nothing sent is lost.",
    ),
    (
        "Nothing is kept",
        "No account, no tracking, no requests to anybody else. When the last of you leaves, the chat is gone.",
    ),
];

/// The three steps on the landing page: title and text.
pub const STEPS: [(&str, &str); 3] = [
    ("Open a room", "You get a code of 16 characters. Only people who hold it can find the room."),
    ("Send the link", "The secret part stays after the #. No server ever sees it."),
    ("Talk directly", "Your devices connect to each other, sealed end to end."),
];

/// What making a room is busy with.
pub fn creating(step: CreateStep) -> &'static str {
    match step {
        CreateStep::MakingCode => "Making a code",
        CreateStep::Registering => "Opening the room",
    }
}

/// Why a text is no room code.
pub fn code_problem(problem: CodeProblem) -> &'static str {
    match problem {
        CodeProblem::Empty => "Type or paste a code or a link first",
        CodeProblem::Mistyped => "One character is wrong, look again",
        CodeProblem::WrongLength => "A code has 16 characters, look again",
        CodeProblem::NotACode => "This is no room code and no link to a room",
    }
}

/// The state of the room behind the prejoin page.
pub fn door(door: Door) -> &'static str {
    match door {
        Door::Deriving => "Deriving the keys",
        Door::LookingUp => "Looking up the room",
        Door::Waiting { .. } => "Waiting for the server",
        Door::Open => "Open",
    }
}

/// The link to the relay, short.
pub fn connection(connection: &Connection) -> &'static str {
    match connection {
        Connection::Idle => "Not connected yet",
        Connection::Connecting { .. } => "Connecting",
        Connection::Unreachable => "No relay can be reached",
        Connection::Connected { rtt_ms: Some(300..), .. } => "Connection poor",
        Connection::Connected { rtt_ms: Some(150..), .. } => "Connection fair",
        Connection::Connected { .. } => "Connection good",
        Connection::Reconnecting { .. } => "Reconnecting",
        Connection::Offline => "Offline",
    }
}

/// The link to the relay, in a sentence.
pub fn connection_detail(connection: &Connection) -> String {
    match connection {
        Connection::Idle => "Starts as soon as the keys are there".into(),
        Connection::Connecting { attempt: 0 | 1 } => "Looking for a relay".into(),
        Connection::Connecting { attempt } => format!("Looking for a relay, try {attempt}"),
        Connection::Unreachable => "A firewall or a VPN may block the way. It is tried again by itself".into(),
        Connection::Connected { transport, rtt_ms, .. } => {
            let way = match transport {
                Transport::WebTransport => "Relay ready over QUIC",
                Transport::WebSocket => "Relay ready over TCP",
            };
            rtt_ms.map_or_else(|| way.to_owned(), |rtt| format!("{way}, {rtt} ms"))
        }
        Connection::Reconnecting { attempt } => format!("Try {attempt}. Messages wait until it is back"),
        Connection::Offline => "This device has no network".into(),
    }
}

/// The name of a kind of device.
pub fn device_kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Camera => "Camera",
        DeviceKind::Microphone => "Microphone",
        DeviceKind::Speaker => "Speaker",
    }
}

/// How a person is called when they gave no name.
pub fn name_of(person: &Person) -> String {
    called(&person.name).to_owned()
}

/// How somebody at the door is called.
pub fn knocker(knocker: &Knocker) -> String {
    called(&knocker.name).to_owned()
}

/// What is known of somebody at the door.
pub fn knocker_is(knocker: &Knocker) -> String {
    let verified = if knocker.verified { "verified" } else { "not verified" };
    let shut_out = if knocker.frozen { ". Shut out: told people different things" } else { "" };
    [&knocker.short_id, ", ", verified, shut_out].concat()
}

/// How somebody with this name is called.
pub fn called(name: &str) -> &str {
    if name.trim().is_empty() { "Guest" } else { name }
}

/// How the account of this browser is called.
pub fn account_name(account: &Account) -> &str {
    let name = account.name.trim();
    if name.is_empty() { &account.short_id } else { name }
}

/// What is known of who somebody is, beyond the name they chose.
pub fn standing(verified: bool, short_id: &str) -> String {
    if verified { format!("Verified by e-mail, {short_id}") } else { short_id.to_owned() }
}

/// How media gets here from somebody, for the chip on their tile: word and path.
pub fn link(link: &Link) -> Option<(&'static str, String)> {
    match link {
        Link::Waiting => None,
        Link::Lost => Some(("Lost", String::new())),
        Link::Unreachable => Some(("No path", String::new())),
        Link::Flowing { path, quality } => {
            let word = match quality {
                Quality::Good => "Good",
                Quality::Fair => "Fair",
                Quality::Poor => "Poor",
            };
            let path = match path {
                Path::Direct => "Direct".to_owned(),
                Path::Relay(name) => format!("Relay {name}").trim_end().to_owned(),
            };
            Some((word, path))
        }
    }
}

/// What a screen reader says of a tile.
pub fn tile_label(name: &str, verified: bool, microphone: bool, camera: bool, speaking: bool) -> String {
    let verified = if verified { ", verified" } else { "" };
    let microphone = if microphone { "microphone on" } else { "microphone off" };
    let camera = if camera { "camera on" } else { "camera off" };
    let speaking = if speaking { ", speaking" } else { "" };
    format!("{name}{verified}, {microphone}, {camera}{speaking}")
}

/// What the line under somebody's name says while what they write is not heard.
pub const UNHEARD: &str = "writes too much, not heard for a minute";

/// Who is inside already.
pub fn inside(people: &[Person]) -> String {
    let names: Vec<String> = people.iter().take(3).map(name_of).collect();
    match (names.as_slice(), people.len()) {
        ([], _) => "Nobody else is here yet".to_owned(),
        ([one], _) => format!("{one} is inside"),
        ([one, two], _) => format!("{one} and {two} are inside"),
        ([one, two, three], 3) => format!("{one}, {two} and {three} are inside"),
        ([one, two, ..], total) => format!("{one}, {two} and {} others are inside", total - 2),
    }
}

/// How many people, the person included.
pub fn headcount(total: usize) -> String {
    if total == 1 { "1 person".to_owned() } else { format!("{total} people") }
}

/// What a notice says.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::LinkCopied => "Link copied".into(),
        Notice::CodeCopied => "Code copied".into(),
        Notice::TextCopied => "Copied".into(),
        Notice::CopyFailed => "The browser refused to copy. Select the code and copy it by hand.".into(),
        Notice::Joined(name) => format!("{name} joined"),
        Notice::Left(name) => format!("{name} left"),
        Notice::Message(author, text) => format!("{author}: {text}"),
        Notice::DeviceLost(label) => format!("{label} is gone. Another device is used now."),
        Notice::DeviceFound(label) => format!("New device: {label}"),
        Notice::NotOffered(name, why) => files::not_offered(name, *why, FILE_BYTES),
        Notice::TooManyFiles => "Too many files wait here. Save some of them first.".into(),
        Notice::SendingTooFast => "Too many messages at once. Wait a moment.".into(),
        Notice::Unheard(name) => format!("{} writes far too much and is not heard here for a minute", called(name)),
        Notice::Muted(by) => format!("{} muted you. You can always unmute.", called(by)),
        Notice::CameraOff(by) => format!("{} turned your camera off. You can turn it on again.", called(by)),
        Notice::AskedToUnmute(by) => format!("{} asks you to unmute", called(by)),
        Notice::HandLowered(by) => format!("{} lowered your hand", called(by)),
        Notice::RoleGiven { by, role } => {
            format!("{} made you {}", called(by), moderation::role(*role).to_lowercase())
        }
        Notice::Removed { by, whom } => format!("{} removed {}", called(by), called(whom)),
        Notice::PolicyChanged { by, locked: true } => format!("{} locked the room", called(by)),
        Notice::PolicyChanged { by, locked: false } => format!("{} changed who may do what", called(by)),
        Notice::NotAllowed => "Your role does not allow that any more".into(),
        Notice::NotShown => "They cannot be shown that you may turn them away, and go on waiting".into(),
        Notice::ReaderGone => "Who this was for has left. Nobody got it.".into(),
        Notice::MessageGone => "That message is not here any more".into(),
        Notice::TooLong => "That is too long for one message. Send it in parts.".into(),
        Notice::PeerUnreachable(name) => {
            format!("{name} cannot be reached from here. A network between you blocks calls.")
        }
    }
}

/// What a screen reader says before a message.
pub fn said_by(item: &Item) -> String {
    if item.own { "You".to_owned() } else { item.author_name.clone() }
}

/// The time of day of a moment, `14:02`, on a clock that is `utc_offset_min` minutes ahead of UTC.
pub fn time_of_day(unix_ms: u64, utc_offset_min: i32) -> String {
    let minutes = (unix_ms / 60_000) as i64 + i64::from(utc_offset_min);
    format!("{:02}:{:02}", minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60))
}

/// A duration as a clock shows it, `24:18` or `1:02:09`.
pub fn clock(total_s: u64) -> String {
    let (hours, minutes, seconds) = (total_s / 3600, total_s / 60 % 60, total_s % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// A duration in words, `24 minutes` or `1 hour 2 minutes`.
pub fn duration(total_s: u64) -> String {
    let plural = |n: u64, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    match (total_s / 3600, total_s / 60 % 60) {
        (0, 0) => plural(total_s, "second"),
        (0, minutes) => plural(minutes, "minute"),
        (hours, 0) => plural(hours, "hour"),
        (hours, minutes) => format!("{} {}", plural(hours, "hour"), plural(minutes, "minute")),
    }
}

/// What to expect of a call with so many cameras.
pub fn crowd(cameras: usize) -> String {
    format!(
        "Every picture goes straight to everybody, which works well for six; {cameras} are on. Pictures may stutter, sound goes first."
    )
}

/// How far this device's clock is off.
pub fn clock_off(off_s: i64) -> String {
    let way = if off_s > 0 { "ahead" } else { "behind" };
    format!("It is {} {way}. Calls work; times beside messages may be wrong.", duration(off_s.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::room::PersonId;

    fn people(names: &[&str]) -> Vec<Person> {
        names.iter().map(|name| Person::new(PersonId([0; 32]), (*name).into(), String::new())).collect()
    }

    #[test]
    fn who_is_inside_reads_like_a_sentence() {
        assert_eq!(inside(&people(&[])), "Nobody else is here yet");
        assert_eq!(inside(&people(&["Ines"])), "Ines is inside");
        assert_eq!(inside(&people(&["Ines", ""])), "Ines and Guest are inside");
        assert_eq!(inside(&people(&["Ines", "Ravi", "Maya"])), "Ines, Ravi and Maya are inside");
        assert_eq!(inside(&people(&["Ines", "Ravi", "Maya", "Ken"])), "Ines, Ravi and 2 others are inside");
    }

    #[test]
    fn who_was_shut_out_is_told_to_be_that() {
        let mut knocker = Knocker {
            id: PersonId([1; 32]),
            name: "Ines".into(),
            short_id: "4F7K-92QD-M0XA".into(),
            verified: true,
            frozen: false,
        };
        assert_eq!(knocker_is(&knocker), "4F7K-92QD-M0XA, verified");
        (knocker.verified, knocker.frozen) = (false, true);
        let told = knocker_is(&knocker);
        assert_eq!(told, "4F7K-92QD-M0XA, not verified. Shut out: told people different things");
    }

    #[test]
    fn durations_read_like_people_say_them() {
        assert_eq!(time_of_day(50_520_000, 60), "15:02");
        assert_eq!(time_of_day(60_000, -60), "23:01");
        assert_eq!(clock(1_458), "24:18");
        assert_eq!(clock(3_729), "1:02:09");
        assert_eq!(duration(1), "1 second");
        assert_eq!(duration(1_458), "24 minutes");
        assert_eq!(duration(3_729), "1 hour 2 minutes");
    }
}
