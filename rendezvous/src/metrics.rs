//! What the server counts, for Prometheus: requests, store operations, letters, accounts, and what the relay holds.
//!
//! Labels are route templates, methods, statuses and results, so their number is bounded and none names a person or a room. Left out:
//! serving them ([`crate::http::metrics`]).

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use milanio_node::net::relay::RelayStats;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::core::outbox::Fate;

/// Every metric's name as it is scraped (histograms without their suffixes), and what it counts.
pub const NAMES: [(&str, &str); 13] = [
    (HTTP_REQUESTS, "HTTP requests that were answered, by route template, method and status"),
    (HTTP_SECONDS, "Time from a request's head to its answer, by route template"),
    (STORE_SECONDS, "Time of store operations, writes until they are on disk, by operation and result"),
    (MAIL, "Letters that ended, by result: sent, bounced, expired, dropped"),
    (MAIL_DOWN, "1 while letters do not leave"),
    (SIGNUPS, "Accounts that were made"),
    (SESSIONS, "Sessions that were given out"),
    (RECLAIMS, "Takeovers of addresses, by what became of them: begun, stopped_by_link, finished"),
    (RELAY_CONNECTIONS, "Connections that the relay holds"),
    (RELAY_TOPICS, "Topics that the relay's clients subscribe to"),
    (CIRCUIT_BYTES, "Bytes of files that came over the relay's circuits"),
    (CIRCUIT_WAITS, "How often bytes of circuits had to wait because their address had its share"),
    (ROOMS, "Open rooms"),
];

const HTTP_REQUESTS: &str = "milanio_rdv_http_requests_total";
const HTTP_SECONDS: &str = "milanio_rdv_http_seconds";
const STORE_SECONDS: &str = "milanio_rdv_store_op_seconds";
const MAIL: &str = "milanio_rdv_mail_total";
const MAIL_DOWN: &str = "milanio_rdv_mail_down";
const SIGNUPS: &str = "milanio_rdv_signups_total";
const SESSIONS: &str = "milanio_rdv_sessions_total";
const RECLAIMS: &str = "milanio_rdv_reclaims_total";
const RELAY_CONNECTIONS: &str = "milanio_rdv_relay_connections";
const RELAY_TOPICS: &str = "milanio_rdv_relay_topics";
const CIRCUIT_BYTES: &str = "milanio_rdv_relay_circuit_bytes_total";
const CIRCUIT_WAITS: &str = "milanio_rdv_relay_circuit_waits_total";
const ROOMS: &str = "milanio_rdv_rooms";

type Labels<const N: usize> = [(&'static str, String); N];
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// All of one server's metrics. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    registry: Registry,
    http_requests: Family<Labels<3>, Counter>,
    http_seconds: Histograms<1>,
    store_seconds: Histograms<2>,
    mail: Family<Labels<1>, Counter>,
    mail_down: Gauge,
    signups: Counter,
    sessions: Counter,
    reclaims: Family<Labels<1>, Counter>,
    relay_connections: Gauge,
    relay_topics: Gauge,
    circuit_bytes: Counter,
    circuit_waits: Counter,
    rooms: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Shared::registered()))
    }
}

impl Shared {
    fn registered() -> Self {
        let mut shared = Self {
            registry: Registry::default(),
            http_requests: Family::default(),
            http_seconds: Family::new_with_constructor(http_buckets),
            store_seconds: Family::new_with_constructor(store_buckets),
            mail: Family::default(),
            mail_down: Gauge::default(),
            signups: Counter::default(),
            sessions: Counter::default(),
            reclaims: Family::default(),
            relay_connections: Gauge::default(),
            relay_topics: Gauge::default(),
            circuit_bytes: Counter::default(),
            circuit_waits: Counter::default(),
            rooms: Gauge::default(),
        };
        // Without its series a family is not even announced.
        for what in ["begun", "stopped_by_link", "finished"] {
            drop(shared.reclaims.get_or_create(&[("what", what.to_owned())]));
        }
        let mut registry = Registry::default();
        for (name, help) in NAMES {
            // The text format adds the suffix of counters by itself.
            let (short, help) = (name.trim_end_matches("_total"), help);
            match name {
                HTTP_REQUESTS => registry.register(short, help, shared.http_requests.clone()),
                HTTP_SECONDS => registry.register(short, help, shared.http_seconds.clone()),
                STORE_SECONDS => registry.register(short, help, shared.store_seconds.clone()),
                MAIL => registry.register(short, help, shared.mail.clone()),
                MAIL_DOWN => registry.register(short, help, shared.mail_down.clone()),
                SIGNUPS => registry.register(short, help, shared.signups.clone()),
                SESSIONS => registry.register(short, help, shared.sessions.clone()),
                RECLAIMS => registry.register(short, help, shared.reclaims.clone()),
                RELAY_CONNECTIONS => registry.register(short, help, shared.relay_connections.clone()),
                RELAY_TOPICS => registry.register(short, help, shared.relay_topics.clone()),
                CIRCUIT_BYTES => registry.register(short, help, shared.circuit_bytes.clone()),
                CIRCUIT_WAITS => registry.register(short, help, shared.circuit_waits.clone()),
                _ => registry.register(short, help, shared.rooms.clone()),
            }
        }
        shared.registry = registry;
        shared
    }
}

impl Metrics {
    /// A request was answered.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        // Any token is a method in HTTP; only those that a route may take are told apart.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or("other");
        let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
        self.0.http_requests.get_or_create(&labels).inc();
        self.0.http_seconds.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    /// A store operation ended.
    pub fn store(&self, operation: &'static str, worked: bool, took: Duration) {
        let result = if worked { "ok" } else { "error" };
        let labels = [("op", operation.to_owned()), ("result", result.to_owned())];
        self.0.store_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A letter's way ended, or goes on.
    pub fn letter(&self, fate: Fate) {
        match fate {
            Fate::Sent => self.count_mail("sent"),
            Fate::Bounced => self.count_mail("bounced"),
            Fate::Expired => self.count_mail("expired"),
            Fate::Waiting => {}
        }
    }

    /// A letter found no place in the queue.
    pub fn letter_dropped(&self) {
        self.count_mail("dropped");
    }

    /// Whether letters leave.
    pub fn mail_down(&self, down: bool) {
        self.0.mail_down.set(i64::from(down));
    }

    /// An account was made.
    pub fn signed_up(&self) {
        self.0.signups.inc();
    }

    /// A session was given out.
    pub fn session(&self) {
        self.0.sessions.inc();
    }

    /// A takeover of an address began, was stopped by the link in a notice, or was finished: `what` says which.
    pub fn reclaim(&self, what: &'static str) {
        self.0.reclaims.get_or_create(&[("what", what.to_owned())]).inc();
    }

    /// How many rooms are stored.
    pub fn rooms(&self, count: usize) {
        self.0.rooms.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Everything in Prometheus' text format, with what the relay holds at the moment.
    pub fn text(&self, relay: &RelayStats) -> String {
        self.0.relay_connections.set(i64::from(relay.connections));
        self.0.relay_topics.set(i64::try_from(relay.topics).unwrap_or(i64::MAX));
        // The relay counts these itself.
        self.0.circuit_bytes.inner().store(relay.circuit_bytes, Ordering::Relaxed);
        self.0.circuit_waits.inner().store(relay.circuit_waits, Ordering::Relaxed);
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    fn count_mail(&self, result: &'static str) {
        self.0.mail.get_or_create(&[("result", result.to_owned())]).inc();
    }
}

// From a millisecond to the longest that a request may take.
fn http_buckets() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

// A read from memory takes some microseconds, a flush on a slow disk a tenth of a second.
fn store_buckets() -> Histogram {
    Histogram::new([0.000_01, 0.000_1, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_scraped_once_something_was_counted() {
        let metrics = Metrics::default();
        metrics.request("/api/relays", "GET", 200, Duration::from_millis(3));
        metrics.request("/api/relays", "BREW", 405, Duration::from_millis(3));
        metrics.store("get", true, Duration::from_micros(20));
        metrics.letter(Fate::Sent);
        metrics.signed_up();
        metrics.session();
        metrics.reclaim("begun");
        let text = metrics.text(&RelayStats::default());
        for (name, help) in NAMES {
            let found =
                text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ', '_'])));
            assert!(found && text.contains(help), "{name} is not in\n{text}");
        }
        assert!(text.contains("method=\"other\"") && !text.contains("BREW"), "{text}");
    }
}
