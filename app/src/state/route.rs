//! The page's address: what stands after the `#`, and nothing that a server ever sees.

/// Where the address points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// `#/`: the landing page.
    #[default]
    Landing,
    /// `#/r/<code>`: a room, by its code as it stands in the address (not yet checked).
    Room(String),
}

/// Why a text is no room code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// Nothing was typed.
    Empty,
    /// The check digits do not fit: one character or more is wrong.
    Mistyped,
    /// Too few or too many characters.
    WrongLength,
    /// It holds a character that no code has, or is a link to something else.
    NotACode,
}

/// Longest code text taken from an address, in bytes; a code has 16 characters and 3 dashes, the rest is slack for spaces.
const MAX_CODE_TEXT: usize = 64;

/// The account screens' addresses. They stand over the page, whose place stays what it was.
const ACCOUNT_SCREENS: [&str; 10] =
    ["signup", "signin", "verify", "restore", "link", "settings", "backup", "account", "reclaim", "reclaim-stop"];

/// Whether the fragment of an address is an account screen's.
pub fn is_account_screen(fragment: &str) -> bool {
    let path = fragment.trim_start_matches('#').strip_prefix('/').unwrap_or_default();
    ACCOUNT_SCREENS.contains(&path.split('/').next().unwrap_or_default())
}

impl Route {
    /// Reads the fragment of an address, with or without its `#`. Everything unknown is the landing page.
    pub fn from_fragment(fragment: &str) -> Self {
        let path = fragment.trim_start_matches('#');
        match path.strip_prefix("/r/") {
            Some(code) if !code.is_empty() && code.len() <= MAX_CODE_TEXT => Self::Room(code.to_owned()),
            _ => Self::Landing,
        }
    }

    /// The fragment with its `#`.
    pub fn to_fragment(&self) -> String {
        match self {
            Self::Landing => "#/".to_owned(),
            Self::Room(code) => format!("#/r/{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_address_survives_the_round_trip() {
        let route = Route::from_fragment("#/r/k7wd-3fqm-xh2p-9vts");
        assert_eq!(route, Route::Room("k7wd-3fqm-xh2p-9vts".into()));
        assert_eq!(Route::from_fragment(&route.to_fragment()), route);
    }

    #[test]
    fn account_screens_are_known_by_their_first_word() {
        for fragment in ["#/signin", "#/verify/abc/1234-5678", "#/settings/devices", "#/reclaim-stop/abc"] {
            assert!(is_account_screen(fragment), "{fragment}");
        }
        for fragment in ["", "#/", "#/r/signin", "#/signing", "#signin"] {
            assert!(!is_account_screen(fragment), "{fragment}");
        }
    }

    #[test]
    fn unknown_addresses_are_the_landing_page() {
        for fragment in ["", "#", "#/", "#/r/", "#/x/abc", "garbage"] {
            assert_eq!(Route::from_fragment(fragment), Route::Landing, "{fragment}");
        }
        assert_eq!(Route::from_fragment(&format!("#/r/{}", "a".repeat(65))), Route::Landing);
    }
}
