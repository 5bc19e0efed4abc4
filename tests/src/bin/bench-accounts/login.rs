//! What a login costs the server's CPU, by key and by password, against hashing a password there.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use argon2::{Algorithm, Argon2, Params, Version};
use milanio_identity::OpaqueLogin;
use milanio_rendezvous::api::{
    Blob, CHALLENGE_PATH, EmailText, Empty, LanguageTag, OPAQUE_FINISH_PATH, OPAQUE_LOGIN_PATH, OpaqueFinish,
    OpaqueLogin as OpaqueLoginBody, OpaqueLoginAnswer,
};
use milanio_tests::lab::{
    http::Connection,
    member::{Member, accepted},
    post::Post,
    server::Server,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

/// Logins by key that are measured.
const KEY_LOGINS: u32 = 2_000;
/// Logins by password; each costs the client a third of a second.
const PASSWORD_LOGINS: u32 = 30;
/// First steps of logins by password.
const FIRST_STEPS: u32 = 500;
/// Requests that cost next to nothing, to tell what HTTP alone costs.
const BARE_REQUESTS: u32 = 2_000;
/// Hashes that are measured.
const HASHES: u32 = 20;
/// What a server that hashes passwords is advised to take at least: 19 MiB, two passes (OWASP, "Password Storage").
const HASH_MEMORY_KIB: u32 = 19 * 1024;
const HASH_PASSES: u32 = 2;
const PASSWORD: &[u8] = b"correct horse battery staple";

pub fn measure(program: &Path) -> Result<Value> {
    let hash = hash()?;
    let data = tempfile::tempdir()?;
    let server = Server::start(program, data.path())?;
    let mut http = Connection::to(server.at());
    let (ada, post) = (Member::new(1), Post::of(data.path()));
    let session = ada.sign_up(&mut http, &post)?;
    ada.put_vault(&mut http, &session, PASSWORD)?;
    let key = cpu_of(&server, KEY_LOGINS, || {
        let answer = ada.login(&mut http)?;
        ensure!(answer.status == 200, "status {} for a login", answer.status);
        Ok(())
    })?;
    let bare = cpu_of(&server, BARE_REQUESTS, || {
        http.json("POST", CHALLENGE_PATH, None, &Empty {})?;
        Ok(())
    })?;
    let (first_step, password) = password_logins(&server, &mut http, &ada.email)?;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(json!({
        "argon2id_us": micros(hash),
        "key_login_us": micros(key),
        "opaque_first_step_us": micros(first_step),
        "opaque_login_with_letter_us": micros(password),
        "challenge_alone_us": micros(bare),
        "key_login_share": micros(key) / micros(hash),
        "opaque_login_with_letter_share": micros(password) / micros(hash),
    }))
}

fn hash() -> Result<Duration> {
    let params = Params::new(HASH_MEMORY_KIB, HASH_PASSES, 1, Some(32)).map_err(|error| anyhow::anyhow!("{error}"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; 32];
    let mut fastest = Duration::MAX;
    for _ in 0..HASHES {
        let started = Instant::now();
        let hashed = argon2.hash_password_into(PASSWORD, b"salt of 16 bytes", &mut output);
        hashed.map_err(|error| anyhow::anyhow!("{error}"))?;
        fastest = fastest.min(started.elapsed());
    }
    Ok(fastest)
}

/// The server's CPU time for one of `count` equal actions.
fn cpu_of(server: &Server, count: u32, mut act: impl FnMut() -> Result<()>) -> Result<Duration> {
    let before = server.cpu()?;
    for _ in 0..count {
        act()?;
    }
    Ok((server.cpu()? - before) / count)
}

/// The first step, which is most of OPAQUE for a server; and both steps with the letter that follows, which is written to disk.
fn password_logins(server: &Server, http: &mut Connection, email: &str) -> Result<(Duration, Duration)> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let email = EmailText::new(email)?;
    let mut first_step = |http: &mut Connection| {
        let (state, request) = OpaqueLogin::start(PASSWORD, &mut rng)?;
        let request = OpaqueLoginBody { email: email.clone(), request: Blob::new(request)? };
        let answer = http.json("POST", OPAQUE_LOGIN_PATH, None, &request)?;
        anyhow::Ok((state, accepted::<OpaqueLoginAnswer>(&answer, 200)?))
    };
    let first = cpu_of(server, FIRST_STEPS, || first_step(http).map(drop))?;
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let whole = cpu_of(server, PASSWORD_LOGINS, || {
        let (state, answer) = first_step(http)?;
        let (finalization, _) = state.finish(PASSWORD, answer.response.as_bytes(), &mut rng)?;
        let finish = OpaqueFinish {
            login: answer.login,
            email: email.clone(),
            finalization: Blob::new(finalization)?,
            language: LanguageTag::new("en")?,
        };
        let answer = http.json("POST", OPAQUE_FINISH_PATH, None, &finish)?;
        ensure!(answer.status == 202, "status {} for a password", answer.status);
        Ok(())
    })?;
    Ok((first, whole))
}
