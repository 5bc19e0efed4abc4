//! What an account keeps: profile and device list by number, its address, and nothing at all once it is deleted.

use std::fs;

use milanio_rendezvous::{
    api::{
        ACCOUNT_PATH, Blob, ChangeEmail, CodeSent, CodeText, DEVICES_PATH, EMAIL_PATH, EMAIL_VERIFY_PATH, EmailText,
        Empty, ErrorCode, LanguageTag, LinkMessage, MAX_PROFILE_BYTES, Mailbox, PROFILE_PATH, ProfileRecord, Session,
        VerifyEmail, link_path,
    },
    store::{EmbeddedStore, Store},
};

use super::{
    accounts::refusal,
    client::{get, json},
    person::{Person, code_in, get_with, with_token},
    process::Process,
};

const LAB: [&str; 2] = ["--limits", "lab"];

fn profile(seq: u64, bytes: usize) -> ProfileRecord {
    ProfileRecord { seq, sealed: Some(Blob::new(vec![seq as u8; bytes]).unwrap()) }
}

#[test]
fn a_profile_is_written_in_order_and_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(data.path(), &LAB);
    let session = Person::new(server.at, data.path(), 1).sign_up();
    let put = |record: &ProfileRecord| with_token(server.at, "PUT", PROFILE_PATH, &session.token, record).unwrap();
    let stored = |at| get_with(at, PROFILE_PATH, &session.token).json::<ProfileRecord>();
    assert_eq!(stored(server.at), ProfileRecord { seq: 0, sealed: None });
    assert_eq!(put(&profile(1, MAX_PROFILE_BYTES)).status, 204);
    for seq in [0, 1, 3] {
        assert_eq!(refusal(&put(&profile(seq, 8))), (409, ErrorCode::SeqStale), "{seq}");
    }
    assert_eq!(refusal(&put(&ProfileRecord { seq: 2, sealed: None })), (400, ErrorCode::Malformed));
    let too_large = serde_json::json!({"seq": 2, "sealed": "A".repeat(100_000)});
    let refused = with_token(server.at, "PUT", PROFILE_PATH, &session.token, &too_large).unwrap();
    assert_eq!(refusal(&refused), (413, ErrorCode::BodyTooLarge));
    assert_eq!(put(&profile(2, 8)).status, 204);
    server.kill();
    let server = Process::start(data.path(), &LAB);
    assert_eq!(stored(server.at), profile(2, 8));
}

#[test]
fn the_address_changes_by_a_code_to_the_new_and_a_notice_to_the_old() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    let new = Person { email: "ada@elsewhere.example".to_owned(), ..ada.clone() };
    let change = |old: &str| {
        let body = ChangeEmail {
            old_email: EmailText::new(old).unwrap(),
            new_email: EmailText::new(new.email.clone()).unwrap(),
            language: LanguageTag::new("de-AT").unwrap(),
        };
        with_token(server.at, "POST", EMAIL_PATH, &session.token, &ada.prove(body, EMAIL_PATH)).unwrap()
    };
    assert_eq!(refusal(&change("other@mail1.example")), (400, ErrorCode::EmailWrong));
    let asked = change(&ada.email);
    assert_eq!(asked.status, 202, "{asked:?}");
    let sent: CodeSent = asked.json();
    let notice = &ada.letters(2)[1];
    assert!(!notice.contains("/#/verify/"), "{notice}");
    let code = code_in(&new.letters(1)[0]);
    let verify = |code: &str| {
        let body = VerifyEmail { request_id: sent.request_id, code: CodeText::new(code).unwrap() };
        with_token(server.at, "POST", EMAIL_VERIFY_PATH, &session.token, &body).unwrap()
    };
    assert_eq!(refusal(&verify("00000000")), (400, ErrorCode::CodeInvalid));
    assert_eq!(verify(&code).status, 204);
    assert_eq!(refusal(&verify(&code)), (400, ErrorCode::CodeInvalid), "used");
    // The old address is free, the new one is taken.
    let eve = Person { email: ada.email.clone(), ..Person::new(server.at, data.path(), 2) };
    let sent: CodeSent = eve.register().json();
    assert_eq!(eve.verify(&sent, &code_in(&eve.letters(3)[2])).status, 200);
    let bob = Person { email: new.email.clone(), ..Person::new(server.at, data.path(), 3) };
    bob.register();
    assert!(!new.letters(2)[1].contains("/#/verify/"));
}

#[test]
fn what_cannot_be_undone_needs_a_fresh_proof_by_the_sessions_device() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    let delete = |token: &str, body: &_| with_token(server.at, "DELETE", ACCOUNT_PATH, token, body).unwrap();
    let without = with_token(server.at, "DELETE", ACCOUNT_PATH, &session.token, &Empty {}).unwrap();
    assert_eq!(refusal(&without), (400, ErrorCode::Malformed));
    let foreign = ada.on(9).prove(Empty {}, ACCOUNT_PATH);
    assert_eq!(refusal(&delete(&session.token, &foreign)), (403, ErrorCode::ChallengeInvalid), "another device's");
    let elsewhere = ada.prove_on(Empty {}, ACCOUNT_PATH, "https://phishing.example", ada.challenge());
    assert_eq!(refusal(&delete(&session.token, &elsewhere)), (403, ErrorCode::ChallengeInvalid));
    let other_path = ada.prove(Empty {}, DEVICES_PATH);
    let other_method = ada.prove_as(Empty {}, "POST", ACCOUNT_PATH);
    assert_eq!(refusal(&delete(&session.token, &other_path)), (403, ErrorCode::ChallengeInvalid));
    assert_eq!(refusal(&delete(&session.token, &other_method)), (403, ErrorCode::ChallengeInvalid));
    assert_eq!(refusal(&delete("", &ada.prove(Empty {}, ACCOUNT_PATH))), (401, ErrorCode::SessionInvalid));
    assert_eq!(ada.login().status, 200, "nothing has happened");
}

#[test]
fn a_deleted_account_leaves_nothing_in_the_store() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let (ada, bob) = (Person::new(server.at, data.path(), 1), Person::new(server.at, data.path(), 2));
    let (session, kept) = (ada.sign_up(), bob.sign_up());
    let laptop: Session = ada.on(7).login_anew().json();
    for token in [&session.token, &kept.token] {
        assert_eq!(with_token(server.at, "PUT", PROFILE_PATH, token, &profile(1, 100)).unwrap().status, 204);
    }
    // A request that is still open.
    assert_eq!(ada.register().status, 202);
    let gone =
        with_token(server.at, "DELETE", ACCOUNT_PATH, &session.token, &ada.prove(Empty {}, ACCOUNT_PATH)).unwrap();
    assert_eq!(gone.status, 204, "{gone:?}");
    for token in [&session.token, &laptop.token] {
        assert_eq!(refusal(&get_with(server.at, PROFILE_PATH, token)), (401, ErrorCode::SessionInvalid));
    }
    assert_eq!(refusal(&ada.login()), (403, ErrorCode::AccountUnknown));
    assert_eq!(get_with(server.at, PROFILE_PATH, &kept.token).status, 200);
    server.terminate();
    let entries = entries(data.path());
    let kinds = entries.iter().map(|entry| String::from_utf8_lossy(&entry.key[..2]).into_owned());
    let kinds: Vec<_> = kinds.filter(|kind| kind.ends_with('/')).collect();
    assert_eq!(kinds, ["a/", "e/", "p/", "s/"], "one of each, of the account that stays");
    let account = ada.account.id();
    let names_it = |bytes: &[u8]| bytes.windows(32).any(|window| window == account.as_bytes());
    let held = entries.iter().filter(|entry| names_it(&entry.key) || names_it(&entry.value));
    assert_eq!(held.count(), 0, "its key is in no entry");
}

fn entries(data: &std::path::Path) -> Vec<milanio_rendezvous::store::Entry> {
    let now_s = super::room::now_s();
    let rooms = data.join("rooms");
    assert!(fs::metadata(&rooms).unwrap().is_dir());
    let store = EmbeddedStore::open(&rooms, std::sync::Arc::new(move || now_s)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.scan(Vec::new(), None, 1_000)).unwrap()
}

#[test]
fn two_devices_leave_messages_for_each_other() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let mailbox = Mailbox::from_bytes([5; 16]);
    let message = |byte: u8| LinkMessage { message: Blob::new(vec![byte; 100]).unwrap() };
    let put = |step: u8, byte: u8| json(server.at, "PUT", &link_path(&mailbox, step), &message(byte)).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| get(server.at, &link_path(&mailbox, 0)).unwrap());
        assert_eq!(put(0, 1).status, 204);
        assert_eq!(waiting.join().unwrap().json::<LinkMessage>(), message(1));
    });
    assert_eq!(refusal(&put(0, 2)), (409, ErrorCode::SeqStale), "a message is written once");
    assert_eq!(refusal(&put(4, 1)), (404, ErrorCode::PathUnknown));
    assert_eq!(get(server.at, &link_path(&mailbox, 1)).unwrap().status, 204, "none came");
    let large = LinkMessage { message: Blob::new(vec![0; 2_048]).unwrap() };
    assert_eq!(json(server.at, "PUT", &link_path(&mailbox, 1), &large).unwrap().status, 204);
}
