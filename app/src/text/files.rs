//! The words of files: sizes, how far one has got, and what to do when it does not come.

use milanio_node::core::files::{FetchError, ServeState, WaitReason};

use super::called;
use crate::state::files::{NotOffered, Stage, Taken};

const KIB: u64 = 1_024;
const MIB: u64 = KIB * KIB;

/// A size, as short as it can be read.
pub fn size(bytes: u64) -> String {
    let (unit, word) = match bytes {
        0..KIB => return format!("{bytes} B"),
        KIB..MIB => (KIB, "KiB"),
        _ => (MIB, "MiB"),
    };
    let tenths = bytes * 10 / unit;
    format!("{}.{} {word}", tenths / 10, tenths % 10)
}

/// The beginning of a file's SHA-256, enough to tell files apart.
pub fn digest(sha256: &[u8; 32], bytes: usize) -> String {
    sha256.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// What is known of a file before any of it is here.
pub fn facts(size_bytes: u64, sha256: &[u8; 32]) -> String {
    format!("{}, SHA-256 {}…", size(size_bytes), digest(sha256, 4))
}

/// The largest file, for the button that offers one.
pub fn attach(most: u64) -> String {
    format!("Offer a file, up to {} MiB", most / MIB)
}

/// For whom what is dropped is offered.
pub fn drop_here(to: Option<&str>) -> String {
    match to {
        Some(name) => format!("Drop to offer it to {} alone", called(name)),
        None => "Drop to offer it to everyone here".to_owned(),
    }
}

/// Why a file was not offered, and what to do.
pub fn not_offered(name: &str, why: NotOffered, most: u64) -> String {
    match why {
        NotOffered::Empty => format!("“{name}” is empty or a folder. Choose a file with something in it."),
        NotOffered::TooLarge => format!("“{name}” has more than {} MiB. Send a smaller one.", most / MIB),
        NotOffered::Unreadable => format!("“{name}” cannot be read. Was it moved? Choose it again."),
        NotOffered::TooMany => format!("“{name}” is one too many. Stop offering others first."),
        NotOffered::Refused => format!("“{name}” was not offered. Wait a moment and try again."),
    }
}

/// How far somebody else's file has got.
pub fn stage(taken: &Taken, owner: &str, size_bytes: u64) -> String {
    let owner = called(owner);
    match taken.stage {
        Stage::Declined => "You declined it".to_owned(),
        Stage::Queued => "Waits for other files".to_owned(),
        Stage::Asking if taken.received > 0 => format!("Goes on at {}", size(taken.received)),
        Stage::Asking => format!("Asking {owner}"),
        Stage::Coming => coming(taken, size_bytes),
        Stage::Waiting(WaitReason::Connection) => {
            format!("The connection broke at {}. It goes on by itself", size(taken.received))
        }
        Stage::Waiting(WaitReason::OwnerBusy) => format!("{owner} sends to others first"),
        Stage::Waiting(WaitReason::OwnerAway) => format!("{owner} is away. It goes on when they are back"),
        Stage::Writing => "Storing the last of it".to_owned(),
        Stage::Ready if taken.resumed => "Resumed, complete, and what was offered".to_owned(),
        Stage::Ready => "Complete, and what was offered".to_owned(),
        Stage::Saved => "Handed to your browser".to_owned(),
        Stage::Cancelled => "You cancelled it".to_owned(),
        Stage::Failed(error) => failed(error, owner),
    }
}

fn coming(taken: &Taken, size_bytes: u64) -> String {
    let resumed = if taken.resumed { "Resumed, " } else { "" };
    let mut text = format!("{resumed}{} of {}", size(taken.received), size(size_bytes));
    if let Some(left) = taken.left_s(size_bytes) {
        text += &format!(", {}/s, {} left", size(taken.speed), time(left));
    }
    text
}

fn time(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

/// On whose side it failed, and what to do.
fn failed(error: FetchError, owner: &str) -> String {
    match error {
        FetchError::OwnerGone => format!("{owner} no longer offers it. Ask them to offer it again."),
        FetchError::OwnerCannotRead => {
            format!("{owner} can no longer read it: it was moved or changed. Ask them to offer it again.")
        }
        FetchError::Forged => {
            format!("What came is not what {owner} offered, and was thrown away. Ask them to offer it again.")
        }
        FetchError::Unreachable => format!("There was no way to {owner} for five minutes. Try again."),
        FetchError::RoomOver => "The room has ended.".to_owned(),
        FetchError::LocalSink => "This device cannot store it. Is its disk full? Make room and try again.".to_owned(),
    }
}

/// How somebody's taking of an own file stands.
pub fn taker(name: &str, state: ServeState, size_bytes: u64) -> String {
    let name = called(name);
    match state {
        ServeState::Preparing => format!("{name} accepted it"),
        ServeState::Sending { sent } => format!("{name} has {} %", sent.saturating_mul(100) / size_bytes.max(1)),
        ServeState::Complete => format!("{name} has it"),
        ServeState::Interrupted => format!("The connection to {name} broke. It goes on by itself"),
        ServeState::Cancelled => format!("{name} cancelled it"),
        ServeState::LocalSource => {
            format!("{name} did not get it: you moved or changed the file. Offer it again.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(104_857_600), "100.0 MiB");
    }

    #[test]
    fn a_digest_is_told_by_its_beginning() {
        assert_eq!(facts(10, &[0xab; 32]), "10 B, SHA-256 abababab…");
    }

    #[test]
    fn long_times_are_told_in_minutes() {
        assert_eq!((time(59), time(61)), ("59 s".to_owned(), "2 min".to_owned()));
    }
}
