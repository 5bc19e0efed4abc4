//! The call engine: a mesh of peer connections, driven by commands.
//!
//! [`Call`] keeps one link to every member of the room and drives the browser's `RTCPeerConnection`s through [`CallCommand`]s.
//! It decides who offers, resolves glare, sends and checks signals, adds candidates when they may be added, restarts ICE and
//! starts over when that does not help. It never sees media, and leaves sealing and delivery of signals to the room.
//!
//! Methods come in three groups: inputs (`handle_*`, `set_*`, [`Call::hang_up`]), outputs (`poll_command`, `poll_event`,
//! `poll_timeout`) and questions (`is_connected`). Drive order: one input, then `poll_command` and `poll_event` until both give
//! `None`, then sleep until `poll_timeout` and call `handle_timeout`.

mod command;
mod event;
pub mod sdp;

use milanio_identity::DeviceId;

pub use self::command::{CallCommand, IceServer, LinkId, LinkRole, StepId, TurnNode};
pub use self::event::{CallEvent, ConnectionState, DisconnectReason, LinkQuality, LinkStats, MediaPath, PeerEvent};
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
    /// This run; the one that presence tells.
    pub run: RunId,
    /// Makes call ids.
    pub seed: [u8; 32],
    /// Use relayed candidates alone, so that other members do not learn our address.
    pub relay_only: bool,
}

/// The calls of one room. See the module for how to drive it.
pub struct Call {
    config: CallConfig,
}

impl Call {
    /// A call with nobody in it yet. Make it when the room is entered.
    pub fn new(config: CallConfig) -> Self {
        Self { config }
    }

    /// A member is in the room. `joined_after_me`: we heard this run's joining presence while we were inside, so we offer at once;
    /// otherwise the member is expected to. Known runs are ignored, a new run of a known device replaces the old one.
    pub fn handle_member(&mut self, device: DeviceId, run: RunId, joined_after_me: bool, now: Timestamp) {
        let _ = (&self.config, device, run, joined_after_me, now);
    }

    /// A member left or is gone.
    pub fn handle_member_left(&mut self, device: DeviceId, now: Timestamp) {
        let _ = (device, now);
    }

    /// A signal from `from`, opened and its sender verified.
    pub fn handle_signal(&mut self, from: DeviceId, signal: Signal, now: Timestamp) {
        let _ = (from, signal, now);
    }

    /// A peer connection reports.
    pub fn handle_peer_event(&mut self, link: LinkId, event: PeerEvent, now: Timestamp) {
        let _ = (link, event, now);
    }

    /// Room time is local time plus `offset` from now on.
    pub fn handle_clock(&mut self, offset: ClockOffset) {
        let _ = offset;
    }

    /// The device changed networks or came back from sleep: every link gets fresh candidates.
    pub fn handle_network_changed(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// The TURN nodes we hold credentials for, best first; replaces what was set before.
    pub fn set_turn_nodes(&mut self, nodes: Vec<TurnNode>, now: Timestamp) {
        let _ = (nodes, now);
    }

    /// Ends all connections, with a goodbye to each member.
    pub fn hang_up(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// The time that `poll_timeout` gave has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// What is to be done next.
    pub fn poll_command(&mut self) -> Option<CallCommand> {
        None
    }

    /// What the app is to be told next.
    pub fn poll_event(&mut self) -> Option<CallEvent> {
        None
    }

    /// When `handle_timeout` wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    /// Whether media flows to and from this member: it is present then, whatever its beats say.
    pub fn is_connected(&self, device: DeviceId) -> bool {
        let _ = device;
        false
    }
}
