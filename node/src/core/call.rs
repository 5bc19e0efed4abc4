//! The call engine: a mesh of peer connections, driven by commands.
//!
//! [`Call`] keeps one link to every member of the room and drives the browser's `RTCPeerConnection`s through [`CallCommand`]s.
//! It decides who offers, resolves glare, sends and checks signals, adds candidates when they may be added, restarts ICE and
//! starts over when that does not help. It never sees media, and leaves sealing and delivery of signals to the room.
//!
//! Methods come in three groups: inputs (`handle_*`, `set_*`, [`Call::hang_up`]), outputs (`poll_command`, `poll_event`,
//! `poll_timeout`) and questions (`is_connected`). Drive order: one input, then `poll_command` and `poll_event` until both give
//! `None`, then sleep until `poll_timeout` and call `handle_timeout`.

mod budget;
mod channel;
mod command;
mod context;
mod event;
mod link;
mod member;
mod replay;
pub mod sdp;

use crate::core::sorted::{SortedMap, SortedSet};
use milanio_identity::DeviceId;

pub use self::command::{CallCommand, IceServer, LinkId, LinkRole, StepId, TurnNode};
use self::context::Context;
pub use self::event::{CallEvent, ConnectionState, DisconnectReason, LinkQuality, LinkStats, MediaPath, PeerEvent};
use self::member::{Begin, Member};
use crate::core::time::{ClockOffset, Timestamp};
use crate::wire::message::RunId;
use crate::wire::signal::Signal;

/// Most members one device holds connections to: a mesh of six is what it is made for, and a browser carries no more than this.
pub const MAX_LINKS: usize = 12;

/// What a call starts with.
#[derive(Clone)]
pub struct CallConfig {
    /// This device.
    pub me: DeviceId,
    /// This run; the one that presence tells. A new call in the same room needs a new run.
    pub run: RunId,
    /// Makes call ids.
    pub seed: [u8; 32],
    /// Use relayed candidates alone, so that other members do not learn our address.
    pub relay_only: bool,
}

/// The calls of one room. See the module for how to drive it.
pub struct Call {
    context: Context,
    /// Who is in the room.
    present: SortedMap<DeviceId, Member>,
    /// Who was: kept because they may only have seemed to leave, and calls between the same runs are numbered on.
    absent: SortedMap<DeviceId, Member>,
    /// Members that came when [`MAX_LINKS`] was reached.
    turned_away: SortedSet<DeviceId>,
}

impl Call {
    /// A call with nobody in it yet. Make it when the room is entered.
    pub fn new(config: CallConfig) -> Self {
        let context = Context::new(config);
        Self { context, present: SortedMap::new(), absent: SortedMap::new(), turned_away: SortedSet::new() }
    }

    /// A member is in the room. `joined_after_me`: we heard this run's joining presence while we were inside, so we offer at once;
    /// otherwise the member is expected to. Known runs are ignored, a new run of a known device replaces the old one.
    pub fn handle_member(&mut self, device: DeviceId, run: RunId, joined_after_me: bool, now: Timestamp) {
        let me = self.context.config.me;
        if device == me || self.present.get(&device).is_some_and(|member| member.run == run) {
            return;
        }
        self.handle_member_left(device, now);
        let known = self.absent.remove(&device).filter(|member| member.run == run);
        let member = known.unwrap_or_else(|| Member::new(device, run, me, now));
        let begin = if joined_after_me { Begin::Offer } else { Begin::Await };
        self.present.insert(device, member);
        self.begin(device, begin, now);
    }

    /// A member left or is gone.
    pub fn handle_member_left(&mut self, device: DeviceId, now: Timestamp) {
        let Some(mut member) = self.present.remove(&device) else { return };
        member.end(DisconnectReason::Left, &mut self.context, now);
        if self.absent.len() >= MAX_ABSENT {
            self.absent.pop_first();
        }
        self.absent.insert(device, member);
        self.turned_away.remove(&device);
        if let Some(next) = self.turned_away.pop_first() {
            self.begin(next, Begin::Await, now);
        }
    }

    /// A signal from `from`, opened and its sender verified.
    pub fn handle_signal(&mut self, from: DeviceId, signal: Signal, now: Timestamp) {
        let is_full = self.active() >= MAX_LINKS;
        if let Some(member) = self.present.get_mut(&from).filter(|member| member.is_active() || !is_full) {
            member.handle_signal(signal, &mut self.context, now);
        }
    }

    /// A peer connection reports.
    pub fn handle_peer_event(&mut self, link: LinkId, event: PeerEvent, now: Timestamp) {
        if let Some(member) = self.present.values_mut().find(|member| member.link_id() == Some(link)) {
            member.handle_peer_event(event, &mut self.context, now);
        }
    }

    /// Room time is local time plus `offset` from now on.
    pub fn handle_clock(&mut self, offset: ClockOffset) {
        self.context.offset = offset;
    }

    /// The device changed networks or came back from sleep: every link gets fresh candidates.
    pub fn handle_network_changed(&mut self, now: Timestamp) {
        self.present.values_mut().for_each(|member| member.restart(&mut self.context, now));
    }

    /// The TURN nodes we hold credentials for, best first; replaces what was set before. Running calls keep theirs until their
    /// next restart.
    pub fn set_turn_nodes(&mut self, nodes: Vec<TurnNode>, now: Timestamp) {
        self.context.turn = nodes;
        self.present.values_mut().for_each(|member| member.handle_turn_nodes(&mut self.context, now));
    }

    /// Ends all connections, with a goodbye to each member.
    pub fn hang_up(&mut self, now: Timestamp) {
        for (_, mut member) in std::mem::take(&mut self.present) {
            member.end(DisconnectReason::HungUp, &mut self.context, now);
        }
    }

    /// The time that `poll_timeout` gave has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.present.values_mut().for_each(|member| member.handle_timeout(&mut self.context, now));
    }

    /// What is to be done next.
    pub fn poll_command(&mut self) -> Option<CallCommand> {
        self.context.commands.pop_front()
    }

    /// What the app is to be told next.
    pub fn poll_event(&mut self) -> Option<CallEvent> {
        self.context.events.pop_front()
    }

    /// When `handle_timeout` wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.present.values().filter_map(Member::timeout).min()
    }

    /// Whether media flows to and from this member: it is present then, whatever its beats say.
    pub fn is_connected(&self, device: DeviceId) -> bool {
        self.present.get(&device).is_some_and(Member::is_connected)
    }

    fn begin(&mut self, device: DeviceId, begin: Begin, now: Timestamp) {
        let is_full = self.active() >= MAX_LINKS;
        let Some(member) = self.present.get_mut(&device) else { return };
        if is_full {
            self.turned_away.insert(device);
            self.context.events.push_back(CallEvent::Disconnected(device, DisconnectReason::TooManyMembers));
        } else {
            member.begin(begin, &mut self.context, now);
        }
    }

    fn active(&self) -> usize {
        self.present.values().filter(|member| member.is_active()).count()
    }
}

/// Most departed members that are remembered; chosen: as many as a room holds.
const MAX_ABSENT: usize = 100;
