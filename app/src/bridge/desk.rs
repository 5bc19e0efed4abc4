//! The files of one visit: what is offered from here and read by whoever takes it, and what is taken from others and kept until it
//! is saved. Their bytes pass between the browser and the node's channels; the state hears how far they are.

use futures::{StreamExt as _, channel::mpsc};
use milanio_identity::DeviceId;
use milanio_node::{
    core::{
        files::{FetchState, FileEvent, FileName, MAX_SHARED, MAX_WANTED},
        sorted::{SortedMap, SortedSet},
    },
    net::files::{FileSink, FileSource, READ_BYTES, ReadRequest, SINK_QUEUE},
    wire::{
        file::{FileId, FileKey, FileOffer},
        file_name,
        limits::FILE_BYTES,
    },
};
use sha2::{Digest as _, Sha256};
use wasm_bindgen_futures::spawn_local;

use super::show::person_id;
use crate::{
    platform::{clock, incoming::Incoming, picked::Picked},
    state::files::{FileAction, FileRef, NotOffered},
};

/// Bytes of others' files that are kept here unsaved or on their way, at most. Chosen: four of the largest, which a browser without
/// disk space for pages holds in memory.
const MAX_KEPT_BYTES: u64 = 4 * FILE_BYTES;

/// The desk.
#[derive(Default)]
pub struct Desk {
    /// Own files that are offered.
    own: SortedSet<FileId>,
    /// Own files that are being looked through.
    pub preparing: usize,
    taken: SortedMap<FileName, Taken>,
    /// Counts what is taken, so that nothing of an earlier try is mistaken for a later one.
    count: u32,
}

/// Somebody else's file, taken.
struct Taken {
    number: u32,
    size_bytes: u64,
    /// All of it has come and is what was offered.
    is_whole: bool,
    incoming: Option<Incoming>,
}

impl Desk {
    /// Whether a chosen file can be offered.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, picked: &Picked) -> Result<(), NotOffered> {
        match picked.size_bytes() {
            0 => Err(NotOffered::Empty),
            1..=FILE_BYTES if self.own.len() + self.preparing >= MAX_SHARED => Err(NotOffered::TooMany),
            1..=FILE_BYTES => Ok(()),
            _ => Err(NotOffered::TooLarge),
        }
    }

    /// This file is offered from now on.
    pub fn offered(&mut self, id: FileId) {
        self.own.insert(id);
    }

    /// This file is offered no more; false if it was not.
    pub fn withdraw(&mut self, id: FileId) -> bool {
        self.own.remove(&id)
    }

    /// Takes a file: the number of this try, where its bytes go, and where they come out. `None` if there is no room.
    pub fn take(&mut self, file: FileName, size_bytes: u64) -> Option<(u32, FileSink, mpsc::Receiver<Vec<u8>>)> {
        self.taken.remove(&file);
        let kept: u64 = self.taken.values().map(|taken| taken.size_bytes).sum();
        if kept.saturating_add(size_bytes) > MAX_KEPT_BYTES || self.taken.len() >= MAX_WANTED {
            return None;
        }
        self.count = self.count.wrapping_add(1);
        let (sink, pieces) = mpsc::channel(SINK_QUEUE);
        self.taken.insert(file, Taken { number: self.count, size_bytes, is_whole: false, incoming: None });
        Some((self.count, sink, pieces))
    }

    /// Something happened to a file: what the page is to hear. `name_of` gives somebody's name.
    pub fn heard(&mut self, event: FileEvent, name_of: impl Fn(DeviceId) -> String) -> Vec<FileAction> {
        match event {
            FileEvent::Serving { file, to, state } => {
                vec![FileAction::Serving(file.0, person_id(to), name_of(to), state)]
            }
            FileEvent::Fetching { file, state } => {
                let mut actions = vec![FileAction::Fetching(file_ref(file), state, clock::now_ms())];
                match state {
                    FetchState::Complete => {
                        if let Some(taken) = self.taken.get_mut(&file) {
                            taken.is_whole = true;
                        }
                        actions.extend(self.ready(file));
                    }
                    FetchState::Cancelled | FetchState::Failed(_) => drop(self.taken.remove(&file)),
                    _ => {}
                }
                actions
            }
        }
    }

    /// Nothing more of a file comes out: what there is of it, or that it could not be kept.
    pub fn written(&mut self, file: FileName, number: u32, incoming: Option<Incoming>) -> Option<FileAction> {
        let taken = self.taken.get_mut(&file).filter(|taken| taken.number == number)?;
        match incoming {
            Some(incoming) => {
                taken.incoming = Some(incoming);
                self.ready(file)
            }
            None if taken.is_whole => {
                self.taken.remove(&file);
                Some(FileAction::Unwritable(file_ref(file)))
            }
            // The node notices that nobody takes the bytes.
            None => None,
        }
    }

    fn ready(&self, file: FileName) -> Option<FileAction> {
        let taken = self.taken.get(&file)?;
        let is_here = |incoming: &Incoming| incoming.size_bytes() == taken.size_bytes;
        (taken.is_whole && taken.incoming.as_ref().is_some_and(is_here)).then(|| FileAction::Ready(file_ref(file)))
    }

    /// Hands a file to the browser: the number of its try.
    pub fn save(&self, file: FileName, name: &str) -> Option<u32> {
        let taken = self.taken.get(&file)?;
        taken.incoming.as_ref()?.save(&file_name::clean(name)).map(|()| taken.number)
    }

    /// The browser has a file by now.
    pub fn release(&mut self, file: FileName, number: u32) {
        if self.taken.get(&file).is_some_and(|taken| taken.number == number) {
            self.taken.remove(&file);
        }
    }
}

/// A file as the page names it.
pub fn file_ref(file: FileName) -> FileRef {
    FileRef { owner: person_id(file.owner), id: file.id.0 }
}

/// Looks a file through, for its hash, and makes what is offered of it; `None` if it cannot be read.
pub async fn prepare(picked: &Picked) -> Option<FileOffer> {
    let size_bytes = picked.size_bytes();
    let (mut offset, mut hash) = (0, Sha256::new());
    while offset < size_bytes {
        let length = usize::try_from(size_bytes - offset).map_or(READ_BYTES, |left| left.min(READ_BYTES));
        hash.update(picked.read(offset, length).await?);
        offset += length as u64;
    }
    let (mut id, mut key) = ([0; 16], [0; 32]);
    getrandom::fill(&mut id).ok()?;
    getrandom::fill(&mut key).ok()?;
    Some(FileOffer {
        id: FileId(id),
        name: file_name::clean(&picked.name()),
        size_bytes,
        sha256: hash.finalize().into(),
        key: FileKey(key),
    })
}

/// Reads an own file for the node as long as that asks.
pub fn source(picked: Picked) -> FileSource {
    let (source, mut requests) = mpsc::channel::<ReadRequest>(1);
    spawn_local(async move {
        while let Some(request) = requests.next().await {
            let piece = picked.read(request.offset, request.length).await;
            // Whoever asked may have been stopped.
            let _ = request.reply.send(piece);
        }
    });
    source
}
