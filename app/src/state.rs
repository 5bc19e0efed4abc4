//! What the pages show, as plain data, and how it changes.
//!
//! One [`State`], made of slices with a file each; [`State::apply`] takes one [`Action`] at a time. Nothing here touches
//! the browser, a clock or the network: times come with the actions, so all of it is tested natively. It leaves out
//! media streams (`platform::streams` holds them, the state only counts their revisions) and every key.

pub mod account;
pub mod chat;
pub mod connection;
pub mod dialog;
pub mod files;
pub mod founding;
pub mod ladder;
pub mod layout;
pub mod media;
pub mod panel;
pub mod people;
pub mod phase;
pub mod recent;
pub mod room;
pub mod route;
pub mod theme;
pub mod toast;
pub mod trust;

use std::rc::Rc;

use account::Account;
use chat::{Chat, ChatAction};
use connection::Connection;
use dialog::Dialog;
use files::{FileAction, Files};
use media::{Media, MediaAction};
use panel::{Panel, PanelAction};
use phase::{Failure, Phase};
use recent::{RecentAction, RecentRooms};
use room::{Room, RoomAction};
use route::{CodeProblem, Route};
use theme::Theme;
use toast::{Notice, ToastAction, Toasts};

/// Everything the pages show. Slices that grow are shared, so that a change of one copies no other and a component is
/// rendered again only when its own slice changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Where the address points.
    pub route: Route,
    /// How far the way into the call has got.
    pub phase: Phase,
    /// Why the text on the landing page is no room code, until it changes.
    pub code_problem: Option<CodeProblem>,
    /// Who is signed in on this browser, once known.
    pub account: Option<Account>,
    /// The room of this page.
    pub room: Rc<Room>,
    /// What was said.
    pub chat: Rc<Chat>,
    /// What became of files.
    pub files: Rc<Files>,
    /// One's own camera, microphone and speaker.
    pub media: Rc<Media>,
    /// The link to a relay.
    pub connection: Connection,
    /// This device's clock is so far off that it matters (over 5 minutes); which way and how far, in seconds.
    pub clock_off_s: Option<i64>,
    /// The registry answers; when false, new people cannot join.
    pub registry_lost: bool,
    /// The open side panel.
    pub panel: Panel,
    /// What is asked or looked at closely, over the call.
    pub dialog: Option<Dialog>,
    /// Short notices.
    pub toasts: Toasts,
    /// The rooms this browser was in lately.
    pub recent: Rc<RecentRooms>,
    /// Light, dark or as the system says.
    pub theme: Theme,
    /// How far the person's clock is ahead of UTC, in minutes; for showing times of day.
    pub utc_offset_min: i32,
}

/// One change of the [`State`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The address changed, by the person or by the app.
    Navigated(Route),
    /// The way into the call got to here.
    Phase(Phase),
    /// The text on the landing page is no room code.
    CodeRefused(CodeProblem),
    /// The text on the landing page changed.
    CodeEdited,
    /// Something that ends the way for now; shown as a page of its own.
    Failed(Failure),
    /// Somebody is signed in on this browser, or nobody.
    Account(Option<Account>),
    /// Something about the room or the people in it.
    Room(RoomAction),
    /// Something about the chat.
    Chat(ChatAction),
    /// Something about a file.
    File(FileAction),
    /// Something about one's own devices.
    Media(MediaAction),
    /// The link to the relay changed.
    Connection(Connection),
    /// The clock was compared with the relays': how far it is off, in seconds, if that matters.
    ClockOff(Option<i64>),
    /// The registry stopped (true) or started (false) being unreachable while in the call.
    RegistryLost(bool),
    /// A panel was opened or closed.
    Panel(PanelAction),
    /// Something is asked or looked at closely, or that is over.
    Dialog(Option<Dialog>),
    /// Something about the rooms visited lately.
    Recent(RecentAction),
    /// A notice comes or goes.
    Toast(ToastAction),
    /// The theme was chosen.
    Theme(Theme),
    /// The person's clock is this many minutes ahead of UTC.
    UtcOffset(i32),
}

impl State {
    /// The state of a page that was opened at `route`.
    pub fn at(route: Route, theme: Theme) -> Self {
        let phase = Phase::at(&route);
        Self { route, phase, theme, ..Self::default() }
    }

    /// Changes the state by one action.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Navigated(route) => self.navigate(route),
            Action::Phase(phase) => self.enter(phase),
            Action::CodeRefused(problem) => {
                self.code_problem = Some(problem);
                self.phase = Phase::Landing;
            }
            Action::CodeEdited => self.code_problem = None,
            Action::Failed(failure) => self.enter(Phase::Failed(failure)),
            Action::Account(account) => self.account = account,
            Action::Room(action) => {
                // A question about somebody who left is settled.
                if let RoomAction::Gone(id) = action {
                    self.dialog.take_if(|dialog| dialog.person() == Some(id));
                }
                Rc::make_mut(&mut self.room).apply(action);
            }
            Action::Chat(action) => self.hear(action),
            Action::File(action) => Rc::make_mut(&mut self.files).apply(action),
            Action::Media(action) => Rc::make_mut(&mut self.media).apply(action),
            Action::Connection(connection) => self.connection = connection,
            Action::ClockOff(off) => self.clock_off_s = off,
            Action::RegistryLost(lost) => self.registry_lost = lost,
            Action::Panel(action) => {
                self.panel.apply(action);
                let reading = self.panel == Panel::Chat;
                Rc::make_mut(&mut self.chat).seen(reading);
                if reading {
                    self.toasts.shown.retain(|toast| !matches!(toast.notice, Notice::Message(..)));
                }
            }
            Action::Dialog(dialog) => self.dialog = dialog,
            Action::Recent(action) => Rc::make_mut(&mut self.recent).apply(action),
            Action::Toast(action) => self.toasts.apply(action),
            Action::Theme(theme) => self.theme = theme,
            Action::UtcOffset(minutes) => self.utc_offset_min = minutes,
        }
    }

    /// Changes the chat; what comes from somebody else while it is closed is shown as a notice, too.
    fn hear(&mut self, action: ChatAction) {
        let open = self.panel == Panel::Chat;
        let unread = self.chat.unread;
        let said = match &action {
            ChatAction::Put(item) => Some(Notice::Message(item.author_name.clone(), item.text().to_owned())),
            _ => None,
        };
        Rc::make_mut(&mut self.chat).apply(action, open);
        if let Some(notice) = said.filter(|_| self.chat.unread > unread) {
            self.toasts.apply(ToastAction::Show(notice));
        }
    }

    /// Goes to another address: what belonged to the room before is dropped, what belongs to the person stays.
    fn navigate(&mut self, route: Route) {
        if route == self.route {
            return;
        }
        *self = Self {
            phase: Phase::at(&route),
            route,
            account: self.account.clone(),
            recent: self.recent.clone(),
            media: self.media.clone(),
            connection: self.connection.clone(),
            clock_off_s: self.clock_off_s,
            theme: self.theme,
            utc_offset_min: self.utc_offset_min,
            chat: Rc::new(self.chat.anew()),
            room: Rc::new(Room { my_name: self.room.my_name.clone(), ..Room::default() }),
            ..Self::default()
        };
    }

    /// Enters a phase; leaving the call closes the panel and forgets who was there and what was said.
    fn enter(&mut self, phase: Phase) {
        if !matches!(phase, Phase::Call { .. }) {
            self.panel = Panel::Closed;
            self.dialog = None;
        }
        if matches!(phase, Phase::Ended { .. }) {
            self.chat = Rc::new(self.chat.anew());
            self.files = Rc::default();
            self.toasts.shown.retain(|toast| !toast.notice.is_of_the_call());
            Rc::make_mut(&mut self.room).people.clear();
        }
        self.phase = phase;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_to_another_address_keeps_the_name_and_forgets_the_room() {
        let mut state = State::at(Route::Room("a".into()), Theme::Dark);
        state.apply(Action::Room(RoomAction::Named("Ines".into())));
        state.apply(Action::Room(RoomAction::Code("a".into())));
        state.apply(Action::Navigated(Route::Landing));
        assert_eq!(state.room.my_name, "Ines");
        assert_eq!(state.room.code, "");
        assert_eq!(state.phase, Phase::Landing);
        assert_eq!(state.theme, Theme::Dark);
    }

    #[test]
    fn a_message_is_announced_only_while_the_chat_is_closed() {
        let said = |seq| Action::Chat(ChatAction::Put(Box::new(chat::tests::item(seq, seq.into(), false))));
        let mut state = State::default();
        state.apply(said(1));
        assert_eq!(state.toasts.shown.len(), 1);
        state.apply(Action::Panel(PanelAction::Toggle(Panel::Chat)));
        assert!(state.toasts.shown.is_empty(), "they are read now");
        state.apply(said(2));
        assert!(state.toasts.shown.is_empty());
    }

    #[test]
    fn a_question_about_somebody_goes_when_they_go() {
        let id = room::PersonId([1; 32]);
        let mut state = State::default();
        state.apply(Action::Dialog(Some(Dialog::Ban(id))));
        state.apply(Action::Room(RoomAction::Gone(room::PersonId([2; 32]))));
        assert_eq!(state.dialog, Some(Dialog::Ban(id)));
        state.apply(Action::Room(RoomAction::Gone(id)));
        assert_eq!(state.dialog, None);
    }

    #[test]
    fn leaving_the_call_closes_the_panel_and_what_was_told_of_it() {
        let mut state = State::at(Route::Room("a".into()), Theme::System);
        state.apply(Action::Phase(Phase::Call { since_ms: 5 }));
        state.apply(Action::Panel(PanelAction::Toggle(Panel::Chat)));
        state.apply(Action::Toast(ToastAction::Show(Notice::Joined("Ravi".into()))));
        state.apply(Action::Toast(ToastAction::Show(Notice::LinkCopied)));
        state.apply(Action::Phase(Phase::Ended { duration_s: 9 }));
        assert_eq!(state.panel, Panel::Closed);
        assert_eq!(state.toasts.shown.iter().map(|toast| &toast.notice).collect::<Vec<_>>(), [&Notice::LinkCopied]);
    }
}
