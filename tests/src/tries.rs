//! How often something is tried that must never succeed, and how far the tries came: what dies at once proves little.

use std::sync::atomic::{AtomicU64, Ordering};

/// Changed messages of each kind that are tried, unless the environment says another number in `MILANIO_FORGERIES`.
pub fn forgeries(unless_said: u64) -> u64 {
    let said = std::env::var("MILANIO_FORGERIES").ok();
    said.map_or(unless_said, |count| count.parse().expect("MILANIO_FORGERIES is a number"))
}

/// Tries of one kind, counted from many threads.
#[derive(Debug)]
pub struct Tries {
    kind: &'static str,
    tried: AtomicU64,
    judged: AtomicU64,
}

impl Tries {
    /// Nothing is tried yet.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, tried: AtomicU64::new(0), judged: AtomicU64::new(0) }
    }

    /// One more, which was refused; `is_judged` if for what was signed or sealed, and not already for how it is written.
    pub fn refused(&self, is_judged: bool) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        self.judged.fetch_add(u64::from(is_judged), Ordering::Relaxed);
    }

    /// Prints the figures, which `cargo xtask proof forgery` collects, and checks that a good part came as far as keys decide.
    pub fn tell(&self) {
        let (tried, judged) = (self.tried.load(Ordering::Relaxed), self.judged.load(Ordering::Relaxed));
        println!(r#"{{"forged": "{}", "tried": {tried}, "judged_by_key": {judged}, "accepted": 0}}"#, self.kind);
        assert!(judged * 4 >= tried, "only {judged} of {tried} {} were judged by keys", self.kind);
    }
}
