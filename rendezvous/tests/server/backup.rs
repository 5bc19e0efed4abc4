//! Backups of a running server, and what comes back from them elsewhere.

use std::{
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
};

use milanio_identity::Profile;
use milanio_rendezvous::api::{CREATE_PATH, ErrorCode, PROFILE_PATH, ProfileRecord, RoomAnswer, RoomState, room_path};
use serde_json::Value;

use super::{
    accounts::refusal,
    client::{get, json},
    life::{open_with_password, save_profile, save_vault},
    person::{Person, get_with},
    process::Process,
    room::Room,
};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn result(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_backup_of_a_running_server_is_whole_and_another_server_goes_on_from_it() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, late) = (elsewhere.path().join("backup"), elsewhere.path().join("late"));
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let create =
        |n| json(server.at, "POST", CREATE_PATH, &Room::new(n).creation(b"sealed")).map(|answer| answer.status);
    for n in 0..50 {
        assert_eq!(create(n).unwrap(), 201);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 1_000;
            while !done.load(Ordering::Relaxed) {
                assert_eq!(create(n).unwrap(), 201, "writes go on");
                n += 1;
            }
        });
        let made = Process::tool(&["--json", "backup", "create", text(&file), "--data", text(data.path())], "");
        done.store(true, Ordering::Relaxed);
        let made = result(&made);
        assert!(made["kinds"]["room"].as_u64().unwrap() >= 50, "{made}");
        assert_eq!(made["kinds"]["meta"], 1);
    });
    let verified = result(&Process::tool(&["--json", "backup", "verify", text(&file)], ""));
    let there = said(&Process::tool(&["backup", "create", text(&file), "--data", text(data.path())], ""));
    assert!(there.contains("stays as it is"), "{there}");
    drop(server);
    let stopped = result(&Process::tool(&["--json", "backup", "create", text(&late), "--data", text(data.path())], ""));
    assert!(stopped["entries"].as_u64() >= verified["entries"].as_u64());
    let fresh = tempfile::tempdir().unwrap();
    let restore = ["--json", "backup", "restore", text(&file), "--data", text(fresh.path())];
    assert_eq!(result(&Process::tool(&restore, ""))["entries"], verified["entries"]);
    let refused = said(&Process::tool(&restore, ""));
    assert!(refused.contains("must be empty"), "{refused}");
    let server = Process::start(fresh.path(), &["--limits", "lab"]);
    for n in 0..50 {
        let answer = get(server.at, &room_path(&Room::new(n).rid())).unwrap();
        assert_eq!((answer.status, answer.json::<RoomAnswer>().state), (200, RoomState::Waiting), "room {n}");
    }
    let used = said(&Process::tool(&restore, ""));
    assert!(used.contains("does a server use it?"), "{used}");
}

#[test]
fn a_damaged_backup_is_noticed_and_restores_nothing() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("backup");
    let server = Process::start(data.path(), &[]);
    result(&Process::tool(&["--json", "backup", "create", text(&file), "--data", text(data.path())], ""));
    drop(server);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(said(&Process::tool(&["backup", "verify", text(&file)], "")).contains("damaged"));
    let fresh = tempfile::tempdir().unwrap();
    assert!(
        said(&Process::tool(&["backup", "restore", text(&file), "--data", text(fresh.path())], "")).contains("damaged")
    );
    std::fs::write(&file, "something else").unwrap();
    assert!(said(&Process::tool(&["backup", "verify", text(&file)], "")).contains("not a backup"));
    assert_eq!(Process::tool(&["backup", "verify"], "").status.code(), Some(2), "no file was named");
}

#[test]
fn keys_come_back_with_their_passphrase_into_a_directory_that_has_none() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("keys");
    drop(Process::start(data.path(), &[]));
    let save = ["--json", "key", "backup", text(&file), "--data", text(data.path())];
    assert!(said(&Process::tool(&save, "short\n")).contains("at least 12 characters"));
    let saved = result(&Process::tool(&save, "correct horse battery\n"));
    let relay_key = std::fs::read(data.path().join("relay/relay.key")).unwrap();
    assert!(saved["keys"].as_array().unwrap().contains(&"relay/relay.key".into()), "{saved}");
    let sealed = std::fs::read(&file).unwrap();
    assert!(!sealed.windows(16).any(|window| relay_key.windows(16).any(|key| key == window)), "no key lies open");
    let fresh = tempfile::tempdir().unwrap();
    let restore = ["--json", "key", "restore", text(&file), "--data", text(fresh.path())];
    assert!(said(&Process::tool(&restore, "correct horse batterz\n")).contains("passphrase is wrong"));
    assert_eq!(result(&Process::tool(&restore, "correct horse battery\n"))["keys"], saved["keys"]);
    assert_eq!(std::fs::read(fresh.path().join("relay/relay.key")).unwrap(), relay_key);
    assert!(said(&Process::tool(&restore, "correct horse battery\n")).contains("only where there are none"));
}

#[test]
fn people_sign_in_at_a_server_that_was_restored_from_its_backup_and_keys() {
    const LAB: [&str; 2] = ["--limits", "lab"];
    const PASSPHRASE: &str = "correct horse battery\n";
    let [data, elsewhere, fresh, keyless] = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let (file, keys) = (elsewhere.path().join("backup"), elsewhere.path().join("keys"));
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let profile = Profile { name: "Ada".to_owned(), ..Profile::default() };
    let session = ada.sign_up();
    save_profile(&ada, &session, &profile);
    save_vault(&ada, &session, b"a password of Ada's", &profile);
    let made = result(&Process::tool(&["--json", "backup", "create", text(&file), "--data", text(data.path())], ""));
    assert_eq!(made["kinds"]["a"], 1, "{made}");
    result(&Process::tool(&["--json", "key", "backup", text(&keys), "--data", text(data.path())], PASSPHRASE));
    let stored: ProfileRecord = get_with(server.at, PROFILE_PATH, &session.token).json();
    drop(server);
    for directory in [&fresh, &keyless] {
        let restore = ["--json", "backup", "restore", text(&file), "--data", text(directory.path())];
        result(&Process::tool(&restore, ""));
    }
    result(&Process::tool(&["--json", "key", "restore", text(&keys), "--data", text(fresh.path())], PASSPHRASE));
    let server = Process::start(fresh.path(), &LAB);
    let ada = Person { at: server.at, data: fresh.path().to_owned(), ..ada };
    assert_eq!(get_with(server.at, PROFILE_PATH, &session.token).json::<ProfileRecord>(), stored);
    assert_eq!(ada.login().status, 200, "her device signs in");
    let eve = Person { email: ada.email.clone(), ..Person::new(server.at, fresh.path(), 2) };
    assert_eq!(eve.register().status, 202);
    assert!(!ada.letters(1)[0].contains("/#/verify/"), "her address is known");
    assert_eq!(ada.on(7).login_anew().status, 200, "as hers");
    assert_eq!(open_with_password(&ada, b"a password of Ada's", 2).profile, profile);
    let server = Process::start(keyless.path(), &LAB);
    let ada = Person { at: server.at, data: keyless.path().to_owned(), ..ada };
    assert_eq!(ada.login().status, 200, "which needs none of the server's keys");
    assert_eq!(refusal(&ada.on(8).login_anew()), (400, ErrorCode::EmailWrong), "without them no address is known");
}
