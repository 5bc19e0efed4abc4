//! Files of this visit: what becomes of those that others offer and one takes, and who takes one's own.
//!
//! What is offered stands in the chat; here is only what happened to it since. An offer that is not named here was neither taken nor
//! declined, or is one's own from an earlier visit and gone.

use milanio_node::core::{
    files::{FetchError, FetchState, ServeState, WaitReason},
    sorted::SortedMap,
};

use super::room::PersonId;

/// Files that are remembered. Chosen: as many as messages are kept.
const MAX_FILES: usize = 2_000;
/// People who take one file, remembered. Chosen: more than a room holds.
const MAX_TAKERS: usize = 256;
/// The speed is looked at this often, in milliseconds.
const SPEED_EVERY_MS: u64 = 500;

/// Names an offered file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRef {
    /// Whose it is.
    pub owner: PersonId,
    /// Which of theirs.
    pub id: [u8; 16],
}

/// How far somebody else's file has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One did not want it.
    Declined,
    /// Others come first.
    Queued,
    /// Its owner is being asked.
    Asking,
    /// It is coming.
    Coming,
    /// It goes on by itself later.
    Waiting(WaitReason),
    /// All of it came, and the last of it is being written.
    Writing,
    /// It is here and waits to be saved.
    Ready,
    /// It was handed to the browser.
    Saved,
    /// One stopped it.
    Cancelled,
    /// It does not come.
    Failed(FetchError),
}

impl Stage {
    /// It may still come, or is coming.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Asking | Self::Coming | Self::Waiting(_) | Self::Writing)
    }
}

/// Somebody else's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How far it has got.
    pub stage: Stage,
    /// Bytes that are here.
    pub received: u64,
    /// It was interrupted and went on where it was.
    pub resumed: bool,
    /// Bytes per second lately; 0 while that is not known.
    pub speed: u64,
    /// When the speed was looked at, and what was here then.
    mark: Option<(u64, u64)>,
}

/// One's own file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// It is offered no longer.
    pub withdrawn: bool,
    /// Who wants it: their name, and how that stands.
    pub takers: SortedMap<PersonId, (String, ServeState)>,
}

/// Why a chosen file is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOffered {
    /// There is nothing in it.
    Empty,
    /// It is more than the room takes.
    TooLarge,
    /// The browser could not read it.
    Unreadable,
    /// There are too many already.
    TooMany,
    /// The room did not take the offer.
    Refused,
}

/// All files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Own files that are being looked through before they are offered.
    pub preparing: usize,
    taken: SortedMap<FileRef, Taken>,
    own: SortedMap<[u8; 16], Own>,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// So many own files are being looked through now.
    Preparing(usize),
    /// An own file is offered.
    Offered([u8; 16]),
    /// An own file is not offered any more.
    Withdrawn([u8; 16]),
    /// Somebody, called so, wants an own file.
    Serving([u8; 16], PersonId, String, ServeState),
    /// One does not want this file.
    Declined(FileRef),
    /// A file is on its way, by the room; when, in milliseconds.
    Fetching(FileRef, FetchState, u64),
    /// A file is here, whole and right.
    Ready(FileRef),
    /// A file cannot be kept on this device.
    Unwritable(FileRef),
    /// A file was handed to the browser.
    Saved(FileRef),
}

impl Files {
    /// What became of somebody else's file.
    pub fn taken(&self, file: FileRef) -> Option<&Taken> {
        self.taken.get(&file)
    }

    /// What becomes of an own file.
    pub fn own(&self, id: [u8; 16]) -> Option<&Own> {
        self.own.get(&id)
    }

    /// Changes one thing.
    pub fn apply(&mut self, action: FileAction) {
        match action {
            FileAction::Preparing(count) => self.preparing = count,
            FileAction::Offered(id) => {
                if self.own.len() < MAX_FILES {
                    self.own.insert(id, Own::default());
                }
            }
            FileAction::Withdrawn(id) => {
                if let Some(own) = self.own.get_mut(&id) {
                    own.withdrawn = true;
                }
            }
            FileAction::Serving(id, person, name, state) => {
                if let Some(own) = self.own.get_mut(&id)
                    && (own.takers.len() < MAX_TAKERS || own.takers.contains_key(&person))
                {
                    own.takers.insert(person, (name, state));
                }
            }
            FileAction::Declined(file) => self.set(file, Stage::Declined),
            FileAction::Ready(file) => self.set(file, Stage::Ready),
            FileAction::Unwritable(file) => self.set(file, Stage::Failed(FetchError::LocalSink)),
            FileAction::Saved(file) => self.set(file, Stage::Saved),
            FileAction::Fetching(file, state, now_ms) => self.fetching(file, state, now_ms),
        }
    }

    fn set(&mut self, file: FileRef, stage: Stage) {
        if let Some(taken) = self.entry(file) {
            taken.stage = stage;
        }
    }

    fn entry(&mut self, file: FileRef) -> Option<&mut Taken> {
        if self.taken.len() >= MAX_FILES && !self.taken.contains_key(&file) {
            return None;
        }
        Some(self.taken.entry(file).or_insert(Taken::NONE))
    }

    fn fetching(&mut self, file: FileRef, state: FetchState, now_ms: u64) {
        let Some(taken) = self.entry(file) else { return };
        taken.stage = match state {
            FetchState::Queued => {
                *taken = Taken::NONE;
                Stage::Queued
            }
            FetchState::Asking { received } => taken.stand(received, Stage::Asking),
            FetchState::Waiting { received, reason, .. } => taken.stand(received, Stage::Waiting(reason)),
            FetchState::Receiving { received, resumed } => {
                taken.resumed |= resumed;
                taken.flow(received, now_ms);
                Stage::Coming
            }
            // Whoever writes it says when it is ready, which may be before.
            FetchState::Complete if taken.stage == Stage::Ready => Stage::Ready,
            FetchState::Complete => Stage::Writing,
            FetchState::Cancelled => Stage::Cancelled,
            FetchState::Failed(error) => Stage::Failed(error),
        };
    }
}

impl Taken {
    const NONE: Self = Self { stage: Stage::Queued, received: 0, resumed: false, speed: 0, mark: None };

    /// Nothing comes at the moment.
    fn stand(&mut self, received: u64, stage: Stage) -> Stage {
        (self.received, self.speed, self.mark) = (received, 0, None);
        stage
    }

    fn flow(&mut self, received: u64, now_ms: u64) {
        self.received = received;
        let Some((at, before)) = self.mark else {
            self.mark = Some((now_ms, received));
            return;
        };
        let passed = now_ms.saturating_sub(at);
        if passed >= SPEED_EVERY_MS {
            let now = received.saturating_sub(before).saturating_mul(1_000) / passed;
            // Smooth enough to be read.
            self.speed = if self.speed == 0 { now } else { (self.speed.saturating_mul(3).saturating_add(now)) / 4 };
            self.mark = Some((now_ms, received));
        }
    }

    /// How long the rest of `size_bytes` takes, in seconds, if that can be said.
    pub fn left_s(&self, size_bytes: u64) -> Option<u64> {
        (self.speed > 0).then(|| size_bytes.saturating_sub(self.received).div_ceil(self.speed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileRef = FileRef { owner: PersonId([1; 32]), id: [2; 16] };

    fn run(states: &[(FetchState, u64)]) -> (Files, Taken) {
        let mut files = Files::default();
        for (state, now_ms) in states {
            files.apply(FileAction::Fetching(FILE, *state, *now_ms));
        }
        let taken = *files.taken(FILE).unwrap();
        (files, taken)
    }

    fn coming(received: u64, resumed: bool) -> FetchState {
        FetchState::Receiving { received, resumed }
    }

    #[test]
    fn speed_and_time_left_are_those_of_the_last_moments() {
        let (_, taken) = run(&[(FetchState::Queued, 0), (coming(0, false), 0), (coming(50, false), 100)]);
        assert_eq!((taken.received, taken.speed, taken.left_s(1_000)), (50, 0, None));
        let (_, taken) = run(&[(coming(0, false), 0), (coming(500, false), 500), (coming(600, false), 600)]);
        assert_eq!((taken.received, taken.speed, taken.left_s(3_000)), (600, 1_000, Some(3)));
    }

    #[test]
    fn what_was_interrupted_once_says_so_to_the_end() {
        let waits = FetchState::Waiting {
            received: 64,
            until: milanio_node::core::time::Timestamp::from_millis(0),
            reason: WaitReason::Connection,
        };
        let (mut files, taken) = run(&[(coming(64, false), 0), (waits, 5)]);
        assert_eq!((taken.stage, taken.received), (Stage::Waiting(WaitReason::Connection), 64));
        files.apply(FileAction::Fetching(FILE, coming(128, true), 9));
        files.apply(FileAction::Fetching(FILE, FetchState::Complete, 10));
        files.apply(FileAction::Ready(FILE));
        let taken = files.taken(FILE).unwrap();
        assert_eq!((taken.stage, taken.resumed), (Stage::Ready, true));
    }

    #[test]
    fn who_takes_it_again_begins_anew() {
        let (_, taken) =
            run(&[(coming(64, true), 0), (FetchState::Failed(FetchError::Unreachable), 1), (FetchState::Queued, 2)]);
        assert_eq!(taken, Taken::NONE);
    }

    #[test]
    fn an_own_file_is_known_from_its_offer_on() {
        let mut files = Files::default();
        let serving = FileAction::Serving([2; 16], PersonId([3; 32]), "Ravi".into(), ServeState::Complete);
        files.apply(serving.clone());
        assert_eq!(files.own([2; 16]), None);
        files.apply(FileAction::Offered([2; 16]));
        files.apply(serving);
        files.apply(FileAction::Withdrawn([2; 16]));
        let own = files.own([2; 16]).unwrap();
        assert!(own.withdrawn);
        assert_eq!(own.takers[&PersonId([3; 32])], ("Ravi".into(), ServeState::Complete));
    }
}
