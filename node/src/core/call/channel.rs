//! Signals between this run and one run of another device: numbered, timed, counted and checked.
//!
//! Sealing and delivery are the room's; what a signal says is the link's.

use std::time::Duration;

use milanio_identity::DeviceId;

use super::CallCommand;
use super::budget::Budget;
use super::context::Context;
use super::replay::ReplayWindow;
use crate::core::time::{RoomTime, Timestamp};
use crate::wire::message::RunId;
use crate::wire::signal::{CallId, Signal, SignalKind};

/// The two directions.
pub(super) struct Channel {
    to: DeviceId,
    their_run: RunId,
    last_seq: u32,
    replay: ReplayWindow,
    sending: Budget,
    receiving: Budget,
}

impl Channel {
    pub(super) fn new(to: DeviceId, their_run: RunId, now: Timestamp) -> Self {
        Self {
            to,
            their_run,
            last_seq: 0,
            replay: ReplayWindow::default(),
            sending: Budget::for_sending(now),
            receiving: Budget::for_receiving(now),
        }
    }

    /// Sends; gives the hash of what was sent.
    ///
    /// # Errors
    /// Over budget: the time when it may be tried again.
    pub(super) fn send(
        &mut self,
        context: &mut Context,
        (call, generation): (CallId, u32),
        kind: SignalKind,
        now: Timestamp,
    ) -> Result<[u8; 32], Timestamp> {
        self.sending.spend(now)?;
        self.last_seq = self.last_seq.saturating_add(1);
        let expires = now.in_room(context.offset).after(LIFETIME);
        let signal = Signal { run: context.config.run, call, generation, seq: self.last_seq, expires, kind };
        let hash = signal.hash(context.config.me, self.to);
        context.commands.push_back(CallCommand::Send { to: self.to, signal });
        Ok(hash)
    }

    /// Whether a received signal is of the run we know, in time, new, and within the budget.
    pub(super) fn admit(&mut self, signal: &Signal, room_now: RoomTime, now: Timestamp) -> bool {
        signal.run == self.their_run
            && signal.expires.after(CLOCK_TOLERANCE) >= room_now
            && signal.expires <= room_now.after(LIFETIME + CLOCK_TOLERANCE)
            && self.replay.admit(signal.seq)
            && self.receiving.spend(now).is_ok()
    }
}

/// How long a signal is good for; chosen: longer than any delivery, shorter than anybody needs for mischief.
const LIFETIME: Duration = Duration::from_secs(60);
/// How far two devices' ideas of room time may differ; chosen.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);
