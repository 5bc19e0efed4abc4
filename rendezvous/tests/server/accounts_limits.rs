//! What one account may ask for, wherever it is asked from, and what a failure of the server's own says.

use std::{fs, net::Ipv4Addr, path::Path, sync::Arc};

use milanio_identity::Profile;
use milanio_rendezvous::{
    api::{
        Blob, ChangeEmail, EMAIL_PATH, EmailText, ErrorCode, LanguageTag, OPAQUE_LOGIN_PATH, OpaqueLogin, PROFILE_PATH,
        ProfileRecord, Session, VAULT_PATH,
    },
    store::{EmbeddedStore, Store, account_record::profile_key},
};

use super::{
    accounts::refusal,
    client::{Answer, come_from, json},
    life::{rng, save_profile},
    person::{Person, get_with, with_token},
    process::Process,
    room::now_s,
};

const RATE_LIMITED: (u16, ErrorCode) = (429, ErrorCode::RateLimited);

/// Asks `count` times, each from another address of the network 127.31.`net`, which are all answered by `status`, and once more, which
/// is refused for at least `wait_s` seconds.
fn refused_after(count: u8, net: u8, status: u16, wait_s: u64, ask: impl Fn(u8) -> Answer) {
    for n in 1..=count {
        come_from(Ipv4Addr::new(127, 31, net, n));
        let answer = ask(n);
        assert_eq!(answer.status, status, "{n}: {answer:?}");
    }
    come_from(Ipv4Addr::new(127, 31, net, 200));
    let refused = ask(count + 1);
    assert_eq!(refusal(&refused), RATE_LIMITED);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((wait_s..=3_600).contains(&wait), "{wait} s");
}

#[test]
fn ten_guesses_at_a_password_come_from_one_network_and_others_still_may() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let guess = |email: &str| {
        let (_, request) = milanio_identity::OpaqueLogin::start(b"a guess", &mut rng(1)).unwrap();
        let body = OpaqueLogin { email: EmailText::new(email).unwrap(), request: Blob::new(request).unwrap() };
        json(server.at, "POST", OPAQUE_LOGIN_PATH, &body).unwrap()
    };
    refused_after(10, 1, 200, 200, |_| guess("ada@mail1.example"));
    assert_eq!(refusal(&guess("Ada@MAIL1.example")), RATE_LIMITED, "however it is written");
    assert_eq!(guess("bob@mail2.example").status, 200, "at another address");
    come_from(Ipv4Addr::new(127, 32, 0, 1));
    assert_eq!(guess("ada@mail1.example").status, 200, "from another network, where she may be");
}

#[test]
fn an_account_signs_in_reads_its_vault_writes_and_moves_so_often() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let (ada, bob) = (Person::new(server.at, data.path(), 1), Person::new(server.at, data.path(), 2));
    let (session, other) = (ada.sign_up(), bob.sign_up());
    let write = |session: &Session, seq: u8| {
        let record = ProfileRecord { seq: seq.into(), sealed: Some(Blob::new(vec![seq; 100]).unwrap()) };
        with_token(server.at, "PUT", PROFILE_PATH, &session.token, &record).unwrap()
    };
    let move_to = |n: u8| {
        let body = ChangeEmail {
            old_email: EmailText::new(ada.email.clone()).unwrap(),
            new_email: EmailText::new(format!("ada@new{n}.example")).unwrap(),
            language: LanguageTag::new("en").unwrap(),
        };
        with_token(server.at, "POST", EMAIL_PATH, &session.token, &ada.prove(body, EMAIL_PATH)).unwrap()
    };
    refused_after(10, 1, 200, 200, |_| get_with(server.at, VAULT_PATH, &session.token));
    refused_after(20, 2, 204, 30, |seq| write(&session, seq));
    refused_after(3, 3, 202, 600, move_to);
    refused_after(20, 4, 200, 60, |_| ada.login());
    assert_eq!(get_with(server.at, VAULT_PATH, &other.token).status, 200, "others are counted apart");
    assert_eq!((write(&other, 1).status, bob.login().status), (204, 200));
}

#[test]
fn a_failure_inside_says_nothing_and_the_log_says_why_under_its_number() {
    let (data, damaged) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Process::start(data.path(), &[]);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    save_profile(&ada, &session, &Profile { name: "Ada".to_owned(), ..Profile::default() });
    assert!(server.terminate().0.success());
    damage(data.path(), &profile_key(ada.account.id().as_bytes()));
    // The store lets go of its directory only some time after it was dropped.
    copy(data.path(), damaged.path());
    let server = Process::start(damaged.path(), &[]);
    let failed = get_with(server.at, PROFILE_PATH, &session.token);
    assert_eq!(refusal(&failed), (500, ErrorCode::Internal));
    let number = failed.header("x-request-id").to_owned();
    let body: serde_json::Value = failed.json();
    let whole = serde_json::json!({"code": "internal", "message": "The server failed.", "request_id": number});
    assert_eq!(body, whole, "nothing of the inside");
    let (_, log) = server.terminate();
    let why = log.lines().find(|line| line.contains("the stored entry cannot be understood")).unwrap_or_default();
    assert!(why.contains(&number), "the cause is not told under {number}: {log}");
}

/// Writes something over an entry that is none.
fn damage(data: &Path, key: &[u8]) {
    let now_s = now_s();
    let store = EmbeddedStore::open(&data.join("rooms"), Arc::new(move || now_s)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let revision = store.get(key).await.unwrap().unwrap().revision;
        store.update(key.to_vec(), revision, vec![0xff; 100], None).await.unwrap();
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else if path.is_file() {
            fs::copy(path, to).unwrap();
        }
    }
}
