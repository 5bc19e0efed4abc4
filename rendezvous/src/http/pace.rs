//! Answers not before a fixed time and a random bit more, so that how long something took says nothing.
//!
//! For the few routes where a stranger names an address and must not learn whether somebody has it.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};

/// No such answer comes earlier (chosen: many times what the work takes).
const EARLIEST: Duration = Duration::from_millis(250);
/// Up to so many milliseconds more, as a power of two (chosen: more than the work's own differences).
const JITTER_MS: u16 = 64;

/// Does the work and waits until its time has come.
pub async fn paced<T>(work: impl Future<Output = T>) -> T {
    let mut random = [0; 2];
    // Without randomness every answer comes at the same time, which is as good.
    let _ = getrandom::fill(&mut random);
    let jitter = Duration::from_millis(u64::from(u16::from_be_bytes(random) % JITTER_MS));
    let due = Instant::now() + EARLIEST + jitter;
    let done = work.await;
    sleep_until(due).await;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_answer_comes_early() {
        let started = Instant::now();
        assert_eq!(paced(async { 1 }).await, 1);
        assert!(started.elapsed() >= EARLIEST, "{:?}", started.elapsed());
    }
}
