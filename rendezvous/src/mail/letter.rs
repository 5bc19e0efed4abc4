//! Which letters there are, and what goes into them: a code and fixed words, nothing that a person wrote.

use std::fmt;

/// The languages letters are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English, also for everybody whose language is not here.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// The language of a tag such as `de` or `de-AT` (RFC 5646 section 2.1).
    pub fn of_tag(tag: &str) -> Self {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary)).unwrap_or_default()
    }

    /// Its number, under which it is stored.
    pub const fn number(self) -> u8 {
        match self {
            Self::English => 0,
            Self::German => 1,
            Self::French => 2,
        }
    }

    /// The language of a number; English for one that none has.
    pub fn of_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|language| language.number() == number).unwrap_or_default()
    }

    /// Its tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }
}

/// A code that proves who has the mailbox, and the request it is for. `Debug` hides both.
#[derive(Clone, PartialEq, Eq)]
pub struct MailCode {
    request_id: String,
    code: String,
}

impl MailCode {
    /// The `code` (8 Crockford characters, upper case) of the request `request_id` (as the API writes it).
    pub fn new(request_id: &str, code: &str) -> Self {
        Self { request_id: request_id.to_owned(), code: code.to_owned() }
    }

    /// The code as people read it: `XXXX-XXXX`.
    pub fn grouped(&self) -> String {
        let middle = self.code.char_indices().nth(4).map_or(self.code.len(), |(index, _)| index);
        let (first, last) = self.code.split_at(middle);
        format!("{first}-{last}")
    }

    /// The page at `origin` that takes the code. It is in the fragment, which no mail scanner sends anywhere.
    pub fn link(&self, origin: &str) -> String {
        self.link_to(origin, "verify")
    }

    /// The page `page` at `origin`, which takes the code for something else.
    pub fn link_to(&self, origin: &str, page: &str) -> String {
        format!("{}/#/{page}/{}/{}", origin.trim_end_matches('/'), self.request_id, self.code)
    }
}

impl fmt::Debug for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCode(..)")
    }
}

/// What stops a takeover of an address. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct StopLink(String);

impl StopLink {
    /// The link with this text (as the API writes it).
    pub fn new(stop: &str) -> Self {
        Self(stop.to_owned())
    }

    /// The page at `origin` that asks whether to stop it. The text is in the fragment, which no mail scanner sends anywhere.
    pub fn link(&self, origin: &str) -> String {
        format!("{}/#/reclaim-stop/{}", origin.trim_end_matches('/'), self.0)
    }
}

impl fmt::Debug for StopLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopLink(..)")
    }
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// To a new address: the code that proves it.
    Verify {
        /// The code.
        code: MailCode,
    },
    /// To an address that has an account: somebody tried to register it again.
    AlreadyRegistered,
    /// To the new address of an account: the code that proves it.
    EmailChange {
        /// The code.
        code: MailCode,
    },
    /// To the old address of an account: it is being changed.
    EmailChanging,
    /// To the address of an account: the code for signing in with the password on a new device.
    NewDevice {
        /// The code.
        code: MailCode,
    },
    /// To an address that has an account: the code that begins its takeover by a new account.
    Reclaim {
        /// The code.
        code: MailCode,
    },
    /// To an address without an account: somebody wanted to take it back from one.
    NoAccount,
    /// To an address that has an account: somebody who reads the mailbox asked for it, and may have it soon.
    Reclaiming {
        /// What stops it.
        stop: StopLink,
        /// Days until then, rounded up.
        days: u64,
    },
    /// To an address that has moved to a new account: its old one is deleted.
    Reclaimed,
    /// To the address of an account: a device that it did not have before has signed in.
    DeviceAdded,
}

impl Letter {
    /// Its code, if it carries one.
    pub const fn code(&self) -> Option<&MailCode> {
        match self {
            Self::Verify { code } | Self::EmailChange { code } | Self::NewDevice { code } | Self::Reclaim { code } => {
                Some(code)
            }
            Self::AlreadyRegistered
            | Self::EmailChanging
            | Self::NoAccount
            | Self::Reclaiming { .. }
            | Self::Reclaimed
            | Self::DeviceAdded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_two_groups_and_linked_in_the_fragment() {
        let code = MailCode::new("request", "ABCD2345");
        assert_eq!(code.grouped(), "ABCD-2345");
        assert_eq!(code.link("https://meet.example/"), "https://meet.example/#/verify/request/ABCD2345");
        assert_eq!(format!("{:?}", Letter::Verify { code }), "Verify { code: MailCode(..) }");
    }

    #[test]
    fn a_tag_names_its_language_and_any_other_english() {
        let languages = ["de", "DE-at", "fr-CA", "en", "it", "", "-"].map(Language::of_tag);
        use Language::{English, French, German};
        assert_eq!(languages, [German, German, French, English, English, English, English]);
    }
}
