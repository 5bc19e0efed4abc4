//! How long an answer takes does not tell whether an address is known.

use std::{sync::Mutex, thread, time::Instant};

use milanio_identity::AccountKey;
use milanio_rendezvous::api::REGISTER_PATH;

use super::{client::json, person::Person, process::Process};

const REQUESTS: usize = 1_000;
const CLIENTS: usize = 8;
const KNOWN: usize = 20;
/// The chance that a known address took longer than an unknown one; a half says nothing (target: at most 0.55).
const MAX_AUC: f64 = 0.55;

#[test]
#[ignore = "2,000 requests that each wait a quarter of a second"]
fn a_stranger_cannot_tell_known_from_unknown_addresses_by_time() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let known: Vec<_> = (0..KNOWN).map(|n| stranger(&server, data.path(), n, &format!("known{n:04}"))).collect();
    known.iter().for_each(|person| drop(person.sign_up()));
    let (times, next) = (Mutex::new([Vec::new(), Vec::new()]), Mutex::new(0..2 * REQUESTS));
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let Some(n) = next.lock().unwrap().next() else { break };
                    let is_known = n % 2 == 0;
                    let name = if is_known { format!("known{:04}", n / 2 % KNOWN) } else { format!("other{n:04}") };
                    let person = stranger(&server, data.path(), 1_000 + n, &name);
                    let request = person.prove(person.registration(), REGISTER_PATH);
                    let started = Instant::now();
                    let answer = json(server.at, "POST", REGISTER_PATH, &request).unwrap();
                    let took = started.elapsed();
                    assert_eq!(answer.status, 202, "{answer:?}");
                    times.lock().unwrap()[usize::from(is_known)].push(took);
                }
            });
        }
    });
    let [unknown, known] = times.into_inner().unwrap();
    let longer: usize = known.iter().map(|known| unknown.iter().filter(|unknown| known > *unknown).count()).sum();
    let auc = longer as f64 / (known.len() * unknown.len()) as f64;
    println!("area under the curve: {auc:.3}");
    assert!((1.0 - MAX_AUC..=MAX_AUC).contains(&auc), "{auc}");
}

// A new account for an address of always the same length.
fn stranger(server: &Process, data: &std::path::Path, n: usize, name: &str) -> Person {
    let mut seed = [0x55; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    let email = format!("{name}@mail{}.example", n % 7);
    let email =
        if name.starts_with("known") { format!("{name}@mail.0.example") } else { email.replace("mail", "mail.") };
    Person { account: AccountKey::from_seed(seed), email, ..Person::new(server.at, data, 1) }
}
