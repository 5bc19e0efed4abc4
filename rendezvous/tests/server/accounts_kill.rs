//! Ten times: people sign up and write their profiles, the server is killed in the middle, and every acknowledged write is there.

use std::sync::{
    Mutex,
    atomic::{AtomicU8, Ordering},
    mpsc,
};

use milanio_rendezvous::api::{Blob, CodeSent, PROFILE_PATH, ProfileRecord, REGISTER_PATH, Session, VERIFY_PATH};

use super::{
    client::{get, json},
    person::{Person, code_in, get_with, with_token},
    process::Process,
};

const ROUNDS: usize = 10;
const CLIENTS: usize = 4;

#[test]
fn every_acknowledged_account_and_profile_survives_ten_kills() {
    let data = tempfile::tempdir().unwrap();
    let next = AtomicU8::new(1);
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        let mut server = Process::start(data.path(), &["--limits", "lab"]);
        let (acks, acked) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let (acks, at) = (acks.clone(), server.at);
                let (next, acknowledged, data) = (&next, &acknowledged, data.path());
                scope.spawn(move || {
                    let person = Person::new(at, data, next.fetch_add(1, Ordering::Relaxed));
                    if let Some(session) = sign_up(&person) {
                        let mut place = acknowledged.lock().unwrap();
                        place.push((person.clone(), 0));
                        let index = place.len() - 1;
                        drop(place);
                        write_profiles(&person, &session, |seq| {
                            acknowledged.lock().unwrap()[index].1 = seq;
                            let _ = acks.send(());
                        });
                    }
                });
            }
            // After another number of writes each round, while more are on their way.
            for _ in 0..1 + round * 7 % 20 {
                acked.recv().unwrap();
            }
            server.kill();
        });
    }
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= ROUNDS);
    for (person, seq) in acknowledged {
        let session: Session = Person { at: server.at, ..person }.login().json();
        let stored: ProfileRecord = get_with(server.at, PROFILE_PATH, &session.token).json();
        // One more may have been written whose answer did not arrive.
        assert!(stored == profile(seq) || stored == profile(seq + 1), "{seq}: {stored:?}");
    }
}

fn profile(seq: u64) -> ProfileRecord {
    let sealed = (seq > 0).then(|| Blob::new(vec![seq as u8; 2_000]).unwrap());
    ProfileRecord { seq, sealed }
}

// None once the server is gone.
fn sign_up(person: &Person) -> Option<Session> {
    let registration = person.try_prove(person.registration(), REGISTER_PATH)?;
    let sent: CodeSent = json(person.at, "POST", REGISTER_PATH, &registration).ok()?.json();
    let code = loop {
        match person.letters_so_far().first() {
            Some(letter) => break code_in(letter),
            // A letter that waited in memory is gone with the server.
            None => drop(get(person.at, "/livez").ok()?),
        }
    };
    let verification = person.try_prove(person.verification(&sent, &code), VERIFY_PATH)?;
    Some(json(person.at, "POST", VERIFY_PATH, &verification).ok()?.json())
}

fn write_profiles(person: &Person, session: &Session, acknowledge: impl Fn(u64)) {
    for seq in 1.. {
        match with_token(person.at, "PUT", PROFILE_PATH, &session.token, &profile(seq)) {
            Ok(answer) => assert_eq!(answer.status, 204),
            Err(_) => return,
        }
        acknowledge(seq);
    }
}
