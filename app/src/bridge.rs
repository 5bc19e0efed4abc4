//! The bridge between the pages and the node: carries wishes out, and what happens back.
//!
//! One actor with one queue. Everything that takes time (deriving keys, HTTP, the client, the browser's media) runs beside it
//! and comes back as a message, so no two things change at once. It decides which room is visited and how far the person has
//! got; everything inside a room is the client's. It keeps nothing beyond the page's life.

mod account;
mod desk;
mod filing;
mod founding;
mod memory;
mod message;
mod moderation;
mod persona;
mod reach;
mod relay_list;
mod remembered;
mod show;
mod talk;
mod talking;
mod visit;
mod wishes;

use std::rc::Rc;

use futures::StreamExt as _;
use milanio_identity::{IssuerId, RoomCode, RootSecret};
use milanio_node::{
    core::{
        room::{MUTED_FOR, RegistryAnswer, RoomEvent},
        session::{SessionInput, SessionOutput},
        time::Timestamp,
    },
    net::client::{ClientInput, ClientOutput},
    wire::message::MediaState,
};
use milanio_rendezvous::api::ErrorCode;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use crate::{
    intent::Intent,
    platform::{
        clock,
        media::{LocalMedia, MediaReport},
        page::{self, PageEvent, PageListener},
        peer_connection::PeerReport,
        storage, wallet,
        worker::KeyWorker,
    },
    state::{
        Action,
        chat::ChatAction,
        connection::Connection,
        media::Media,
        phase::{self, Phase},
        room::{Door, RoomAction},
        toast::{Notice, ToastAction},
        trust::Contacts,
    },
};

use message::{Message, Post, VisitMessage};
use relay_list::RelayList;
use show::People;
use visit::{Known, Stage, Visit};

/// Starts the bridge: given the way to change the state, gives the way to wish.
pub fn connect(dispatch: Callback<Action>) -> Callback<Intent> {
    let (post, mut messages) = Post::new();
    let mut bridge = Bridge::new(dispatch, post.clone());
    bridge.load_wallet();
    bridge.load_book();
    spawn_local(async move {
        while let Some(message) = messages.next().await {
            bridge.handle(message);
        }
    });
    Callback::from(move |intent| post.send(Message::Intent(intent)))
}

/// Room time in seconds, as well as it is known.
fn now_s(list: Option<&RelayList>) -> u64 {
    let offset = list.map(|list| list.offset).unwrap_or_default();
    Timestamp::from_millis(clock::now_ms()).in_room(offset).as_secs()
}

struct Bridge {
    dispatch: Callback<Action>,
    post: Post,
    worker: KeyWorker,
    media: LocalMedia,
    /// What the page shows of the own devices; decides what the others are told.
    devices: Media,
    name: String,
    list: Option<RelayList>,
    /// The list is being asked for, or will be after a pause.
    is_listing: bool,
    list_failures: u32,
    is_founding: bool,
    /// The room that is being opened: who one is in it is being recalled.
    opening: Option<RoomCode>,
    visit: Option<Visit>,
    /// A room that was founded or left on this page.
    known: Option<Known>,
    last_visit: u32,
    /// Who was met before, on this browser.
    contacts: Contacts,
    /// The registry's names of the rooms visited lately.
    rooms: Vec<[u8; 16]>,
    /// About which of them the registry was asked last, and when.
    asked: (Vec<[u8; 16]>, u64),
    /// The keys under which attestations of others count.
    issuers: Vec<IssuerId>,
    _page: PageListener,
    _wallet: wallet::Listener,
}

impl Bridge {
    fn new(dispatch: Callback<Action>, post: Post) -> Self {
        let (from_media, from_page, from_wallet) = (post.clone(), post.clone(), post.clone());
        Self {
            dispatch,
            worker: KeyWorker::default(),
            media: LocalMedia::new(move |report| from_media.send(Message::Media(report))),
            devices: Media::default(),
            name: String::new(),
            list: None,
            is_listing: false,
            list_failures: 0,
            is_founding: false,
            opening: None,
            visit: None,
            known: None,
            last_visit: 0,
            contacts: Contacts::default(),
            rooms: Vec::new(),
            asked: (Vec::new(), 0),
            issuers: Vec::new(),
            _wallet: wallet::listen(move || from_wallet.send(Message::WalletChanged)),
            _page: page::listen(move |event| from_page.send(Message::Page(event))),
            post,
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Intent(intent) => self.wish(intent),
            Message::Media(report) => self.take_media(report),
            Message::Page(event) => self.take_page(event),
            Message::Tick => self.tick(),
            Message::Wallet(wallet) => self.take_wallet(wallet.as_deref()),
            Message::WalletChanged => self.load_wallet(),
            Message::Contacts(contacts) => self.take_contacts(contacts),
            Message::Rooms(rooms) => self.take_rooms(rooms),
            Message::LivesAgain(rids, failures) => self.ask_lives_again(rids, failures),
            Message::Issuers(issuers) => self.take_issuers(issuers),
            Message::Relays(Ok(list)) => self.take_relays(list),
            Message::Relays(Err(failure)) => self.miss_relays(&failure),
            Message::RelaysAgain => {
                self.is_listing = false;
                self.list_relays();
            }
            Message::Recalled(known) => self.take_recalled(known),
            Message::Founded(outcome) => self.take_founded(outcome),
            Message::Visit(number, message) => {
                if self.visit.as_ref().is_some_and(|visit| visit.number == number) {
                    self.take_visit(message);
                }
            }
        }
    }

    fn show(&self, action: Action) {
        self.dispatch.emit(action);
    }

    fn show_all(&self, actions: Vec<Action>) {
        actions.into_iter().for_each(|action| self.dispatch.emit(action));
    }

    fn now_s(&self) -> u64 {
        now_s(self.list.as_ref())
    }

    fn media_state(&self) -> MediaState {
        MediaState { microphone: self.devices.microphone.on, camera: self.devices.camera.on }
    }

    /// Starts the client once root and relays are known, or the relays are known to be unknown.
    fn start_visit(&mut self) {
        let Some(visit) = self.visit.as_mut().filter(|_| self.list.is_some() || self.list_failures > 0) else { return };
        if let Err(error) = visit.start(&self.name, self.list.as_ref(), &self.media.tracks(), &self.issuers) {
            tracing::error!(%error, "the client cannot start");
            return self.show(Action::Failed(phase::Failure::Internal("client")));
        }
        if self.list.is_some() {
            visit.await_relay();
        }
    }

    fn take_visit(&mut self, message: VisitMessage) {
        let now_s = self.now_s();
        let Some(visit) = &mut self.visit else { return };
        match message {
            VisitMessage::Root(root) => self.take_root(root),
            VisitMessage::Client(ClientOutput::Session(output)) => self.take_session(output),
            VisitMessage::Client(ClientOutput::Connection(state)) => self.take_connection(state),
            VisitMessage::Client(ClientOutput::NeedRelays) => self.list_relays(),
            VisitMessage::Peer(report) => self.take_peer(report),
            VisitMessage::Registry(answer, reason) => self.take_registry(answer, reason),
            VisitMessage::Beaten(answer) => self.take_beaten(&answer),
            VisitMessage::Register => visit.register(now_s),
            VisitMessage::Registered(answer) => self.take_registered(answer),
            VisitMessage::Claimed(Some(claim)) => {
                visit.claim = Some(claim);
                self.start_visit();
            }
            VisitMessage::Claimed(None) | VisitMessage::TakenOver => self.give_way(),
            VisitMessage::RelayLate => self.miss_relay(),
            VisitMessage::History(kept) => self.take_history(kept),
            VisitMessage::MuteOver(device) => {
                let action = visit.people.mute_over(device);
                action.into_iter().for_each(|action| self.show(action));
            }
            VisitMessage::SaveTalk => self.save_talk(),
            VisitMessage::FilePrepared { picked, offer, to } => {
                self.take_prepared(picked, offer.map(|offer| *offer), to)
            }
            VisitMessage::FileWritten { file, try_number, incoming } => self.take_written(file, try_number, incoming),
            VisitMessage::FileReleased { file, try_number } => visit.desk.release(file, try_number),
            VisitMessage::GenesisChecked { bytes, code_matches } => {
                visit.send(SessionInput::GenesisChecked { bytes, code_matches });
            }
        }
    }

    fn take_root(&mut self, root: Option<RootSecret>) {
        let (Some(visit), Some(root)) = (&mut self.visit, root) else {
            return self.show(Action::Failed(phase::Failure::Internal("keys")));
        };
        visit.known.root = Some(root);
        spawn_local(memory::remember(visit.known.clone()));
        visit.load_history();
        if !visit.is_open {
            self.show(Action::Room(RoomAction::Door(Door::LookingUp)));
        }
        self.start_visit();
    }

    fn take_registry(&mut self, answer: RegistryAnswer, reason: Option<ErrorCode>) {
        let Some(visit) = &mut self.visit else { return };
        visit.registry_refusal = reason;
        if answer == RegistryAnswer::Unreachable && !visit.is_open {
            visit.registry_failures = visit.registry_failures.saturating_add(1);
            let attempts = visit.registry_failures;
            self.dispatch.emit(Action::Room(RoomAction::Door(Door::Waiting { attempts })));
            // After the first failure somebody inside may still answer, at once and without a page that says so.
            if attempts > 1 && visit.stage == Stage::Outside {
                self.dispatch.emit(Action::Failed(phase::Failure::RegistryUnreachable { attempts }));
            }
        }
        visit.send(SessionInput::Registry(answer));
    }

    /// Nobody inside answers, and the registry has no room: it says why.
    fn take_missing(&self) {
        self.show(Action::Failed(match self.visit.as_ref().and_then(|visit| visit.registry_refusal) {
            Some(ErrorCode::RoomExpired) => phase::Failure::RoomExpired,
            Some(ErrorCode::RoomDestroyed) => phase::Failure::Destroyed { by: String::new() },
            _ => phase::Failure::NoSuchRoom,
        }));
    }

    fn take_session(&mut self, output: SessionOutput) {
        let now_s = self.now_s();
        let Some(visit) = &mut self.visit else { return };
        match output {
            SessionOutput::Room(event) => self.take_room(&event),
            SessionOutput::Call(event) => {
                let actions = visit.people.call(&event);
                self.show_all(actions);
            }
            SessionOutput::Peer(command) => {
                if let Some(peers) = visit.peers() {
                    peers.execute(command);
                }
            }
            SessionOutput::AskRegistry => visit.ask_registry(),
            SessionOutput::BeatRegistry => visit.beat_registry(now_s),
            SessionOutput::CheckGenesis(bytes) => visit.check_genesis(bytes, &self.worker),
            SessionOutput::ModerationRefused(_, error) => self.refuse(error),
            SessionOutput::File(event) => self.take_file_event(event),
            SessionOutput::FileRefused(error) => tracing::info!(%error, "a file was not taken"),
            SessionOutput::ChatRefused { error, entry, to } => self.give_back(error, entry, to),
        }
    }

    fn take_room(&mut self, event: &RoomEvent) {
        let Some(visit) = &mut self.visit else { return };
        let actions = visit.people.room(event, matches!(visit.stage, Stage::Inside { .. }));
        self.show_all(actions);
        self.take_talk(event);
        match event {
            RoomEvent::Ready(genesis) => {
                if let Some(visit) = &mut self.visit {
                    visit.known.genesis = Some((**genesis).clone());
                    spawn_local(memory::remember(visit.known.clone()));
                }
                self.open_door();
            }
            RoomEvent::MemberJoined(member) | RoomEvent::MemberChanged(member) => {
                self.meet(member);
                self.block_changed();
            }
            RoomEvent::Roster(view) => self.take_roster(view),
            RoomEvent::Waiting { host_online } => self.take_waiting(*host_online),
            RoomEvent::Refused(reason) => self.take_refused(*reason),
            RoomEvent::Asked { by, what } => self.take_asked(*by, *what),
            RoomEvent::Acted { by, what } => self.take_acted(by, *what),
            RoomEvent::Removed { by, banned } => self.take_removed(by, *banned),
            RoomEvent::Destroyed { by } => self.take_destroyed(by),
            RoomEvent::Operations(operations) => self.keep_operations(operations),
            RoomEvent::Floor(floor) => self.keep_floor(floor),
            RoomEvent::Muted { device, .. } => {
                if let Some(visit) = &self.visit {
                    visit.send_later(MUTED_FOR, VisitMessage::MuteOver(*device));
                }
            }
            RoomEvent::NoSuchRoom => self.take_missing(),
            RoomEvent::ClockWrong => {
                let off_s = (clock::now_ms() / 1_000).cast_signed() - self.now_s().cast_signed();
                self.show(Action::ClockOff(Some(off_s)));
            }
            _ => {}
        }
    }

    /// The genesis is known, or the person opens the room without it: who waits goes in.
    fn open_door(&mut self) {
        let Some(visit) = &mut self.visit else { return };
        let was_missing = !std::mem::replace(&mut visit.is_open, true);
        self.dispatch.emit(Action::Room(RoomAction::Door(Door::Open)));
        match visit.stage {
            Stage::Entering => self.step_in(),
            // It may have been called missing before somebody came who knows it.
            Stage::Outside if was_missing => self.show(Action::Phase(Phase::Prejoin)),
            Stage::Outside | Stage::Inside { .. } => {}
        }
    }

    fn take_peer(&mut self, report: PeerReport) {
        let Some(visit) = &mut self.visit else { return };
        match report {
            PeerReport::Event(link, event) => visit.send(SessionInput::Peer { link, event }),
            PeerReport::Stream(device) | PeerReport::NoStream(device) => {
                self.show(Action::Room(RoomAction::StreamOf(show::person_id(device))));
            }
            PeerReport::Speaking(device, speaking) => {
                self.show(Action::Room(RoomAction::SpeakingOf(show::person_id(device), speaking)));
            }
        }
    }

    fn take_media(&mut self, report: MediaReport) {
        match report {
            MediaReport::Action(action) => {
                let before = self.media_state();
                self.devices.apply(action.clone());
                self.show(Action::Media(action));
                self.tell_media(before);
            }
            MediaReport::Tracks(tracks) => {
                if let Some(peers) = self.visit.as_ref().and_then(Visit::peers) {
                    peers.set_tracks(&tracks);
                }
            }
            MediaReport::Speaking(speaking) => self.show(Action::Room(RoomAction::Speaking(speaking))),
            MediaReport::Unplugged(kind, is_replaced) => {
                if is_replaced {
                    let label = crate::text::device_kind(kind).to_owned();
                    self.show(Action::Toast(ToastAction::Show(Notice::DeviceLost(label))));
                }
            }
        }
    }

    /// Tells the others what is switched on, if that is not what they know.
    fn tell_media(&mut self, before: MediaState) {
        let media = self.media_state();
        if let Some(visit) = &mut self.visit
            && matches!(visit.stage, Stage::Inside { .. })
            && media != before
        {
            visit.send(SessionInput::SetMedia(media));
        }
    }

    /// The worker's timers run on where those of a hidden page are slow.
    fn tick(&mut self) {
        match &mut self.visit {
            Some(visit) => visit.send(SessionInput::Tick),
            None => self.worker.tick(None),
        }
    }

    fn take_page(&mut self, event: PageEvent) {
        if event == PageEvent::Shown {
            self.ask_lives();
        }
        let Some(visit) = &mut self.visit else { return };
        match event {
            PageEvent::Hidden => {
                visit.save_talk();
                visit.send(SessionInput::SetAway(true));
                let post = self.post.clone();
                self.worker.tick(Some(Rc::new(move || post.send(Message::Tick))));
            }
            PageEvent::Shown => {
                self.worker.tick(None);
                visit.send(SessionInput::SetAway(false));
                visit.send(ClientInput::RetryNow);
            }
            PageEvent::Online => {
                visit.send(ClientInput::RetryNow);
                visit.send(SessionInput::NetworkChanged);
            }
            PageEvent::Closing => {
                visit.save_talk();
                visit.send(SessionInput::Leave);
            }
        }
    }

    /// Begins a visit. `stage`: whether the person wants to go in at once.
    fn visit(&mut self, known: Known, stage: Stage) {
        self.visit_as(known, stage, false);
    }

    /// The same; `take_over`: out of another page of this browser, if one has it.
    fn visit_as(&mut self, known: Known, stage: Stage, take_over: bool) {
        self.last_visit = self.last_visit.wrapping_add(1);
        let mut visit = Visit::new(self.last_visit, known, self.post.clone());
        visit.stage = stage;
        visit.people = People::knowing(self.contacts.clone());
        visit.claim(take_over);
        visit.derive(&self.worker);
        visit.load_history();
        visit.talk.be(visit.known.persona.account().id());
        self.show(Action::Chat(ChatAction::HideTyping(storage::is_typing_hidden())));
        self.show(Action::Chat(ChatAction::ShareReading(storage::is_reading_shared())));
        if visit.known.is_unregistered {
            visit.register_later(None);
        }
        self.show(Action::RegistryLost(visit.known.is_unregistered));
        if let Some(name) = visit.known.persona.name() {
            self.set_name(name.to_owned());
        }
        self.show(Action::Room(RoomAction::Me(visit.known.persona.me())));
        self.show_address(&visit.known.code);
        self.show(Action::Connection(Connection::Connecting { attempt: 0 }));
        let door = if visit.known.root.is_some() { Door::LookingUp } else { Door::Deriving };
        self.show(Action::Room(RoomAction::Door(door)));
        self.visit = Some(visit);
        self.list_relays();
        self.ask_issuers();
        self.start_visit();
        let media = self.media.clone();
        spawn_local(async move { media.start().await });
    }
}
