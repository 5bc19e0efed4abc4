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
use milanio_rendezvous::api::{Blob, EmailText, OPAQUE_LOGIN_PATH, OpaqueLogin as OpaqueLoginBody, REGISTER_PATH};
use milanio_tests::lab::{
    http::{Answer, Connection},
    member::Member,
    post::Post,
    server::Server,
    statistics::auc,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

/// Addresses that have accounts; letters to one address are bounded, so several take turns.
const KNOWN: u64 = 40;
/// Who asks at once.
const ASKERS: u64 = 4;
/// Telling the two apart by time may succeed this much at most: 0.5 is chance, and a thousand measurements of each stray by
/// some hundredths.
const MOST_AUC: f64 = 0.55;
const PASSWORD: &[u8] = b"correct horse battery staple";
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

    fn take(&mut self, is_known: bool, ask: impl FnOnce() -> Result<(Duration, Answer)>) -> Result<()> {
        let (time, answer) = ask()?;
        if is_known { &mut self.known } else { &mut self.unknown }.push(time);
        self.shapes.insert(shape(&answer)?);
        Ok(())
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
        if number == 0 {
            Member::new(number).put_vault(&mut http, &session, PASSWORD)?;
        }
    }
    let register = registrations(&server, times)?;
    let password = password_logins(&mut http, times)?;
    let (register_auc, password_auc) = (register.auc(), password.auc());
    let figures = json!({
        "requests": 2 * times,
        "register_auc": register_auc,
        "register_shapes": register.shapes.len(),
        "opaque_login_auc": password_auc,
        "opaque_login_shapes": password.shapes.len(),
    });
    println!("{figures}");
    ensure!(register.shapes.len() == 1, "registrations are answered in ways that differ: {:?}", register.shapes);
    ensure!(password.shapes.len() == 1, "password logins are answered in ways that differ: {:?}", password.shapes);
    ensure!(register_auc.max(password_auc) <= MOST_AUC, "times tell more than {MOST_AUC}");
    Ok(())
}

/// Everybody asks for known and unknown addresses in turn.
fn registrations(server: &Server, times: u64) -> Result<Times> {
    let asked = AtomicU64::new(0);
    thread::scope(|scope| {
        let askers: Vec<_> = (0..ASKERS)
            .map(|_| {
                scope.spawn(|| {
                    let (mut http, mut all) = (Connection::to(server.at()), Times::default());
                    loop {
                        let number = asked.fetch_add(1, Ordering::Relaxed);
                        if number >= 2 * times {
                            return anyhow::Ok(all);
                        }
                        let is_known = number.is_multiple_of(2);
                        let somebody = Member::new(1_000_000 + number);
                        let who = if is_known {
                            Member::new(number / 2 % KNOWN).impostor(1_000_000 + number)
                        } else {
                            somebody
                        };
                        let body = who.registration(&mut http)?;
                        all.take(is_known, || timed(|| Ok(http.json("POST", REGISTER_PATH, None, &body)?)))?;
                    }
                })
            })
            .collect();
        let all = askers.into_iter().map(|asker| asker.join().expect("askers do not panic"));
        all.collect::<Result<Vec<_>>>().map(|all| all.into_iter().fold(Times::default(), Times::join))
    })
}

/// The first step of a password login; the second cannot be taken without the password.
fn password_logins(http: &mut Connection, times: u64) -> Result<Times> {
    let mut all = Times::default();
    for number in 0..2 * times {
        let is_known = number.is_multiple_of(2);
        let who = if is_known { Member::new(0) } else { Member::new(2_000_000 + number) };
        let (_, request) = OpaqueLogin::start(PASSWORD, &mut ChaCha20Rng::seed_from_u64(number))?;
        let body = OpaqueLoginBody { email: EmailText::new(who.email)?, request: Blob::new(request)? };
        all.take(is_known, || timed(|| Ok(http.json("POST", OPAQUE_LOGIN_PATH, None, &body)?)))?;
    }
    Ok(all)
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
