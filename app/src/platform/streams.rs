//! The media streams of this page: one's own and one per person, so that a tile can show them.
//!
//! Whoever makes a stream puts it here and raises its revision in the state (`MediaAction::NewStream`,
//! `RoomAction::StreamOf`); a tile attaches it when the revision changes.

use std::cell::RefCell;

use web_sys::MediaStream;

use crate::state::room::PersonId;
use milanio_node::core::sorted::SortedMap;

/// Whose stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamKey {
    /// One's own camera and microphone.
    Own,
    /// What comes from somebody else.
    Of(PersonId),
}

thread_local! {
    static STREAMS: RefCell<SortedMap<StreamKey, MediaStream>> = const { RefCell::new(SortedMap::new()) };
}

/// Puts a stream, in place of the one before.
pub fn put(key: StreamKey, stream: MediaStream) {
    STREAMS.with_borrow_mut(|streams| streams.insert(key, stream));
}

/// Forgets a stream; its tracks are not stopped.
pub fn remove(key: StreamKey) {
    STREAMS.with_borrow_mut(|streams| streams.remove(&key));
}

/// The stream, if there is one.
pub fn get(key: StreamKey) -> Option<MediaStream> {
    STREAMS.with_borrow(|streams| streams.get(&key).cloned())
}
