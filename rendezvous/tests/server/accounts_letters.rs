//! Whose letters hold up whose: strangers work when many are asked for, what follows a proof has a count of its own, and a change of
//! address tells nobody who has the new one.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    path::Path,
    time::{Duration, Instant},
};

use milanio_rendezvous::{
    api::{
        CHALLENGE_PATH, ChallengeAnswer, ChangeEmail, EMAIL_PATH, EmailText, Empty, ErrorCode, LanguageTag,
        REGISTER_PATH, Register, Session, find_work,
    },
    core::mail_budget::GLOBAL,
};

use super::{
    accounts::refusal,
    accounts_password::{PASSWORD, finish, put_vault, rng, start},
    client::{Answer, come_from, json},
    person::{Person, code_in, with_token},
    process::Process,
};

/// Asks to change to `new`; tells the answer and how long it took.
fn change(person: &Person, session: &Session, new: &str) -> (Answer, Duration) {
    let body = ChangeEmail {
        old_email: EmailText::new(person.email.clone()).unwrap(),
        new_email: EmailText::new(new).unwrap(),
        language: LanguageTag::new("en").unwrap(),
    };
    let proven = person.prove(body, EMAIL_PATH);
    let started = Instant::now();
    let answer = with_token(person.at, "POST", EMAIL_PATH, &session.token, &proven).unwrap();
    (answer, started.elapsed())
}

/// Registers `count` people from a network of every five.
fn crowd(server: &Process, data: &Path, count: u8) {
    std::thread::scope(|scope| {
        let networks = (0..count.div_ceil(5)).map(|network| {
            scope.spawn(move || {
                come_from(Ipv4Addr::new(127, 20, network, 1));
                for n in network * 5..count.min(network * 5 + 5) {
                    let asked = Person::new(server.at, data, n).register();
                    assert_eq!(asked.status, 202, "{n}: {asked:?}");
                }
            })
        });
        networks.collect::<Vec<_>>().into_iter().for_each(|network| network.join().unwrap());
    });
}

#[test]
fn above_half_of_the_hours_letters_a_stranger_works_and_who_is_signed_in_does_not() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let (ada, bob) = (Person::new(server.at, data.path(), 200), Person::new(server.at, data.path(), 201));
    let session = ada.sign_up();
    crowd(&server, data.path(), (GLOBAL / 2 - 1).try_into().unwrap());
    assert_eq!(refusal(&bob.register()), (428, ErrorCode::WorkRequired));
    let ChallengeAnswer { challenge, work_bits, .. } =
        json(server.at, "POST", CHALLENGE_PATH, &Empty {}).unwrap().json();
    let work = find_work(challenge.as_bytes(), work_bits.expect("work is asked for"), 0, u64::MAX);
    let body = Register { work, ..bob.registration() };
    let proven = bob.prove_on(body, REGISTER_PATH, &bob.origin(), challenge);
    let worked = json(server.at, "POST", REGISTER_PATH, &proven).unwrap();
    assert_eq!(worked.status, 202, "{worked:?}");
    code_in(&bob.letters(1)[0]);
    let new = Person { email: "ada@elsewhere.example".to_owned(), ..ada.clone() };
    let (asked, _) = change(&ada, &session, &new.email);
    assert_eq!(asked.status, 202, "{asked:?}");
    code_in(&new.letters(1)[0]);
}

#[test]
fn who_asks_for_letters_to_an_address_does_not_keep_its_owner_from_signing_in() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    assert_eq!(put_vault(&ada, &session, 1, PASSWORD).0.status, 204);
    let eve = Person { email: ada.email.clone(), ..Person::new(server.at, data.path(), 2) };
    assert_eq!(refusal(&eve.register()), (429, ErrorCode::RateLimited), "the minute's letter has left");
    let sign_in = || {
        let (client, started, _) = start(&ada, PASSWORD);
        let (finalization, _) = client.finish(PASSWORD, started.response.as_bytes(), &mut rng(4)).unwrap();
        finish(&ada, &started, finalization)
    };
    let finished = sign_in();
    assert_eq!(finished.status, 202, "{finished:?}");
    code_in(&ada.letters(2)[1]);
    assert_eq!(refusal(&sign_in()), (429, ErrorCode::RateLimited), "the password has its figures too");
}

#[test]
fn changing_to_an_address_that_is_taken_looks_like_any_other_change() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let (ada, bob) = (Person::new(server.at, data.path(), 1), Person::new(server.at, data.path(), 2));
    let session = ada.sign_up();
    bob.sign_up();
    let new = Person { email: "ada@elsewhere.example".to_owned(), ..ada.clone() };
    let mut shapes = BTreeSet::new();
    for (turn, to) in [&bob, &new].into_iter().enumerate() {
        let (answer, took) = change(&ada, &session, &to.email);
        assert!(took >= Duration::from_millis(250), "not before a fixed time: {took:?}");
        shapes.insert((answer.status, answer.body.len(), answer.headers.into_keys().collect::<Vec<_>>()));
        let notice = &ada.letters(2 + turn)[1 + turn];
        assert!(!notice.contains("/#/verify/"), "{notice}");
    }
    assert_eq!(shapes.first().map(|(status, ..)| *status), Some(202));
    assert_eq!(shapes.len(), 1, "{shapes:?}");
    code_in(&new.letters(1)[0]);
    let to_bob = &bob.letters(2)[1];
    assert!(!to_bob.contains("/#/verify/"), "no code for an address that is taken: {to_bob}");
}
