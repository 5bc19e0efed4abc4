//! What the account screens show, as plain data, and how it changes.
//!
//! One [`State`]; [`State::apply`] takes one [`Action`] at a time. Nothing here touches the browser, a clock or the network: times come
//! with the actions, so all of it is tested natively. It leaves out every key; the 24 words and a link code are in it only while
//! they are shown.

pub mod backup;
pub mod devices;
pub mod link;
pub mod mail;
pub mod me;
pub mod problem;
pub mod reclaim;

use backup::{Words, WordsStep};
use devices::Device;
use link::LinkStep;
use mail::MailStep;
use me::Me;
use problem::Problem;
use reclaim::Takeover;

use super::route::Route;

/// Everything the account screens show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Where the address points.
    pub route: Route,
    /// The wallet was looked for; before that nothing is known about who is here.
    pub is_loaded: bool,
    /// Who is signed in here.
    pub me: Option<Me>,
    /// Who signed out here and can come back by this device's key.
    pub parked: Option<Me>,
    /// What is being done; one thing at a time.
    pub busy: Option<Busy>,
    /// Why the last thing was not done.
    pub problem: Option<Problem>,
    /// The account's address was asked for on this screen, and not known: there is a way on without it.
    pub wants_address: bool,
    /// The server takes no more until then, in milliseconds of the page's clock; 0 if it never said so on this screen.
    pub limited_until_ms: u64,
    /// Counts what was not done, so that the same problem twice moves the focus twice.
    pub failures: u32,
    /// A code is on its way by mail.
    pub mail: Option<MailStep>,
    /// How good the password being typed is, 0 to 4; unknown while it is being judged.
    pub strength: Option<u8>,
    /// The 24 words and how far they have got.
    pub words: WordsStep,
    /// How far a link between two devices has got.
    pub link: LinkStep,
    /// What the server knows of the account.
    pub server: Server,
    /// The account's devices.
    pub devices: Vec<Device>,
    /// What was done, told once.
    pub done: Option<Done>,
    /// An address is being taken back for a new identity.
    pub takeover: Option<Takeover>,
    /// Somebody asked for the address of who is signed in, and was stopped: when, in seconds since 1970. Until it was seen.
    pub attempt_s: Option<u64>,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Asking the server for something.
    Sending,
    /// Stretching a password, here: up to some seconds.
    Stretching,
    /// Fetching what the server keeps, after a restore.
    Fetching,
    /// Changing something.
    Saving,
    /// Revoking the device at this place of the list.
    Revoking(usize),
    /// Solving what a server under load asks for.
    Working,
}

/// What the server knows of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Server {
    /// Not asked yet.
    #[default]
    Unasked,
    /// Being asked.
    Asking,
    /// It knows the account, and this device has a session.
    Known,
    /// It knows no such account: the identity lives on its devices only.
    Unknown,
    /// It knew the account, and does no longer.
    Gone,
    /// It cannot be reached.
    Unreachable,
    /// It refuses this device: another one revoked it.
    Revoked,
    /// It asks for the account's address before it takes this device, and this browser lacks it.
    AddressNeeded,
}

/// What was done, told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The profile is saved and, where there is a server, on its way to the other devices.
    ProfileSaved,
    /// A device was revoked.
    Revoked,
    /// A device was renamed.
    Renamed,
    /// The address was changed.
    EmailChanged,
    /// The file was written.
    FileSaved,
    /// The vault is at the server.
    VaultSaved,
    /// The vault was removed from the server.
    VaultRemoved,
    /// What is known was exported.
    Exported,
    /// The identity is here, and the server could not be told yet.
    RestoredOffline,
    /// The identity is here.
    Restored,
    /// The identity is here, and its account is not asked for anything before its address is named.
    RestoredAlone,
    /// The identity was passed on to another device.
    Linked,
    /// A mail was sent again.
    MailSent,
    /// Somebody else's takeover of the address was stopped.
    TakeoverStopped,
}

/// One change of the [`State`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The address changed.
    Navigated(Route),
    /// The wallet was read: who is signed in, or signed out, here.
    Wallet {
        /// Who is signed in.
        me: Option<Me>,
        /// Who signed out.
        parked: Option<Me>,
    },
    /// Something begins; what went wrong before is forgotten.
    Began(Busy),
    /// It was not done.
    Failed(Problem),
    /// It was done.
    Did(Option<Done>),
    /// The person changed something in a form: the problem is no longer shown.
    Edited,
    /// A code is on its way.
    Mailed(MailStep),
    /// The server writes no other mail before that moment, in milliseconds of the page's clock.
    MailLater(u64),
    /// The code's way is given up: back to the form.
    MailDropped,
    /// The password being typed was judged; `None` while it is unknown.
    Rated(Option<u8>),
    /// The words are to be shown.
    WordsShown(Words),
    /// The next step of the words.
    Words(WordsStep),
    /// The link got to here.
    Link(LinkStep),
    /// What the server knows.
    Server(Server),
    /// The account's devices.
    Devices(Vec<Device>),
    /// How far taking an address back is.
    Takeover(Option<Takeover>),
    /// Somebody asked for this account's address, and was stopped.
    Attempt(Option<u64>),
}

impl State {
    /// Changes the state by one action.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Navigated(route) => self.navigate(route),
            Action::Wallet { me, parked } => {
                if me.is_none() {
                    self.server = Server::Unasked;
                    self.devices.clear();
                    self.attempt_s = None;
                }
                (self.me, self.parked, self.is_loaded) = (me, parked, true);
            }
            Action::Began(busy) => {
                self.busy = Some(busy);
                self.problem = None;
                self.done = None;
            }
            Action::Failed(problem) => {
                self.busy = None;
                self.problem = Some(problem);
                self.wants_address |= matches!(problem, Problem::EmailOfAccountMissing | Problem::EmailOfAccountWrong);
                if let Problem::RateLimited { until_ms } = problem {
                    self.limited_until_ms = until_ms;
                }
                self.failures = self.failures.wrapping_add(1);
            }
            Action::Did(done) => {
                self.busy = None;
                self.problem = None;
                self.done = done;
            }
            Action::Edited => self.problem = None,
            Action::Mailed(step) => {
                self.done = self.mail.is_some().then_some(Done::MailSent);
                self.mail = Some(step);
                self.busy = None;
                self.problem = None;
            }
            Action::MailLater(until_ms) => {
                if let Some(step) = &mut self.mail {
                    step.resend_at_ms = until_ms;
                }
            }
            Action::MailDropped => {
                self.mail = None;
                self.problem = None;
                self.done = None;
            }
            Action::Rated(strength) => self.strength = strength,
            Action::WordsShown(words) => self.words = WordsStep::Shown(words),
            Action::Words(step) => {
                self.words = step;
                self.problem = None;
            }
            Action::Link(step) => self.link = step,
            Action::Server(server) => self.server = server,
            Action::Devices(devices) => self.devices = devices,
            Action::Takeover(takeover) => self.takeover = takeover,
            Action::Attempt(attempt_s) => self.attempt_s = attempt_s,
        }
    }

    /// Goes to another address. What belongs to the screen before is dropped, secrets first; what belongs to the person stays.
    fn navigate(&mut self, route: Route) {
        if route == self.route {
            return;
        }
        let settings = |route: &Route| matches!(route, Route::Settings(_));
        // Leaving the settings is enough to ask again next time: another device may have changed something.
        let keeps = settings(&route) && settings(&self.route) && self.server == Server::Known;
        *self = Self {
            server: if keeps { self.server } else { Server::Unasked },
            devices: if keeps { std::mem::take(&mut self.devices) } else { Vec::new() },
            done: self.done.filter(|done| matches!(done, Done::Restored | Done::RestoredOffline | Done::RestoredAlone)),
            is_loaded: self.is_loaded,
            me: self.me.take(),
            parked: self.parked.take(),
            takeover: self.takeover.take(),
            attempt_s: self.attempt_s,
            route,
            ..Self::default()
        };
    }

    /// Whether this is being done.
    pub fn is_busy_with(&self, busy: Busy) -> bool {
        self.busy == Some(busy)
    }

    /// Whether anything is being done.
    pub const fn is_busy(&self) -> bool {
        self.busy.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{
        route::{BackupWay, Tab},
        state::{mail::Purpose, me::tests::ines},
    };

    fn at(route: Route) -> State {
        let mut state = State::default();
        state.apply(Action::Navigated(route));
        state.apply(Action::Wallet { me: Some(ines()), parked: None });
        state
    }

    fn mailed() -> MailStep {
        MailStep {
            purpose: Purpose::SignUp,
            email: "ines@example.org".into(),
            resend_at_ms: 60_000,
            expires_at_ms: 600_000,
        }
    }

    #[test]
    fn words_are_gone_as_soon_as_the_page_is_left() {
        let mut state = at(Route::Backup(BackupWay::Words));
        state.apply(Action::WordsShown(backup::tests::words()));
        state.apply(Action::Navigated(Route::Menu));
        assert_eq!(state.words, WordsStep::Hidden);
        assert_eq!(state.me, Some(ines()));
    }

    #[test]
    fn beginning_something_forgets_what_went_wrong_before() {
        let mut state = at(Route::SignUp);
        state.apply(Action::Failed(Problem::EmailInvalid));
        state.apply(Action::Began(Busy::Sending));
        assert_eq!((state.busy, &state.problem), (Some(Busy::Sending), &None));
        state.apply(Action::Failed(Problem::Unreachable));
        assert_eq!((state.busy, &state.problem), (None, &Some(Problem::Unreachable)));
    }

    #[test]
    fn a_second_mail_is_told_and_the_first_is_not() {
        let mut state = at(Route::SignUp);
        state.apply(Action::Began(Busy::Sending));
        state.apply(Action::Mailed(mailed()));
        assert_eq!((state.busy, state.done), (None, None));
        state.apply(Action::Mailed(mailed()));
        assert_eq!(state.done, Some(Done::MailSent));
        state.apply(Action::MailDropped);
        assert_eq!((state.mail.clone(), state.done), (None, None));
    }

    #[test]
    fn typing_does_not_end_the_wait_that_the_server_asked_for_and_another_screen_does() {
        let mut state = at(Route::SignUp);
        state.apply(Action::Failed(Problem::RateLimited { until_ms: 9_000 }));
        state.apply(Action::Edited);
        assert_eq!((state.problem, state.limited_until_ms), (None, 9_000));
        state.apply(Action::Navigated(Route::Password));
        assert_eq!(state.limited_until_ms, 0);
    }

    #[test]
    fn the_way_on_without_the_account_stays_while_somebody_tries_addresses_and_goes_with_the_screen() {
        let mut state = at(Route::Phrase);
        state.apply(Action::Failed(Problem::PhraseChecksum));
        assert!(!state.wants_address, "nobody asked for an address");
        state.apply(Action::Failed(Problem::EmailOfAccountMissing));
        state.apply(Action::Edited);
        state.apply(Action::Began(Busy::Fetching));
        assert!(state.wants_address);
        state.apply(Action::Failed(Problem::RateLimited { until_ms: 9_000 }));
        assert!(state.wants_address, "too many tries are a reason to take it");
        state.apply(Action::Navigated(Route::File));
        assert!(!state.wants_address);
    }

    #[test]
    fn no_other_mail_for_a_while_keeps_the_code_that_was_sent() {
        let mut state = at(Route::SignUp);
        state.apply(Action::Mailed(mailed()));
        state.apply(Action::MailLater(99_000));
        assert_eq!(state.mail, Some(MailStep { resend_at_ms: 99_000, ..mailed() }));
    }

    #[test]
    fn going_from_tab_to_tab_keeps_what_the_server_said_and_leaving_forgets_it() {
        let mut state = at(Route::Settings(Tab::Profile));
        state.apply(Action::Server(Server::Known));
        state.apply(Action::Navigated(Route::Settings(Tab::Devices)));
        assert_eq!(state.server, Server::Known);
        state.apply(Action::Navigated(Route::Elsewhere));
        assert_eq!(state.server, Server::Unasked);
    }

    #[test]
    fn a_wallet_that_went_takes_the_devices_with_it() {
        let mut state = at(Route::Settings(Tab::Devices));
        state.apply(Action::Server(Server::Known));
        state.apply(Action::Devices(vec![devices::tests::phone()]));
        state.apply(Action::Wallet { me: None, parked: Some(ines()) });
        assert_eq!((state.server, state.devices.len(), state.parked.clone()), (Server::Unasked, 0, Some(ines())));
    }

    #[test]
    fn a_takeover_and_an_attempt_are_the_persons_and_outlast_the_screen() {
        let mut state = at(Route::Reclaim);
        let takeover = reclaim::tests::takeover(reclaim::Stage::Ready);
        state.apply(Action::Takeover(Some(takeover.clone())));
        state.apply(Action::Attempt(Some(7)));
        state.apply(Action::Navigated(Route::SignIn));
        assert_eq!((state.takeover.clone(), state.attempt_s), (Some(takeover.clone()), Some(7)));
        state.apply(Action::Wallet { me: None, parked: None });
        assert_eq!(
            (state.takeover.clone(), state.attempt_s),
            (Some(takeover), None),
            "an attempt concerns who is signed in"
        );
    }

    #[test]
    fn that_a_restore_happened_is_told_on_the_next_screen() {
        let mut state = at(Route::Phrase);
        state.apply(Action::Did(Some(Done::Restored)));
        state.apply(Action::Navigated(Route::Menu));
        assert_eq!(state.done, Some(Done::Restored));
        state.apply(Action::Did(Some(Done::RestoredAlone)));
        state.apply(Action::Navigated(Route::Phrase));
        assert_eq!(state.done, Some(Done::RestoredAlone));
    }
}
