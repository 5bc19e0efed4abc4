//! What people do with an account beside signing up, as the app does it, with real passwords, seals and links.

use milanio_identity::{
    DeviceCert, DeviceId, DeviceKey, DeviceList, ExportKey, Keepsake, LinkCode, LinkNewDevice, LinkOldDevice,
    LinkSecret, ListedDevice, OpaqueLogin as LoginClient, OpaqueRegistration, Profile, open_vault, seal_vault,
};
use milanio_rendezvous::api::{
    ACCOUNT_PATH, Blob, ChangeEmail, CodeSent, CodeText, DEVICES_PATH, EMAIL_PATH, EMAIL_VERIFY_PATH, EmailText, Empty,
    LanguageTag, LinkMessage, Mailbox, OPAQUE_FINISH_PATH, OPAQUE_LOGIN_PATH, OPAQUE_REGISTER_PATH, OPAQUE_VAULT_PATH,
    OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer, OpaqueRegister, OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer,
    PROFILE_PATH, ProfileRecord, PutDevices, PutVault, Session, VAULT_PATH, VerifyEmail, link_path,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    client::{Answer, get, json},
    person::{Person, code_in, with_token},
    room::now_s,
};

/// Randomness of one person.
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Writes the first profile.
pub fn save_profile(person: &Person, session: &Session, profile: &Profile) {
    let sealed = profile.seal(&person.account, 1, &mut rng(1)).unwrap();
    let record = ProfileRecord { seq: 1, sealed: Some(Blob::new(sealed).unwrap()) };
    expect(204, &with_token(person.at, "PUT", PROFILE_PATH, &session.token, &record).unwrap());
}

/// Puts the first vault behind `password`; tells the key that it is sealed with.
pub fn save_vault(person: &Person, session: &Session, password: &[u8], profile: &Profile) -> ExportKey {
    let (client, request) = OpaqueRegistration::start(password, &mut rng(2)).unwrap();
    let body = OpaqueRegister { request: Blob::new(request).unwrap() };
    let answer = with_token(person.at, "POST", OPAQUE_REGISTER_PATH, &session.token, &body).unwrap();
    let response: OpaqueRegisterAnswer = answer.json();
    let (record, export_key) = client.finish(password, response.response.as_bytes(), &mut rng(3)).unwrap();
    let sealed = seal_vault(&export_key, 1, &keepsake(person, profile), &mut rng(4)).unwrap();
    let body = PutVault { seq: 1, sealed: Blob::new(sealed).unwrap(), opaque_record: Blob::new(record).unwrap() };
    let proven = person.prove(body, VAULT_PATH);
    expect(204, &with_token(person.at, "PUT", VAULT_PATH, &session.token, &proven).unwrap());
    export_key
}

/// Fetches the vault on a new browser; `letters` have come to the person before.
pub fn open_with_password(person: &Person, password: &[u8], letters: usize) -> Keepsake {
    let (client, request) = LoginClient::start(password, &mut rng(5)).unwrap();
    let email = EmailText::new(person.email.clone()).unwrap();
    let body = OpaqueLogin { email: email.clone(), request: Blob::new(request).unwrap() };
    let started: OpaqueLoginAnswer = json(person.at, "POST", OPAQUE_LOGIN_PATH, &body).unwrap().json();
    let (finalization, export_key) = client.finish(password, started.response.as_bytes(), &mut rng(6)).unwrap();
    let (finalization, language) = (Blob::new(finalization).unwrap(), LanguageTag::new("en").unwrap());
    let body = OpaqueFinish { login: started.login, email, finalization, language };
    let finished = json(person.at, "POST", OPAQUE_FINISH_PATH, &body).unwrap();
    expect(202, &finished);
    let sent: CodeSent = finished.json();
    let code = code_in(&person.letters(letters + 1)[letters]);
    let body = OpaqueVault { request_id: sent.request_id, code: CodeText::new(code).unwrap() };
    let opened: OpaqueVaultAnswer = json(person.at, "POST", OPAQUE_VAULT_PATH, &body).unwrap().json();
    open_vault(&export_key, person.account.id(), opened.vault.seq, opened.vault.sealed.as_bytes()).unwrap()
}

/// Tries a wrong password.
pub fn guess(person: &Person, password: &[u8]) {
    let (client, request) = LoginClient::start(password, &mut rng(5)).unwrap();
    let email = EmailText::new(person.email.clone()).unwrap();
    let body = OpaqueLogin { email, request: Blob::new(request).unwrap() };
    let started: OpaqueLoginAnswer = json(person.at, "POST", OPAQUE_LOGIN_PATH, &body).unwrap().json();
    assert!(client.finish(password, started.response.as_bytes(), &mut rng(6)).is_err());
}

/// Hands the account over to `device`, both ends of the link at the same server.
pub fn link(person: &Person, device: &DeviceKey, code: &LinkCode, profile: &Profile) -> Keepsake {
    let secret = || LinkSecret::derive(code).unwrap();
    let mailbox = Mailbox::from_bytes(secret().mailbox());
    let pass = |step: u8, message: Vec<u8>| {
        let body = LinkMessage { message: Blob::new(message).unwrap() };
        expect(204, &json(person.at, "PUT", &link_path(&mailbox, step), &body).unwrap());
        get(person.at, &link_path(&mailbox, step)).unwrap().json::<LinkMessage>().message.into_bytes()
    };
    let (new, message) = LinkNewDevice::start(secret(), device.id(), &mut rng(7)).unwrap();
    let (old, message) = LinkOldDevice::answer(secret(), person.account.id(), &pass(0, message), &mut rng(8)).unwrap();
    let (new, message, shown) = new.reveal(&pass(1, message), &mut rng(9)).unwrap();
    let (old, words, linked) = old.check(&pass(2, message)).unwrap();
    assert_eq!((words, linked), (shown, device.id()));
    let cert = DeviceCert::issue(&person.account, linked, now_s(), now_s() + 86_400).unwrap();
    let list = list(person, &[person.device.id(), linked]);
    let message = old.hand_over(&keepsake(person, profile), &cert, &list, &mut rng(10)).unwrap();
    new.receive(&pass(3, message)).unwrap().0
}

/// Writes the second device list, in which `more` is too.
pub fn list_device(person: &Person, session: &Session, more: &DeviceKey) {
    let list = list(person, &[person.device.id(), more.id()]).to_bytes();
    let body = person.prove(PutDevices { list: Blob::new(list).unwrap() }, DEVICES_PATH);
    expect(204, &with_token(person.at, "PUT", DEVICES_PATH, &session.token, &body).unwrap());
}

/// Moves to another address.
pub fn change_email(person: &Person, session: &Session, new: &str) {
    let (old_email, new_email) = (EmailText::new(person.email.clone()).unwrap(), EmailText::new(new).unwrap());
    let body = ChangeEmail { old_email, new_email, language: LanguageTag::new("de").unwrap() };
    let asked = with_token(person.at, "POST", EMAIL_PATH, &session.token, &person.prove(body, EMAIL_PATH)).unwrap();
    expect(202, &asked);
    let sent: CodeSent = asked.json();
    let code = code_in(&Person { email: new.to_owned(), ..person.clone() }.letters(1)[0]);
    let body = VerifyEmail { request_id: sent.request_id, code: CodeText::new(code).unwrap() };
    expect(204, &with_token(person.at, "POST", EMAIL_VERIFY_PATH, &session.token, &body).unwrap());
}

/// Deletes the account.
pub fn delete(person: &Person, session: &Session) {
    let body = person.prove(Empty {}, ACCOUNT_PATH);
    expect(204, &with_token(person.at, "DELETE", ACCOUNT_PATH, &session.token, &body).unwrap());
}

fn keepsake(person: &Person, profile: &Profile) -> Keepsake {
    Keepsake { account: person.account.clone(), profile: profile.clone(), created_s: now_s() }
}

fn list(person: &Person, devices: &[DeviceId]) -> DeviceList {
    let listed = devices.iter().map(|device| ListedDevice { device: *device, added_day: 1 }).collect();
    DeviceList::issue(&person.account, 2, listed, Vec::new()).unwrap()
}

fn expect(status: u16, answer: &Answer) {
    assert_eq!(answer.status, status, "{answer:?}");
}
