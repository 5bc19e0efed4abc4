//! Own files that others fetch.

use crate::core::sorted::SortedMap;
use milanio_identity::DeviceId;

use super::{
    FileCommand, FileEvent, FilesError, Node, Out, Serve, ServeState, TransferEnd,
    limits::{ANSWER_PATIENCE, MAX_SERVING, MAX_SHARED, MEETING_PATIENCE, SENDING_PATIENCE},
};
use crate::{
    core::time::{RoomTime, Timestamp},
    wire::file::{
        FileGranted, FileId, FileOffer, FileRefusal, FileSignal, FileSignalKind, FileToken, FileWanted, TransferId,
    },
};

/// What is offered, and what is being sent of it.
#[derive(Default)]
pub(super) struct Serving {
    shared: SortedMap<FileId, FileOffer>,
    running: SortedMap<TransferId, Running>,
}

struct Running {
    file: FileId,
    to: DeviceId,
    token: FileToken,
    phase: Phase,
    /// When it has taken too long without anything happening.
    deadline: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The shell looks for a relay.
    Preparing,
    /// The other side was told where to come, or comes already.
    Meeting,
    /// Bytes flow.
    Sending,
    /// The shell was told to stop, and why is told already.
    Stopping,
}

impl Serving {
    pub(super) fn share(&mut self, offer: FileOffer) -> Result<(), FilesError> {
        if self.shared.contains_key(&offer.id) {
            return Err(FilesError::Known);
        }
        if self.shared.len() >= MAX_SHARED {
            return Err(FilesError::TooMany);
        }
        self.shared.insert(offer.id, offer);
        Ok(())
    }

    pub(super) fn withdraw(&mut self, file: FileId, expires: RoomTime, out: &mut Out) {
        if self.shared.remove(&file).is_none() {
            return;
        }
        for (transfer, running) in self.running.iter_mut().filter(|(_, running)| running.file == file) {
            if running.stop(*transfer, ServeState::Cancelled, out) {
                say(running.to, *transfer, FileSignalKind::Cancel, expires, out);
            }
        }
        out.commands.push_back(FileCommand::Unshare(file));
    }

    /// Somebody asks for a file.
    pub(super) fn wanted(
        &mut self,
        from: DeviceId,
        transfer: TransferId,
        wanted: &FileWanted,
        (relays, expires): (&[Node], RoomTime),
        now: Timestamp,
        out: &mut Out,
    ) {
        // Who asks again has given up what they asked for before.
        for (old, running) in &mut self.running {
            if running.to == from && running.file == wanted.file {
                running.stop(*old, ServeState::Interrupted, out);
            }
        }
        let offer = self.shared.get(&wanted.file).filter(|offer| wanted.offset < offer.size_bytes);
        let common: Vec<Node> = wanted.relays.iter().filter(|relay| relays.contains(relay)).cloned().collect();
        let refusal = if offer.is_none() {
            Some(FileRefusal::Gone)
        } else if self.running.values().filter(|running| running.phase != Phase::Stopping).count() >= MAX_SERVING
            || self.running.len() >= 2 * MAX_SERVING
        {
            Some(FileRefusal::Busy)
        } else if common.is_empty() {
            Some(FileRefusal::NoRelay)
        } else {
            None
        };
        if let Some(reason) = refusal {
            return say(from, transfer, FileSignalKind::Refuse(reason), expires, out);
        }
        let Some(offer) = offer else { return };
        let token = FileToken(out.random());
        out.commands.push_back(FileCommand::Serve(Serve {
            transfer,
            relays: common,
            token,
            file: offer.id,
            key: offer.key.clone(),
            size_bytes: offer.size_bytes,
            offset: wanted.offset,
        }));
        let deadline = now.after(ANSWER_PATIENCE);
        self.running.insert(transfer, Running { file: offer.id, to: from, token, phase: Phase::Preparing, deadline });
        tell(offer.id, from, ServeState::Preparing, out);
    }

    /// The shell waits at a relay.
    pub(super) fn waiting(
        &mut self,
        transfer: TransferId,
        (relay, peer): (Node, Node),
        expires: RoomTime,
        now: Timestamp,
        out: &mut Out,
    ) {
        let Some(running) = self.running.get_mut(&transfer).filter(|running| running.phase == Phase::Preparing) else {
            return;
        };
        running.phase = Phase::Meeting;
        running.deadline = now.after(MEETING_PATIENCE);
        let granted = FileGranted { relay, peer, token: running.token };
        say(running.to, transfer, FileSignalKind::Grant(granted), expires, out);
    }

    pub(super) fn progress(&mut self, transfer: TransferId, sent: u64, now: Timestamp, out: &mut Out) {
        let Some(running) = self.running.get_mut(&transfer).filter(|running| running.phase != Phase::Stopping) else {
            return;
        };
        running.phase = Phase::Sending;
        running.deadline = now.after(SENDING_PATIENCE);
        tell(running.file, running.to, ServeState::Sending { sent }, out);
    }

    pub(super) fn ended(&mut self, transfer: TransferId, end: TransferEnd, expires: RoomTime, out: &mut Out) {
        let Some(running) = self.running.remove(&transfer) else { return };
        if running.phase == Phase::Stopping {
            return;
        }
        let state = match end {
            TransferEnd::Complete => ServeState::Complete,
            TransferEnd::LocalSource => {
                say(running.to, transfer, FileSignalKind::Refuse(FileRefusal::Unreadable), expires, out);
                ServeState::LocalSource
            }
            TransferEnd::NoRelay => {
                say(running.to, transfer, FileSignalKind::Refuse(FileRefusal::NoRelay), expires, out);
                ServeState::Interrupted
            }
            TransferEnd::Broken | TransferEnd::Stopped | TransferEnd::Forged | TransferEnd::LocalSink => {
                ServeState::Interrupted
            }
        };
        tell(running.file, running.to, state, out);
    }

    /// The other side cancels.
    pub(super) fn cancelled(&mut self, from: DeviceId, transfer: TransferId, out: &mut Out) {
        if let Some(running) = self.running.get_mut(&transfer).filter(|running| running.to == from) {
            running.stop(transfer, ServeState::Cancelled, out);
        }
    }

    /// Who does not come any more is not waited for. A stream that is open ends by itself.
    pub(super) fn target_left(&mut self, device: DeviceId, out: &mut Out) {
        for (transfer, running) in &mut self.running {
            if running.to == device && running.phase != Phase::Sending {
                running.stop(*transfer, ServeState::Cancelled, out);
            }
        }
    }

    /// Who was put out gets nothing more.
    pub(super) fn target_removed(&mut self, device: DeviceId, out: &mut Out) {
        for (transfer, running) in self.running.iter_mut().filter(|(_, running)| running.to == device) {
            running.stop(*transfer, ServeState::Cancelled, out);
        }
    }

    /// The room is over.
    pub(super) fn end(&mut self, out: &mut Out) {
        for (transfer, running) in &mut self.running {
            running.stop(*transfer, ServeState::Cancelled, out);
        }
        out.commands.extend(std::mem::take(&mut self.shared).into_keys().map(FileCommand::Unshare));
    }

    pub(super) fn handle_timeout(&mut self, now: Timestamp, out: &mut Out) {
        for (transfer, running) in &mut self.running {
            if running.deadline <= now {
                running.stop(*transfer, ServeState::Interrupted, out);
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.running.values().filter(|running| running.phase != Phase::Stopping).map(|running| running.deadline).min()
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }
}

impl Running {
    /// Has the shell stop; false if it was told before.
    fn stop(&mut self, transfer: TransferId, state: ServeState, out: &mut Out) -> bool {
        if self.phase == Phase::Stopping {
            return false;
        }
        self.phase = Phase::Stopping;
        out.commands.push_back(FileCommand::Stop(transfer));
        tell(self.file, self.to, state, out);
        true
    }
}

fn tell(file: FileId, to: DeviceId, state: ServeState, out: &mut Out) {
    out.events.push_back(FileEvent::Serving { file, to, state });
}

fn say(to: DeviceId, transfer: TransferId, kind: FileSignalKind, expires: RoomTime, out: &mut Out) {
    out.commands.push_back(FileCommand::Send { to, signal: FileSignal { transfer, expires, kind } });
}
