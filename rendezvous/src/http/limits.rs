//! How much one address may ask for: one table, and the limiters made from it.
//!
//! Keyed on the accepted socket's address (IPv4 whole, IPv6 by /64) and never on a header, which a client can forge. An office
//! or a school is one address, so the figures are per site rather than per person.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::error::Failure;
use crate::{api::Rid, core::mail_budget::site_of};

/// What requests are counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Files of the app, health and version.
    Page,
    /// The relay list.
    Relays,
    /// Opening rooms.
    Create,
    /// Joining, looking at and destroying rooms.
    Rooms,
    /// Heartbeats.
    Beat,
    /// TURN credentials; beyond it a join goes without.
    Turn,
    /// WebSocket upgrades.
    Socket,
    /// Policy reports.
    Report,
    /// Challenges.
    Challenge,
    /// Signing in by a device's key.
    Login,
    /// Asking for a letter: registration, change of address, taking an address back. The letters themselves are counted by the mail
    /// budget, which knows whether it is the same address again.
    Letter,
    /// Codes from letters.
    Verify,
    /// Steps of a password login.
    Password,
    /// What an account keeps: profile, vault, devices, signing out.
    Account,
    /// Messages between devices that are being linked.
    Link,
}

/// What is counted per account, or per address and network where there is no account yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Signing in.
    Login,
    /// Guessing at the password of one address from one network. Never a lock: other networks are counted apart.
    Password,
    /// Reading the vault.
    VaultRead,
    /// Writing profile, vault and device list.
    Write,
    /// Changing the address: each writes to the old one.
    Email,
}

/// A sustained rate and how many may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Sustained, in requests per hour.
    pub per_hour: u32,
    /// At once.
    pub burst: u32,
}

/// Every limit of the HTTP side.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections from one address.
    pub connections_per_address: usize,
    /// Connections in all.
    pub connections: usize,
    /// Requests of one address that are being answered.
    pub in_flight_per_address: usize,
    /// Requests that are being answered, in all.
    pub in_flight: usize,
    /// Requests of one address whose bodies are arriving.
    pub arriving_per_address: usize,
    /// Requests whose bodies are arriving, in all: each holds a body's bytes at most, and no place among those being answered.
    pub arriving: usize,
    /// How much faster than the table's figures one address may ask: 1, or more in a lab.
    pub factor: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_per_address: 256,
            connections: 4096,
            in_flight_per_address: 128,
            in_flight: 512,
            arriving_per_address: 128,
            arriving: 4096,
            factor: 1,
        }
    }
}

impl Limits {
    /// Raises what is counted per address, for tests and benches that come from one.
    pub fn lab() -> Self {
        let standard = Self::default();
        let (connections_per_address, arriving_per_address) = (standard.connections, standard.arriving);
        Self { connections_per_address, in_flight_per_address: 512, arriving_per_address, factor: 1000, ..standard }
    }
}

/// Largest body with something sealed in it, in bytes: a profile of 49 KiB takes 66 KiB in base64.
pub const MAX_SEALED_BODY_BYTES: usize = 80 * 1024;
/// Largest other body, in bytes: a device list with its proof takes less than 5 KiB.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
/// Largest request head, in bytes.
pub const MAX_HEAD_BYTES: usize = 8 * 1024;
/// How long a request's head may take to arrive.
pub const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a request may take in all, beside what its body may.
pub const REQUEST_TIME: Duration = Duration::from_secs(10);
/// How long the sender of a body may pause.
pub const BODY_PAUSE: Duration = Duration::from_secs(3);
/// How long a body may take to arrive.
pub const BODY_TIME: Duration = Duration::from_secs(10);
/// Streams of one HTTP/2 connection.
pub const MAX_HTTP2_STREAMS: u32 = 100;
/// Streams an HTTP/2 client may reset before they were answered (CVE-2023-44487).
pub const MAX_HTTP2_RESETS: usize = 20;

const fn rate(class: Class) -> Rate {
    match class {
        Class::Page => Rate { per_hour: 60_000, burst: 2_000 },
        Class::Relays => Rate { per_hour: 12_000, burst: 200 },
        Class::Create => Rate { per_hour: 60, burst: 60 },
        Class::Rooms => Rate { per_hour: 6_000, burst: 200 },
        Class::Beat => Rate { per_hour: 24_000, burst: 200 },
        Class::Turn => Rate { per_hour: 120, burst: 120 },
        Class::Socket => Rate { per_hour: 6_000, burst: 100 },
        Class::Report => Rate { per_hour: 600, burst: 30 },
        Class::Challenge => Rate { per_hour: 1_800, burst: 30 },
        Class::Login => Rate { per_hour: 600, burst: 10 },
        // Above what the mail budget lets a site have: 20 addresses with three letters each in an hour.
        Class::Letter => Rate { per_hour: 120, burst: 30 },
        // As many codes, and some that were mistyped. Guessing is hopeless whatever the rate: each code allows five tries.
        Class::Verify => Rate { per_hour: 120, burst: 30 },
        Class::Password => Rate { per_hour: 300, burst: 10 },
        Class::Account => Rate { per_hour: 3_600, burst: 100 },
        Class::Link => Rate { per_hour: 3_600, burst: 100 },
    }
}

const fn own_rate(own: Own) -> Rate {
    match own {
        Own::Login => Rate { per_hour: 20, burst: 20 },
        Own::Password | Own::VaultRead => Rate { per_hour: 10, burst: 10 },
        Own::Write => Rate { per_hour: 60, burst: 20 },
        Own::Email => Rate { per_hour: 3, burst: 3 },
    }
}

/// Heartbeats of one room: four a minute, and some more when who sends them changes.
const BEATS_PER_ROOM: Rate = Rate { per_hour: 240, burst: 8 };
/// Addresses and rooms that one limiter remembers (chosen: some MiB); newer ones then share one allowance.
const MAX_KEYS: usize = 100_000;

/// The limiters.
pub struct RateLimits {
    classes: [Limiter<IpAddr>; 15],
    own: [Limiter<[u8; 32]>; 5],
    beats: Limiter<Rid>,
}

impl RateLimits {
    /// Limiters by the table, `factor` times as fast per address.
    pub fn new(factor: u32) -> Self {
        use Class::{
            Account, Beat, Challenge, Create, Letter, Link, Login, Page, Password, Relays, Report, Rooms, Socket, Turn,
            Verify,
        };
        let nobody = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        // Both in the order of their enums, whose discriminants are the indexes.
        let classes = [
            Page, Relays, Create, Rooms, Beat, Turn, Socket, Report, Challenge, Login, Letter, Verify, Password,
            Account, Link,
        ];
        let own = [Own::Login, Own::Password, Own::VaultRead, Own::Write, Own::Email];
        Self {
            classes: classes.map(|class| Limiter::new(rate(class), factor, nobody)),
            own: own.map(|own| Limiter::new(own_rate(own), factor, [0; 32])),
            beats: Limiter::new(BEATS_PER_ROOM, 1, Rid::from_bytes([0; 16])),
        }
    }

    /// Counts one request of `class` from `address`.
    pub fn check(&self, class: Class, address: IpAddr) -> Result<(), Failure> {
        self.classes.get(class as usize).map_or(Ok(()), |limiter| limiter.check(site_of(address)))
    }

    /// Counts one request of the account, or of whatever else `key` names.
    pub fn check_own(&self, own: Own, key: [u8; 32]) -> Result<(), Failure> {
        self.own.get(own as usize).map_or(Ok(()), |limiter| limiter.check(key))
    }

    /// Counts one heartbeat of the room `rid`.
    pub fn check_beat(&self, rid: Rid) -> Result<(), Failure> {
        self.beats.check(rid)
    }

    /// Forgets everybody who has their full allowance again.
    pub fn tidy(&self) {
        self.classes.iter().for_each(Limiter::tidy);
        self.own.iter().for_each(Limiter::tidy);
        self.beats.tidy();
    }
}

struct Limiter<K: Clone + std::hash::Hash + Eq> {
    limiter: DefaultKeyedRateLimiter<K>,
    clock: DefaultClock,
    // What newcomers share when the memory is full; nobody has it as their own.
    crowd: K,
}

impl<K: Clone + std::hash::Hash + Eq> Limiter<K> {
    fn new(rate: Rate, factor: u32, crowd: K) -> Self {
        let one = NonZeroU32::MIN;
        let per_hour = NonZeroU32::new(rate.per_hour.saturating_mul(factor)).unwrap_or(one);
        let burst = NonZeroU32::new(rate.burst.saturating_mul(factor)).unwrap_or(one);
        let quota = Quota::per_hour(per_hour).allow_burst(burst);
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), crowd }
    }

    fn check(&self, key: K) -> Result<(), Failure> {
        let key = if self.limiter.len() < MAX_KEYS { key } else { self.crowd.clone() };
        self.limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
            Failure::rate_limited(u32::try_from(seconds).unwrap_or(u32::MAX))
        })
    }

    fn tidy(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;

    #[test]
    fn the_61st_room_of_an_hour_is_refused_with_the_time_to_wait_and_other_addresses_are_not() {
        let limits = RateLimits::new(1);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..60 {
            assert_eq!(limits.check(Class::Create, one), Ok(()));
        }
        let refused = limits.check(Class::Create, one).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!(refused.retry_after_s.is_some_and(|seconds| (1..=60).contains(&seconds)), "{refused:?}");
        assert_eq!(limits.check(Class::Create, other), Ok(()));
        assert_eq!(limits.check(Class::Rooms, one), Ok(()), "classes are counted apart");
    }

    #[test]
    fn accounts_are_counted_each() {
        let limits = RateLimits::new(1);
        let taken = |key: u8| (0..30).filter(|_| limits.check_own(Own::Login, [key; 32]).is_ok()).count();
        assert_eq!((taken(1), taken(2)), (20, 20));
        assert_eq!(limits.check_own(Own::Email, [1; 32]), Ok(()), "kinds are counted apart");
    }

    #[test]
    fn one_ipv6_site_is_one_address_and_mapped_ipv4_is_ipv4() {
        let site = |text: &str| site_of(text.parse().unwrap());
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:2:ffff::9"));
        assert_ne!(site("2001:db8:1:2::1"), site("2001:db8:1:3::1"));
        assert_eq!(site("::ffff:192.0.2.1"), site("192.0.2.1"));
    }

    #[test]
    fn a_room_may_not_beat_without_end() {
        let limits = RateLimits::new(1);
        let rid = Rid::from_bytes([1; 16]);
        let taken = (0..100).filter(|_| limits.check_beat(rid).is_ok()).count();
        assert_eq!(taken, 8);
    }
}
