//! The texts of the account screens that depend on state. English; plain, short, calm; they say what happened, then what to do.

use super::state::{
    Busy, Done,
    problem::{MIN_PASSWORD, Problem},
    reclaim::{Stage, Takeover},
};
use crate::wallet::Backups;

/// Why something was not done. `now_ms`: the page's clock, for what ends at a time.
pub fn problem(problem: Problem, now_ms: u64) -> String {
    match problem {
        Problem::NameMissing => "Type the name that others see".into(),
        Problem::EmailMissing => "Type your e-mail address".into(),
        Problem::EmailInvalid => "This is no e-mail address".into(),
        Problem::EmailNoEnding => "This address is missing its ending, such as .org".into(),
        Problem::EmailWrong => "This is not the address of your account".into(),
        Problem::EmailOfAccountWrong => {
            "This is not the address of your account. Look for a slip, or try another one of yours".into()
        }
        Problem::EmailOfAccountMissing => {
            "Your identity has an account here. Type its e-mail address, or go on without the account".into()
        }
        Problem::CodeMalformed => "A code has 8 letters and digits, look again".into(),
        Problem::CodeWrong => "This code is wrong or was used already. Look again, or ask for a new one".into(),
        Problem::CodeExpired => "This code has expired. Ask for a new one".into(),
        Problem::PasswordMissing => "Type a password".into(),
        Problem::PasswordShort => format!("Use {MIN_PASSWORD} characters or more"),
        Problem::PasswordWeak => "This is easily guessed. Add a few words that do not belong together".into(),
        Problem::PasswordsDiffer => "The two passwords differ".into(),
        Problem::Credentials => "Address or password are wrong, or this account has no password".into(),
        Problem::TickMissing => "Tick the box first".into(),
        Problem::PhraseWord(place) => format!("Word {place} is not in the list, look again"),
        Problem::PhraseCount(0 | 1) => "Type all 24 words".into(),
        Problem::PhraseCount(found) => format!("These are {found} words, 24 are needed"),
        Problem::PhraseChecksum => "The words do not belong together. One is wrong, or two are swapped".into(),
        Problem::WordWrong(place) => format!("Word {place} is another one, look again"),
        Problem::FileMissing => "Choose the file first".into(),
        Problem::FileForeign => "This is no backup of Milanio".into(),
        Problem::FileDamaged => "This file is damaged: a part of it is missing or changed".into(),
        Problem::FilePassword => "This password does not open the file".into(),
        Problem::Picture => "This picture cannot be read. Try a JPEG, PNG or WebP".into(),
        Problem::LinkMistyped => "One character is wrong, look again".into(),
        Problem::LinkLength => "A code has 16 characters, look again".into(),
        Problem::LinkTimeout => "The other device did not answer in time. Begin again on both".into(),
        Problem::LinkRefused => {
            "The other device sent something unexpected. Nothing was handed over. Begin again on both".into()
        }
        Problem::LinkStopped => {
            "Nothing was handed over. If the words differed, somebody else may have answered. Begin again on both"
                .into()
        }
        Problem::AccountUnknown => {
            "This server has no account for this identity. Calls work; add an e-mail address to use it here".into()
        }
        Problem::DeviceRevoked => {
            "Another of your devices has revoked this one. Restore your identity to use it here again".into()
        }
        Problem::AddressNeeded => {
            "This browser is new to your account. Restore your identity once more, with the account's address".into()
        }
        Problem::Stale => "Another of your devices was faster. What you see now is new; try again".into(),
        Problem::TooManyDevices => "An account has at most 16 devices. Revoke one first".into(),
        Problem::RateLimited { until_ms } => match seconds_until(until_ms, now_ms) {
            0 => "You can try again now".into(),
            seconds => format!("Too many tries. Try again in {}", countdown(seconds)),
        },
        Problem::MailLimited => "No other mail can leave yet. The last code still works".into(),
        Problem::StopRefused => {
            "This link stops nothing any more. It is about an earlier request, or the address has moved already".into()
        }
        Problem::MailDown => "The server cannot send mail at the moment. Try again in a few minutes".into(),
        Problem::Unreachable => "The server cannot be reached. Try again in a moment".into(),
        Problem::Offline => "This device has no network. Nothing was sent".into(),
        Problem::Storage => {
            "This browser keeps nothing. Leave the private window, or make space, then try again".into()
        }
        Problem::Internal => "Something broke. Nothing was changed; try again".into(),
    }
}

/// What was done.
pub const fn done(done: Done) -> &'static str {
    match done {
        Done::ProfileSaved => "Saved",
        Done::Revoked => "Revoked. This server refuses the device from now on",
        Done::Renamed => "Renamed",
        Done::EmailChanged => "Your address is changed",
        Done::FileSaved => "The file was handed to your browser. Look whether it is where you keep such things",
        Done::VaultSaved => "Saved. Your e-mail and this password bring you back on any browser",
        Done::VaultRemoved => "Removed. The password opens nothing any more",
        Done::Exported => "The export was handed to your browser",
        Done::RestoredOffline => "You are back. The server could not be told yet; that happens by itself",
        Done::Restored => "You are back",
        Done::RestoredAlone => {
            "You are back, without your account. You can sign in to it under Settings, Identity and devices"
        }
        Done::Linked => "Your other device is linked",
        Done::TakeoverStopped => "Stopped",
        Done::MailSent => "A new code is on its way. The one before no longer works",
    }
}

/// What is being done, for a button.
pub const fn busy(busy: Busy) -> &'static str {
    match busy {
        Busy::Sending => "Sending",
        Busy::Stretching => "Stretching the password",
        Busy::Fetching => "Fetching your profile",
        Busy::Saving => "Saving",
        Busy::Revoking(_) => "Revoking",
        Busy::Working => "The server is busy, proving that you are no robot",
    }
}

/// What a password's strength is called; `None` while it is unknown.
pub const fn strength(score: Option<u8>) -> &'static str {
    match score {
        None => "",
        Some(0 | 1) => "Easily guessed",
        Some(2) => "Could be stronger",
        Some(3) => "Strong",
        Some(_) => "Very strong",
    }
}

/// Whole seconds until a moment, rounded up.
pub const fn seconds_until(moment_ms: u64, now_ms: u64) -> u64 {
    moment_ms.saturating_sub(now_ms).div_ceil(1_000)
}

/// Seconds as people read them: `42 s`, `1:05`, `2 h`.
pub fn countdown(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

/// When something was last seen. Both in days since 1970.
pub fn last_seen(day: Option<u32>, today: u32) -> String {
    match day {
        None => "Not seen yet".into(),
        Some(day) if day >= today => "Last seen today".into(),
        Some(day) if day + 1 == today => "Last seen yesterday".into(),
        Some(day) => format!("Last seen on {}", date(day)),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day since 1970 as people write it: `17 October 2026`.
pub fn date(day: u32) -> String {
    // Days to a date of the Gregorian calendar, by eras of 400 years that begin in March.
    let days = i64::from(day) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let (month, next_year) = if from_march < 10 { (from_march + 2, 0) } else { (from_march - 10, 1) };
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{of_month} {name} {}", year_of_era + era * 400 + next_year)
}

/// A moment of the page's clock as people write it: `17 October 2026 at 14:05`. `offset_min`: how far their clock is ahead of UTC.
pub fn moment(at_ms: u64, offset_min: i32) -> String {
    let minutes = (at_ms / 60_000).saturating_add_signed(offset_min.into());
    let day = u32::try_from(minutes / 1_440).unwrap_or(u32::MAX);
    format!("{} at {}:{:02}", date(day), minutes % 1_440 / 60, minutes % 60)
}

/// How far taking an address back is, in a line.
pub fn takeover(takeover: &Takeover, offset_min: i32) -> String {
    match takeover.stage {
        Stage::Waiting => format!("Ready on {}", moment(takeover.ready_at_ms, offset_min)),
        Stage::Ready => "Ready: finish it now".into(),
        Stage::Stopped => "Stopped: the old account objected".into(),
        Stage::Gone => "The server no longer knows of it".into(),
    }
}

/// What is lost when the identity is removed from this browser.
pub const fn what_is_lost(backups: Backups) -> &'static str {
    if backups.exist() {
        "Your keys, your name, your picture and the chats kept here leave this browser. You can come back with your backup or from another device."
    } else {
        "There is no backup and no other device. Nobody can bring this identity back, and its e-mail address stays bound to it."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(date(0), "1 January 1970");
        assert_eq!(date(11_016), "29 February 2000");
        assert_eq!(date(20_743), "17 October 2026");
        assert_eq!(date(19_722), "31 December 2023");
    }

    #[test]
    fn moments_are_told_by_the_persons_own_clock() {
        let noon_ms = 20_743 * 86_400_000 + 12 * 3_600_000 + 300_000;
        assert_eq!(moment(noon_ms, 0), "17 October 2026 at 12:05");
        assert_eq!(moment(noon_ms, 720), "18 October 2026 at 0:05");
        assert_eq!(moment(noon_ms, -750), "16 October 2026 at 23:35");
    }

    #[test]
    fn seen_days_read_like_people_say_them() {
        assert_eq!(last_seen(Some(20_743), 20_743), "Last seen today");
        assert_eq!(last_seen(Some(20_742), 20_743), "Last seen yesterday");
        assert_eq!(last_seen(Some(20_743), 20_780), "Last seen on 17 October 2026");
        assert_eq!(last_seen(None, 20_780), "Not seen yet");
    }

    #[test]
    fn waiting_times_count_down_to_an_invitation() {
        let problem = |now_ms| super::problem(Problem::RateLimited { until_ms: 100_000 }, now_ms);
        assert_eq!(problem(0), "Too many tries. Try again in 1:40");
        assert_eq!(problem(99_001), "Too many tries. Try again in 1 s");
        assert_eq!(problem(100_000), "You can try again now");
        assert_eq!(countdown(7_300), "3 h");
    }

    #[test]
    fn an_unknown_address_and_a_wrong_password_read_the_same() {
        let text = problem(Problem::Credentials, 0);
        assert!(text.contains("Address or password"), "{text}");
    }
}
