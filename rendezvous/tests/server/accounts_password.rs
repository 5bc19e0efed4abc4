//! A new browser, an address and a password: the vault only for both the password and the mail.

use std::collections::BTreeSet;

use milanio_identity::{OpaqueError, OpaqueLogin as Client, OpaqueRegistration};
use milanio_rendezvous::api::{
    Blob, CodeSent, CodeText, EmailText, Empty, ErrorCode, LanguageTag, OPAQUE_FINISH_PATH, OPAQUE_LOGIN_PATH,
    OPAQUE_REGISTER_PATH, OPAQUE_VAULT_PATH, OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer, OpaqueRegister,
    OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer, PutVault, Session, VAULT_PATH, VaultRecord,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    accounts::refusal,
    client::{Answer, json},
    person::{Person, code_in, get_with, with_token},
    process::Process,
};

const LAB: [&str; 2] = ["--limits", "lab"];
pub const PASSWORD: &[u8] = b"correct horse battery staple";

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Puts a vault behind `password`; tells the answer and the key that the vault would be sealed with.
pub fn put_vault(person: &Person, session: &Session, seq: u64, password: &[u8]) -> (Answer, [u8; 64]) {
    let (client, request) = OpaqueRegistration::start(password, &mut rng(1)).unwrap();
    let body = OpaqueRegister { request: Blob::new(request).unwrap() };
    let answer = with_token(person.at, "POST", OPAQUE_REGISTER_PATH, &session.token, &body).unwrap();
    let response: OpaqueRegisterAnswer = answer.json();
    let (record, export) = client.finish(password, response.response.as_bytes(), &mut rng(2)).unwrap();
    let sealed = Blob::new(vec![seq as u8; 1_000]).unwrap();
    let body = PutVault { seq, sealed, opaque_record: Blob::new(record).unwrap() };
    let proven = person.prove(body, VAULT_PATH);
    (with_token(person.at, "PUT", VAULT_PATH, &session.token, &proven).unwrap(), *export.as_bytes())
}

pub fn start(person: &Person, password: &[u8]) -> (Client, OpaqueLoginAnswer, Answer) {
    let (client, request) = Client::start(password, &mut rng(3)).unwrap();
    let email = EmailText::new(person.email.clone()).unwrap();
    let body = OpaqueLogin { email, request: Blob::new(request).unwrap() };
    let answer = json(person.at, "POST", OPAQUE_LOGIN_PATH, &body).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    (client, answer.json(), answer)
}

pub fn finish(person: &Person, started: &OpaqueLoginAnswer, finalization: Vec<u8>) -> Answer {
    let body = OpaqueFinish {
        login: started.login.clone(),
        email: EmailText::new(person.email.clone()).unwrap(),
        finalization: Blob::new(finalization).unwrap(),
        language: LanguageTag::new("en").unwrap(),
    };
    json(person.at, "POST", OPAQUE_FINISH_PATH, &body).unwrap()
}

fn fetch(person: &Person, sent: &CodeSent, code: &str) -> Answer {
    let body = OpaqueVault { request_id: sent.request_id, code: CodeText::new(code).unwrap() };
    json(person.at, "POST", OPAQUE_VAULT_PATH, &body).unwrap()
}

#[test]
fn a_new_browser_needs_the_password_and_the_mail() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    let (stored, export) = put_vault(&ada, &session, 1, PASSWORD);
    assert_eq!(stored.status, 204, "{stored:?}");
    assert!(ada.login().json::<Session>().vault);
    let (client, started, _) = start(&ada, PASSWORD);
    let (finalization, again) = client.finish(PASSWORD, started.response.as_bytes(), &mut rng(4)).unwrap();
    assert_eq!(*again.as_bytes(), export);
    let finished = finish(&ada, &started, finalization.clone());
    assert_eq!(finished.status, 202, "{finished:?}");
    let replayed = finish(&ada, &started, finalization);
    assert_eq!(refusal(&replayed), (403, ErrorCode::CredentialsInvalid), "a login ends once");
    let sent: CodeSent = finished.json();
    assert_eq!(refusal(&fetch(&ada, &sent, "00000000")), (400, ErrorCode::CodeInvalid), "without the mail");
    let code = code_in(&ada.letters(2)[1]);
    let vault: OpaqueVaultAnswer = fetch(&ada, &sent, &code).json();
    assert_eq!((vault.account, vault.vault.seq), (ada.key(), 1));
    assert_eq!(vault.vault.sealed.as_bytes(), [1; 1_000]);
    assert_eq!(vault.device_list, ada.list(1, &[ada.device.id()], &[]));
    assert_eq!(refusal(&fetch(&ada, &sent, &code)), (400, ErrorCode::CodeInvalid), "once");
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_alike() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    put_vault(&ada, &session, 1, PASSWORD);
    let (no_vault, nobody) = (Person::new(server.at, data.path(), 2), Person::new(server.at, data.path(), 3));
    no_vault.sign_up();
    let names = |answer: &Answer| answer.headers.keys().cloned().collect::<BTreeSet<_>>();
    let mut shapes = BTreeSet::new();
    for person in [&ada, &no_vault, &nobody] {
        let (client, started, answer) = start(person, b"another long password");
        let refused = client.finish(b"another long password", started.response.as_bytes(), &mut rng(4)).map(|_| ());
        assert_eq!(refused, Err(OpaqueError::Refused));
        let finished = finish(person, &started, vec![0; 64]);
        assert_eq!(refusal(&finished), (403, ErrorCode::CredentialsInvalid));
        shapes.insert((answer.body.len(), names(&answer), finished.body.len(), names(&finished)));
        let (_, again, _) = start(person, b"another long password");
        let evaluated = |started: &OpaqueLoginAnswer| started.response.as_bytes()[..32].to_vec();
        assert_eq!(evaluated(&started), evaluated(&again), "the same at every try, whoever it is");
    }
    assert_eq!(shapes.len(), 1, "{shapes:?}");
}

#[test]
fn a_vault_is_written_in_order_removed_and_cannot_be_brought_back() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    assert_eq!(put_vault(&ada, &session, 1, PASSWORD).0.status, 204);
    assert_eq!(refusal(&put_vault(&ada, &session, 1, PASSWORD).0), (409, ErrorCode::SeqStale));
    let stored: VaultRecord = get_with(server.at, VAULT_PATH, &session.token).json();
    assert_eq!((stored.seq, stored.sealed.map(|sealed| sealed.as_bytes().len())), (1, Some(1_000)));
    let without = with_token(server.at, "DELETE", VAULT_PATH, &session.token, &Empty {}).unwrap();
    assert_eq!(refusal(&without), (400, ErrorCode::Malformed), "without a proof");
    let removed =
        with_token(server.at, "DELETE", VAULT_PATH, &session.token, &ada.prove_as(Empty {}, "DELETE", VAULT_PATH))
            .unwrap();
    assert_eq!(removed.status, 204);
    let stored: VaultRecord = get_with(server.at, VAULT_PATH, &session.token).json();
    assert_eq!(stored, VaultRecord { seq: 2, sealed: None });
    assert_eq!(refusal(&put_vault(&ada, &session, 2, PASSWORD).0), (409, ErrorCode::SeqStale));
    let (client, started, _) = start(&ada, PASSWORD);
    let refused = client.finish(PASSWORD, started.response.as_bytes(), &mut rng(4)).map(|_| ());
    assert_eq!(refused, Err(OpaqueError::Refused), "the password is gone with it");
}
