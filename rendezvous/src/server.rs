//! Puts one server together, starts it in order, and stops it in the reverse one.
//!
//! Order: store, relay and TURN, then HTTP, so that whoever gets an answer gets a true one. Left out: signals and the command
//! line, which the binary has.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum_server::tls_rustls::RustlsConfig;
use milanio_node::net::relay::RelayStats;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    accounts::Accounts,
    admin::AdminSocket,
    clock,
    config::{ConfigError, LimitsName, MailKind, Settings},
    core::{mail_budget::MailBudget, origin::Origins},
    http::{
        assets::Assets,
        limits::Limits,
        metrics,
        router::router,
        serve::Serving,
        state::{AppState, Parts, SiteRules},
    },
    keys::{KeysError, ServerKeys},
    links::Links,
    mail::{Mailer, SmtpError, Spool},
    metrics::Metrics,
    registry::Registry,
    relay::{EmbeddedRelay, EmbeddedRelayError},
    store::{
        EmbeddedStore, Metered, Store,
        schema::{self, SchemaError},
    },
};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings do not work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address or port cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The data directory cannot be made or used.
    #[error("cannot use the data directory {}: {error}", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The rooms cannot be opened; usually another server has them.
    #[error("cannot open the rooms in {} (does another server use them?): {error}", path.display())]
    Store {
        /// Which.
        path: PathBuf,
        /// Why.
        error: sled::Error,
    },
    /// The app's files cannot be read.
    #[error("cannot read the app in {}: {error}", path.display())]
    App {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use the TLS certificate or key: {0}")]
    Tls(io::Error),
    /// The server's keys cannot be used.
    #[error("cannot use the keys in {}: {error}", path.display())]
    Keys {
        /// Where they are.
        path: PathBuf,
        /// Why.
        error: KeysError,
    },
    /// The data cannot be used by this version.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The mail server cannot be used.
    #[error("cannot send mail")]
    Mail(#[from] SmtpError),
    /// The relay did not start.
    #[error("cannot start the relay")]
    Relay(#[from] EmbeddedRelayError),
}

/// A running server.
pub struct Server {
    state: AppState,
    http: Serving,
    relay: EmbeddedRelay,
    upkeep: JoinHandle<()>,
    scraped: Option<JoinHandle<()>>,
    _admin: Option<AdminSocket>,
    url: String,
    address: SocketAddr,
}

impl Server {
    /// Starts everything. When this returns, the server answers.
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
        let limits = limits(settings);
        let tls = tls(settings).await?;
        let (listener, address) = listen(SocketAddr::new(settings.bind, settings.port))?;
        let now_ms = clock::system();
        let metrics = Metrics::default();
        let store = store(settings, &now_ms).await?;
        schema::prepare(&store, &settings.data.join("backups"), clock::seconds(&now_ms)()).await?;
        let whole_store = store.clone();
        let store: Arc<dyn Store> = Arc::new(Metered::new(Arc::new(store), metrics.clone()));
        let keys = keys(settings).await?;
        let registry = Registry::new(Arc::clone(&store), Arc::clone(&now_ms));
        let relay = EmbeddedRelay::start(settings, address.port()).await?;
        let own_url = url(tls.is_some(), address);
        let mailer = Mailer::start(settings.mail_config(&own_url)?, metrics.clone())?;
        let budget = MailBudget::new(if limits.factor > 1 { LAB_LETTERS } else { 1 });
        let accounts = Accounts::new(store, keys, mailer.clone(), budget, Arc::clone(&now_ms));
        let accounts = if limits.factor > 1 { accounts.with_notice(LAB_NOTICE_S) } else { accounts };
        let site = site_rules(settings, address);
        let parts = Parts {
            accounts,
            links: Links::new(now_ms),
            origins: Origins::new(site.public_url.clone(), site.origins.clone(), settings.bind.is_loopback()),
            registry,
            relay: relay.directory(),
            assets: assets(settings).await?,
            mailer,
            metrics: metrics.clone(),
            site,
        };
        let state = AppState::new(parts, &limits);
        let admin = admin(settings, whole_store, state.clone());
        let scraped = match settings.metrics {
            Some(at) => Some(http_metrics(at, metrics, relay.stats()).await?),
            None => None,
        };
        let http = Serving::start(listener, router(state.clone()), &limits, settings.trusted_proxy, tls)
            .await
            .map_err(|error| StartError::Listen { address, error })?;
        let upkeep = tokio::spawn(upkeep(state.clone()));
        state.set_ready(true);
        Ok(Self { state, http, relay, upkeep, scraped, _admin: admin, url: own_url, address })
    }

    /// Where a person on this machine opens it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where HTTP listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server fails by itself, which it should never do.
    pub async fn failed(&mut self) -> io::Error {
        self.http.failed().await
    }

    /// Stops within [`DRAIN`] and a little: not ready, no new connections, running requests end, the relay says goodbye.
    pub async fn stop(self) {
        self.state.set_ready(false);
        self.upkeep.abort();
        self.relay.stop().await;
        if let Err(error) = self.http.drain(DRAIN).await {
            tracing::warn!(%error, "HTTP did not stop cleanly");
        }
        if let Some(scraped) = self.scraped {
            scraped.abort();
        }
    }
}

/// How long running requests may take to end when the server stops: longer than any may take at all.
pub const DRAIN: Duration = Duration::from_secs(12);
/// How many times as many letters leave in a lab as elsewhere (chosen: one network may have a fifth, which is more than any test asks for;
/// the proof that nobody can find out who has an account asks for 4,040).
const LAB_LETTERS: usize = 200;
/// How long a takeover of an address waits in a lab, in seconds (chosen: a test sees it wait, and then be ready).
const LAB_NOTICE_S: u64 = 10;
/// How many sweeps of rooms come to one of accounts: one a day. Only crashes leave something, and it harms nobody.
const SWEEPS_PER_DAY: u32 = 144;
/// How often rooms that are over are looked for (chosen: nobody sees a room that is over as open, whether swept or not).
const SWEEP_EVERY: Duration = Duration::from_secs(600);

fn limits(settings: &Settings) -> Limits {
    match settings.limits {
        LimitsName::Standard => Limits::default(),
        LimitsName::Lab => Limits::lab(),
    }
}

async fn tls(settings: &Settings) -> Result<Option<RustlsConfig>, StartError> {
    match (&settings.tls_cert, &settings.tls_key) {
        (Some(cert), Some(key)) => RustlsConfig::from_pem_file(cert, key).await.map(Some).map_err(StartError::Tls),
        _ => Ok(None),
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = TcpListener::bind(address).and_then(|listener| listener.local_addr().map(|at| (listener, at)));
    bound.map_err(|error| StartError::Listen { address, error })
}

fn site_rules(settings: &Settings, address: SocketAddr) -> SiteRules {
    let on_loopback = settings.bind.is_loopback();
    SiteRules {
        secure: settings.is_secure(),
        loopback_port: on_loopback.then_some(address.port()),
        public_url: settings.public_url.clone(),
        origins: settings.origins.clone(),
        trusted_proxy: settings.trusted_proxy,
        spool: (!settings.is_public() && settings.mail == MailKind::Spool).then(|| Spool::new(settings.spool())),
    }
}

async fn http_metrics(
    address: SocketAddr,
    metrics: Metrics,
    relay: watch::Receiver<RelayStats>,
) -> Result<JoinHandle<()>, StartError> {
    metrics::serve(address, metrics, relay).await.map_err(|error| StartError::Listen { address, error })
}

// Without it the server serves, and backups are made when it does not run.
fn admin(settings: &Settings, store: EmbeddedStore, state: AppState) -> Option<AdminSocket> {
    let started = AdminSocket::start(&settings.data, store, state);
    started.inspect_err(|error| tracing::warn!(%error, "operators cannot ask this server anything")).ok()
}

async fn store(settings: &Settings, now_ms: &clock::Millis) -> Result<EmbeddedStore, StartError> {
    let (data, path) = (settings.data.clone(), settings.data.join("rooms"));
    let seconds = clock::seconds(now_ms);
    let opened = blocking(move || {
        std::fs::create_dir_all(&data).map_err(|error| StartError::Data { path: data, error })?;
        EmbeddedStore::open(&path, seconds).map_err(|error| StartError::Store { path, error })
    });
    opened.await
}

async fn keys(settings: &Settings) -> Result<ServerKeys, StartError> {
    let path = settings.data.join("keys");
    blocking(move || ServerKeys::open(&path).map_err(|error| StartError::Keys { path, error })).await
}

async fn assets(settings: &Settings) -> Result<Assets, StartError> {
    let Some(path) = settings.app.clone() else {
        tracing::warn!("no --app: only the API and the relay are served");
        return Ok(Assets::default());
    };
    blocking(move || Assets::load(&path).map_err(|error| StartError::App { path, error })).await
}

// The work panics only if this program is wrong, so that is passed on.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn upkeep(state: AppState) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    for round in (1..SWEEPS_PER_DAY).chain([0]).cycle() {
        every.tick().await;
        state.rates.tidy();
        if round == 0 {
            match state.accounts.sweep().await {
                Ok(swept) => tracing::debug!(swept, "what belongs to no account was swept"),
                Err(error) => tracing::error!(%error, "accounts could not be swept"),
            }
        }
        match state.accounts.remind().await {
            Ok(written) => tracing::debug!(written, "reminders of takeovers were written"),
            Err(error) => tracing::error!(%error, "reminders of takeovers could not be written"),
        }
        match state.registry.sweep().await {
            Ok(expired) => tracing::debug!(expired, "rooms were swept"),
            Err(error) => tracing::error!(%error, "rooms could not be swept"),
        }
        state.metrics.rooms(state.registry.open_rooms());
    }
}

fn url(secure: bool, address: SocketAddr) -> String {
    let scheme = if secure { "https" } else { "http" };
    let (ip, port) = (address.ip(), address.port());
    if ip.is_loopback() || ip.is_unspecified() {
        format!("{scheme}://localhost:{port}")
    } else {
        format!("{scheme}://{address}")
    }
}
