//! Which certificate is shown when: the previous, the current and the next one.
//!
//! An address names the current and the next, so that it stays good for two weeks; Noise confirms all three. The schedule is a
//! function of the time it is given. The certificates are kept over restarts: otherwise every restart would make all known
//! addresses useless.

use std::{
    collections::HashSet,
    io,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    address::CertHash,
    certificate::{Certificate, CertificateError, VALID_S},
};
use crate::net::private_file;

/// Where certificates are kept.
pub trait CertificateStore: Send {
    /// What was saved last; `None` if nothing was.
    fn load(&self) -> io::Result<Option<Vec<u8>>>;

    /// Keeps `bytes`. They hold secrets.
    fn save(&self, bytes: &[u8]) -> io::Result<()>;
}

/// A file that only its owner can read.
#[derive(Clone, Debug)]
pub struct FileStore(pub PathBuf);

impl CertificateStore for FileStore {
    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        private_file::read(&self.0)
    }

    fn save(&self, bytes: &[u8]) -> io::Result<()> {
        private_file::write(&self.0, bytes)
    }
}

/// Why there are no certificates; this machine is at fault.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// They cannot be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// They cannot be read or kept.
    #[error("certificates cannot be read or written")]
    LocalDisk(#[from] io::Error),
}

/// See the module's documentation.
pub struct CertificateRing {
    store: Box<dyn CertificateStore>,
    previous: Option<Certificate>,
    current: Certificate,
    next: Certificate,
}

impl CertificateRing {
    /// The certificates in `store` that are still good at `now_s` (seconds since the Unix epoch), and new ones for the others.
    pub fn open(store: Box<dyn CertificateStore>, now_s: u64) -> Result<Self, RingError> {
        // What cannot be read was written by another version, or is damaged: new certificates do as well.
        let kept = store.load()?.and_then(|bytes| decode(&bytes)).filter(|(_, current, _)| current.starts_s <= now_s);
        let (previous, current, next) = match kept {
            Some(kept) => kept,
            None => first(now_s)?,
        };
        let mut ring = Self { store, previous, current, next };
        ring.advance(now_s)?;
        ring.save()?;
        Ok(ring)
    }

    /// Moves on if it is time; whether it was.
    pub fn advance(&mut self, now_s: u64) -> Result<bool, RingError> {
        if now_s < self.rotates_at_s() {
            return Ok(false);
        }
        if now_s < self.next.ends_s.saturating_sub(SWITCH_BEFORE_END_S) {
            let next = following(&self.next)?;
            let current = std::mem::replace(&mut self.next, next);
            self.previous = Some(std::mem::replace(&mut self.current, current));
        } else {
            // Asleep for so long that the next one is over too.
            (self.previous, self.current, self.next) = first(now_s)?;
        }
        self.save()?;
        Ok(true)
    }

    /// When to move on, in seconds since the Unix epoch.
    pub const fn rotates_at_s(&self) -> u64 {
        self.current.ends_s.saturating_sub(SWITCH_BEFORE_END_S)
    }

    /// The one to show.
    pub(super) const fn current(&self) -> &Certificate {
        &self.current
    }

    /// What an address names: the current and the next.
    pub fn advertised_hashes(&self) -> [CertHash; 2] {
        [self.current.hash(), self.next.hash()]
    }

    /// What Noise confirms: all that an address which is in use may name.
    pub fn proven_hashes(&self) -> HashSet<CertHash> {
        self.previous.iter().chain([&self.current, &self.next]).map(Certificate::hash).collect()
    }

    fn save(&self) -> Result<(), RingError> {
        let ring = (VERSION, &self.previous, &self.current, &self.next);
        let bytes = postcard::to_allocvec(&ring).map_err(io::Error::other)?;
        Ok(self.store.save(&bytes)?)
    }
}

/// The local time in seconds since the Unix epoch.
pub fn unix_now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// How much earlier than now the first certificate starts, and how much two of them overlap: browsers' clocks may be late.
const SKEW_S: u64 = 60 * 60;
const SWITCH_BEFORE_END_S: u64 = SKEW_S;

/// Of the file's layout.
const VERSION: u8 = 1;

type Kept = (Option<Certificate>, Certificate, Certificate);

fn first(now_s: u64) -> Result<Kept, CertificateError> {
    let current = Certificate::make(now_s.saturating_sub(SKEW_S))?;
    let next = following(&current)?;
    Ok((None, current, next))
}

/// The one after `certificate`: it starts a skew before it is switched to.
fn following(certificate: &Certificate) -> Result<Certificate, CertificateError> {
    Certificate::make(certificate.ends_s.saturating_sub(SWITCH_BEFORE_END_S + SKEW_S))
}

fn decode(bytes: &[u8]) -> Option<Kept> {
    let (version, previous, current, next): (u8, Option<Certificate>, Certificate, Certificate) =
        postcard::from_bytes(bytes).ok()?;
    let valid = |certificate: &Certificate| certificate.ends_s.checked_sub(certificate.starts_s) == Some(VALID_S);
    (version == VERSION && valid(&current) && valid(&next)).then_some((previous, current, next))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Option<Vec<u8>>>>);

    impl CertificateStore for Memory {
        fn load(&self) -> io::Result<Option<Vec<u8>>> {
            Ok(self.0.lock().unwrap().clone())
        }
        fn save(&self, bytes: &[u8]) -> io::Result<()> {
            *self.0.lock().unwrap() = Some(bytes.to_vec());
            Ok(())
        }
    }

    const NOW_S: u64 = 1_800_000_000;
    const DAY_S: u64 = 86_400;

    fn open(memory: &Memory, now_s: u64) -> CertificateRing {
        CertificateRing::open(Box::new(memory.clone()), now_s).unwrap()
    }

    #[test]
    fn a_restart_keeps_the_hashes() {
        let memory = Memory::default();
        let before = open(&memory, NOW_S).advertised_hashes();
        assert_eq!(open(&memory, NOW_S + DAY_S).advertised_hashes(), before);
    }

    #[test]
    fn an_advertised_address_is_good_for_two_weeks_and_more() {
        let mut ring = open(&Memory::default(), NOW_S);
        let advertised = ring.advertised_hashes();
        for day in 0..27 {
            ring.advance(NOW_S + day * DAY_S).unwrap();
            assert!(advertised.contains(&ring.current().hash()), "day {day}");
            assert!(advertised.iter().all(|hash| ring.proven_hashes().contains(hash)), "day {day}");
        }
    }

    #[test]
    fn the_one_that_is_shown_is_always_valid_with_an_hour_to_spare() {
        let mut ring = open(&Memory::default(), NOW_S);
        for hour in 0..24 * 60 {
            let now_s = NOW_S + hour * 60 * 60;
            ring.advance(now_s).unwrap();
            assert!(ring.current().starts_s + SKEW_S <= now_s, "hour {hour}");
            assert!(now_s + SWITCH_BEFORE_END_S <= ring.current().ends_s, "hour {hour}");
        }
    }

    #[test]
    fn after_a_month_of_sleep_everything_is_new() {
        let memory = Memory::default();
        let before = open(&memory, NOW_S).proven_hashes();
        let ring = open(&memory, NOW_S + 40 * DAY_S);
        assert!(ring.proven_hashes().is_disjoint(&before));
        assert!(ring.current().starts_s <= NOW_S + 40 * DAY_S);
    }

    #[test]
    fn a_damaged_file_and_a_clock_that_was_ahead_give_new_certificates() {
        let memory = Memory::default();
        let ahead = open(&memory, NOW_S + 400 * DAY_S).proven_hashes();
        assert!(open(&memory, NOW_S).proven_hashes().is_disjoint(&ahead));
        *memory.0.lock().unwrap() = Some(b"nonsense".to_vec());
        assert!(open(&memory, NOW_S).current().starts_s <= NOW_S);
    }
}
