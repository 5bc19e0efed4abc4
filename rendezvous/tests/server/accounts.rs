//! Registering and signing in: what works, and every way in which it must not.

use std::collections::BTreeSet;

use milanio_identity::{AccountKey, Attestation, IssuerId};
use milanio_rendezvous::api::{
    ApiError, CodeSent, DEVICES_PATH, DevicesAnswer, Empty, ErrorCode, KEYS_PATH, KeysAnswer, LOGIN_PATH, LOGOUT_PATH,
    Login, PROFILE_PATH, ProfileRecord, PutDevices, REGISTER_PATH, Session, VERIFY_PATH,
};

use super::{
    client::{Answer, get, json},
    person::{Person, code_in, get_with, with_token},
    process::Process,
    room::now_s,
};

const LAB: [&str; 2] = ["--limits", "lab"];

/// Status and code of a refused request.
pub fn refusal(answer: &Answer) -> (u16, ErrorCode) {
    let error: ApiError = answer.json();
    assert_eq!(answer.header("cache-control"), "no-store");
    (answer.status, error.code)
}

const CODE_INVALID: (u16, ErrorCode) = (400, ErrorCode::CodeInvalid);
const CHALLENGE_INVALID: (u16, ErrorCode) = (403, ErrorCode::ChallengeInvalid);
const SESSION_INVALID: (u16, ErrorCode) = (401, ErrorCode::SessionInvalid);

#[test]
fn somebody_registers_signs_out_and_signs_in_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    assert_eq!(refusal(&ada.login()), (403, ErrorCode::AccountUnknown));
    let asked = ada.register();
    assert_eq!(asked.status, 202);
    let sent: CodeSent = asked.json();
    assert!((now_s() + 590..=now_s() + 600).contains(&sent.expires_s));
    let letter = &ada.letters(1)[0];
    assert!(letter.contains(&format!("/#/verify/{}/", sent.request_id)), "{letter}");
    let session: Session = ada.verify(&sent, &code_in(letter).to_lowercase()).json();
    assert_eq!((session.account, session.vault), (ada.key(), false));
    let issuers: KeysAnswer = get(server.at, KEYS_PATH).unwrap().json();
    let issuers: Vec<_> = issuers.issuers.iter().map(|key| IssuerId::from_bytes(key.as_bytes()).unwrap()).collect();
    let attestation = Attestation::from_bytes(session.attestation.as_bytes()).unwrap();
    assert_eq!(attestation.verify(&issuers, now_s()).unwrap().account, ada.account.id());

    let devices: DevicesAnswer = get_with(server.at, DEVICES_PATH, &session.token).json();
    assert_eq!(devices.list, ada.list(1, &[ada.device.id()], &[]));
    assert_eq!(devices.seen.len(), 1);
    assert_eq!(with_token(server.at, "POST", LOGOUT_PATH, &session.token, &Empty {}).unwrap().status, 204);
    assert_eq!(refusal(&get_with(server.at, DEVICES_PATH, &session.token)), SESSION_INVALID);
    let again: Session = ada.login().json();
    assert_eq!(get_with(server.at, DEVICES_PATH, &again.token).status, 200);
    assert_eq!(refusal(&get_with(server.at, DEVICES_PATH, &session.token)), SESSION_INVALID, "the old one stays ended");
}

#[test]
fn wrong_guessed_reused_and_voided_codes_are_refused_alike() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let first: CodeSent = ada.register().json();
    let first_code = code_in(&ada.letters(1)[0]);
    assert_eq!(refusal(&ada.verify(&first, "0000-0000")), CODE_INVALID);
    assert_eq!(refusal(&ada.verify(&first, "not a code")), CODE_INVALID);
    let eve = Person::new(server.at, data.path(), 2);
    assert_eq!(refusal(&eve.verify(&first, &first_code)), CODE_INVALID, "for another account");

    let second: CodeSent = ada.register().json();
    let second_code = code_in(&ada.letters(2)[1]);
    assert_eq!(refusal(&ada.verify(&first, &first_code)), CODE_INVALID, "a new code voids the old one");
    assert_eq!(ada.verify(&second, &second_code).status, 200);
    assert_eq!(refusal(&ada.verify(&second, &second_code)), CODE_INVALID, "used");

    let third: CodeSent = eve.register().json();
    for _ in 0..5 {
        assert_eq!(refusal(&eve.verify(&third, "00000000")), CODE_INVALID);
    }
    assert_eq!(refusal(&eve.verify(&third, &code_in(&eve.letters(1)[0]))), CODE_INVALID, "guessed at too often");
}

#[test]
fn an_address_that_is_taken_gets_another_letter_and_the_same_answer() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let eve = Person { email: ada.email.to_uppercase(), ..Person::new(server.at, data.path(), 2) };
    let unknown = Person::new(server.at, data.path(), 3);
    let (taken, free) = (eve.register(), unknown.register());
    assert_eq!((taken.status, free.status), (202, 202));
    let names = |answer: &Answer| answer.headers.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&taken), names(&free));
    assert_eq!(taken.body.len(), free.body.len());
    unknown.letters(1);
    let to_ada = Person { email: eve.email.replace("@MAIL1.EXAMPLE", "@mail1.example"), ..ada.clone() }.letters(1);
    assert!(!to_ada[0].contains("/#/verify/"), "{to_ada:?}");
    let sent: CodeSent = taken.json();
    assert_eq!(refusal(&eve.verify(&sent, "00000000")), CODE_INVALID);
    assert_eq!(ada.login().status, 200);
}

#[test]
fn two_who_race_for_one_address_do_not_both_get_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let eve = Person { email: ada.email.clone(), ..Person::new(server.at, data.path(), 2) };
    let requests: [CodeSent; 2] = [ada.register().json(), eve.register().json()];
    let letters = ada.letters(2);
    let code_of =
        |sent: &CodeSent| code_in(letters.iter().find(|letter| letter.contains(&sent.request_id.to_string())).unwrap());
    assert_eq!(eve.verify(&requests[1], &code_of(&requests[1])).status, 200);
    assert_eq!(refusal(&ada.verify(&requests[0], &code_of(&requests[0]))), CODE_INVALID);
    assert_eq!(refusal(&ada.login()), (403, ErrorCode::AccountUnknown));
    assert_eq!(eve.login().status, 200);
}

#[test]
fn a_proof_counts_once_on_its_own_site_and_for_its_own_request() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let login = || Login { account: ada.key(), cert: ada.cert(), email: None, language: None };
    let send = |body: &_| refusal(&json(server.at, "POST", LOGIN_PATH, body).unwrap());
    for origin in ["https://phishing.example", "http://localhost", "http://localhost:1", "null"] {
        assert_eq!(send(&ada.prove_on(login(), LOGIN_PATH, origin, ada.challenge())), CHALLENGE_INVALID, "{origin}");
    }
    assert_eq!(send(&ada.prove(login(), REGISTER_PATH)), CHALLENGE_INVALID, "for another path");
    let good = ada.prove(login(), LOGIN_PATH);
    assert_eq!(json(server.at, "POST", LOGIN_PATH, &good).unwrap().status, 200);
    assert_eq!(send(&good), CHALLENGE_INVALID, "replayed");
    let mut made_up = *ada.challenge().as_bytes();
    made_up[0] ^= 1;
    let made_up = milanio_rendezvous::api::ChallengeText::from_bytes(made_up);
    assert_eq!(send(&ada.prove_on(login(), LOGIN_PATH, &ada.origin(), made_up)), CHALLENGE_INVALID);
    let stranger = Person { account: AccountKey::from_seed([9; 32]), ..ada.clone() };
    let forged = Login { account: ada.key(), cert: stranger.cert(), email: None, language: None };
    assert_eq!(send(&ada.prove(forged, LOGIN_PATH)), (403, ErrorCode::SignatureInvalid), "a foreign certificate");
    let mut swapped = ada.prove(login(), LOGIN_PATH);
    swapped.body.account = stranger.key();
    assert_eq!(send(&swapped), CHALLENGE_INVALID, "for another account");
}

#[test]
fn a_revoked_device_is_out_at_once_and_the_others_stay() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let phone = Person::new(server.at, data.path(), 1);
    let first = phone.sign_up();
    let laptop = phone.on(7);
    let second: Session = laptop.login_anew().json();
    let put = |seq, devices: &[_], revoked: &[_]| {
        let body = PutDevices { list: phone.list(seq, devices, revoked) };
        with_token(server.at, "PUT", DEVICES_PATH, &first.token, &phone.prove(body, DEVICES_PATH)).unwrap()
    };
    let both = [phone.device.id(), laptop.device.id()];
    assert_eq!(put(2, &both, &[]).status, 204);
    let seen: DevicesAnswer = get_with(server.at, DEVICES_PATH, &second.token).json();
    assert_eq!(seen.seen.len(), 2);
    assert_eq!(put(3, &both[..1], &both[1..]).status, 204);
    assert_eq!(refusal(&get_with(server.at, DEVICES_PATH, &second.token)), (403, ErrorCode::DeviceRevoked));
    assert_eq!(refusal(&laptop.login()), (403, ErrorCode::DeviceRevoked));
    let left: DevicesAnswer = get_with(server.at, DEVICES_PATH, &first.token).json();
    assert_eq!((left.list, left.seen.len()), (phone.list(3, &both[..1], &both[1..]), 1));
    assert_eq!(refusal(&put(3, &both, &[])), (409, ErrorCode::SeqStale));
    assert_eq!(refusal(&put(5, &both, &[])), (409, ErrorCode::SeqStale));
}

#[test]
fn signing_out_ends_this_devices_sessions_and_no_others() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(data.path(), &LAB);
    let phone = Person::new(server.at, data.path(), 1);
    let sessions = [phone.sign_up(), phone.login().json::<Session>()];
    let laptop: Session = phone.on(7).login_anew().json();
    assert_eq!(with_token(server.at, "POST", LOGOUT_PATH, &sessions[0].token, &Empty {}).unwrap().status, 204);
    server.kill();
    let server = Process::start(data.path(), &LAB);
    for session in &sessions {
        assert_eq!(refusal(&get_with(server.at, PROFILE_PATH, &session.token)), SESSION_INVALID);
    }
    assert_eq!(get_with(server.at, PROFILE_PATH, &laptop.token).status, 200, "sessions outlive a restart");
}

#[test]
fn only_a_bearer_token_of_this_server_is_a_session() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Process::start(data.path(), &LAB);
    let foreign = Process::start(other.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let abroad = Person::new(foreign.at, other.path(), 1).sign_up();
    assert_eq!(refusal(&get(server.at, PROFILE_PATH).unwrap()), SESSION_INVALID);
    for token in [abroad.token.as_str(), "", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(refusal(&get_with(server.at, PROFILE_PATH, token)), SESSION_INVALID, "{token}");
    }
    let body = ProfileRecord { seq: 1, sealed: None };
    assert_eq!(refusal(&json(server.at, "PUT", PROFILE_PATH, &body).unwrap()), SESSION_INVALID);
}

#[test]
fn an_open_request_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let sent: CodeSent = ada.register().json();
    let code = code_in(&ada.letters(1)[0]);
    server.kill();
    let server = Process::start(data.path(), &LAB);
    let ada = Person { at: server.at, ..ada };
    let verified = ada.verify(&sent, &code);
    assert_eq!(verified.status, 200, "{verified:?}");
}

#[test]
fn a_second_letter_to_the_same_address_must_wait_and_so_must_the_21st_address_of_a_site() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let ada = Person::new(server.at, data.path(), 1);
    assert_eq!(ada.register().status, 202);
    for _ in 0..2 {
        let refused = ada.register();
        assert_eq!(refusal(&refused), (429, ErrorCode::RateLimited));
        assert!((1..=60).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    }
    let office: Vec<_> = (2..=20).map(|n| Person::new(server.at, data.path(), n)).collect();
    std::thread::scope(|scope| {
        let asked: Vec<_> = office.iter().map(|person| scope.spawn(|| person.register().status)).collect();
        assert!(asked.into_iter().all(|asked| asked.join().unwrap() == 202), "an office comes at once");
    });
    let refused = Person::new(server.at, data.path(), 21).register();
    assert_eq!(refusal(&refused), (429, ErrorCode::RateLimited));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 60, "the site's own limit");
}

#[test]
fn what_is_no_address_is_told_and_malformed_requests_are_not_guessed_at() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person { email: "ada".to_owned(), ..Person::new(server.at, data.path(), 1) };
    assert_eq!(refusal(&ada.register()), (400, ErrorCode::EmailInvalid));
    let sent: CodeSent = Person::new(server.at, data.path(), 2).register().json();
    let ada = Person::new(server.at, data.path(), 1);
    let mut foreign_list = ada.verification(&sent, "00000000");
    foreign_list.device_list = Person::new(server.at, data.path(), 3).list(1, &[ada.device.id()], &[]);
    let answer = json(server.at, "POST", VERIFY_PATH, &ada.prove(foreign_list, VERIFY_PATH)).unwrap();
    assert_eq!(refusal(&answer), (403, ErrorCode::SignatureInvalid));
}
