//! The server is killed again and again while people sign up and write profiles: what it acknowledged is there, and nothing is
//! half done.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use milanio_rendezvous::api::{ApiError, ErrorCode, Session};
use milanio_tests::lab::{
    http::Connection,
    member::{Member, accepted},
    post::Post,
    server::Server,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;

/// People at work at once.
const CLIENTS: usize = 8;
/// Profiles that each writes after signing up.
const PROFILES: u64 = 4;
/// A server is killed after one to this many acknowledgements of one round.
const MOST_ACKNOWLEDGED: u64 = 40;
/// How long a letter is waited for: none comes any more after a kill.
const LETTER: Duration = Duration::from_secs(2);
/// What decides when each server is killed.
const SEED: u64 = 42;

/// What somebody tried, and what of it was acknowledged.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    signed_up: bool,
    /// The last profile that was acknowledged.
    profile: u64,
    /// The last profile that was tried.
    tried: u64,
}

/// Everything that happened so far, by the number of the person.
#[derive(Debug, Default)]
struct Ledger {
    people: Mutex<BTreeMap<u64, Known>>,
    next: AtomicU64,
}

impl Ledger {
    fn note(&self, number: u64, change: impl FnOnce(&mut Known)) {
        change(self.people.lock().expect("nobody panics").entry(number).or_default());
    }

    fn all(&self) -> BTreeMap<u64, Known> {
        self.people.lock().expect("nobody panics").clone()
    }
}

pub fn prove(program: &Path, times: u64) -> Result<()> {
    let data = tempfile::tempdir()?;
    let (ledger, mut rng) = (Ledger::default(), ChaCha8Rng::seed_from_u64(SEED));
    let mut checked = 0;
    for round in 0..times {
        let mut server = Server::start(program, data.path())?;
        let people = ledger.all();
        // What the last round did, at once; everything once more at the end.
        check(&server, people.range(checked..))?;
        checked = people.len() as u64;
        let acknowledgements = 1 + rng.next_u64() % MOST_ACKNOWLEDGED;
        disturb(&mut server, &ledger, acknowledgements).with_context(|| format!("round {round}, seed {SEED}"))?;
    }
    let server = Server::start(program, data.path())?;
    let people = ledger.all();
    check(&server, people.iter())?;
    let signed_up = people.values().filter(|known| known.signed_up).count();
    let profiles: u64 = people.values().map(|known| known.profile).sum();
    println!("{}", json!({ "kills": times, "sign_ups": signed_up, "profiles": profiles, "lost": 0, "half_done": 0 }));
    Ok(())
}

/// Lets people work until so many writes were acknowledged, then kills the server under them.
fn disturb(server: &mut Server, ledger: &Ledger, acknowledgements: u64) -> Result<()> {
    let (stopping, (acks, acked)) = (AtomicBool::new(false), mpsc::sync_channel(1024));
    let (at, post) = (server.at(), Post::of(server.data()).within(LETTER));
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (acks, stopping, post) = (acks.clone(), &stopping, &post);
                scope.spawn(move || {
                    let mut http = Connection::to(at);
                    loop {
                        let outcome = live(&mut http, post, ledger, &acks);
                        match outcome {
                            Ok(()) => {}
                            Err(_) if stopping.load(Ordering::SeqCst) => return Ok(()),
                            Err(error) => return Err(error),
                        }
                    }
                })
            })
            .collect();
        drop(acks);
        // Ends early if nobody is left at work; they tell why.
        let _ = acked.iter().take(usize::try_from(acknowledgements).unwrap_or(usize::MAX)).count();
        stopping.store(true, Ordering::SeqCst);
        server.kill()?;
        clients.into_iter().try_for_each(|client| client.join().expect("clients do not panic"))
    })
}

/// Somebody new signs up and writes a few profiles.
fn live(http: &mut Connection, post: &Post, ledger: &Ledger, acks: &mpsc::SyncSender<()>) -> Result<()> {
    let number = ledger.next.fetch_add(1, Ordering::Relaxed);
    let person = Member::new(number);
    ledger.note(number, |_| {});
    let session = person.sign_up(http, post)?;
    ledger.note(number, |known| known.signed_up = true);
    let _ = acks.try_send(());
    for seq in 1..=PROFILES {
        ledger.note(number, |known| known.tried = seq);
        let answer = person.put_profile(http, &session, seq)?;
        ensure!(answer.status == 204, "status {} for a profile", answer.status);
        ledger.note(number, |known| known.profile = seq);
        let _ = acks.try_send(());
    }
    Ok(())
}

fn check<'a>(server: &Server, people: impl Iterator<Item = (&'a u64, &'a Known)>) -> Result<()> {
    let (mut http, post) = (Connection::to(server.at()), Post::of(server.data()));
    for (number, known) in people {
        check_one(&mut http, &post, &Member::new(*number), *known)
            .with_context(|| format!("person {number}, who knows {known:?}"))?;
    }
    Ok(())
}

fn check_one(http: &mut Connection, post: &Post, person: &Member, known: Known) -> Result<()> {
    let answer = person.login(http)?;
    if answer.status != 200 {
        ensure!(!known.signed_up, "an acknowledged sign-up is lost");
        ensure!(answer.json::<ApiError>()?.code == ErrorCode::AccountUnknown, "status {}", answer.status);
        // Whatever was claimed for an account that did not come to be must not stand in the way.
        person.sign_up(http, post).context("a sign-up that was cut short blocks the next")?;
        return Ok(());
    }
    let session: Session = accepted(&answer, 200)?;
    let (seq, profile) = person.profile(http, &session)?.unwrap_or_default();
    ensure!((known.profile..=known.tried).contains(&seq), "profile {seq} is there");
    ensure!(seq == 0 || profile == Member::profile_number(seq), "profile {seq} holds something else");
    Ok(())
}
