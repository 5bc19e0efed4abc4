//! Pure state machines: no IO, no clock, no randomness of their own, no async.
//!
//! Time and seeds are parameters. Every machine is driven the same way: one mutation (`handle_*` or a command), then drain
//! `poll_command` and `poll_event` until they return `None`, then sleep until `poll_timeout`.

pub mod admission;
#[cfg(feature = "relay")]
pub mod bandwidth;
pub mod call;
pub mod dial;
pub mod files;
pub mod group;
pub mod log;
pub mod membership;
pub mod mirror;
pub mod rate_limit;
pub mod room;
pub mod session;
pub mod sorted;
pub mod subnet;
pub mod time;
#[cfg(feature = "relay")]
pub mod turn_quota;
