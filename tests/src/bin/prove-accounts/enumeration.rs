//! Nobody can find out who has an account: answers for known and unknown addresses are equal, in their time as well.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use milanio_identity::OpaqueLogin;
use milanio_rendezvous::api::{
    Blob, EmailText, LanguageTag, OPAQUE_FINISH_PATH, OPAQUE_LOGIN_PATH, OpaqueFinish, OpaqueLogin as OpaqueLoginBody,
    OpaqueLoginAnswer, Proven, RECLAIM_PATH, REGISTER_PATH,
};
use milanio_tests::lab::{
    http::{Answer, Connection},
    member::{Member, accepted},
    post::Post,
    server::Server,
    statistics::auc,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde::Serialize;
use serde_json::{Value, json};

/// Addresses that have accounts, every second one a vault too; letters to one address are bounded, so several take turns.
const KNOWN: u64 = 40;
/// Numbers of people without an account begin here.
const STRANGERS: u64 = 1_000_000;
/// Who asks at once.
const ASKERS: u64 = 4;
/// Telling the two apart by time may succeed this much at most: 0.5 is chance, and a thousand measurements of each stray by
/// some hundredths.
const MOST_AUC: f64 = 0.55;
const PASSWORD: &[u8] = b"correct horse battery staple";
/// The length of a `KE3` (RFC 9807 section 6.1): an HMAC-SHA512.
const FINALIZATION_BYTES: usize = 64;
/// What differs from answer to answer anyway.
const PASSING_HEADERS: [&str; 2] = ["date", "x-request-id"];

/// Times of one kind of request, for known addresses and for unknown ones.
#[derive(Debug, Default)]
struct Times {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
    shapes: BTreeSet<String>,
}

impl Times {
    fn join(mut self, other: Self) -> Self {
        self.known.extend(other.known);
        self.unknown.extend(other.unknown);
        self.shapes.extend(other.shapes);
        self
    }

    fn take(&mut self, is_known: bool, ask: impl FnOnce() -> Result<(Duration, Answer)>) -> Result<Answer> {
        let (time, answer) = ask()?;
        if is_known { &mut self.known } else { &mut self.unknown }.push(time);
        self.shapes.insert(shape(&answer)?);
        Ok(answer)
    }

    fn auc(&self) -> f64 {
        auc(&self.known, &self.unknown)
    }
}

pub fn prove(program: &Path, times: u64) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::start(program, data.path())?;
    let (mut http, post) = (Connection::to(server.at()), Post::of(data.path()));
    for number in 0..KNOWN {
        let session = Member::new(number).sign_up(&mut http, &post)?;
        if number.is_multiple_of(2) {
            Member::new(number).put_vault(&mut http, &session, PASSWORD)?;
        }
    }
    // The same strangers twice: one site may write to so many addresses in an hour, and both lists of strangers would be too many.
    let register = letters(&server, times, REGISTER_PATH, Member::registration)?;
    let reclaim = letters(&server, times, RECLAIM_PATH, Member::reclaim)?;
    let (login, finish) = password_logins(&server, times)?;
    let all = [("register", register), ("reclaim", reclaim), ("opaque_login", login), ("opaque_finish", finish)];
    let mut figures = serde_json::Map::from_iter([("requests".to_owned(), json!(2 * times))]);
    for (name, times) in &all {
        figures.insert(format!("{name}_auc"), json!(times.auc()));
        figures.insert(format!("{name}_shapes"), json!(times.shapes.len()));
    }
    println!("{}", Value::Object(figures));
    for (name, times) in &all {
        ensure!(times.shapes.len() == 1, "{name} is answered in ways that differ: {:?}", times.shapes);
        ensure!(times.auc() <= MOST_AUC, "the time of {name} tells more than {MOST_AUC}");
    }
    Ok(())
}

/// Everybody asks for letters to known and unknown addresses in turn, each for an account that nobody has yet.
fn letters<T: Serialize>(
    server: &Server,
    times: u64,
    path: &str,
    body: impl Fn(&Member, &mut Connection) -> Result<Proven<T>> + Sync,
) -> Result<Times> {
    let all = share(times, |number| {
        let (mut http, mut all) = (Connection::to(server.at()), Times::default());
        let is_known = number.is_multiple_of(2);
        let somebody = STRANGERS + number;
        let who = if is_known { known(number).impostor(somebody) } else { Member::new(somebody) };
        // Also opens the connection, before time is taken.
        let body = body(&who, &mut http)?;
        all.take(is_known, || timed(|| Ok(http.json("POST", path, None, &body)?)))?;
        Ok(all)
    })?;
    Ok(all.into_iter().fold(Times::default(), Times::join))
}

/// Both steps of a password login with a wrong password: who knows the right one knows that there is an account.
fn password_logins(server: &Server, times: u64) -> Result<(Times, Times)> {
    let all = share(times, |number| {
        let (mut http, mut login, mut finish) = (Connection::to(server.at()), Times::default(), Times::default());
        let is_known = number.is_multiple_of(2);
        let who = if is_known { known(number) } else { Member::new(2 * STRANGERS + number) };
        let email = EmailText::new(who.email)?;
        http.get("/livez")?;
        let (_, request) = OpaqueLogin::start(PASSWORD, &mut ChaCha20Rng::seed_from_u64(number))?;
        let body = OpaqueLoginBody { email: email.clone(), request: Blob::new(request)? };
        let answer = login.take(is_known, || timed(|| Ok(http.json("POST", OPAQUE_LOGIN_PATH, None, &body)?)))?;
        let OpaqueLoginAnswer { login: state, .. } = accepted(&answer, 200)?;
        let finalization = Blob::new(vec![0; FINALIZATION_BYTES])?;
        let body = OpaqueFinish { login: state, email, finalization, language: LanguageTag::new("en")? };
        finish.take(is_known, || timed(|| Ok(http.json("POST", OPAQUE_FINISH_PATH, None, &body)?)))?;
        Ok((login, finish))
    })?;
    let (logins, finishes): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let join = |all: Vec<Times>| all.into_iter().fold(Times::default(), Times::join);
    Ok((join(logins), join(finishes)))
}

/// Somebody who has an account.
fn known(number: u64) -> Member {
    Member::new(number / 2 % KNOWN)
}

/// Takes `2 * times` turns, several at once.
fn share<T: Send>(times: u64, turn: impl Fn(u64) -> Result<T> + Sync) -> Result<Vec<T>> {
    let asked = AtomicU64::new(0);
    thread::scope(|scope| {
        let (asked, turn) = (&asked, &turn);
        let next = move || Some(asked.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < 2 * times);
        let askers: Vec<_> = (0..ASKERS)
            .map(|_| scope.spawn(move || std::iter::from_fn(next).map(turn).collect::<Result<Vec<_>>>()))
            .collect();
        let all = askers.into_iter().map(|asker| asker.join().expect("askers do not panic"));
        all.collect::<Result<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
    })
}

fn timed(ask: impl FnOnce() -> Result<Answer>) -> Result<(Duration, Answer)> {
    let began = Instant::now();
    let answer = ask()?;
    Ok((began.elapsed(), answer))
}

/// What an answer looks like apart from what is random in it: status, headers, and fields with their lengths.
fn shape(answer: &Answer) -> Result<String> {
    let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !PASSING_HEADERS.contains(&name.as_str())).collect();
    let body: Value = serde_json::from_slice(&answer.body)?;
    let fields: Vec<_> =
        body.as_object().into_iter().flatten().map(|(name, value)| (name, value.to_string().len())).collect();
    Ok(format!("{} {headers:?} {fields:?}", answer.status))
}
