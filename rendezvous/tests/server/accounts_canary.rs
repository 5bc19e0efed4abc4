//! A whole life of an account with marked address, name, picture, password and keys: none of them is in what the server stored and
//! logged, however much it logs, in what it told others, or in what travelled, but for the address where it must: to the server, to say
//! which one is meant, and to the mail server, as whom a letter is for.

use std::{fs, net::SocketAddr, path::Path};

use milanio_identity::{AccountKey, DeviceKey, LinkCode, LinkSecret, Phrase, Profile};
use milanio_rendezvous::api::{
    Blob, EmailText, KEYS_PATH, LINK_STEPS, Mailbox, OPAQUE_LOGIN_PATH, OpaqueLogin, PROFILE_PATH, RELAYS_PATH,
    Session, link_path,
};

use super::{
    client::{Exchange, get, json, recorded},
    life::{change_email, delete, guess, link, list_device, open_with_password, rng, save_profile, save_vault},
    person::{Person, get_with},
    postman::{Postman, mail_to},
    process::Process,
    search::{Haystack, Secret},
    tap::Tap,
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
    fn new(at: SocketAddr, data: &Path) -> Self {
        let seed = |kind: u8| std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ kind.wrapping_mul(71) ^ 0xa5);
        let (device, second) = (DeviceKey::from_seed(seed(2)), DeviceKey::from_seed(seed(3)));
        let person = Person {
            account: AccountKey::from_seed(seed(1)),
            device,
            email: ADDRESS.join("@"),
            ..Person::new(at, data, 1)
        };
        let profile = Profile {
            name: NAME.to_owned(),
            avatar: Some(b"\x89PNG canary picture".repeat(100)),
            device_names: [(second.id(), DEVICE_NAME.to_owned())].into(),
        };
        Self { person, second, profile, code: LinkCode::generate(&mut rng(77)) }
    }

    /// What leaves the owner's devices in no form that anybody else could read.
    fn own(&self) -> Vec<Secret> {
        let words = Phrase::of(&self.person.account).words();
        let mut secrets: Vec<Secret> = words.windows(3).map(|words| Secret::text("words", &words.join(" "))).collect();
        secrets.extend([
            Secret::text("the name", NAME),
            Secret::text("a device's name", DEVICE_NAME),
            Secret::text("the password", PASSWORD),
            Secret::text("a wrong password", OTHER_PASSWORD),
            Secret::text("the link code", &self.code.to_string()),
            Secret::bytes("the picture", b"canary picture"),
            Secret::bytes("the account's secret", &self.person.account.seed()[..]),
        ]);
        secrets
    }

    /// What the server is told and nobody else is.
    fn told(&self) -> Vec<Secret> {
        let mailbox = LinkSecret::derive(&self.code).unwrap().mailbox();
        let mailbox = [
            Secret::text("the mailbox", &Mailbox::from_bytes(mailbox).to_string()),
            Secret::bytes("the mailbox's bytes", &mailbox),
        ];
        addresses().into_iter().chain(mailbox).collect()
    }

    /// Everything that an account can go through but its end. Tells the key that nobody else has.
    fn live(&self) -> (Session, Secret) {
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
        (session, Secret::bytes("the export key", export_key.as_bytes()))
    }
}

fn addresses() -> Vec<Secret> {
    let parts = ADDRESS.into_iter().chain(NEXT_ADDRESS);
    parts.map(|part| Secret::text("a part of an address", part)).collect()
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
fn nothing_marked_of_a_whole_life_is_stored_logged_sent_in_the_clear_or_told_to_others() {
    let data = tempfile::tempdir().unwrap();
    let (_postman, port) = Postman::start(0, data.path());
    let smtp = Tap::to(port);
    let mail = mail_to(smtp.at.port());
    let arguments: Vec<_> = ["--limits", "lab"].into_iter().chain(mail.iter().map(String::as_str)).collect();
    let server = Process::start_logging(data.path(), &arguments, LOG);
    let http = Tap::to(server.at.port());
    let owner = Owner::new(http.at, data.path());
    let ((session, export_key), lived) = recorded(|| owner.live());
    let own: Vec<_> = owner.own().into_iter().chain([export_key]).collect();
    let token = session.token.rsplit('.').next().unwrap();
    let tokens = [Secret::text("a token", &session.token), Secret::text("a token's end", token)];
    let told_to_server: Vec<_> = owner.told().into_iter().chain(tokens).collect();
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
    for secrets in [&own, &told_to_server] {
        let none = Vec::<&str>::new();
        assert_eq!(kept.found(secrets), none, "in the store");
        assert_eq!(left.found(secrets), none, "in the store, at the end");
        assert_eq!(log.found(secrets), none, "in the log");
        assert_eq!(told(&pried).found(secrets), none, "in answers to somebody else");
    }
    assert!(!log.holds(&account), "the account is not in the log either");
    check_http(&http, &lived, &own);
    check_mail(&smtp, data.path(), &own, &told_to_server);
}

/// Nothing of the owner's own travels between app and server, and the address only up, where a request says which one is meant.
fn check_http(http: &Tap, lived: &[Exchange], own: &[Secret]) {
    let none = Vec::<&str>::new();
    let (sent, answered) = (Haystack::new(&http.sent()), Haystack::new(&http.answered()));
    assert!(addresses().iter().all(|part| sent.holds(part)), "the search finds what is there");
    assert_eq!(sent.found(own), none, "on the way to the server");
    assert_eq!(answered.found(own), none, "on the way back");
    assert_eq!(answered.found(&addresses()), none, "on the way back");
    for Exchange { what, head, body, .. } in lived {
        let mut body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let fields = body.as_object_mut();
        fields.into_iter().for_each(|fields| fields.retain(|name, _| !name.ends_with("email")));
        let rest = [head.clone(), body.to_string().into_bytes()].concat();
        assert_eq!(Haystack::new(&rest).found(&addresses()), none, "in {what}, where no address is asked for");
    }
}

/// Letters say whom they are for, and nothing else of anybody's.
fn check_mail(smtp: &Tap, data: &Path, own: &[Secret], told_to_server: &[Secret]) {
    let none = Vec::<&str>::new();
    let sent = smtp.sent();
    let (whom, rest): (Vec<_>, Vec<_>) =
        sent.split(|byte| *byte == b'\n').partition(|line| line.starts_with(b"RCPT TO:<") || line.starts_with(b"To: "));
    let (whom, rest) = (Haystack::new(&whom.join(&b'\n')), Haystack::new(&rest.join(&b'\n')));
    assert!(addresses().iter().all(|part| whom.holds(part)), "letters have left");
    assert_eq!(whom.found(own), none, "in a letter's recipient");
    assert_eq!(rest.found(own), none, "in a letter, as it travels");
    assert_eq!(rest.found(told_to_server), none, "in a letter, as it travels");
    assert_eq!(Haystack::new(&smtp.answered()).found(own), none, "in what the mail server says");
    let letters =
        fs::read_dir(data.join("mail")).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let read: Vec<String> = letters.collect();
    assert!(read.len() >= 8, "texts and pages of four letters: {}", read.len());
    for letter in read {
        let (_, words) = letter.split_once('\n').unwrap();
        let words = Haystack::new(words.as_bytes());
        assert_eq!(words.found(own), none, "in a letter, as it is read");
        assert_eq!(words.found(told_to_server), none, "in a letter, as it is read");
    }
}

/// All that our own parts say, and more of the libraries than anybody runs a server with.
const LOG: &str = "debug,milanio_rendezvous=trace,milanio_node=trace,milanio_identity=trace";
