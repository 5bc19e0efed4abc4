//! Why something was not done, and at which field it is shown.

use super::mail::AddressSlip;

/// Why something was not done. Most are the person's to mend; the rest say who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No name was typed.
    NameMissing,
    /// No address was typed.
    EmailMissing,
    /// It is no address.
    EmailInvalid,
    /// The address lacks its ending.
    EmailNoEnding,
    /// The old address is not the account's.
    EmailWrong,
    /// This browser is new to the account, and no address was typed.
    EmailOfAccountMissing,
    /// This browser is new to the account, and the address is not the account's.
    EmailOfAccountWrong,
    /// What was typed cannot be a code.
    CodeMalformed,
    /// The code is wrong, used, or of another request; the server does not say which.
    CodeWrong,
    /// The code's time is over.
    CodeExpired,
    /// No password was typed.
    PasswordMissing,
    /// The password is shorter than [`MIN_PASSWORD`].
    PasswordShort,
    /// The password is easily guessed.
    PasswordWeak,
    /// The two passwords differ.
    PasswordsDiffer,
    /// Address or password are wrong; nobody learns which.
    Credentials,
    /// The box that must be ticked is not.
    TickMissing,
    /// The word at this place, counted from 1, is not in the list.
    PhraseWord(usize),
    /// This many words were typed instead of 24.
    PhraseCount(usize),
    /// All words are in the list, but they do not belong together.
    PhraseChecksum,
    /// The word asked for at this place, counted from 1, is another one.
    WordWrong(usize),
    /// No file was chosen.
    FileMissing,
    /// The file is no backup of this app.
    FileForeign,
    /// The file is cut short or changed.
    FileDamaged,
    /// The password does not open the file.
    FilePassword,
    /// The picture cannot be read or made small enough.
    Picture,
    /// The link code has a typing error.
    LinkMistyped,
    /// The link code has too few or too many characters.
    LinkLength,
    /// The other device did not answer in time.
    LinkTimeout,
    /// The other device sent what it must not, or somebody is in between.
    LinkRefused,
    /// The person stopped the link, as when the words differ.
    LinkStopped,
    /// This server has no account for the identity.
    AccountUnknown,
    /// This device was revoked by another one.
    DeviceRevoked,
    /// The server does not know this device yet and asks for the account's address, which this browser lacks.
    AddressNeeded,
    /// Another device was faster; what is shown is new now.
    Stale,
    /// As many devices as an account may have.
    TooManyDevices,
    /// Too many tries; until then, in milliseconds of the page's clock.
    RateLimited {
        /// When it may be tried again.
        until_ms: u64,
    },
    /// The server writes no other mail yet; the code that was sent still works.
    MailLimited,
    /// The link of a notice stops nothing any more.
    StopRefused,
    /// The server cannot send mail at the moment.
    MailDown,
    /// The server cannot be reached.
    Unreachable,
    /// This device has no network.
    Offline,
    /// The browser keeps nothing: private window, or full.
    Storage,
    /// Something inside the app or the server broke.
    Internal,
}

/// The shortest password, in characters.
pub const MIN_PASSWORD: usize = 12;

/// The longest password, in characters.
pub const MAX_PASSWORD: usize = 128;

/// The least strength that is taken, of zxcvbn's 0 to 4: "safely unguessable, moderate protection from offline slow-hash scenario".
pub const MIN_STRENGTH: u8 = 3;

/// A field that a problem can be shown at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The address, or the new one.
    Email,
    /// The address so far.
    OldEmail,
    /// A code from a mail, or of a link.
    Code,
    /// The password.
    Password,
    /// The password once more.
    Again,
    /// The box to tick.
    Tick,
    /// The 24 words.
    Phrase,
    /// The word asked for at this place, counted from 1.
    Word(usize),
    /// The file.
    File,
    /// The picture.
    Picture,
}

impl Problem {
    /// The server asks for the address of the account, after this one was named: what is wrong at the field.
    pub const fn of_new_device(named: Option<&str>) -> Self {
        if named.is_some() { Self::EmailOfAccountWrong } else { Self::EmailOfAccountMissing }
    }

    /// Where it is shown; `None` if it belongs to the whole form.
    pub const fn field(self) -> Option<Field> {
        Some(match self {
            Self::NameMissing => Field::Name,
            Self::EmailMissing
            | Self::EmailInvalid
            | Self::EmailNoEnding
            | Self::EmailOfAccountMissing
            | Self::EmailOfAccountWrong => Field::Email,
            Self::EmailWrong => Field::OldEmail,
            Self::CodeMalformed | Self::CodeWrong | Self::CodeExpired | Self::LinkMistyped | Self::LinkLength => {
                Field::Code
            }
            Self::PasswordMissing
            | Self::PasswordShort
            | Self::PasswordWeak
            | Self::FilePassword
            | Self::Credentials => Field::Password,
            Self::PasswordsDiffer => Field::Again,
            Self::TickMissing => Field::Tick,
            Self::PhraseWord(_) | Self::PhraseCount(_) | Self::PhraseChecksum => Field::Phrase,
            Self::WordWrong(place) => Field::Word(place),
            Self::FileMissing | Self::FileForeign | Self::FileDamaged => Field::File,
            Self::Picture => Field::Picture,
            Self::LinkTimeout
            | Self::LinkRefused
            | Self::LinkStopped
            | Self::AccountUnknown
            | Self::DeviceRevoked
            | Self::AddressNeeded
            | Self::Stale
            | Self::TooManyDevices
            | Self::RateLimited { .. }
            | Self::MailLimited
            | Self::StopRefused
            | Self::MailDown
            | Self::Unreachable
            | Self::Offline
            | Self::Storage
            | Self::Internal => return None,
        })
    }
}

impl From<AddressSlip> for Problem {
    fn from(slip: AddressSlip) -> Self {
        match slip {
            AddressSlip::Empty => Self::EmailMissing,
            AddressSlip::Shape => Self::EmailInvalid,
            AddressSlip::NoEnding => Self::EmailNoEnding,
        }
    }
}

/// Checks a new password as far as that needs no list of bad ones.
///
/// # Errors
/// The first thing to mend.
pub fn check_password(password: &str) -> Result<(), Problem> {
    match password.chars().count() {
        0 => Err(Problem::PasswordMissing),
        1..MIN_PASSWORD => Err(Problem::PasswordShort),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_twelve_characters_and_is_never_trimmed() {
        assert_eq!(check_password(""), Err(Problem::PasswordMissing));
        assert_eq!(check_password("elevenchars"), Err(Problem::PasswordShort));
        assert_eq!(check_password("twelve chars"), Ok(()));
        assert_eq!(check_password("           x"), Ok(()));
        assert_eq!(check_password("ééééééééééé"), Err(Problem::PasswordShort), "characters, not bytes");
    }

    #[test]
    fn wrong_address_and_wrong_password_are_one_problem_at_one_field() {
        assert_eq!(Problem::Credentials.field(), Some(Field::Password));
        assert_eq!(Problem::Unreachable.field(), None);
    }

    #[test]
    fn an_address_that_is_asked_for_is_typed_where_somebody_restores_and_told_everywhere_else() {
        let asked = [None, Some("ines@example.org")].map(Problem::of_new_device);
        assert_eq!(asked, [Problem::EmailOfAccountMissing, Problem::EmailOfAccountWrong]);
        assert_eq!(asked.map(Problem::field), [Some(Field::Email); 2]);
        assert_eq!(Problem::AddressNeeded.field(), None);
    }
}
