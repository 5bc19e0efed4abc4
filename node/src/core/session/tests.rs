//! Two sessions in one process: a perfect relay between them, and browsers that do what they are told.

use std::time::Duration;

use milanio_identity::{AccountKey, DeviceCert, DeviceId, DeviceKey, Genesis, Policy, RootSecret, SignedGenesis};

use super::*;
use crate::{
    core::{
        call::{ConnectionState, LinkRole},
        room::RoomLimits,
    },
    wire::message::RunId,
};

const START_S: u64 = 1_800_000_000;
const OFFER: &str = include_str!("../../../tests/fixtures/chromium_offer.sdp");
const ANSWER: &str = include_str!("../../../tests/fixtures/chromium_answer.sdp");

fn genesis() -> SignedGenesis {
    let (account, device) = (AccountKey::from_seed([1; 32]), DeviceKey::from_seed([101; 32]));
    let cert = DeviceCert::issue(&account, device.id(), START_S - 60, START_S).expect("the times are in order");
    let founded =
        Genesis { nonce: [7; 16], owner: account.id(), policy: Policy::Open, created_s: START_S - 30, ttl_s: 86_400 };
    SignedGenesis::create(&device, &cert, founded).expect("the owner's device founds the room")
}

struct Page {
    session: Session,
    device: DeviceId,
    outputs: Vec<SessionOutput>,
}

impl Page {
    fn new(n: u8) -> Self {
        let (account, device) = (AccountKey::from_seed([n; 32]), DeviceKey::from_seed([n + 100; 32]));
        let id = device.id();
        let room = RoomConfig {
            root: RootSecret::from_bytes([7; 32]),
            cert: DeviceCert::issue(&account, id, START_S - 60, START_S + 86_400).expect("the times are in order"),
            device,
            attestation: None,
            issuers: Vec::new(),
            name: format!("Guest {n}"),
            genesis: Some(genesis()),
            operations: Vec::new(),
            floors: Vec::new(),
            run: RunId([n; 8]),
            seed: [n; 32],
            limits: RoomLimits::default(),
        };
        let config = SessionConfig { room, call_seed: [n + 50; 32], file_seed: [n + 100; 32], relay_only: false };
        Self { session: Session::new(config, Timestamp::from_millis(START_S * 1_000)), device: id, outputs: Vec::new() }
    }

    /// Does what the session asks of a browser, successfully.
    fn browse(&mut self, now: Timestamp) {
        while let Some(output) = self.session.poll_output() {
            if let SessionOutput::Peer(command) = &output {
                for event in obey(command) {
                    self.session.handle_input(event, now);
                }
            }
            self.outputs.push(output);
        }
    }

    fn opened(&self) -> Vec<LinkRole> {
        let roles = self.outputs.iter().filter_map(|output| match output {
            SessionOutput::Peer(CallCommand::Open { role, .. }) => Some(*role),
            _ => None,
        });
        roles.collect()
    }

    fn has_seen(&self, wanted: impl Fn(&SessionOutput) -> bool) -> bool {
        self.outputs.iter().any(wanted)
    }

    fn is_connected_to(&self, device: DeviceId) -> bool {
        self.has_seen(|output| matches!(output, SessionOutput::Call(CallEvent::Connected(other)) if *other == device))
    }

    fn saw_leave(&self, left: DeviceId) -> bool {
        self.has_seen(
            |output| matches!(output, SessionOutput::Room(RoomEvent::MemberLeft { device, .. }) if *device == left),
        )
    }
}

fn obey(command: &CallCommand) -> Vec<SessionInput> {
    let connected = PeerEvent::ConnectionChanged(ConnectionState::Connected);
    let (link, events) = match command {
        CallCommand::MakeOffer { link, step, .. } => {
            (*link, vec![PeerEvent::LocalDescription { step: *step, sdp: OFFER.into() }])
        }
        CallCommand::AcceptOffer { link, step, .. } => {
            (*link, vec![PeerEvent::LocalDescription { step: *step, sdp: ANSWER.into() }, connected])
        }
        CallCommand::AcceptAnswer { link, step, .. } => {
            (*link, vec![PeerEvent::AnswerApplied { step: *step }, connected])
        }
        _ => return Vec::new(),
    };
    events.into_iter().map(|event| SessionInput::Peer { link, event }).collect()
}

struct World {
    pages: [Page; 2],
    now: Timestamp,
    is_relay_up: bool,
}

impl World {
    fn new() -> Self {
        Self { pages: [Page::new(1), Page::new(2)], now: Timestamp::from_millis(START_S * 1_000), is_relay_up: false }
    }

    fn set_relay(&mut self, up: bool) {
        self.is_relay_up = up;
        self.pages.iter_mut().for_each(|page| page.session.handle_network(up, self.now));
        self.settle();
    }

    fn input(&mut self, page: usize, input: SessionInput) {
        self.pages[page].session.handle_input(input, self.now);
        self.settle();
    }

    /// Carries frames until nobody says anything any more.
    fn settle(&mut self) {
        loop {
            let mut frames = Vec::new();
            for (from, page) in self.pages.iter_mut().enumerate() {
                page.browse(self.now);
                while let Some(command) = page.session.poll_command() {
                    if let SessionCommand::Publish { ticket, topic, data } = command {
                        page.session.handle_published(ticket, self.is_relay_up, self.now);
                        frames.push((1 - from, topic, data));
                    }
                }
                page.browse(self.now);
            }
            if frames.is_empty() {
                return;
            }
            for (to, topic, data) in frames.into_iter().filter(|_| self.is_relay_up) {
                self.pages[to].session.handle_frame(&topic, &data, self.now);
            }
        }
    }

    fn run(&mut self, duration: Duration) {
        let end = self.now.after(duration);
        let due = |pages: &[Page; 2]| pages.iter().filter_map(|page| page.session.poll_timeout()).min();
        while let Some(at) = due(&self.pages).filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.pages.iter_mut().for_each(|page| page.session.handle_timeout(self.now));
            self.settle();
        }
        self.now = end;
    }

    fn in_a_call() -> Self {
        let mut world = Self::new();
        world.set_relay(true);
        world.input(0, SessionInput::Enter(MediaState::default()));
        world.run(Duration::from_secs(3));
        world.input(1, SessionInput::Enter(MediaState::default()));
        world.run(Duration::from_secs(3));
        world
    }
}

#[test]
fn who_is_there_calls_who_comes_and_signals_pass_both_ways() {
    let world = World::in_a_call();
    let [first, second] = &world.pages;
    assert_eq!((first.opened(), second.opened()), (vec![LinkRole::Offerer], vec![LinkRole::Answerer]));
    assert!(first.is_connected_to(second.device) && second.is_connected_to(first.device));
}

#[test]
fn signals_stay_between_the_cores() {
    let world = World::in_a_call();
    let is_inner = |output: &SessionOutput| {
        matches!(output, SessionOutput::Room(RoomEvent::Signal { .. }) | SessionOutput::Peer(CallCommand::Send { .. }))
    };
    assert!(world.pages.iter().all(|page| !page.has_seen(is_inner)));
}

#[test]
fn a_member_whose_media_flows_stays_although_the_relay_is_dead() {
    let mut world = World::in_a_call();
    world.set_relay(false);
    world.run(Duration::from_secs(120));
    let [first, second] = &world.pages;
    assert!(!first.saw_leave(second.device) && !second.saw_leave(first.device));
}

#[test]
fn who_leaves_hangs_up_and_says_goodbye() {
    let mut world = World::in_a_call();
    world.input(1, SessionInput::Leave);
    let [first, second] = &world.pages;
    assert!(first.saw_leave(second.device));
    let is_close = |output: &SessionOutput| matches!(output, SessionOutput::Peer(CallCommand::Close { .. }));
    assert!(first.has_seen(is_close) && second.has_seen(is_close));
}

#[test]
fn chat_before_entering_is_refused_and_told() {
    let mut world = World::new();
    world.input(0, SessionInput::SendChat("too early".into()));
    assert!(world.pages[0].has_seen(|output| matches!(output, SessionOutput::ChatRefused { .. })));
}

#[test]
fn who_is_put_out_neither_gives_nor_takes_files_any_more() {
    let offer = |id| FileOffer {
        id: FileId([id; 16]),
        name: "a.pdf".into(),
        size_bytes: 1,
        sha256: [0; 32],
        key: crate::wire::file::FileKey([0; 32]),
    };
    let mut world = World::in_a_call();
    world.input(1, SessionInput::ShareFile(offer(1)));
    let is_over = |output: &SessionOutput| matches!(output, SessionOutput::FileRefused(FilesError::Over));
    assert!(!world.pages[1].has_seen(is_over));
    world.input(0, SessionInput::Moderate(Moderation::Remove(AccountKey::from_seed([2; 32]).id())));
    world.run(Duration::from_secs(1));
    world.input(1, SessionInput::ShareFile(offer(2)));
    assert!(world.pages[1].has_seen(is_over));
}

#[test]
fn neither_names_nor_texts_nor_addresses_show_in_what_a_log_would_print() {
    use crate::{
        core::{
            call::{PeerEvent, StepId},
            room::ChatMessage,
        },
        wire::{
            entry::Entry,
            message::MessageId,
            signal::{Answer, CallId, Candidate, Offer, Signal, SignalKind},
        },
    };

    const MARK: &str = "marked-words";
    let (device, run) = (DeviceKey::from_seed([1; 32]).id(), RunId([1; 8]));
    let marked = MARK.to_owned();
    let signal = |kind| CallCommand::Send {
        to: device,
        signal: Signal {
            run,
            call: CallId([1; 16]),
            generation: 1,
            seq: 1,
            expires: Timestamp::default().in_room(ClockOffset::default()),
            kind,
        },
    };
    let candidate = Candidate { candidate: marked.clone(), mid: "0".into(), ufrag: marked.clone() };
    let message = ChatMessage {
        id: MessageId { device, run, seq: 1 },
        account: AccountKey::from_seed([1; 32]).id(),
        name: marked.clone(),
        lamport: 1,
        written: Timestamp::default().in_room(ClockOffset::default()),
        entry: Entry::text(marked.clone()),
        private: None,
        own: true,
    };
    let description = PeerEvent::LocalDescription { step: StepId(1), sdp: marked.clone() };
    let link = LinkId(1);
    let printed = [
        format!("{:?}", SessionInput::SendChat(marked.clone())),
        format!("{:?}", SessionInput::SendEntry(Entry::text(marked.clone()), None)),
        format!("{:?}", Entry::text(marked.clone())),
        format!("{:?}", SessionInput::SetName(marked.clone())),
        format!("{:?}", SessionInput::Peer { link, event: description.clone() }),
        format!("{:?}", SessionOutput::Room(RoomEvent::Chat(Box::new(message)))),
        format!("{:?}", signal(SignalKind::Offer(Offer { sdp: marked.clone(), turn_nodes: Vec::new() }))),
        format!("{:?}", signal(SignalKind::Answer(Answer { sdp: marked.clone(), offer: [0; 32] }))),
        format!("{:?}", signal(SignalKind::Candidates(vec![candidate.clone()]))),
        format!("{:?}", CallCommand::AcceptOffer { link, step: StepId(1), sdp: marked, rollback: false }),
        format!("{:?}", CallCommand::AddCandidate { link, candidate: candidate.clone() }),
        format!("{:?} {:?}", description, PeerEvent::LocalCandidate(candidate)),
    ];
    for text in printed {
        assert!(!text.contains(MARK), "{text}");
    }
}
