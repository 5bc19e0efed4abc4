//! What the people of the kill test do, step by step; each fails when the server is gone.

use std::io;

use milanio_identity::{OpaqueLogin as LoginClient, OpaqueRegistration};
use milanio_rendezvous::api::{
    Blob, ChangeEmail, CodeSent, CodeText, EMAIL_PATH, EMAIL_VERIFY_PATH, EmailText, LOGIN_PATH, LanguageTag, Login,
    OPAQUE_FINISH_PATH, OPAQUE_LOGIN_PATH, OPAQUE_REGISTER_PATH, OPAQUE_VAULT_PATH, OpaqueFinish, OpaqueLogin,
    OpaqueLoginAnswer, OpaqueRegister, OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer, REGISTER_PATH, Session,
    VERIFY_PATH, VerifyEmail,
};
use serde::Serialize;

use super::{
    client::{Answer, get, json},
    life::rng,
    person::{Person, code_in, with_token},
};

/// Asks within a session, proven by the device.
pub fn send_proven<T: Serialize>(
    person: &Person,
    session: &Session,
    (method, path): (&str, &str),
    body: T,
) -> io::Result<Answer> {
    let proven = person.try_prove_as(body, method, path).ok_or(io::ErrorKind::BrokenPipe)?;
    with_token(person.at, method, path, &session.token, &proven)
}

/// Registers and answers the letter.
pub fn sign_up(person: &Person) -> io::Result<Session> {
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    let before = person.letters_so_far();
    let registration = person.try_prove(person.registration(), REGISTER_PATH).ok_or_else(gone)?;
    let sent: CodeSent = accepted(json(person.at, "POST", REGISTER_PATH, &registration)?, 202).json();
    let code = code_in(&next_letter(person, &before, VERIFY)?);
    let verification = person.try_prove(person.verification(&sent, &code), VERIFY_PATH).ok_or_else(gone)?;
    Ok(accepted(json(person.at, "POST", VERIFY_PATH, &verification)?, 200).json())
}

/// The first letter with a link to `page` that was not `before`.
pub fn next_letter(person: &Person, before: &[String], page: &str) -> io::Result<String> {
    loop {
        if let Some(letter) =
            person.letters_so_far().into_iter().find(|one| one.contains(page) && !before.contains(one))
        {
            return Ok(letter);
        }
        // A letter that waited in memory is gone with the server.
        get(person.at, "/livez")?;
    }
}

/// The page that most codes are for.
const VERIFY: &str = "/#/verify/";
const PASSWORD: &[u8] = b"correct horse battery staple";

/// Registers the password; tells what is stored with the vault.
pub fn register_password(person: &Person, session: &Session) -> io::Result<Vec<u8>> {
    let (client, request) = OpaqueRegistration::start(PASSWORD, &mut rng(1)).unwrap();
    let body = OpaqueRegister { request: Blob::new(request).unwrap() };
    let answer = with_token(person.at, "POST", OPAQUE_REGISTER_PATH, &session.token, &body)?;
    let response: OpaqueRegisterAnswer = accepted(answer, 200).json();
    Ok(client.finish(PASSWORD, response.response.as_bytes(), &mut rng(2)).unwrap().0)
}

/// Proves the password, reads the letter and fetches the vault.
pub fn open_with_password(person: &Person) -> io::Result<OpaqueVaultAnswer> {
    let email = EmailText::new(person.email.clone()).unwrap();
    let before = person.letters_so_far();
    let (client, request) = LoginClient::start(PASSWORD, &mut rng(3)).unwrap();
    let body = OpaqueLogin { email: email.clone(), request: Blob::new(request).unwrap() };
    let OpaqueLoginAnswer { login, response } =
        accepted(json(person.at, "POST", OPAQUE_LOGIN_PATH, &body)?, 200).json();
    let (finalization, _) = client.finish(PASSWORD, response.as_bytes(), &mut rng(4)).expect("the password is right");
    let (finalization, language) = (Blob::new(finalization).unwrap(), LanguageTag::new("en").unwrap());
    let body = OpaqueFinish { login, email, finalization, language };
    let sent: CodeSent = accepted(json(person.at, "POST", OPAQUE_FINISH_PATH, &body)?, 202).json();
    let code = CodeText::new(code_in(&next_letter(person, &before, VERIFY)?)).unwrap();
    let body = OpaqueVault { request_id: sent.request_id, code };
    Ok(accepted(json(person.at, "POST", OPAQUE_VAULT_PATH, &body)?, 200).json())
}

/// Asks for the address of `new` and reads the letter there; the answer is to that.
pub fn change_address(old: &Person, new: &Person, session: &Session) -> io::Result<Answer> {
    let before = new.letters_so_far();
    let [old_email, new_email] = [old, new].map(|person| EmailText::new(person.email.clone()).unwrap());
    let body = ChangeEmail { old_email, new_email, language: LanguageTag::new("en").unwrap() };
    let sent: CodeSent = accepted(send_proven(old, session, ("POST", EMAIL_PATH), body)?, 202).json();
    let code = CodeText::new(code_in(&next_letter(new, &before, VERIFY)?)).unwrap();
    let body = VerifyEmail { request_id: sent.request_id, code };
    with_token(old.at, "POST", EMAIL_VERIFY_PATH, &session.token, &body)
}

/// Signs in on a device that the account has.
pub fn login(person: &Person) -> io::Result<Answer> {
    let body = Login { account: person.key(), cert: person.cert(), email: None, language: None };
    let body = person.try_prove(body, LOGIN_PATH).ok_or(io::ErrorKind::BrokenPipe)?;
    json(person.at, "POST", LOGIN_PATH, &body)
}

/// The answer, which has this status.
pub fn accepted(answer: Answer, status: u16) -> Answer {
    assert_eq!(answer.status, status, "{answer:?}");
    answer
}
