//! Files of others that are wanted here.

use std::time::Duration;

use crate::core::sorted::SortedMap;
use milanio_identity::DeviceId;
use rand_core::Rng;

use super::{
    Fetch, FetchError, FetchState, FileCommand, FileEvent, FileName, FilesError, Node, Out, TransferEnd, WaitReason,
    limits::{
        ANSWER_PATIENCE, BUSY_PAUSE, FIRST_PAUSE, GIVE_UP_AFTER, LONGEST_PAUSE, MAX_FETCHING, MAX_WANTED,
        MEETING_PATIENCE, STALL_PATIENCE,
    },
};
use crate::{
    core::time::{RoomTime, Timestamp},
    wire::{
        file::{FileGranted, FileOffer, FileRefusal, FileSignal, FileSignalKind, FileWanted, TransferId},
        limits::{FILE_CHUNK_BYTES, FILE_RELAYS},
    },
};

/// What is wanted.
#[derive(Default)]
pub(super) struct Fetching {
    wanted: SortedMap<FileName, Wanted>,
    /// Counts what was wanted, so that what was wanted first comes first.
    count: u64,
}

struct Wanted {
    offer: FileOffer,
    order: u64,
    /// Bytes that are there.
    received: u64,
    phase: Phase,
    /// A stream of it was interrupted.
    was_interrupted: bool,
    /// Where the last attempt failed: tried last.
    avoid: Option<Node>,
    /// Attempts since the last byte came.
    failures: u32,
    /// When the last byte came, or the file was wanted.
    alive_at: Timestamp,
    /// The owner cannot have it any more.
    owner_gone: bool,
}

enum Phase {
    Queued,
    /// The owner is asked.
    Asking {
        transfer: TransferId,
        until: Timestamp,
    },
    /// The shell goes to the relay, or bytes flow.
    Fetching {
        transfer: TransferId,
        relay: Node,
        until: Timestamp,
    },
    /// The shell was told to stop, so that another attempt can be made.
    Stopping {
        transfer: TransferId,
    },
    /// A pause.
    Waiting {
        until: Timestamp,
    },
}

impl Phase {
    fn transfer(&self) -> Option<TransferId> {
        match self {
            Self::Asking { transfer, .. } | Self::Fetching { transfer, .. } | Self::Stopping { transfer } => {
                Some(*transfer)
            }
            Self::Queued | Self::Waiting { .. } => None,
        }
    }
}

impl Fetching {
    pub(super) fn want(
        &mut self,
        file: FileName,
        offer: FileOffer,
        now: Timestamp,
        out: &mut Out,
    ) -> Result<(), FilesError> {
        if self.wanted.contains_key(&file) {
            return Err(FilesError::Known);
        }
        if self.wanted.len() >= MAX_WANTED {
            return Err(FilesError::TooMany);
        }
        self.count += 1;
        let wanted = Wanted {
            offer,
            order: self.count,
            received: 0,
            phase: Phase::Queued,
            was_interrupted: false,
            avoid: None,
            failures: 0,
            alive_at: now,
            owner_gone: false,
        };
        self.wanted.insert(file, wanted);
        tell(file, FetchState::Queued, out);
        Ok(())
    }

    pub(super) fn cancel(&mut self, file: FileName, expires: RoomTime, out: &mut Out) {
        let Some(wanted) = self.wanted.get(&file) else { return };
        if let Some(transfer) = wanted.phase.transfer() {
            say(file.owner, transfer, FileSignalKind::Cancel, expires, out);
        }
        self.finish(file, FetchState::Cancelled, out);
    }

    /// Begins what is due, as far as there is room.
    pub(super) fn advance(&mut self, (relays, expires): (&[Node], RoomTime), now: Timestamp, out: &mut Out) {
        while self.active() < MAX_FETCHING {
            let next = self.wanted.iter_mut().filter(|(_, wanted)| wanted.is_due(now));
            let Some((file, wanted)) = next.min_by_key(|(_, wanted)| wanted.order) else { return };
            let file = *file;
            if now.since(wanted.alive_at) >= GIVE_UP_AFTER {
                let is_there = out.present.contains(&file.owner);
                let error = if is_there { FetchError::Unreachable } else { FetchError::OwnerGone };
                self.finish(file, FetchState::Failed(error), out);
            } else if !out.present.contains(&file.owner) {
                wanted.wait(file, LONGEST_PAUSE, WaitReason::OwnerAway, now, out);
            } else if relays.is_empty() {
                wanted.wait(file, LONGEST_PAUSE, WaitReason::Connection, now, out);
            } else {
                wanted.ask(file, relays, expires, now, out);
            }
        }
    }

    pub(super) fn granted(
        &mut self,
        from: DeviceId,
        transfer: TransferId,
        granted: FileGranted,
        now: Timestamp,
        out: &mut Out,
    ) {
        let Some((file, wanted)) = self.find(transfer).filter(|(file, _)| file.owner == from) else { return };
        if !matches!(wanted.phase, Phase::Asking { .. }) {
            return;
        }
        let FileGranted { relay, peer, token } = granted;
        wanted.phase = Phase::Fetching { transfer, relay: relay.clone(), until: now.after(MEETING_PATIENCE) };
        let (offer, offset) = (wanted.offer.clone(), wanted.received);
        out.commands.push_back(FileCommand::Fetch(Fetch { transfer, file, offer, relay, peer, token, offset }));
    }

    pub(super) fn refused(
        &mut self,
        from: DeviceId,
        transfer: TransferId,
        reason: FileRefusal,
        now: Timestamp,
        out: &mut Out,
    ) {
        let Some((file, wanted)) = self.find(transfer).filter(|(file, _)| file.owner == from) else { return };
        match (reason, &wanted.phase) {
            (FileRefusal::Gone, _) => self.finish(file, FetchState::Failed(FetchError::OwnerGone), out),
            (FileRefusal::Unreadable, _) => self.finish(file, FetchState::Failed(FetchError::OwnerCannotRead), out),
            (FileRefusal::Busy, Phase::Asking { .. }) => {
                // The owner lives, and others must be done some time.
                wanted.alive_at = now;
                wanted.wait(file, BUSY_PAUSE, WaitReason::OwnerBusy, now, out);
            }
            (FileRefusal::NoRelay, Phase::Asking { .. }) => wanted.failed(file, now, out),
            (FileRefusal::Busy | FileRefusal::NoRelay, _) => {}
        }
    }

    /// The owner takes the file back.
    pub(super) fn withdrawn(&mut self, from: DeviceId, transfer: TransferId, out: &mut Out) {
        if let Some((file, _)) = self.find(transfer).filter(|(file, _)| file.owner == from) {
            self.finish(file, FetchState::Failed(FetchError::OwnerGone), out);
        }
    }

    pub(super) fn progress(&mut self, transfer: TransferId, offset: u64, now: Timestamp, out: &mut Out) {
        let Some((file, wanted)) = self.find(transfer) else { return };
        let Phase::Fetching { until, .. } = &mut wanted.phase else { return };
        *until = now.after(STALL_PATIENCE);
        if offset > wanted.received {
            wanted.came(offset, now);
        }
        let state = FetchState::Receiving { received: wanted.received, resumed: wanted.was_interrupted };
        tell(file, state, out);
    }

    pub(super) fn ended(&mut self, transfer: TransferId, offset: u64, end: TransferEnd, now: Timestamp, out: &mut Out) {
        let Some((file, wanted)) = self.find(transfer) else { return };
        if offset > wanted.received {
            wanted.came(offset, now);
        }
        let state = match end {
            TransferEnd::Complete => FetchState::Complete,
            TransferEnd::Forged => FetchState::Failed(FetchError::Forged),
            TransferEnd::LocalSink | TransferEnd::LocalSource => FetchState::Failed(FetchError::LocalSink),
            TransferEnd::Broken | TransferEnd::NoRelay | TransferEnd::Stopped if wanted.owner_gone => {
                FetchState::Failed(FetchError::OwnerGone)
            }
            TransferEnd::Broken | TransferEnd::NoRelay | TransferEnd::Stopped => return wanted.failed(file, now, out),
        };
        self.finish(file, state, out);
    }

    pub(super) fn owner_came(&mut self, device: DeviceId, now: Timestamp) {
        for (_, wanted) in self.wanted.iter_mut().filter(|(file, _)| file.owner == device) {
            wanted.retry_now(now);
        }
    }

    pub(super) fn owner_left(&mut self, device: DeviceId, out: &mut Out) {
        let mut gone = Vec::new();
        for (file, wanted) in self.wanted.iter_mut().filter(|(file, _)| file.owner == device) {
            wanted.owner_gone = true;
            if !matches!(wanted.phase, Phase::Fetching { .. }) {
                gone.push(*file);
            }
        }
        for file in gone {
            self.finish(file, FetchState::Failed(FetchError::OwnerGone), out);
        }
    }

    /// The owner was put out.
    pub(super) fn owner_removed(&mut self, device: DeviceId, out: &mut Out) {
        self.fail_all(|file| file.owner == device, FetchError::OwnerGone, out);
    }

    /// The room is over.
    pub(super) fn end(&mut self, out: &mut Out) {
        self.fail_all(|_| true, FetchError::RoomOver, out);
    }

    fn fail_all(&mut self, affected: impl Fn(&FileName) -> bool, error: FetchError, out: &mut Out) {
        for file in self.wanted.keys().copied().filter(affected).collect::<Vec<_>>() {
            self.finish(file, FetchState::Failed(error), out);
        }
    }

    pub(super) fn retry_now(&mut self, now: Timestamp) {
        self.wanted.values_mut().for_each(|wanted| wanted.retry_now(now));
    }

    pub(super) fn handle_timeout(&mut self, now: Timestamp, out: &mut Out) {
        for (file, wanted) in &mut self.wanted {
            match &wanted.phase {
                Phase::Asking { until, .. } if *until <= now => wanted.failed(*file, now, out),
                Phase::Fetching { transfer, until, relay } if *until <= now => {
                    let transfer = *transfer;
                    out.commands.push_back(FileCommand::Stop(transfer));
                    wanted.avoid = Some(relay.clone());
                    wanted.phase = Phase::Stopping { transfer };
                }
                _ => {}
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        // Who cannot begin anyway waits for an end, not for a time.
        let has_room = self.active() < MAX_FETCHING;
        let due = |wanted: &Wanted| match wanted.phase {
            Phase::Asking { until, .. } | Phase::Fetching { until, .. } => Some(until),
            Phase::Waiting { until } => has_room.then_some(until),
            Phase::Queued | Phase::Stopping { .. } => None,
        };
        self.wanted.values().filter_map(due).min()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.wanted.values().any(|wanted| matches!(wanted.phase, Phase::Fetching { .. } | Phase::Stopping { .. }))
    }

    fn active(&self) -> usize {
        self.wanted.values().filter(|wanted| wanted.phase.transfer().is_some()).count()
    }

    fn find(&mut self, transfer: TransferId) -> Option<(FileName, &mut Wanted)> {
        let mut all = self.wanted.iter_mut();
        all.find(|(_, wanted)| wanted.phase.transfer() == Some(transfer)).map(|(file, wanted)| (*file, wanted))
    }

    fn finish(&mut self, file: FileName, state: FetchState, out: &mut Out) {
        let Some(wanted) = self.wanted.remove(&file) else { return };
        if let Phase::Fetching { transfer, .. } = wanted.phase {
            // Known to the shell to be over when that is what ended it.
            out.commands.push_back(FileCommand::Stop(transfer));
        }
        out.commands.push_back(FileCommand::Forget(file));
        tell(file, state, out);
    }
}

impl Wanted {
    fn is_due(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Queued => true,
            Phase::Waiting { until } => until <= now,
            Phase::Asking { .. } | Phase::Fetching { .. } | Phase::Stopping { .. } => false,
        }
    }

    fn ask(&mut self, file: FileName, relays: &[Node], expires: RoomTime, now: Timestamp, out: &mut Out) {
        let transfer = TransferId(out.random());
        let (mut first, mut last): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
        for relay in relays {
            if self.avoid.as_ref() == Some(relay) { last.push(relay.clone()) } else { first.push(relay.clone()) }
        }
        first.append(&mut last);
        first.truncate(FILE_RELAYS);
        let wanted = FileWanted { file: file.id, offset: self.received, relays: first };
        say(file.owner, transfer, FileSignalKind::Want(wanted), expires, out);
        self.phase = Phase::Asking { transfer, until: now.after(ANSWER_PATIENCE) };
        tell(file, FetchState::Asking { received: self.received }, out);
    }

    /// So many bytes are there, whole chunks.
    fn came(&mut self, offset: u64, now: Timestamp) {
        let whole = offset - offset % FILE_CHUNK_BYTES as u64;
        self.received = if offset >= self.offer.size_bytes { self.offer.size_bytes } else { whole };
        self.alive_at = now;
        self.failures = 0;
        self.avoid = None;
    }

    /// An attempt has failed: another one after a pause.
    fn failed(&mut self, file: FileName, now: Timestamp, out: &mut Out) {
        if let Phase::Fetching { relay, .. } = &self.phase {
            self.avoid = Some(relay.clone());
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE);
        self.failures += 1;
        self.was_interrupted |= self.received > 0;
        let jitter = 0.75 + f64::from(out.rng.next_u32()) / f64::from(u32::MAX) / 4.0;
        let reason = if out.present.contains(&file.owner) { WaitReason::Connection } else { WaitReason::OwnerAway };
        self.wait(file, pause.mul_f64(jitter), reason, now, out);
    }

    fn wait(&mut self, file: FileName, pause: Duration, reason: WaitReason, now: Timestamp, out: &mut Out) {
        let until = now.after(pause);
        self.phase = Phase::Waiting { until };
        tell(file, FetchState::Waiting { received: self.received, until, reason }, out);
    }

    fn retry_now(&mut self, now: Timestamp) {
        if let Phase::Waiting { until } = &mut self.phase {
            *until = (*until).min(now);
        }
    }
}

fn tell(file: FileName, state: FetchState, out: &mut Out) {
    out.events.push_back(FileEvent::Fetching { file, state });
}

fn say(to: DeviceId, transfer: TransferId, kind: FileSignalKind, expires: RoomTime, out: &mut Out) {
    out.commands.push_back(FileCommand::Send { to, signal: FileSignal { transfer, expires, kind } });
}
