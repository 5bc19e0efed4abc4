//! A whole life of an account with marked address, name, picture, password and keys: none of them is in what the server stored and
//! logged, however much it logs, or in what it told others. The letters are another matter: they go to the owner.

use std::{fs, path::Path};

use milanio_identity::{AccountKey, DeviceKey, LinkCode, LinkSecret, Phrase, Profile};
use milanio_rendezvous::api::{
    Blob, EmailText, KEYS_PATH, LINK_STEPS, Mailbox, OPAQUE_LOGIN_PATH, OpaqueLogin, PROFILE_PATH, RELAYS_PATH,
    Session, link_path,
};

use super::{
    client::{Exchange, get, json, recorded},
    life::{change_email, delete, guess, link, list_device, open_with_password, rng, save_profile, save_vault},
    person::{Person, get_with},
    process::Process,
    search::{Haystack, Secret},
};

const PASSWORD: &str = "kanarien-passwort-9f3";
const OTHER_PASSWORD: &str = "kanarien-passwort-8e2";
const NAME: &str = "Canary Kestrelwood";
const DEVICE_NAME: &str = "Canary's pocketslate";
const ADDRESS: [&str; 2] = ["canaryfirst", "firstnest.example"];
const NEXT_ADDRESS: [&str; 2] = ["canarysecond", "secondnest.example"];

/// Everything about the owner that is nobody else's business.
struct Owner {
    person: Person,
    second: DeviceKey,
    profile: Profile,
    code: LinkCode,
}

impl Owner {
    fn new(server: &Process, data: &Path) -> Self {
        let seed = |kind: u8| std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ kind.wrapping_mul(71) ^ 0xa5);
        let (device, second) = (DeviceKey::from_seed(seed(2)), DeviceKey::from_seed(seed(3)));
        let person = Person {
            account: AccountKey::from_seed(seed(1)),
            device,
            email: ADDRESS.join("@"),
            ..Person::new(server.at, data, 1)
        };
        let profile = Profile {
            name: NAME.to_owned(),
            avatar: Some(b"\x89PNG canary picture".repeat(100)),
            device_names: [(second.id(), DEVICE_NAME.to_owned())].into(),
        };
        Self { person, second, profile, code: LinkCode::generate(&mut rng(77)) }
    }

    fn secrets(&self) -> Vec<Secret> {
        let words = Phrase::of(&self.person.account).words();
        let mut secrets: Vec<Secret> = words.windows(3).map(|words| Secret::text("words", &words.join(" "))).collect();
        for part in ADDRESS.into_iter().chain(NEXT_ADDRESS) {
            secrets.push(Secret::text("a part of an address", part));
        }
        let mailbox = LinkSecret::derive(&self.code).unwrap().mailbox();
        secrets.extend([
            Secret::text("the name", NAME),
            Secret::text("a device's name", DEVICE_NAME),
            Secret::text("the password", PASSWORD),
            Secret::text("a wrong password", OTHER_PASSWORD),
            Secret::text("the link code", &self.code.to_string()),
            Secret::text("the mailbox", &Mailbox::from_bytes(mailbox).to_string()),
            Secret::bytes("the mailbox's bytes", &mailbox),
            Secret::bytes("the picture", b"canary picture"),
            Secret::bytes("the account's secret", &self.person.account.seed()[..]),
        ]);
        secrets
    }

    /// Everything that an account can go through but its end. Tells further secrets that came of it.
    fn live(&self) -> (Session, Vec<Secret>) {
        let session = self.person.sign_up();
        save_profile(&self.person, &session, &self.profile);
        let export_key = save_vault(&self.person, &session, PASSWORD.as_bytes(), &self.profile);
        guess(&self.person, OTHER_PASSWORD.as_bytes());
        let opened = open_with_password(&self.person, PASSWORD.as_bytes(), 1);
        assert_eq!(opened.profile.name, NAME);
        let linked = link(&self.person, &self.second, &self.code, &self.profile);
        assert_eq!(linked.profile.name, NAME);
        list_device(&self.person, &session, &self.second);
        change_email(&self.person, &session, &NEXT_ADDRESS.join("@"));
        let more = vec![
            Secret::bytes("the export key", export_key.as_bytes()),
            Secret::text("a token", &session.token),
            Secret::text("a token's end", session.token.rsplit('.').next().unwrap()),
        ];
        (session, more)
    }
}

/// Somebody else tries to learn about the owner.
fn pry(server: &Process, data: &Path, owner: &Owner) {
    let eve = Person { email: NEXT_ADDRESS.join("@"), ..Person::new(server.at, data, 9) };
    assert_eq!(eve.register().status, 202);
    eve.login();
    let email = EmailText::new(eve.email.clone()).unwrap();
    let (_, request) = milanio_identity::OpaqueLogin::start(b"12345678", &mut rng(9)).unwrap();
    json(server.at, "POST", OPAQUE_LOGIN_PATH, &OpaqueLogin { email, request: Blob::new(request).unwrap() }).unwrap();
    get_with(server.at, PROFILE_PATH, "e30.e30.e30");
    for path in [KEYS_PATH, RELAYS_PATH, "/api/openapi.json", "/readyz", "/version"] {
        get(server.at, path).unwrap();
    }
    // Even who knows the mailbox reads nothing of what was handed over.
    let mailbox = Mailbox::from_bytes(LinkSecret::derive(&owner.code).unwrap().mailbox());
    for step in 0..LINK_STEPS {
        assert_eq!(get(server.at, &link_path(&mailbox, step)).unwrap().status, 200);
    }
}

fn told(exchanges: &[Exchange]) -> Haystack {
    Haystack::new(&exchanges.iter().flat_map(|exchange| exchange.answer.clone()).collect::<Vec<_>>())
}

/// All files but letters.
fn stored(data: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("mail") {
            bytes.extend(stored(&path));
        } else if path.is_file() {
            bytes.extend(fs::read(&path).unwrap());
        }
    }
    bytes
}

#[test]
fn nothing_marked_of_a_whole_life_is_stored_logged_or_told_to_others() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start_logging(data.path(), &["--limits", "lab"], LOG);
    let owner = Owner::new(&server, data.path());
    let mut secrets = owner.secrets();
    let (session, more) = owner.live();
    secrets.extend(more);
    let ((), pried) = recorded(|| pry(&server, data.path(), &owner));
    let kept = Haystack::new(&stored(data.path()));
    let account = Secret::bytes("the account", owner.person.account.id().as_bytes());
    assert!(kept.holds(&account), "the search finds what is there");
    delete(&owner.person, &session);
    let (status, log) = server.terminate();
    assert!(status.success());
    assert!(log.contains("/api/users/account"), "requests are logged");
    let left = Haystack::new(&stored(data.path()));
    let log = Haystack::new(log.as_bytes());
    let none = Vec::<&str>::new();
    assert_eq!(kept.found(&secrets), none, "in the store");
    assert_eq!(left.found(&secrets), none, "in the store, at the end");
    assert_eq!(log.found(&secrets), none, "in the log");
    assert_eq!(told(&pried).found(&secrets), none, "in answers to somebody else");
    assert!(!log.holds(&account), "the account is not in the log either");
}

/// All that our own parts say, and more of the libraries than anybody runs a server with.
const LOG: &str = "debug,milanio_rendezvous=trace,milanio_node=trace,milanio_identity=trace";
