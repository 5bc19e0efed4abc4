//! The addresses of the account screens: what stands after the `#`. `static/boot.js` knows their first words, too.

/// Where the address points, as far as accounts are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Not at an account screen: nothing is shown.
    #[default]
    Elsewhere,
    /// `#/signup`: make an identity.
    SignUp,
    /// `#/signin`: choose a way in.
    SignIn,
    /// `#/signin/password`: with e-mail and password.
    Password,
    /// `#/restore/phrase` (and `#/restore`): with the 24 words.
    Phrase,
    /// `#/restore/file`: with a backup file.
    File,
    /// `#/reclaim`: take an address back when all keys are lost.
    Reclaim,
    /// `#/reclaim-stop/<stop>`: the link of a notice, for who did not ask for that.
    ReclaimStop(String),
    /// `#/verify/<request>/<code>` and `#/reclaim/<request>/<code>`: the link of a mail.
    Verify {
        /// Names the request that the code belongs to.
        request: String,
        /// The code, as in the mail.
        code: String,
    },
    /// `#/link`, `#/link/<code>`: pass the identity from one device to another.
    Link(Option<String>),
    /// `#/backup/...`: ways back for when this browser is cleared.
    Backup(BackupWay),
    /// `#/settings/<tab>`.
    Settings(Tab),
    /// `#/account`: the menu behind the name.
    Menu,
}

/// A way to back an identity up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackupWay {
    /// The 24 words.
    #[default]
    Words,
    /// An encrypted file.
    File,
    /// A vault at the server, under a password.
    Password,
}

/// A page of the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Name and picture.
    #[default]
    Profile,
    /// Devices that hold the identity.
    Devices,
    /// The e-mail address.
    Email,
    /// What is backed up.
    Backups,
    /// Export, removing from this device, deleting.
    Data,
}

/// The longest request name or code taken from an address, in characters; real ones have 8 to 48.
const MAX_PART: usize = 128;

impl Route {
    /// Reads the fragment of an address, with or without its `#`.
    pub fn from_fragment(fragment: &str) -> Self {
        let path = fragment.trim_start_matches('#').trim_start_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        if parts.iter().any(|part| part.len() > MAX_PART) {
            return Self::Elsewhere;
        }
        match parts.as_slice() {
            ["signup"] => Self::SignUp,
            ["signin"] => Self::SignIn,
            ["signin", "password"] => Self::Password,
            ["restore"] | ["restore", "phrase"] => Self::Phrase,
            ["restore", "file"] => Self::File,
            ["reclaim"] => Self::Reclaim,
            ["reclaim-stop", stop] if !stop.is_empty() => Self::ReclaimStop((*stop).into()),
            ["verify" | "reclaim", request, code] if !request.is_empty() && !code.is_empty() => {
                Self::Verify { request: (*request).into(), code: (*code).into() }
            }
            ["link"] => Self::Link(None),
            ["link", code] if !code.is_empty() => Self::Link(Some((*code).into())),
            ["backup"] => Self::Backup(BackupWay::Words),
            ["backup", "file"] => Self::Backup(BackupWay::File),
            ["backup", "password"] => Self::Backup(BackupWay::Password),
            ["settings"] => Self::Settings(Tab::Profile),
            ["settings", word] => Tab::from_word(word).map_or(Self::Elsewhere, Self::Settings),
            ["account"] => Self::Menu,
            _ => Self::Elsewhere,
        }
    }

    /// The fragment with its `#`. Of [`Route::Elsewhere`] the start page; the way back to the place below is `platform::fragment`'s.
    pub fn to_fragment(&self) -> String {
        match self {
            Self::Elsewhere => "#/".into(),
            Self::SignUp => "#/signup".into(),
            Self::SignIn => "#/signin".into(),
            Self::Password => "#/signin/password".into(),
            Self::Phrase => "#/restore/phrase".into(),
            Self::File => "#/restore/file".into(),
            Self::Reclaim => "#/reclaim".into(),
            Self::ReclaimStop(stop) => format!("#/reclaim-stop/{stop}"),
            Self::Verify { request, code } => format!("#/verify/{request}/{code}"),
            Self::Link(None) => "#/link".into(),
            Self::Link(Some(code)) => format!("#/link/{code}"),
            Self::Backup(BackupWay::Words) => "#/backup".into(),
            Self::Backup(BackupWay::File) => "#/backup/file".into(),
            Self::Backup(BackupWay::Password) => "#/backup/password".into(),
            Self::Settings(tab) => format!("#/settings/{}", tab.word()),
            Self::Menu => "#/account".into(),
        }
    }

    /// Whether the screen makes sense only for somebody who has an identity here.
    pub const fn needs_identity(&self) -> bool {
        matches!(self, Self::Backup(_) | Self::Settings(_) | Self::Menu)
    }
}

impl Tab {
    /// All of them, in the order of the settings.
    pub const ALL: [Self; 5] = [Self::Profile, Self::Devices, Self::Email, Self::Backups, Self::Data];

    /// The word in the address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Devices => "devices",
            Self::Email => "email",
            Self::Backups => "backups",
            Self::Data => "data",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_survives_the_round_trip() {
        let mut routes = vec![
            Route::SignUp,
            Route::SignIn,
            Route::Password,
            Route::Phrase,
            Route::File,
            Route::Reclaim,
            Route::ReclaimStop("a".repeat(64)),
            Route::Verify { request: "abc".into(), code: "K7WD-3FQM".into() },
            Route::Link(None),
            Route::Link(Some("k7wd-3fqm-xh2p-9vtc".into())),
            Route::Backup(BackupWay::Words),
            Route::Backup(BackupWay::File),
            Route::Backup(BackupWay::Password),
            Route::Menu,
        ];
        routes.extend(Tab::ALL.map(Route::Settings));
        for route in routes {
            assert_eq!(Route::from_fragment(&route.to_fragment()), route);
        }
    }

    #[test]
    fn the_links_of_both_mails_with_codes_are_read_alike() {
        let verify = Route::Verify { request: "abc".into(), code: "K7WD3FQM".into() };
        assert_eq!(Route::from_fragment("#/verify/abc/K7WD3FQM"), verify);
        assert_eq!(Route::from_fragment("#/reclaim/abc/K7WD3FQM"), verify);
    }

    #[test]
    fn other_addresses_show_nothing() {
        for fragment in [
            "",
            "#/",
            "#/r/k7wd-3fqm-xh2p-9vtc",
            "#/verify/abc",
            "#/reclaim/abc",
            "#/reclaim-stop",
            "#/settings/x",
            "#/signup/x",
            "#/link/",
        ] {
            assert_eq!(Route::from_fragment(fragment), Route::Elsewhere, "{fragment}");
        }
        assert_eq!(Route::from_fragment(&format!("#/link/{}", "a".repeat(129))), Route::Elsewhere);
    }
}
