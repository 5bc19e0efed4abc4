//! Marked values are sent wherever a client could put them; none of them may be in the log or the store.

use std::{fs, path::Path};

use milanio_rendezvous::api::{
    CREATE_PATH, CSP_REPORT_PATH, JOIN_PATH, JoinRoom, PROFILE_PATH, heartbeat_path, room_path,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    client::{get, json, send},
    person::{Person, code_in, get_with},
    process::Process,
    room::Room,
};

const CANARY: &str = "k7wd-3fqm-xh2p-9vts-canary";

#[test]
fn no_marked_value_no_rid_and_no_address_is_in_log_or_store() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let (at, room) = (server.at, Room::new(1));
    let sealed = room.keys.seal_record(CANARY.as_bytes(), &mut ChaCha20Rng::from_seed([9; 32])).unwrap();
    json(at, "POST", CREATE_PATH, &room.creation(&sealed)).unwrap();
    json(at, "POST", JOIN_PATH, &JoinRoom { rid: room.rid() }).unwrap();
    json(at, "POST", &heartbeat_path(&room.rid()), &room.beat()).unwrap();
    get(at, &room_path(&room.rid())).unwrap();
    get(at, &format!("/r/{CANARY}?code={CANARY}")).unwrap();
    get(at, &format!("/api/rooms/{CANARY}")).unwrap();
    json(at, "POST", JOIN_PATH, &CANARY).unwrap();
    let report = serde_json::json!({"csp-report": {"document-uri": CANARY, "effective-directive": CANARY}});
    json(at, "POST", CSP_REPORT_PATH, &report).unwrap();
    let head = format!(
        "GET / HTTP/1.1\r\nhost: localhost\r\nreferer: {CANARY}\r\nuser-agent: {CANARY}\r\nconnection: close\r\n\r\n"
    );
    send(at, &head, b"").unwrap();
    let (status, log) = server.terminate();
    assert!(status.success());
    assert!(log.contains("/api/rooms/{rid}"), "templates are logged: {log}");
    for secret in [CANARY, &room.rid().to_string(), "127.0.0.1"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
    let stored = files(data.path());
    assert!(contains(&stored, room.rid().as_bytes()), "the search would find what is there");
    assert!(!contains(&stored, CANARY.as_bytes()), "a marked value is in the store");
}

#[test]
fn no_mail_address_code_token_or_account_is_in_the_log_and_no_address_in_the_store() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let ada =
        Person { email: "canary-local@canary-domain.example".to_owned(), ..Person::new(server.at, data.path(), 1) };
    let session = ada.sign_up();
    let code = code_in(&ada.letters(1)[0]);
    get_with(server.at, PROFILE_PATH, &session.token);
    get_with(server.at, PROFILE_PATH, CANARY);
    Person { email: ada.email.to_uppercase(), ..Person::new(server.at, data.path(), 2) }.register();
    Person { email: CANARY.to_owned(), ..Person::new(server.at, data.path(), 3) }.register();
    let (status, log) = server.terminate();
    assert!(status.success());
    let account = data_encoding::BASE64URL_NOPAD.encode(ada.account.id().as_bytes());
    for secret in ["canary-local", "canary-domain", CANARY, &code, &session.token, &account, "127.0.0.1"] {
        assert!(!log.to_lowercase().contains(&secret.to_lowercase()), "{secret} is in the log: {log}");
    }
    let stored = files(&data.path().join("rooms")).to_ascii_lowercase();
    let account = ada.account.id().as_bytes().to_ascii_lowercase();
    assert!(contains(&stored, &account), "the search would find what is there");
    for secret in ["canary-local", "canary-domain", CANARY, &code.to_lowercase(), &session.token.to_lowercase()] {
        assert!(!contains(&stored, secret.as_bytes()), "{secret} is in the store");
    }
}

fn files(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { files(&path) } else { fs::read(&path).unwrap() });
    }
    bytes
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
