//! Files between members: who is asked for what, when again, and from where on.
//!
//! Whoever wants a file asks its owner, naming relays; the owner waits at one of them and says where; the bytes then flow over a
//! circuit between the two. What is there stays there when a stream breaks: the next attempt begins after it. Signals are sealed
//! and carried by the room, streams are the shell's, and neither is seen here.
//!
//! Drive order: one input (`share`, `fetch`, `cancel`, `handle_*`), then `poll_command` and `poll_event` until both give `None`,
//! then sleep until `poll_timeout` and call `handle_timeout`.

mod command;
mod event;
mod fetching;
mod limits;
mod serving;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use milanio_identity::DeviceId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use thiserror::Error;

pub use command::{Fetch, FileCommand, Node, Serve, TransferEnd, TransferEvent};
pub use event::{FetchError, FetchState, FileEvent, ServeState, WaitReason};
pub use limits::{MAX_FETCHING, MAX_SERVING, MAX_SHARED, MAX_WANTED};

use crate::{
    core::{
        sorted::SortedSet,
        time::{ClockOffset, Timestamp},
    },
    wire::file::{FileId, FileOffer, FileSignal, FileSignalKind, TransferId},
};
use fetching::Fetching;
use limits::{MAX_RELAYS, MAX_SEEN, REST_AFTER, SIGNAL_LIFE};
use serving::Serving;

/// Names a file for everybody in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    /// Whose it is.
    pub owner: DeviceId,
    /// Which of theirs.
    pub id: FileId,
}

/// Why a file is not shared or fetched. The caller is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FilesError {
    /// It would be more than [`MAX_SHARED`] or [`MAX_WANTED`].
    #[error("too many files at once")]
    TooMany,
    /// It is shared or wanted already.
    #[error("the file is known already")]
    Known,
    /// This device is no longer in the room.
    #[error("the room has ended")]
    Over,
}

/// The machine. See the module's text for how to drive it.
pub struct Files {
    serving: Serving,
    fetching: Fetching,
    /// Attempts of others, so that none counts twice.
    seen: VecDeque<TransferId>,
    relays: Vec<Node>,
    offset: ClockOffset,
    rest_at: Option<Timestamp>,
    /// Nothing is shared or fetched any more.
    is_over: bool,
    out: Out,
}

/// What both halves need to act.
struct Out {
    rng: ChaCha20Rng,
    commands: VecDeque<FileCommand>,
    events: VecDeque<FileEvent>,
    present: SortedSet<DeviceId>,
}

impl Out {
    fn random(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

impl Files {
    /// Nothing is shared or wanted yet. `seed`: not used for anything else.
    pub fn new(seed: [u8; 32]) -> Self {
        let rng = ChaCha20Rng::from_seed(seed);
        Self {
            serving: Serving::default(),
            fetching: Fetching::default(),
            seen: VecDeque::new(),
            relays: Vec::new(),
            offset: ClockOffset::default(),
            rest_at: None,
            is_over: false,
            out: Out { rng, commands: VecDeque::new(), events: VecDeque::new(), present: SortedSet::new() },
        }
    }

    /// Gives this file to whoever asks. Telling the room of it is the caller's.
    ///
    /// # Errors
    /// If it is shared already, there are too many, or [`Self::end`] was called.
    pub fn share(&mut self, offer: FileOffer) -> Result<(), FilesError> {
        if self.is_over {
            return Err(FilesError::Over);
        }
        self.serving.share(offer)
    }

    /// Takes an own file back: who is fetching it learns so.
    pub fn withdraw(&mut self, file: FileId, now: Timestamp) {
        let expires = self.expiry(now);
        self.serving.withdraw(file, expires, &mut self.out);
        self.settle(now);
    }

    /// Fetches the file that `owner` has offered.
    ///
    /// # Errors
    /// If it is wanted already, there are too many, or [`Self::end`] was called.
    pub fn fetch(&mut self, owner: DeviceId, offer: FileOffer, now: Timestamp) -> Result<(), FilesError> {
        if self.is_over {
            return Err(FilesError::Over);
        }
        self.fetching.want(FileName { owner, id: offer.id }, offer, now, &mut self.out)?;
        self.settle(now);
        Ok(())
    }

    /// Fetches it no longer.
    pub fn cancel(&mut self, file: FileName, now: Timestamp) {
        let expires = self.expiry(now);
        self.fetching.cancel(file, expires, &mut self.out);
        self.settle(now);
    }

    /// The relays that may carry files, most wanted first.
    pub fn set_relays(&mut self, relays: Vec<Node>, now: Timestamp) {
        self.relays = relays;
        self.relays.truncate(MAX_RELAYS);
        self.settle(now);
    }

    /// Room time is local time plus `offset`.
    pub fn handle_clock(&mut self, offset: ClockOffset) {
        self.offset = offset;
    }

    /// Somebody is in the room.
    pub fn handle_member(&mut self, device: DeviceId, now: Timestamp) {
        if self.out.present.insert(device) {
            self.fetching.owner_came(device, now);
            self.settle(now);
        }
    }

    /// Somebody is not in the room any more; `for_good` if they have said so or cannot have kept their files.
    pub fn handle_member_left(&mut self, device: DeviceId, for_good: bool, now: Timestamp) {
        self.out.present.remove(&device);
        if for_good {
            self.fetching.owner_left(device, &mut self.out);
            self.serving.target_left(device, &mut self.out);
            self.settle(now);
        }
    }

    /// Somebody was put out of the room: nothing goes to them or comes from them any more, streams that are open included.
    pub fn handle_member_removed(&mut self, device: DeviceId, now: Timestamp) {
        self.out.present.remove(&device);
        self.fetching.owner_removed(device, &mut self.out);
        self.serving.target_removed(device, &mut self.out);
        self.settle(now);
    }

    /// This device was put out, or the room was ended: everything stops, and nobody is told, for nobody listens.
    pub fn end(&mut self, now: Timestamp) {
        self.is_over = true;
        self.out.present.clear();
        self.fetching.end(&mut self.out);
        self.serving.end(&mut self.out);
        self.settle(now);
    }

    /// The connection that carries signals is back: what waits is tried again now.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.fetching.retry_now(now);
        self.settle(now);
    }

    /// A member says something about a file.
    pub fn handle_signal(&mut self, from: DeviceId, signal: FileSignal, now: Timestamp) {
        let room_now = now.in_room(self.offset);
        if self.is_over {
            return;
        }
        if signal.expires < room_now || signal.expires > room_now.after(LONGEST_LIFE) {
            return;
        }
        let expires = self.expiry(now);
        let FileSignal { transfer, kind, .. } = signal;
        match kind {
            FileSignalKind::Want(wanted) => {
                if self.is_new(transfer) {
                    self.serving.wanted(from, transfer, &wanted, (&self.relays, expires), now, &mut self.out);
                }
            }
            FileSignalKind::Grant(granted) => self.fetching.granted(from, transfer, granted, now, &mut self.out),
            FileSignalKind::Refuse(reason) => self.fetching.refused(from, transfer, reason, now, &mut self.out),
            FileSignalKind::Cancel => {
                self.serving.cancelled(from, transfer, &mut self.out);
                self.fetching.withdrawn(from, transfer, &mut self.out);
            }
        }
        self.settle(now);
    }

    /// The shell reports.
    pub fn handle_transfer(&mut self, event: TransferEvent, now: Timestamp) {
        let expires = self.expiry(now);
        match event {
            TransferEvent::Waiting { transfer, relay, peer } => {
                self.serving.waiting(transfer, (relay, peer), expires, now, &mut self.out);
            }
            TransferEvent::Progress { transfer, offset } => {
                self.serving.progress(transfer, offset, now, &mut self.out);
                self.fetching.progress(transfer, offset, now, &mut self.out);
            }
            TransferEvent::Ended { transfer, offset, end } => {
                self.serving.ended(transfer, end, expires, &mut self.out);
                self.fetching.ended(transfer, offset, end, now, &mut self.out);
            }
        }
        self.settle(now);
    }

    /// To be called when [`Self::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.serving.handle_timeout(now, &mut self.out);
        self.fetching.handle_timeout(now, &mut self.out);
        if self.rest_at.take_if(|at| *at <= now).is_some() {
            self.out.commands.push_back(FileCommand::Rest);
        }
        self.settle(now);
    }

    /// What the shell is to do next.
    pub fn poll_command(&mut self) -> Option<FileCommand> {
        self.out.commands.pop_front()
    }

    /// What the app is to be told next.
    pub fn poll_event(&mut self) -> Option<FileEvent> {
        self.out.events.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        [self.serving.poll_timeout(), self.fetching.poll_timeout(), self.rest_at].into_iter().flatten().min()
    }

    fn settle(&mut self, now: Timestamp) {
        let expires = self.expiry(now);
        self.fetching.advance((&self.relays, expires), now, &mut self.out);
        let is_busy = self.serving.is_busy() || self.fetching.is_busy();
        let started = self.out.commands.iter().any(|c| matches!(c, FileCommand::Serve(_) | FileCommand::Fetch(_)));
        if is_busy || started {
            self.rest_at = Some(now.after(REST_AFTER));
        }
    }

    fn is_new(&mut self, transfer: TransferId) -> bool {
        if self.seen.contains(&transfer) {
            return false;
        }
        if self.seen.len() >= MAX_SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(transfer);
        true
    }

    fn expiry(&self, now: Timestamp) -> crate::core::time::RoomTime {
        now.in_room(self.offset).after(SIGNAL_LIFE)
    }
}

/// How far ahead a signal may expire: its life, and the clock error that frames allow.
const LONGEST_LIFE: std::time::Duration =
    std::time::Duration::from_secs(SIGNAL_LIFE.as_secs() + crate::wire::limits::FRAME_WINDOW.as_secs());
