//! What a shell needs from its surroundings: tasks, clocks, timers and randomness, the same natively and in a browser.

use std::{future::Future, time::Duration};

use futures_timer::Delay;
use web_time::{Instant, SystemTime};

use crate::core::time::Timestamp;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[path = "runtime/native.rs"]
mod imp;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
#[path = "runtime/wasm.rs"]
mod imp;

/// Runs `task` beside the caller until it ends. Natively this needs a tokio runtime around the caller.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    imp::spawn(task);
}

/// The settings that make a swarm run its connections here.
pub fn swarm_config() -> libp2p::swarm::Config {
    imp::swarm_config()
}

/// A clock that never goes backwards: the wall clock when it was made, and a monotonic clock since.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall_ms: u64,
    started: Instant,
}

impl Clock {
    /// Reads the wall clock once.
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { wall_ms: millis(since_epoch), started: Instant::now() }
    }

    /// The time by this clock.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall_ms.saturating_add(millis(self.started.elapsed())))
    }
}

/// A timer that fires once, `wait` from now.
pub fn sleep(wait: Duration) -> Delay {
    Delay::new(wait)
}

/// 32 random bytes from the system, to seed a core with.
///
/// # Errors
/// If the system has no randomness to give; nothing can run then.
pub fn seed() -> Result<[u8; 32], getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
