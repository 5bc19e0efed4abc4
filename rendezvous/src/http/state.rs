//! What the handlers share.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    address_cap::AddressCap,
    assets::Assets,
    limits::{Limits, RateLimits},
};
use crate::{mail::Mailer, registry::Registry, relay::Directory};

/// One server's shared state; clones are the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// See [`AppState`].
pub struct Shared {
    /// The rooms.
    pub registry: Registry,
    /// Where the relay and its TURN server are.
    pub relay: Directory,
    /// The app's files.
    pub assets: Assets,
    /// Writes to people.
    pub mailer: Mailer,
    /// Rates.
    pub rates: RateLimits,
    /// Requests that are being answered.
    pub in_flight: AddressCap,
    /// Served over TLS.
    pub secure: bool,
    /// The HTTP port, if the server listens on loopback only.
    pub loopback_port: Option<u16>,
    /// Policy reports that browsers sent.
    pub csp_reports: AtomicU64,
    ready: AtomicBool,
}

impl AppState {
    /// State of a server that is not ready yet.
    pub fn new(
        registry: Registry,
        relay: Directory,
        assets: Assets,
        mailer: Mailer,
        limits: &Limits,
        secure: bool,
        loopback_port: Option<u16>,
    ) -> Self {
        Self(Arc::new(Shared {
            registry,
            relay,
            assets,
            mailer,
            rates: RateLimits::new(limits.factor),
            in_flight: AddressCap::new(limits.in_flight_per_address, limits.in_flight),
            secure,
            loopback_port,
            csp_reports: AtomicU64::new(0),
            ready: AtomicBool::new(false),
        }))
    }

    /// Says whether new work is welcome: false while starting and stopping.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// Whether new work is welcome.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
