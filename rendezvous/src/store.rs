//! Durable records: a small key-value interface with revisions and times to live, and its embedded implementation.
//!
//! [`Store`] is what a replicated store can give as well, so the server can outgrow one machine: single-key operations only,
//! compare-and-set by revision, no transactions. What a write acknowledges is on disk. Left out: what the values mean
//! ([`record`] knows for rooms, [`account_record`] for accounts).

pub mod account_record;
mod embedded;
mod envelope;
mod group_commit;
mod metered;
pub mod record;
pub mod schema;
pub mod shelf;
mod snapshot;

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

pub use embedded::EmbeddedStore;
pub use metered::Metered;

use crate::api::{MAX_OPAQUE_BYTES, MAX_PROFILE_BYTES, MAX_VAULT_BYTES};

/// Longest key, in bytes (chosen: a kind and two hashes).
pub const MAX_KEY_BYTES: usize = 80;
/// Longest value of most kinds, in bytes (chosen: rooms and accounts take less than 4 KiB).
pub const MAX_VALUE_BYTES: usize = 8 * 1024;
/// Longest value of a sealed profile, in bytes.
const MAX_PROFILE_VALUE_BYTES: usize = MAX_PROFILE_BYTES + 64;
/// Longest value of a vault, in bytes.
const MAX_VAULT_VALUE_BYTES: usize = MAX_VAULT_BYTES + MAX_OPAQUE_BYTES + 64;
/// Most entries one scan returns (chosen: 8 MiB at most are held at once; whoever scans profiles asks for fewer).
pub const MAX_SCAN: usize = 1024;

/// Longest value under `key`, in bytes.
pub fn max_value_bytes(key: &[u8]) -> usize {
    match key.get(..2) {
        Some(account_record::PROFILE_PREFIX) => MAX_PROFILE_VALUE_BYTES,
        Some(account_record::VAULT_PREFIX) => MAX_VAULT_VALUE_BYTES,
        _ => MAX_VALUE_BYTES,
    }
}

/// Names one state of one entry. Never used twice, so an entry that was deleted and made again is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// One entry as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Vec<u8>,
    /// Its state's name, for [`Store::update`] and [`Store::delete`].
    pub revision: Revision,
    /// Its value.
    pub value: Vec<u8>,
}

/// Why the store did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The key exists already, or has another revision by now: read again and decide anew.
    #[error("the entry has changed")]
    Conflict,
    /// The caller passed a key or value that is too long.
    #[error("the key or value is too long")]
    TooLarge,
    /// Too many writes wait already.
    #[error("the store is busy")]
    Busy,
    /// What is stored cannot be understood: damaged, or written by a newer version.
    #[error("the stored entry cannot be understood")]
    Unreadable,
    /// The disk failed, or the store is closed. Nothing is known about an unanswered write.
    #[error("the store has failed")]
    Failed,
}

/// What time it is: seconds since the Unix epoch. Passed in, so that times to live can be tested.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A key-value store. Every write that is answered with `Ok` survives the death of the process.
pub trait Store: Send + Sync + 'static {
    /// The entry, unless there is none or its time has passed.
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Entry>, StoreError>>;

    /// Writes a new entry; [`StoreError::Conflict`] if there is one. It vanishes after `ttl`.
    fn create(
        &self,
        key: Vec<u8>,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>>;

    /// Replaces the entry, whose revision must still be `revision`. It vanishes after `ttl`.
    fn update(
        &self,
        key: Vec<u8>,
        revision: Revision,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>>;

    /// Removes the entry, whose revision must still be `revision`.
    fn delete(&self, key: Vec<u8>, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Up to `limit` (at most [`MAX_SCAN`]) entries whose keys start with `prefix` and are greater than `after`, in key order.
    fn scan(
        &self,
        prefix: Vec<u8>,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>>;

    /// Gives the space of vanished entries back, where the store does not do so by itself. Tells how many there were.
    fn purge(&self) -> BoxFuture<'_, Result<usize, StoreError>>;
}

#[cfg(test)]
pub mod conformance;
