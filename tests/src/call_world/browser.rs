//! A model of the browser's peer connections: signaling states as W3C WebRTC 4.3.1 has them, and media that flows when both
//! ends have each other's newest ICE credentials, certificate and a candidate.
//!
//! It panics when a command would make a real browser throw.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use milanio_identity::DeviceId;
use milanio_node::core::call::sdp::{Description, SdpKind};
use milanio_node::core::call::{CallCommand, ConnectionState, LinkId, LinkRole, PeerEvent, StepId};
use milanio_node::wire::signal::Candidate;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use super::Person;

type Reports = VecDeque<(u64, LinkId, PeerEvent)>;

/// All connections of one page.
#[derive(Default)]
pub struct Browser {
    links: BTreeMap<LinkId, Connection>,
    closed: BTreeSet<LinkId>,
    /// Connections ever made.
    pub opened: usize,
    /// Answers and offers that the browser shall refuse from now on.
    pub refusals: usize,
}

struct Connection {
    device: DeviceId,
    role: LinkRole,
    state: SignalingState,
    fingerprint: String,
    local: Option<Half>,
    pending: Option<Half>,
    remote: Option<(String, String)>,
    remote_candidates: BTreeSet<String>,
    servers: usize,
    /// When the browser is done with the command before.
    busy_until: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalingState {
    Stable,
    HaveLocalOffer,
}

/// One side's ICE user name fragment.
#[derive(Clone)]
struct Half {
    ufrag: String,
}

impl Browser {
    /// No connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections are open.
    pub fn open_links(&self) -> usize {
        self.links.len()
    }

    /// The open connections.
    pub fn links(&self) -> Vec<LinkId> {
        self.links.keys().copied().collect()
    }

    /// Whether this one is.
    pub fn is_open(&self, link: LinkId) -> bool {
        self.links.contains_key(&link)
    }

    /// How many servers the connections have.
    pub fn servers(&self) -> Vec<usize> {
        self.links.values().map(|connection| connection.servers).collect()
    }

    pub(super) fn execute(&mut self, command: CallCommand, rng: &mut ChaCha20Rng, now_ms: u64) -> Reports {
        let refuses =
            self.refusals > 0 && matches!(command, CallCommand::AcceptOffer { .. } | CallCommand::AcceptAnswer { .. });
        match command {
            CallCommand::Open { link, device, role, ice_servers, .. } => {
                assert!(!self.closed.contains(&link), "a link id is used twice");
                let connection = Connection::new(device, role, ice_servers.len(), rng);
                assert!(self.links.insert(link, connection).is_none(), "a link is opened twice");
                self.opened += 1;
                Reports::new()
            }
            CallCommand::Close { link } => {
                assert!(self.links.remove(&link).is_some(), "what is not open is closed");
                self.closed.insert(link);
                Reports::new()
            }
            CallCommand::Configure { link, ice_servers, .. } => {
                self.connection(link).servers = ice_servers.len();
                Reports::new()
            }
            CallCommand::AcceptOffer { link, step, .. } | CallCommand::AcceptAnswer { link, step, .. } if refuses => {
                self.refusals -= 1;
                self.connection(link).reports(link, [PeerEvent::StepFailed { step }], rng, now_ms)
            }
            CallCommand::MakeOffer { link, step, ice_restart } => {
                let events = self.connection(link).make_offer(step, ice_restart, rng);
                self.connection(link).reports(link, events, rng, now_ms)
            }
            CallCommand::AcceptOffer { link, step, sdp, rollback } => {
                let events = self.connection(link).accept_offer(step, &sdp, rollback, rng);
                self.connection(link).reports(link, events, rng, now_ms)
            }
            CallCommand::AcceptAnswer { link, step, sdp } => {
                let event = self.connection(link).accept_answer(step, &sdp);
                self.connection(link).reports(link, [event], rng, now_ms)
            }
            CallCommand::AddCandidate { link, candidate } => {
                self.connection(link).remote_candidates.insert(candidate.ufrag);
                Reports::new()
            }
            CallCommand::Send { .. } => unreachable!("the world posts signals itself"),
        }
    }

    fn connection(&mut self, link: LinkId) -> &mut Connection {
        self.links.get_mut(&link).expect("commands go to open links alone")
    }
}

impl Connection {
    fn new(device: DeviceId, role: LinkRole, servers: usize, rng: &mut ChaCha20Rng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let fingerprint: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        Self {
            device,
            role,
            state: SignalingState::Stable,
            fingerprint: fingerprint.join(":"),
            local: None,
            pending: None,
            remote: None,
            remote_candidates: BTreeSet::new(),
            servers,
            busy_until: 0,
        }
    }

    /// Reports come one after the other, each after a random while, and never overtake an earlier command's.
    fn reports(
        &mut self,
        link: LinkId,
        events: impl IntoIterator<Item = PeerEvent>,
        rng: &mut ChaCha20Rng,
        now_ms: u64,
    ) -> Reports {
        let mut at = self.busy_until.max(now_ms);
        let mut reports = Reports::new();
        for event in events {
            at += 1 + rng.next_u64() % 15;
            reports.push_back((at - now_ms, link, event));
        }
        self.busy_until = at;
        reports
    }

    fn make_offer(&mut self, step: StepId, ice_restart: bool, rng: &mut ChaCha20Rng) -> Vec<PeerEvent> {
        assert_eq!(self.state, SignalingState::Stable, "an offer is made in the stable state");
        assert!(
            self.role == LinkRole::Offerer || self.local.is_some(),
            "an answerer has no media sections before it answered"
        );
        let half = match &self.local {
            Some(half) if !ice_restart => half.clone(),
            _ => Half::new(rng),
        };
        self.pending = Some(half.clone());
        self.state = SignalingState::HaveLocalOffer;
        described(step, text(OFFER, &half.ufrag, &self.fingerprint), &half, rng)
    }

    fn accept_offer(&mut self, step: StepId, sdp: &str, rollback: bool, rng: &mut ChaCha20Rng) -> Vec<PeerEvent> {
        if self.state == SignalingState::HaveLocalOffer {
            assert!(rollback, "an offer comes while our own stands");
            assert!(self.local.is_some(), "the first offer cannot be rolled back");
            (self.state, self.pending) = (SignalingState::Stable, None);
        }
        assert!(self.role == LinkRole::Answerer || self.local.is_some(), "an offerer's first description is its offer");
        let before = self.remote.clone();
        self.set_remote(SdpKind::Offer, sdp);
        let restarted = before.is_none_or(|(ufrag, _)| self.remote.as_ref().is_some_and(|(new, _)| *new != ufrag));
        let half = match &self.local {
            Some(half) if !restarted => half.clone(),
            _ => Half::new(rng),
        };
        self.local = Some(half.clone());
        described(step, text(ANSWER, &half.ufrag, &self.fingerprint), &half, rng)
    }

    fn accept_answer(&mut self, step: StepId, sdp: &str) -> PeerEvent {
        assert_eq!(self.state, SignalingState::HaveLocalOffer, "an answer needs an offer");
        self.state = SignalingState::Stable;
        self.local = self.pending.take();
        self.set_remote(SdpKind::Answer, sdp);
        PeerEvent::AnswerApplied { step }
    }

    fn set_remote(&mut self, kind: SdpKind, sdp: &str) {
        let description = Description::parse(kind, sdp).expect("what reaches the browser is well-formed");
        assert_eq!(description.to_string(), sdp, "what reaches the browser is rebuilt");
        let ufrag = description.sections().first().expect("it has sections").ufrag().to_owned();
        self.remote = Some((ufrag, description.fingerprint().to_string()));
    }

    /// Whether the other end is this one's other end.
    fn faces(&self, other: &Self) -> bool {
        let Some((ufrag, fingerprint)) = &self.remote else { return false };
        let theirs = other.local.as_ref().is_some_and(|half| half.ufrag == *ufrag);
        theirs && other.fingerprint == *fingerprint && self.remote_candidates.contains(ufrag)
    }
}

impl Half {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Self { ufrag: format!("{:08x}", rng.next_u32()) }
    }
}

fn described(step: StepId, sdp: String, half: &Half, rng: &mut ChaCha20Rng) -> Vec<PeerEvent> {
    let candidate = |port: u32| {
        PeerEvent::LocalCandidate(Candidate {
            candidate: format!("candidate:1 1 udp 2122194687 192.0.2.2 {port} typ host generation 0"),
            mid: "0".to_owned(),
            ufrag: half.ufrag.clone(),
        })
    };
    let mut events = vec![PeerEvent::LocalDescription { step, sdp }, candidate(40_001), candidate(40_002)];
    // Browsers may report a first candidate before the promise of the description is settled.
    let swap = usize::try_from(rng.next_u32() % 2).expect("it is 0 or 1");
    events.swap(0, swap);
    events
}

fn text(template: &str, ufrag: &str, fingerprint: &str) -> String {
    let line = |line: &str| match line {
        _ if line.starts_with("a=ice-ufrag:") => format!("a=ice-ufrag:{ufrag}"),
        _ if line.starts_with("a=fingerprint:") => format!("a=fingerprint:sha-256 {fingerprint}"),
        _ => line.to_owned(),
    };
    template.lines().map(line).map(|line| line + "\r\n").collect()
}

/// The ways that media takes.
#[derive(Default)]
pub struct Media {
    cut: BTreeSet<(DeviceId, DeviceId)>,
    /// What was scheduled last for each connection.
    told: BTreeMap<(DeviceId, LinkId), ConnectionState>,
}

impl Media {
    pub(super) fn set_path(&mut self, (a, b): (DeviceId, DeviceId), works: bool) {
        for pair in [(a, b), (b, a)] {
            if works {
                self.cut.remove(&pair)
            } else {
                self.cut.insert(pair)
            };
        }
    }

    pub(super) fn told(&self, device: DeviceId, link: LinkId) -> Option<ConnectionState> {
        self.told.get(&(device, link)).copied()
    }

    /// What one browser notices about its connections: reports with delays as a browser has them.
    pub(super) fn changes(&mut self, at: usize, people: &[Person]) -> Reports {
        let (mut reports, me) = (Reports::new(), &people[at]);
        for (link, connection) in &me.browser.links {
            let works = self.works(me, connection, people);
            let told = self.told.entry((me.device, *link)).or_insert(ConnectionState::New);
            let (next, delay) = match (works, *told) {
                (true, ConnectionState::Connected) => continue,
                (true, _) => (ConnectionState::Connected, 40),
                (false, ConnectionState::Connected) => (ConnectionState::Disconnected, 5_000),
                (false, _) => continue,
            };
            *told = next;
            reports.push_back((delay, *link, PeerEvent::ConnectionChanged(next)));
        }
        reports
    }

    fn works(&self, me: &Person, connection: &Connection, people: &[Person]) -> bool {
        let other = people.iter().find(|person| person.device == connection.device);
        let faces =
            |theirs: &Connection| theirs.device == me.device && connection.faces(theirs) && theirs.faces(connection);
        let met = other.is_some_and(|other| other.browser.links.values().any(faces));
        met && !self.cut.contains(&(me.device, connection.device))
    }
}

const OFFER: &str = include_str!("../../../node/tests/fixtures/chromium_offer.sdp");
const ANSWER: &str = include_str!("../../../node/tests/fixtures/chromium_answer.sdp");
