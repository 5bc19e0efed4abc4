//! One other device in the room: which call holds between us, and when to begin another.
//!
//! Calls between two runs are ordered by generation, then by who offers: both sides know the order, so they agree on one call
//! whichever offers cross, come late or get lost. Everything within a call is `link`'s.

use std::collections::VecDeque;
use std::time::Duration;

use milanio_identity::DeviceId;

use super::channel::Channel;
use super::context::Context;
use super::link::candidates::RemoteCandidates;
use super::link::{Broken, Io, Link, RemoteOffer};
use super::sdp::{Description, MAX_CANDIDATES, SdpKind};
use super::{CallCommand, CallEvent, ConnectionState, DisconnectReason, LinkId, PeerEvent, sdp::IceCandidate};
use crate::core::time::Timestamp;
use crate::wire::limits::{TURN_NODE_BYTES, TURN_NODES};
use crate::wire::message::RunId;
use crate::wire::signal::{CallId, Candidate, Offer, Signal, SignalKind};

/// One run of another device.
pub(super) struct Member {
    device: DeviceId,
    pub(super) run: RunId,
    /// We give way when both offer.
    polite: bool,
    channel: Channel,
    /// The newest call we know of, alive or not.
    latest: CallRank,
    link: Option<Link>,
    state: State,
    /// When we offer, unless an offer comes first.
    offer_at: Option<Timestamp>,
    /// Links that broke since media last flowed.
    failures: u32,
    /// Descriptions of theirs that had to be refused.
    strikes: u32,
    /// Candidates that came before the offer of their call.
    early: VecDeque<(CallId, Candidate)>,
}

/// The order of the calls between two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct CallRank {
    generation: u32,
    /// Offered by the side that does not give way.
    by_impolite: bool,
}

/// What the app was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing, or that it is over.
    Idle,
    Connecting,
    Connected,
    Reconnecting,
    /// Still trying, but it does not look good.
    Unreachable,
}

/// Who offers first to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// We do, at once.
    Offer,
    /// They do; we if nothing comes.
    Await,
}

impl Member {
    pub(super) fn new(device: DeviceId, run: RunId, me: DeviceId, now: Timestamp) -> Self {
        Self {
            device,
            run,
            polite: me > device,
            channel: Channel::new(device, run, now),
            latest: CallRank::default(),
            link: None,
            state: State::Idle,
            offer_at: None,
            failures: 0,
            strikes: 0,
            early: VecDeque::new(),
        }
    }

    pub(super) fn link_id(&self) -> Option<LinkId> {
        self.link.as_ref().map(|link| link.id)
    }

    /// Whether there is a connection, or one is being made.
    pub(super) fn is_active(&self) -> bool {
        self.link.is_some() || self.offer_at.is_some()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.health.is_connected())
    }

    /// A connection is wanted.
    pub(super) fn begin(&mut self, begin: Begin, context: &mut Context, now: Timestamp) {
        if self.is_active() {
            return;
        }
        self.tell(State::Connecting, context);
        match begin {
            Begin::Offer => self.offer(context, now),
            Begin::Await => self.offer_at = Some(now.after(OFFER_PATIENCE + self.lag())),
        }
    }

    /// No connection is wanted any more.
    pub(super) fn end(&mut self, reason: DisconnectReason, context: &mut Context, now: Timestamp) {
        if let Some(link) = self.link.as_ref().filter(|_| reason == DisconnectReason::HungUp) {
            link.say_bye(&mut Io { context, channel: &mut self.channel, now });
        }
        let was_active = self.is_active();
        self.close(context);
        self.offer_at = None;
        self.early.clear();
        if was_active {
            context.events.push_back(CallEvent::Disconnected(self.device, reason));
        }
        self.state = State::Idle;
    }

    /// A signal of this device.
    pub(super) fn handle_signal(&mut self, signal: Signal, context: &mut Context, now: Timestamp) {
        if !self.channel.admit(&signal, now.in_room(context.offset), now) {
            return;
        }
        match signal.kind {
            SignalKind::Offer(ref offer) => {
                let hash = signal.hash(self.device, context.config.me);
                self.handle_offer(&signal, offer, hash, context, now);
            }
            SignalKind::Answer(answer) => {
                self.with_link(signal.call, context, now, |link, io| link.handle_answer(signal.seq, &answer, io));
            }
            SignalKind::Candidates(candidates) => self.handle_candidates(signal.call, &candidates, context, now),
            SignalKind::Bye => self.handle_bye(signal.call, signal.generation, context, now),
        }
    }

    /// Our connection to this device reports.
    pub(super) fn handle_peer_event(&mut self, event: PeerEvent, context: &mut Context, now: Timestamp) {
        let Some(link) = &mut self.link else { return };
        let mut io = Io { context, channel: &mut self.channel, now };
        let result = match event {
            PeerEvent::LocalDescription { step, sdp } => link.handle_description(step, &sdp, &mut io),
            PeerEvent::AnswerApplied { step } => {
                link.handle_applied(step, &mut io);
                Ok(())
            }
            PeerEvent::StepFailed { step } => link.handle_failed(step),
            PeerEvent::LocalCandidate(candidate) => {
                if let Some(candidate) = check_local(&candidate, io.context.config.relay_only) {
                    link.local.push(candidate, now);
                }
                Ok(())
            }
            PeerEvent::NegotiationNeeded => {
                link.handle_negotiation_needed(&mut io);
                Ok(())
            }
            PeerEvent::ConnectionChanged(state) => {
                link.health.changed(state, now);
                self.handle_connection(state, context);
                Ok(())
            }
            PeerEvent::PathFound(path) => {
                context.events.push_back(CallEvent::PathFound(self.device, path));
                Ok(())
            }
            PeerEvent::RemoteCertificate(der) => link.handle_certificate(&der),
            PeerEvent::Stats(stats) => {
                let changed =
                    link.health.measured(stats).map(|quality| CallEvent::QualityChanged(self.device, quality));
                context.events.extend(changed);
                Ok(())
            }
        };
        self.check(result, context, now);
    }

    /// Fresh candidates are needed.
    pub(super) fn restart(&mut self, context: &mut Context, now: Timestamp) {
        if let Some(link) = &mut self.link {
            link.restart(&mut Io { context, channel: &mut self.channel, now });
        }
    }

    /// We hold other TURN credentials now.
    pub(super) fn handle_turn_nodes(&mut self, context: &mut Context, now: Timestamp) {
        if let Some(link) = &mut self.link {
            link.handle_turn_nodes(&mut Io { context, channel: &mut self.channel, now });
        }
    }

    /// Does what is due.
    pub(super) fn handle_timeout(&mut self, context: &mut Context, now: Timestamp) {
        if self.offer_at.is_some_and(|at| at <= now) {
            self.offer_at = None;
            self.offer(context, now);
        }
        let Some(link) = &mut self.link else { return };
        let result = link.handle_timeout(&mut Io { context, channel: &mut self.channel, now });
        self.check(result, context, now);
    }

    /// When `handle_timeout` wants to be called.
    pub(super) fn timeout(&self) -> Option<Timestamp> {
        [self.offer_at, self.link.as_ref().and_then(Link::timeout)].into_iter().flatten().min()
    }

    fn offer(&mut self, context: &mut Context, now: Timestamp) {
        self.close(context);
        let generation = self.latest.generation.saturating_add(1);
        self.latest = CallRank { generation, by_impolite: !self.polite };
        let mut io = Io { context, channel: &mut self.channel, now };
        self.link = Some(Link::offer(self.device, generation, self.polite, &mut io));
    }

    fn handle_offer(&mut self, signal: &Signal, offer: &Offer, hash: [u8; 32], context: &mut Context, now: Timestamp) {
        let fits =
            offer.turn_nodes.len() <= TURN_NODES && offer.turn_nodes.iter().all(|id| id.len() <= TURN_NODE_BYTES);
        let description = Description::parse(SdpKind::Offer, &offer.sdp).ok().filter(|_| fits);
        let Some(description) = description else { return self.strike(context, now) };
        let offer = RemoteOffer { description, turn_nodes: offer.turn_nodes.clone(), hash, seq: signal.seq };
        let mut io = Io { context, channel: &mut self.channel, now };
        if let Some(link) = self.link.as_mut().filter(|link| link.call == signal.call) {
            return link.handle_offer(offer, &mut io);
        }
        let rank = CallRank { generation: signal.generation, by_impolite: self.polite };
        if rank <= self.latest || self.strikes >= MAX_STRIKES {
            return;
        }
        self.latest = rank;
        self.offer_at = None;
        self.give_up_link(context);
        self.tell(State::Connecting, context);
        let mut io = Io { context, channel: &mut self.channel, now };
        let mut link = Link::answer(self.device, (signal.call, signal.generation), self.polite, offer, &mut io);
        for (call, candidate) in std::mem::take(&mut self.early) {
            if call == signal.call {
                link.handle_candidate(candidate, &mut io);
            }
        }
        self.link = Some(link);
    }

    fn handle_candidates(&mut self, call: CallId, candidates: &[Candidate], context: &mut Context, now: Timestamp) {
        for candidate in candidates.iter().take(MAX_CANDIDATES).filter_map(RemoteCandidates::check) {
            if let Some(link) = self.link.as_mut().filter(|link| link.call == call) {
                link.handle_candidate(candidate, &mut Io { context, channel: &mut self.channel, now });
            } else {
                if self.early.len() >= MAX_CANDIDATES {
                    self.early.pop_front();
                }
                self.early.push_back((call, candidate));
            }
        }
    }

    fn handle_bye(&mut self, call: CallId, generation: u32, context: &mut Context, now: Timestamp) {
        if self.link.as_ref().is_some_and(|link| link.call == call) {
            self.end(DisconnectReason::Left, context, now);
        } else if generation > self.latest.generation {
            // It overtook its offer, which is void now.
            self.latest = CallRank { generation, by_impolite: true };
        }
    }

    fn handle_connection(&mut self, state: ConnectionState, context: &mut Context) {
        match state {
            ConnectionState::Connected => {
                self.failures = 0;
                self.tell(State::Connected, context);
            }
            ConnectionState::Disconnected | ConnectionState::Failed if self.state == State::Connected => {
                self.tell(State::Reconnecting, context);
            }
            _ => {}
        }
    }

    fn with_link(
        &mut self,
        call: CallId,
        context: &mut Context,
        now: Timestamp,
        act: impl FnOnce(&mut Link, &mut Io<'_>) -> Result<(), Broken>,
    ) {
        let Some(link) = self.link.as_mut().filter(|link| link.call == call) else { return };
        let result = act(link, &mut Io { context, channel: &mut self.channel, now });
        self.check(result, context, now);
    }

    /// A broken link is closed, and another one made after a while.
    fn check(&mut self, result: Result<(), Broken>, context: &mut Context, now: Timestamp) {
        if result == Ok(()) {
            return;
        }
        let wait = FIRST_RETRY * 2_u32.pow(self.failures.min(8));
        self.failures = self.failures.saturating_add(1);
        self.offer_at = Some(now.after(wait.min(LAST_RETRY) + self.lag()));
        self.give_up_link(context);
    }

    /// Closes a link, by their wish or ours, that another will follow.
    fn give_up_link(&mut self, context: &mut Context) {
        if self.state == State::Connected {
            self.tell(State::Reconnecting, context);
        } else if self.state == State::Connecting && self.link.as_ref().is_some_and(Link::is_established) {
            self.tell(State::Unreachable, context);
        }
        self.close(context);
    }

    fn strike(&mut self, context: &mut Context, now: Timestamp) {
        self.strikes += 1;
        if self.strikes == MAX_STRIKES {
            self.end(DisconnectReason::PeerMisbehaved, context, now);
        }
    }

    fn close(&mut self, context: &mut Context) {
        if let Some(link) = self.link.take() {
            context.commands.push_back(CallCommand::Close { link: link.id });
        }
    }

    /// Tells the app, once, and only what is news: a link that is made anew after media flowed is a reconnection.
    fn tell(&mut self, state: State, context: &mut Context) {
        let is_news = match state {
            State::Idle => false,
            State::Connecting => self.state == State::Idle,
            State::Connected | State::Unreachable | State::Reconnecting => self.state != state,
        };
        if !is_news {
            return;
        }
        self.state = state;
        context.events.extend(match state {
            State::Idle => None,
            State::Connecting => Some(CallEvent::Connecting(self.device)),
            State::Connected => Some(CallEvent::Connected(self.device)),
            State::Reconnecting => Some(CallEvent::Reconnecting(self.device)),
            State::Unreachable => Some(CallEvent::Unreachable(self.device)),
        });
    }

    fn lag(&self) -> Duration {
        if self.polite { LAG } else { Duration::ZERO }
    }
}

/// Our own candidate in the form in which it is sent; `None` if it is not to be told.
fn check_local(candidate: &Candidate, relay_only: bool) -> Option<Candidate> {
    let parsed = IceCandidate::parse(&candidate.candidate).ok()?;
    let told = parsed.is_relayed() || !relay_only;
    told.then(|| Candidate {
        candidate: parsed.to_string(),
        mid: candidate.mid.clone(),
        ufrag: candidate.ufrag.clone(),
    })
}

/// How long we wait for the offer of a member who was here first; chosen: many times what it takes.
const OFFER_PATIENCE: Duration = Duration::from_secs(3);
/// How much longer the polite side waits, so that offers seldom cross; chosen: several round trips.
const LAG: Duration = Duration::from_millis(1_500);
/// The wait before the second link; doubles with each failure.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// The longest wait between two links; chosen.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// Refused descriptions before a member is given up for this run; chosen.
const MAX_STRIKES: u32 = 5;
