//! The server's clock, passed around as a function so that tests can turn it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Milliseconds since the Unix epoch.
pub type Millis = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The machine's clock.
pub fn system() -> Millis {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// The same clock in whole seconds.
pub fn seconds(millis: &Millis) -> Arc<dyn Fn() -> u64 + Send + Sync> {
    let millis = Arc::clone(millis);
    Arc::new(move || millis() / 1_000)
}
