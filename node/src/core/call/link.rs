//! One peer connection: negotiation as the W3C's "perfect negotiation" has it, with each step of the browser awaited.
//!
//! A link only answers or offers within its own call; which call holds between two devices is decided by `member`. It never
//! retries by itself what the browser refused: it reports [`Broken`].

pub(super) mod candidates;
pub(super) mod health;
mod phase;

use std::time::Duration;

use sha2::{Digest, Sha256};

use self::candidates::{LocalCandidates, RemoteCandidates};
use self::health::{Health, Remedy};
pub(super) use self::phase::RemoteOffer;
use self::phase::{Offered, Phase, Step};
use super::channel::Channel;
use super::context::Context;
use super::sdp::{Description, Fingerprint, SdpKind};
use super::{CallCommand, CallEvent, IceServer, LinkId, LinkRole, StepId};
use crate::core::time::Timestamp;
use crate::wire::signal::{Answer, CallId, Candidate, Offer, SignalKind};

/// One peer connection. See the module.
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) call: CallId,
    generation: u32,
    polite: bool,
    phase: Phase,
    pub(super) local: LocalCandidates,
    pub(super) remote: RemoteCandidates,
    pub(super) health: Health,
    /// The nodes this call agreed on.
    turn_nodes: Vec<Vec<u8>>,
    /// What the browser was configured with last.
    servers: Vec<IceServer>,
    /// Their certificate; it must stay the same for the whole call.
    fingerprint: Option<Fingerprint>,
    /// The number of their newest description.
    described: u32,
    /// One exchange of descriptions was completed.
    established: bool,
    /// The offer we answered last, and how, in case the answer was lost.
    answered: Option<(Description, String)>,
    /// An offer that came while a step was under way.
    queued: Option<RemoteOffer>,
    /// A restart is due as soon as the negotiation rests.
    restart_wanted: bool,
    /// When our candidates go out once more, and how often they did: a lost signal must not cost a restart.
    repeat: Option<(Timestamp, u32)>,
}

/// The connection cannot be used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// What every method of a link may use.
pub(super) struct Io<'a> {
    pub(super) context: &'a mut Context,
    pub(super) channel: &'a mut Channel,
    pub(super) now: Timestamp,
}

impl Io<'_> {
    fn command(&mut self, command: CallCommand) {
        self.context.commands.push_back(command);
    }

    fn step(&mut self) -> Step {
        Step { id: self.context.step_id(), until: self.now.after(STEP_PATIENCE) }
    }
}

impl Link {
    /// A connection that we offer.
    pub(super) fn offer(device: milanio_identity::DeviceId, generation: u32, polite: bool, io: &mut Io<'_>) -> Self {
        let turn_nodes = io.context.offered_nodes();
        let call = io.context.call_id();
        let mut link = Self::open(device, (call, generation), polite, turn_nodes, LinkRole::Offerer, io);
        link.make_offer(false, io);
        link
    }

    /// A connection that the peer offered.
    pub(super) fn answer(
        device: milanio_identity::DeviceId,
        call: (CallId, u32),
        polite: bool,
        offer: RemoteOffer,
        io: &mut Io<'_>,
    ) -> Self {
        let mut link = Self::open(device, call, polite, offer.turn_nodes.clone(), LinkRole::Answerer, io);
        link.fingerprint = Some(offer.description.fingerprint());
        link.described = offer.seq;
        link.accept_offer(offer, false, io);
        link
    }

    fn open(
        device: milanio_identity::DeviceId,
        (call, generation): (CallId, u32),
        polite: bool,
        turn_nodes: Vec<Vec<u8>>,
        role: LinkRole,
        io: &mut Io<'_>,
    ) -> Self {
        let (id, ice_servers) = (io.context.link_id(), io.context.servers(&turn_nodes));
        let relay_only = io.context.config.relay_only;
        io.command(CallCommand::Open { link: id, device, role, ice_servers: ice_servers.clone(), relay_only });
        Self {
            id,
            call,
            generation,
            polite,
            phase: Phase::Stable,
            local: LocalCandidates::default(),
            remote: RemoteCandidates::default(),
            health: Health::new(polite),
            turn_nodes,
            servers: ice_servers,
            fingerprint: None,
            described: 0,
            established: false,
            answered: None,
            queued: None,
            restart_wanted: false,
            repeat: None,
        }
    }

    /// An offer within this call. The caller has checked its form.
    pub(super) fn handle_offer(&mut self, offer: RemoteOffer, io: &mut Io<'_>) {
        if self.fingerprint.is_some_and(|pinned| pinned != offer.description.fingerprint())
            || offer.seq <= self.described
        {
            return;
        }
        self.fingerprint = Some(offer.description.fingerprint());
        self.described = offer.seq;
        if let Some((_, sdp)) = self.answered.as_ref().filter(|(answered, _)| *answered == offer.description) {
            let answer = Answer { sdp: sdp.clone(), offer: offer.hash };
            self.send(SignalKind::Answer(answer), io).ok();
            self.local.repeat(io.now);
            return;
        }
        match &mut self.phase {
            Phase::Stable => self.accept_offer(offer, false, io),
            // Before the first exchange is complete there is nothing to roll back to: their answer is still on its way.
            Phase::Offering(_) | Phase::Offered(_) if self.polite && self.established => {
                self.accept_offer(offer, true, io)
            }
            Phase::Offering(_) | Phase::Offered(_) => {}
            Phase::Answering(_, current) | Phase::AwaitingTurn(current, _)
                if current.description == offer.description =>
            {
                current.hash = offer.hash;
            }
            Phase::Answering(..) | Phase::AwaitingTurn(..) | Phase::Applying(_) => self.queued = Some(offer),
        }
    }

    /// An answer within this call. Ignored unless it answers an offer of ours that stands.
    pub(super) fn handle_answer(&mut self, seq: u32, answer: &Answer, io: &mut Io<'_>) -> Result<(), Broken> {
        let Phase::Offered(offered) = &self.phase else { return Ok(()) };
        if !offered.was_sent_as(&answer.offer) || seq <= self.described {
            return Ok(());
        }
        let description = Description::parse(SdpKind::Answer, &answer.sdp).map_err(|_| Broken)?;
        let pinned = self.fingerprint.unwrap_or(description.fingerprint());
        if !description.answers(&offered.description) || pinned != description.fingerprint() {
            return Err(Broken);
        }
        self.fingerprint = Some(pinned);
        self.described = seq;
        let step = io.step();
        self.phase = Phase::Applying(step);
        io.command(CallCommand::AcceptAnswer { link: self.id, step: step.id, sdp: description.to_string() });
        self.describe_remote(description, io);
        Ok(())
    }

    /// A remote candidate, checked.
    pub(super) fn handle_candidate(&mut self, candidate: Candidate, io: &mut Io<'_>) {
        if let Some(candidate) = self.remote.push(candidate) {
            io.command(CallCommand::AddCandidate { link: self.id, candidate });
        }
    }

    /// The browser made a description.
    pub(super) fn handle_description(&mut self, id: StepId, sdp: &str, io: &mut Io<'_>) -> Result<(), Broken> {
        match std::mem::replace(&mut self.phase, Phase::Stable) {
            Phase::Offering(step) if step.id == id => {
                let description = Description::parse(SdpKind::Offer, sdp).map_err(|_| Broken)?;
                self.local.release(&description, io.now);
                self.phase = Phase::Offered(Offered::new(description, io.now));
                self.send_offer(io);
            }
            Phase::Answering(step, offer) if step.id == id => {
                let description = Description::parse(SdpKind::Answer, sdp).map_err(|_| Broken)?;
                self.local.release(&description, io.now);
                let answer = Answer { sdp: description.to_string(), offer: offer.hash };
                self.answered = Some((offer.description, answer.sdp.clone()));
                // If it may not be sent now, the offer will come again and be answered then.
                self.send(SignalKind::Answer(answer), io).ok();
                self.rest(io);
            }
            other => self.phase = other,
        }
        Ok(())
    }

    /// The browser took the answer.
    pub(super) fn handle_applied(&mut self, id: StepId, io: &mut Io<'_>) {
        if matches!(self.phase, Phase::Applying(step) if step.id == id) {
            self.phase = Phase::Stable;
            self.rest(io);
        }
    }

    /// The browser refused a step.
    pub(super) fn handle_failed(&self, id: StepId) -> Result<(), Broken> {
        match self.phase {
            Phase::Offering(step) | Phase::Answering(step, _) | Phase::Applying(step) if step.id == id => Err(Broken),
            _ => Ok(()),
        }
    }

    /// The other end showed this certificate. Browsers check it themselves; this is the second look.
    pub(super) fn handle_certificate(&self, der: &[u8]) -> Result<(), Broken> {
        let shown = Fingerprint(Sha256::digest(der).into());
        if self.fingerprint == Some(shown) { Ok(()) } else { Err(Broken) }
    }

    /// The media sections changed.
    pub(super) fn handle_negotiation_needed(&mut self, io: &mut Io<'_>) {
        if matches!(self.phase, Phase::Stable) && self.established {
            self.make_offer(false, io);
        }
    }

    /// Fresh candidates are needed.
    pub(super) fn restart(&mut self, io: &mut Io<'_>) {
        if matches!(self.phase, Phase::Stable) {
            self.restart_wanted = false;
            self.make_offer(true, io);
        } else {
            self.restart_wanted = true;
        }
    }

    /// We hold other TURN credentials now.
    pub(super) fn handle_turn_nodes(&mut self, io: &mut Io<'_>) {
        let complete =
            matches!(&self.phase, Phase::AwaitingTurn(offer, _) if io.context.knows_nodes(&offer.turn_nodes));
        if complete {
            self.stop_awaiting_turn(io);
        } else if self.servers.is_empty() && !io.context.turn.is_empty() && !self.health.is_connected() {
            self.restart(io);
        }
    }

    /// Does what is due.
    pub(super) fn handle_timeout(&mut self, io: &mut Io<'_>) -> Result<(), Broken> {
        self.repeat_candidates(io.now);
        self.flush_candidates(io);
        match &self.phase {
            Phase::Offering(step) | Phase::Answering(step, _) | Phase::Applying(step) if step.until <= io.now => {
                Err(Broken)
            }
            Phase::Offered(offered) if offered.send_at <= io.now => {
                self.send_offer(io);
                Ok(())
            }
            Phase::AwaitingTurn(_, until) if *until <= io.now => {
                self.stop_awaiting_turn(io);
                Ok(())
            }
            Phase::Stable => self.heal(io),
            _ => Ok(()),
        }
    }

    /// Whether descriptions were exchanged: if media does not flow then, the path is to blame.
    pub(super) fn is_established(&self) -> bool {
        self.established
    }

    /// When `handle_timeout` wants to be called.
    pub(super) fn timeout(&self) -> Option<Timestamp> {
        let phase = match &self.phase {
            Phase::Offering(step) | Phase::Answering(step, _) | Phase::Applying(step) => Some(step.until),
            Phase::Offered(offered) => Some(offered.send_at),
            Phase::AwaitingTurn(_, until) => Some(*until),
            Phase::Stable => self.health.timeout(),
        };
        let repeat = self.repeat.map(|(at, _)| at);
        [phase, repeat, self.local.timeout()].into_iter().flatten().min()
    }

    /// Says goodbye, as far as the budget allows.
    pub(super) fn say_bye(&self, io: &mut Io<'_>) {
        self.send(SignalKind::Bye, io).ok();
    }

    fn heal(&mut self, io: &mut Io<'_>) -> Result<(), Broken> {
        match self.health.due(io.now) {
            Some(Remedy::StartOver) => Err(Broken),
            Some(Remedy::RestartIce) => {
                self.restart(io);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn make_offer(&mut self, ice_restart: bool, io: &mut Io<'_>) {
        if ice_restart {
            self.turn_nodes = io.context.offered_nodes();
            self.configure(io);
        }
        let step = io.step();
        self.local.hold();
        self.phase = Phase::Offering(step);
        io.command(CallCommand::MakeOffer { link: self.id, step: step.id, ice_restart });
    }

    fn send_offer(&mut self, io: &mut Io<'_>) {
        let Phase::Offered(offered) = &self.phase else { return };
        let offer = Offer { sdp: offered.sdp.clone(), turn_nodes: self.turn_nodes.clone() };
        let result = self.send(SignalKind::Offer(offer), io);
        if result.is_ok() {
            self.local.repeat(io.now);
        }
        if let Phase::Offered(offered) = &mut self.phase {
            offered.sent(result, io.now);
        }
    }

    fn accept_offer(&mut self, offer: RemoteOffer, rollback: bool, io: &mut Io<'_>) {
        if !io.context.knows_nodes(&offer.turn_nodes) && !rollback {
            io.context.events.push_back(CallEvent::TurnWanted(offer.turn_nodes.clone()));
            self.phase = Phase::AwaitingTurn(Box::new(offer), io.now.after(TURN_PATIENCE));
            return;
        }
        self.start_answer(offer, rollback, io);
    }

    fn stop_awaiting_turn(&mut self, io: &mut Io<'_>) {
        if let Phase::AwaitingTurn(offer, _) = std::mem::replace(&mut self.phase, Phase::Stable) {
            self.start_answer(*offer, false, io);
        }
    }

    fn start_answer(&mut self, offer: RemoteOffer, rollback: bool, io: &mut Io<'_>) {
        self.turn_nodes.clone_from(&offer.turn_nodes);
        self.configure(io);
        let step = io.step();
        self.local.hold();
        let sdp = offer.description.to_string();
        io.command(CallCommand::AcceptOffer { link: self.id, step: step.id, sdp, rollback });
        self.describe_remote(offer.description.clone(), io);
        self.phase = Phase::Answering(step, Box::new(offer));
    }

    fn describe_remote(&mut self, description: Description, io: &mut Io<'_>) {
        for candidate in self.remote.described(description) {
            io.command(CallCommand::AddCandidate { link: self.id, candidate });
        }
    }

    /// Tells the browser its servers if they are others now.
    fn configure(&mut self, io: &mut Io<'_>) {
        let ice_servers = io.context.servers(&self.turn_nodes);
        if ice_servers != self.servers {
            self.servers.clone_from(&ice_servers);
            let relay_only = io.context.config.relay_only;
            io.command(CallCommand::Configure { link: self.id, ice_servers, relay_only });
        }
    }

    /// An exchange is complete: what waited for it comes next.
    fn rest(&mut self, io: &mut Io<'_>) {
        self.established = true;
        self.health.negotiated(io.now);
        self.repeat = Some((io.now.after(FIRST_REPEAT), 0));
        if let Some(offer) = self.queued.take() {
            self.restart_wanted = false;
            self.accept_offer(offer, false, io);
        } else if self.restart_wanted {
            self.restart(io);
        }
    }

    fn repeat_candidates(&mut self, now: Timestamp) {
        let Some((_, times)) = self.repeat.filter(|(at, _)| *at <= now) else { return };
        let again = times < REPEATS && !self.health.is_connected();
        self.repeat = again.then(|| (now.after(FIRST_REPEAT * 2_u32.pow(times + 1)), times + 1));
        if again {
            self.local.repeat(now);
        }
    }

    fn flush_candidates(&mut self, io: &mut Io<'_>) {
        if let Some(candidates) = self.local.due(io.now) {
            let result = self.send(SignalKind::Candidates(candidates), io);
            self.local.sent(result);
        }
    }

    fn send(&self, kind: SignalKind, io: &mut Io<'_>) -> Result<[u8; 32], Timestamp> {
        io.channel.send(io.context, (self.call, self.generation), kind, io.now)
    }
}

/// How long a browser may take for one step; chosen: a hidden page on a phone is slow.
const STEP_PATIENCE: Duration = Duration::from_secs(15);
/// How long an answer waits for TURN credentials; chosen: a call without relays is better than one that seems stuck.
const TURN_PATIENCE: Duration = Duration::from_millis(1_500);
/// Candidates are sent again if media does not flow after this long; chosen: most paths are found sooner.
const FIRST_REPEAT: Duration = Duration::from_millis(1_500);
/// How often they are sent again, with twice the wait each time; chosen: within the patience for one exchange.
const REPEATS: u32 = 2;
