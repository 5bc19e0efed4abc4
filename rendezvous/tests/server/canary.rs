//! Marked values are sent wherever a client could put them; none of them may be in the log or the store.

use std::{fs, path::Path};

use milanio_rendezvous::api::{CREATE_PATH, CSP_REPORT_PATH, JOIN_PATH, JoinRoom, heartbeat_path, room_path};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    client::{get, json, send},
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
