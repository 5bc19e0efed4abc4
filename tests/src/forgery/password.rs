//! One account that keeps a vault behind a password, and logins with it (RFC 9807) up to their last message.

use anyhow::{Context as _, Result, ensure};
use milanio_identity::{OpaqueLogin as Client, OpaqueRegistration, OpaqueServer};
use milanio_rendezvous::{
    api::{Blob, EmailText, LoginState, OPAQUE_LOGIN_PATH, OpaqueLogin, OpaqueLoginAnswer},
    core::{keyed::keyed, login_state::PendingLogin},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tokio::task::spawn_blocking;

use super::{
    scene::{Person, Scene},
    world::{Ask, CHALLENGE_KEY, HOST, NOW_S, OPAQUE_SEED, World},
};

/// The round that the account belongs to: none that is counted.
pub const KEEPER: u64 = u64::MAX;
const PASSWORD: &[u8] = b"correct horse battery staple";

/// A login with the right password before its end.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What the server keeps of it, in the client's hands.
    pub login: LoginState,
    /// The proof of the password (`KE3`).
    pub finalization: Vec<u8>,
    /// What the server keeps of another login at the same address.
    pub other: LoginState,
    /// What it keeps of one at the forger's.
    pub forgers: LoginState,
}

/// Registers the account and its password.
pub async fn register(world: &World) -> Result<()> {
    let keeper = Person::new(KEEPER, 1);
    keeper.register(world).await?;
    let (client, request) = OpaqueRegistration::start(PASSWORD, &mut rng([1; 32]))?;
    let response = OpaqueServer::from_seed(&OPAQUE_SEED).registration(&request, keeper.account.id().as_bytes())?;
    let (upload, _) = client.finish(PASSWORD, &response, &mut rng([2; 32]))?;
    keeper.keep_vault(world, OpaqueServer::record(&upload)?).await
}

/// What begins a login (`KE1`).
pub fn first() -> Option<Vec<u8>> {
    Client::start(PASSWORD, &mut rng([3; 32])).ok().map(|(_, request)| request)
}

/// Begins logins, and gets the owner's to its last message.
pub async fn begin(world: &World, scene: &Scene, seed: [u8; 32]) -> Result<Begun> {
    let (client, request) = Client::start(PASSWORD, &mut rng(seed))?;
    let own = ask(world, scene, &scene.owner, &request);
    let other = ask(world, scene, &scene.owner, &request);
    let forgers = ask(world, scene, &scene.forger, &request);
    let (own, other, forgers) = tokio::try_join!(own, other, forgers)?;
    let _turn = world.stretching.acquire().await?;
    let finished = spawn_blocking(move || client.finish(PASSWORD, own.response.as_bytes(), &mut rng(seed))).await?;
    let (finalization, _) = finished?;
    Ok(Begun { login: own.login, finalization, other: other.login, forgers: forgers.login })
}

/// The state of `login` as if it were over since `ago_s`, under the server's own key or under `key`.
pub fn sealed_anew(
    login: &LoginState,
    ago_s: Option<u64>,
    key: Option<[u8; 32]>,
    nonce: [u8; 24],
) -> Option<LoginState> {
    let own = keyed(&CHALLENGE_KEY, "password-logins", &[]);
    let (pending, _) = PendingLogin::open(&own, login, NOW_S).ok()?;
    let expires_s = ago_s.map_or(pending.expires_s, |ago_s| NOW_S - ago_s);
    PendingLogin { expires_s, ..pending }.seal(&key.unwrap_or(own), nonce).ok()
}

async fn ask(world: &World, scene: &Scene, who: &Person, request: &[u8]) -> Result<OpaqueLoginAnswer> {
    let body = OpaqueLogin { email: EmailText::new(who.email.clone())?, request: Blob::new(request.to_vec())? };
    let ask = Ask {
        method: "POST",
        path: OPAQUE_LOGIN_PATH,
        host: HOST.to_owned(),
        authorization: None,
        body: Some(serde_json::to_vec(&body)?),
        from: scene.from,
    };
    let (status, body) = world.answer(&ask).await?;
    ensure!(status == 200, "{status} for the first step of a login");
    serde_json::from_slice(&body).context("the answer to the first step of a login")
}

fn rng(seed: [u8; 32]) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(seed)
}
