//! What a login costs the server's CPU, by key and by password, against hashing a password there, and what of that the cryptography
//! alone would cost.
//!
//! Only the server's own CPU counts, whatever the clients do: what all its threads used while many people signed in at once, without
//! what it uses in the same time when nobody does. Hashing and bare cryptography are this thread's CPU. All are taken by turns in
//! rounds, so that whatever else the machine does hits all, and the median round counts. Left out: opening connections.

mod bare;
mod crowd;
mod letter;

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, ensure};
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
    statistics::median,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};

use crowd::Crowd;

/// Rounds; each measures everything once.
const ROUNDS: usize = 5;
/// People with accounts, whose logins are measured by turns.
const PEOPLE: u64 = 16;
/// Who asks at once where answers come at once.
const CLIENTS: usize = 8;
/// Who asks at once where answers wait for a quarter of a second.
const PATIENT_CLIENTS: usize = 256;
/// Logins by key in a round, and other requests whose answers come at once.
const KEY_LOGINS: usize = 2_000;
/// First steps of logins by password in a round, and last steps with a wrong one.
const FIRST_STEPS: usize = 1_024;
/// Whole logins by password in a round; each costs the client a third of a second before the last step.
const PASSWORD_LOGINS: usize = 48;
const PASSWORD: &[u8] = b"correct horse battery staple";
/// The length of a `KE3` (RFC 9807 section 6.1): an HMAC-SHA512.
const FINALIZATION_BYTES: usize = 64;

/// Microseconds by name.
type Round = BTreeMap<&'static str, f64>;

pub fn measure(program: &Path) -> Result<Value> {
    let data = tempfile::tempdir()?;
    let server = Server::start(program, data.path())?;
    let (mut http, post) = (Connection::to(server.at()), Post::of(data.path()));
    for number in 0..PEOPLE {
        let session = Member::new(number).sign_up(&mut http, &post)?;
        Member::new(number).put_vault(&mut http, &session, PASSWORD)?;
    }
    let rounds = (0..ROUNDS).map(|_| round(&server)).collect::<Result<Vec<_>>>()?;
    let names = rounds.first().map(|round| round.keys().copied().collect::<Vec<_>>()).unwrap_or_default();
    let of_all = |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(figure));
    let mut figures: Map<String, Value> =
        names.iter().map(|name| (format!("{name}_us"), json!(of_all(&|round| round[name]).round()))).collect();
    for name in ["key_login", "key_login_floor", "opaque_login", "opaque_floor"] {
        // One hash costs so many of these; the target is 50.
        figures.insert(format!("{name}_per_argon2id"), json!(of_all(&|round| round["argon2id"] / round[name])));
    }
    Ok(Value::Object(figures))
}

fn round(server: &Server) -> Result<Round> {
    let crowd = Crowd::of(server)?;
    let mut times = BTreeMap::from([
        ("argon2id", bare::argon2id()?),
        ("key_login_floor", bare::key_login()?),
        ("opaque_floor", bare::opaque()?),
        ("key_login", crowd.costs(CLIENTS, KEY_LOGINS, key_login)?),
        ("challenge", crowd.costs(CLIENTS, KEY_LOGINS, challenge)?),
        ("http_alone", crowd.costs(CLIENTS, KEY_LOGINS, nothing)?),
        ("opaque_first_step", crowd.costs(PATIENT_CLIENTS, FIRST_STEPS, first_step)?),
    ]);
    let begun = crowd.prepare(PATIENT_CLIENTS, FIRST_STEPS, begin)?;
    times
        .insert("opaque_refusal", crowd.costs(PATIENT_CLIENTS, FIRST_STEPS, |http, turn| refused(http, &begun[turn]))?);
    let ready = crowd.prepare(2, PASSWORD_LOGINS, prove)?;
    let with_letter = crowd.costs(PASSWORD_LOGINS, PASSWORD_LOGINS, |http, turn| finish(http, &ready[turn]))?;
    let letter = letter::alone(PASSWORD_LOGINS)?;
    times.insert("opaque_last_step_with_letter", with_letter);
    times.insert("letter_alone", letter);
    times.insert("opaque_login", times["opaque_first_step"] + with_letter.saturating_sub(letter));
    Ok(times.into_iter().map(|(name, time)| (name, time.as_secs_f64() * 1e6)).collect())
}

fn person(turn: usize) -> Member {
    Member::new(turn as u64 % PEOPLE)
}

fn key_login(http: &mut Connection, turn: usize) -> Result<()> {
    let answer = person(turn).login(http)?;
    ensure!(answer.status == 200, "status {} for a login", answer.status);
    Ok(())
}

fn challenge(http: &mut Connection, _: usize) -> Result<()> {
    let answer = http.json("POST", CHALLENGE_PATH, None, &Empty {})?;
    ensure!(answer.status == 200, "status {} for a challenge", answer.status);
    Ok(())
}

fn nothing(http: &mut Connection, _: usize) -> Result<()> {
    let answer = http.get("/livez")?;
    ensure!(answer.status == 200, "status {} for a sign of life", answer.status);
    Ok(())
}

fn first_step(http: &mut Connection, turn: usize) -> Result<()> {
    begin(http, turn).map(drop)
}

/// A login by password after its first step.
struct Begun {
    email: EmailText,
    state: OpaqueLogin,
    answer: OpaqueLoginAnswer,
}

impl Begun {
    fn body(&self, finalization: Vec<u8>) -> Result<OpaqueFinish> {
        Ok(OpaqueFinish {
            login: self.answer.login.clone(),
            email: self.email.clone(),
            finalization: Blob::new(finalization)?,
            language: LanguageTag::new("en")?,
        })
    }
}

fn begin(http: &mut Connection, turn: usize) -> Result<Begun> {
    let (state, request) = OpaqueLogin::start(PASSWORD, &mut ChaCha20Rng::seed_from_u64(turn as u64))?;
    let email = EmailText::new(person(turn).email)?;
    let request = OpaqueLoginBody { email: email.clone(), request: Blob::new(request)? };
    let answer = accepted(&http.json("POST", OPAQUE_LOGIN_PATH, None, &request)?, 200)?;
    Ok(Begun { email, state, answer })
}

/// What the right password says in the last step.
fn prove(http: &mut Connection, turn: usize) -> Result<OpaqueFinish> {
    let Begun { state, answer, email } = begin(http, turn)?;
    let mut rng = ChaCha20Rng::seed_from_u64(turn as u64);
    let (finalization, _) = state.finish(PASSWORD, answer.response.as_bytes(), &mut rng)?;
    Ok(OpaqueFinish {
        login: answer.login,
        email,
        finalization: Blob::new(finalization)?,
        language: LanguageTag::new("en")?,
    })
}

fn refused(http: &mut Connection, begun: &Begun) -> Result<()> {
    let answer = http.json("POST", OPAQUE_FINISH_PATH, None, &begun.body(vec![0; FINALIZATION_BYTES])?)?;
    ensure!(answer.status == 403, "status {} for a wrong password", answer.status);
    Ok(())
}

fn finish(http: &mut Connection, body: &OpaqueFinish) -> Result<()> {
    let answer = http.json("POST", OPAQUE_FINISH_PATH, None, body)?;
    ensure!(answer.status == 202, "status {} for a password", answer.status);
    Ok(())
}
