//! A server without sockets: its real router over its real store, on a clock that stands still, with keys that are known.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::Result;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::Request,
};
use libp2p::identity::Keypair;
use milanio_identity::IssuerKey;
use milanio_node::net::transport::websocket;
use milanio_rendezvous::{
    accounts::Accounts,
    api::{ChallengeText, KeyText},
    clock,
    core::{challenge, keyed::keyed, mail_budget::MailBudget, origin::Origins, session::SessionKey},
    http::{
        assets::Assets,
        limits::Limits,
        router::router,
        state::{AppState, Parts, SiteRules},
    },
    keys::ServerKeys,
    links::Links,
    mail::{MailConfig, MailRoute, Mailer},
    metrics::Metrics,
    registry::Registry,
    relay::Directory,
    store::{EmbeddedStore, Store},
};
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

/// The server's time, in seconds since the Unix epoch.
pub const NOW_S: u64 = 1_900_000_000;
/// The site as its pages name it.
pub const HOST: &str = "localhost:8080";
/// The origin of its pages.
pub const ORIGIN: &str = "http://localhost:8080";
/// Where the server keeps addresses' hashes from: the first of its seeds, in the order of its key files.
pub const PEPPER: [u8; 32] = [1; 32];
/// The key of its session tokens.
pub const SESSION_KEY: [u8; 32] = [2; 32];
/// What its challenges and codes are made with.
pub const CHALLENGE_KEY: [u8; 32] = [3; 32];
const ATTESTATION_SEED: [u8; 32] = [4; 32];
/// What it answers for passwords with.
pub const OPAQUE_SEED: [u8; 32] = [5; 32];
/// As many letters as nobody here asks for.
const LETTERS: usize = 10_000;

/// The longest answer, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// The server.
pub struct World {
    router: Router,
    /// Its store.
    pub store: EmbeddedStore,
    /// Turns at stretching passwords, which takes 64 MiB each time.
    pub stretching: Semaphore,
    _directory: tempfile::TempDir,
}

/// A request, before it is sent.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// The site that it was sent to.
    pub host: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Where it comes from.
    pub from: Ipv4Addr,
}

impl Ask {
    /// Whether a server may take both for the same: spaces and the order of a body's fields say nothing.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let body = |ask: &Self| ask.body.as_ref().map(|body| serde_json::from_slice::<Value>(body).ok());
        let equal_bytes = self.body == other.body;
        let equal_bodies =
            equal_bytes || matches!((body(self), body(other)), (Some(Some(one)), Some(Some(two))) if one == two);
        let head = |ask: &Self| (ask.method, ask.path, ask.host.clone(), ask.authorization.clone());
        head(self) == head(other) && equal_bodies
    }
}

impl World {
    /// A server that is ready.
    pub fn new() -> Result<Self> {
        let now_ms: clock::Millis = Arc::new(|| NOW_S * 1_000);
        let directory = tempfile::tempdir()?;
        let store = EmbeddedStore::open(&directory.path().join("rooms"), clock::seconds(&now_ms))?;
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let seeds = [PEPPER, SESSION_KEY, CHALLENGE_KEY, ATTESTATION_SEED, OPAQUE_SEED];
        let keys = ServerKeys::from_seeds(seeds.map(Into::into));
        let mail = MailConfig {
            from: "Milanio <no-reply@meet.example>".parse()?,
            origin: ORIGIN.to_owned(),
            route: MailRoute::Spool(directory.path().join("mail")),
        };
        let mailer = Mailer::start(mail, Metrics::default())?;
        let budget = MailBudget::new(LETTERS);
        let parts = Parts {
            accounts: Accounts::new(Arc::clone(&shared), keys, mailer.clone(), budget, Arc::clone(&now_ms)),
            links: Links::new(Arc::clone(&now_ms)),
            origins: Origins::new(None, Vec::new(), true),
            registry: Registry::new(shared, now_ms),
            relay: no_relay(),
            assets: Assets::default(),
            mailer,
            metrics: Metrics::default(),
            site: SiteRules { loopback_port: Some(8080), ..SiteRules::default() },
        };
        let state = AppState::new(parts, &Limits::lab());
        state.set_ready(true);
        Ok(Self { router: router(state), store, stretching: Semaphore::new(2), _directory: directory })
    }

    /// Sends it; tells the status of the answer.
    pub async fn send(&self, ask: &Ask) -> Result<u16> {
        Ok(self.answer(ask).await?.0)
    }

    /// Sends it; tells status and body of the answer.
    pub async fn answer(&self, ask: &Ask) -> Result<(u16, Vec<u8>)> {
        let mut request = Request::builder().method(ask.method).uri(ask.path).header("host", &ask.host);
        if let Some(authorization) = &ask.authorization {
            request = request.header("authorization", authorization);
        }
        if ask.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let mut request = request.body(ask.body.clone().map_or_else(Body::empty, Body::from))?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((ask.from, 40_000))));
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status().as_u16();
        Ok((status, to_bytes(answer.into_body(), MOST_BYTES).await?.into()))
    }
}

/// A challenge that the server gave out `ago_s` seconds ago.
pub fn challenge(nonce: [u8; 16], ago_s: u64) -> ChallengeText {
    challenge::issue(&CHALLENGE_KEY, nonce, NOW_S - ago_s).0
}

/// What codes in letters are made with.
pub fn codes_key() -> [u8; 32] {
    keyed(&CHALLENGE_KEY, "mail-codes", &[])
}

/// What the server's tokens are made with.
pub fn session_key() -> SessionKey {
    SessionKey::new(SESSION_KEY, KeyText::from_bytes(issuer()))
}

/// The public key of its attestations, which is also its name in tokens.
pub fn issuer() -> [u8; 32] {
    *IssuerKey::from_seed(ATTESTATION_SEED).id().as_bytes()
}

fn no_relay() -> Directory {
    let (_, listening) = watch::channel(Vec::new());
    let (_, sockets) = websocket::incoming();
    let peer = Keypair::generate_ed25519().public().to_peer_id();
    Directory { peer, listening, sockets, others: Vec::new(), turn: None }
}
