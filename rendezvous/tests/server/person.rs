//! People as their browsers act for them: keys, proofs, and a mailbox in the server's spool.

use std::{fs, io, net::SocketAddr, path::PathBuf, thread, time::Instant};

use milanio_identity::{AccountKey, DeviceCert, DeviceId, DeviceKey, DeviceList, ListedDevice};
use milanio_rendezvous::api::{
    ACCOUNT_PATH, Asker, Base64Bytes, Blob, CHALLENGE_PATH, CertText, ChallengeAnswer, ChallengeText, CodeSent,
    CodeText, DEVICES_PATH, DeviceListText, EmailText, Empty, KeyText, LOGIN_PATH, LanguageTag, Login, Proven,
    REGISTER_PATH, Register, Session, Target, VAULT_PATH, VERIFY_PATH, Verify,
};
use serde::Serialize;

use super::{
    client::{self, Answer, PATIENCE, json},
    room::now_s,
};

/// Somebody on one device.
#[derive(Clone)]
pub struct Person {
    pub at: SocketAddr,
    pub data: PathBuf,
    pub account: AccountKey,
    pub device: DeviceKey,
    pub email: String,
}

impl Person {
    /// Person number `n` at the server at `at`, whose data is in `data`.
    pub fn new(at: SocketAddr, data: &std::path::Path, n: u8) -> Self {
        let (account, device) = (AccountKey::from_seed([n; 32]), DeviceKey::from_seed([n | 0x80; 32]));
        Self { at, data: data.to_owned(), account, device, email: format!("person{n}@mail{n}.example") }
    }

    /// The same person on another device.
    pub fn on(&self, device: u8) -> Self {
        Self { device: DeviceKey::from_seed([device; 32]), ..self.clone() }
    }

    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.at.port())
    }

    pub fn cert(&self) -> CertText {
        let cert = DeviceCert::issue(&self.account, self.device.id(), now_s(), now_s() + 86_400).unwrap();
        Base64Bytes::from_bytes(cert.to_bytes().try_into().unwrap())
    }

    pub fn list(&self, seq: u64, devices: &[DeviceId], revoked: &[DeviceId]) -> DeviceListText {
        let listed = devices.iter().map(|device| ListedDevice { device: *device, added_day: 1 }).collect();
        Blob::new(DeviceList::issue(&self.account, seq, listed, revoked.to_vec()).unwrap().to_bytes()).unwrap()
    }

    pub fn challenge(&self) -> ChallengeText {
        self.try_challenge().unwrap()
    }

    fn try_challenge(&self) -> Option<ChallengeText> {
        let answer: ChallengeAnswer = json(self.at, "POST", CHALLENGE_PATH, &Empty {}).ok()?.json();
        assert!((now_s() + 50..now_s() + 70).contains(&answer.expires_s));
        Some(answer.challenge)
    }

    /// The same as [`Person::prove`]; none if there is no server.
    pub fn try_prove<T: Serialize>(&self, body: T, path: &str) -> Option<Proven<T>> {
        Some(self.prove_on(body, path, &self.origin(), self.try_challenge()?))
    }

    /// `body` for `path`, proven by this device with a new challenge on a page of the server's.
    pub fn prove<T: Serialize>(&self, body: T, path: &str) -> Proven<T> {
        self.prove_on(body, path, &self.origin(), self.challenge())
    }

    pub fn prove_on<T: Serialize>(&self, body: T, path: &str, origin: &str, challenge: ChallengeText) -> Proven<T> {
        let asker = Asker { origin, account: self.account.id(), device: &self.device };
        Proven::sign(body, target(path), challenge, &asker).unwrap()
    }

    /// `body` for a method that is not the usual one of `path`.
    pub fn prove_as<T: Serialize>(&self, body: T, method: &str, path: &str) -> Proven<T> {
        self.prove_with(body, Target { method, path }, self.challenge())
    }

    /// The same; `None` if the server is gone.
    pub fn try_prove_as<T: Serialize>(&self, body: T, method: &str, path: &str) -> Option<Proven<T>> {
        Some(self.prove_with(body, Target { method, path }, self.try_challenge()?))
    }

    fn prove_with<T: Serialize>(&self, body: T, target: Target<'_>, challenge: ChallengeText) -> Proven<T> {
        let asker = Asker { origin: &self.origin(), account: self.account.id(), device: &self.device };
        Proven::sign(body, target, challenge, &asker).unwrap()
    }

    pub fn registration(&self) -> Register {
        Register {
            email: EmailText::new(self.email.clone()).unwrap(),
            account: self.key(),
            cert: self.cert(),
            language: LanguageTag::new("en").unwrap(),
            work: None,
        }
    }

    pub fn register(&self) -> Answer {
        json(self.at, "POST", REGISTER_PATH, &self.prove(self.registration(), REGISTER_PATH)).unwrap()
    }

    pub fn verification(&self, sent: &CodeSent, code: &str) -> Verify {
        Verify {
            request_id: sent.request_id,
            account: self.key(),
            code: CodeText::new(code).unwrap(),
            cert: self.cert(),
            device_list: self.list(1, &[self.device.id()], &[]),
        }
    }

    pub fn verify(&self, sent: &CodeSent, code: &str) -> Answer {
        json(self.at, "POST", VERIFY_PATH, &self.prove(self.verification(sent, code), VERIFY_PATH)).unwrap()
    }

    /// The whole way, by the first letter to this address.
    pub fn sign_up(&self) -> Session {
        let sent: CodeSent = self.register().json();
        let code = code_in(&self.letters(1)[0]);
        let verified = self.verify(&sent, &code);
        assert_eq!(verified.status, 200, "{verified:?}");
        verified.json()
    }

    /// Signs in on a device that the account has.
    pub fn login(&self) -> Answer {
        self.login_with(None)
    }

    /// Signs in naming an address, as a new device does, and the language of the letter about it.
    pub fn login_naming(&self, email: &str, language: &str) -> Answer {
        self.login_with(Some((EmailText::new(email).unwrap(), LanguageTag::new(language).unwrap())))
    }

    /// Signs in on a device that is new to the account.
    pub fn login_anew(&self) -> Answer {
        self.login_naming(&self.email, "en")
    }

    fn login_with(&self, named: Option<(EmailText, LanguageTag)>) -> Answer {
        let (email, language) = named.unzip();
        let body = Login { account: self.key(), cert: self.cert(), email, language };
        json(self.at, "POST", LOGIN_PATH, &self.prove(body, LOGIN_PATH)).unwrap()
    }

    pub fn key(&self) -> KeyText {
        KeyText::from_bytes(*self.account.id().as_bytes())
    }

    /// Waits for `count` letters to this person's address; oldest first.
    pub fn letters(&self, count: usize) -> Vec<String> {
        let started = Instant::now();
        loop {
            let mine = self.letters_so_far();
            if mine.len() >= count {
                return mine;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {count} letters came", mine.len());
            thread::yield_now();
        }
    }

    /// The letters that have come to this person's address; oldest first.
    pub fn letters_so_far(&self) -> Vec<String> {
        let mut paths: Vec<_> = fs::read_dir(self.data.join("mail"))
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default();
        paths.retain(|path: &PathBuf| path.extension().is_some_and(|extension| extension == "txt"));
        paths.sort();
        let to = format!("To: {}\n", self.email);
        // The spool removes its oldest letters.
        let letters = paths.iter().filter_map(|path| fs::read_to_string(path).ok());
        letters.filter(|letter| letter.starts_with(&to)).collect()
    }
}

// What is usually sent to the path.
fn target(path: &str) -> Target<'_> {
    match path {
        VAULT_PATH | DEVICES_PATH => Target::put(path),
        ACCOUNT_PATH => Target::delete(path),
        _ => Target::post(path),
    }
}

/// The code that a letter's link carries.
pub fn code_in(letter: &str) -> String {
    let link = letter.lines().find(|line| line.contains("/#/verify/")).unwrap_or_else(|| panic!("no code: {letter}"));
    link.trim().rsplit('/').next().unwrap().to_owned()
}

/// Sends `body` within a session.
pub fn with_token(at: SocketAddr, method: &str, path: &str, token: &str, body: &impl Serialize) -> io::Result<Answer> {
    let body = serde_json::to_vec(body)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        at.port(),
        body.len()
    );
    client::send(at, &head, &body)
}

/// Asks within a session.
pub fn get_with(at: SocketAddr, path: &str, token: &str) -> Answer {
    let port = at.port();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    client::send(at, &head, b"").unwrap()
}
