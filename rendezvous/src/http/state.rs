//! What the handlers share.

use std::{
    net::IpAddr,
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
use crate::{
    accounts::Accounts,
    core::origin::Origins,
    links::Links,
    mail::{Mailer, Spool},
    metrics::Metrics,
    registry::Registry,
    relay::Directory,
};

/// One server's shared state; clones are the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What the state is made from.
pub struct Parts {
    /// The accounts.
    pub accounts: Accounts,
    /// Messages between devices that are being linked.
    pub links: Links,
    /// Whose pages may prove requests.
    pub origins: Origins,
    /// The rooms.
    pub registry: Registry,
    /// Where the relay and its TURN server are.
    pub relay: Directory,
    /// The app's files.
    pub assets: Assets,
    /// Writes to people.
    pub mailer: Mailer,
    /// Counts.
    pub metrics: Metrics,
    /// How this server is reached.
    pub site: SiteRules,
}

/// How this server is reached, and by whom.
#[derive(Clone, Debug, Default)]
pub struct SiteRules {
    /// Over TLS, its own or that of a proxy.
    pub secure: bool,
    /// The HTTP port, if the server listens on loopback only.
    pub loopback_port: Option<u16>,
    /// Where people open the app, if that was configured: a web origin.
    pub public_url: Option<String>,
    /// Further web origins whose pages may use the API.
    pub origins: Vec<String>,
    /// The reverse proxy that is believed.
    pub trusted_proxy: Option<IpAddr>,
    /// The letters that are shown at `/dev/mail`.
    pub spool: Option<Spool>,
}

/// See [`AppState`].
pub struct Shared {
    /// What the state was made from.
    parts: Parts,
    /// Rates.
    pub rates: RateLimits,
    /// Requests that are being answered.
    pub in_flight: AddressCap,
    /// Requests whose bodies are arriving.
    pub arriving: AddressCap,
    /// Policy reports that browsers sent.
    pub csp_reports: AtomicU64,
    ready: AtomicBool,
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl AppState {
    /// State of a server that is not ready yet.
    pub fn new(parts: Parts, limits: &Limits) -> Self {
        Self(Arc::new(Shared {
            parts,
            rates: RateLimits::new(limits.factor),
            in_flight: AddressCap::new(limits.in_flight_per_address, limits.in_flight),
            arriving: AddressCap::new(limits.arriving_per_address, limits.arriving),
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
