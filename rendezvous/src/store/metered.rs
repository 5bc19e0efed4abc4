//! A store that times what another one does. Left out: everything else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};

use super::{Entry, Revision, Store, StoreError};
use crate::metrics::Metrics;

/// Counts and times every operation of a store.
pub struct Metered {
    inner: Arc<dyn Store>,
    metrics: Metrics,
}

impl Metered {
    /// Times `inner`.
    pub fn new(inner: Arc<dyn Store>, metrics: Metrics) -> Self {
        Self { inner, metrics }
    }

    // A conflict is an answer, not a failure.
    fn time<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        work: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        async move {
            let started = Instant::now();
            let done = work.await;
            let worked = matches!(done, Ok(_) | Err(StoreError::Conflict));
            self.metrics.store(operation, worked, started.elapsed());
            done
        }
        .boxed()
    }
}

impl Store for Metered {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.time("get", self.inner.get(key))
    }

    fn create(
        &self,
        key: Vec<u8>,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        self.time("create", self.inner.create(key, value, ttl))
    }

    fn update(
        &self,
        key: Vec<u8>,
        revision: Revision,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        self.time("update", self.inner.update(key, revision, value, ttl))
    }

    fn delete(&self, key: Vec<u8>, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        self.time("delete", self.inner.delete(key, revision))
    }

    fn scan(
        &self,
        prefix: Vec<u8>,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        self.time("scan", self.inner.scan(prefix, after, limit))
    }

    fn purge(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.time("purge", self.inner.purge())
    }
}
