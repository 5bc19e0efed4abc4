//! Takeovers of addresses for the kill test: begun by a new account while the old one's keys are lost, stopped by a sign-in, or finished
//! when the lab's ten seconds are over, which is some kills later.

use std::io;

use milanio_identity::{AccountKey, DeviceKey};
use milanio_rendezvous::api::{
    CodeSent, CodeText, EmailText, ErrorCode, FinishReclaim, LanguageTag, RECLAIM_FINISH_PATH, RECLAIM_PATH,
    RECLAIM_STATUS_PATH, RECLAIM_VERIFY_PATH, Reclaim, ReclaimAnswer, ReclaimState, ReclaimStatus, VerifyReclaim,
};
use serde::Serialize;

use super::{
    accounts::refusal,
    accounts_kill_deeds::{accepted, next_letter},
    client::{Answer, json},
    person::Person,
};

/// The page that a code is for.
const PAGE: &str = "/#/reclaim/";

/// Who would like to have the address of `person`: a new account of the same name.
pub fn claimant(person: &Person) -> Person {
    let seed = |kind: u8| std::array::from_fn(|at| person.account.id().as_bytes()[at] ^ kind);
    Person { account: AccountKey::from_seed(seed(1)), device: DeviceKey::from_seed(seed(2)), ..person.clone() }
}

/// Asks for the address, reads the letter and answers it; tells when it was asked for.
pub fn begin(person: &Person) -> io::Result<u64> {
    let new = claimant(person);
    let before = person.letters_so_far();
    let (email, account, cert, language) = (email(person), new.key(), new.cert(), LanguageTag::new("en").unwrap());
    let body = Reclaim { email, account, cert, language, work: None };
    let sent: CodeSent = accepted(ask(&new, RECLAIM_PATH, body)?, 202).json();
    let letter = next_letter(person, &before, PAGE)?;
    let link = letter.lines().find(|line| line.contains(PAGE)).unwrap_or_default();
    let code = CodeText::new(link.trim().rsplit('/').next().unwrap()).unwrap();
    let (email, language) = (self::email(person), LanguageTag::new("en").unwrap());
    let body = VerifyReclaim { request_id: sent.request_id, code, email, account, cert: new.cert(), language };
    let begun: ReclaimAnswer = accepted(ask(&new, RECLAIM_VERIFY_PATH, body)?, 200).json();
    Ok(begun.asked_s)
}

/// How far it is; none if there is none.
pub fn state(person: &Person) -> Option<ReclaimAnswer> {
    let new = claimant(person);
    let body = ReclaimStatus { email: email(person), account: new.key(), cert: new.cert() };
    let answer = ask(&new, RECLAIM_STATUS_PATH, body).unwrap();
    if answer.status == 200 {
        return Some(answer.json());
    }
    assert_eq!(refusal(&answer), (404, ErrorCode::ReclaimUnknown));
    None
}

/// Takes the address.
pub fn finish(person: &Person) -> io::Result<Answer> {
    let new = claimant(person);
    let device_list = new.list(1, &[new.device.id()], &[]);
    let body = FinishReclaim { email: email(person), account: new.key(), cert: new.cert(), device_list };
    ask(&new, RECLAIM_FINISH_PATH, body)
}

/// The old account is gone, and the new one is there with the address.
pub fn check_finished(person: &Person) {
    assert_eq!(refusal(&person.login()), (403, ErrorCode::AccountUnknown), "the old account");
    let new = claimant(person);
    assert_eq!(new.login().status, 200, "the new account");
    // Once more, as if the answer had been lost: only who has the address is answered.
    assert_eq!(finish(person).unwrap().status, 200, "the address");
}

/// It waits or is ready since it was asked for at `asked_s`.
pub fn check_begun(person: &Person, asked_s: u64) {
    let state = state(person).unwrap_or_else(|| panic!("the takeover that was begun at {asked_s} is lost"));
    assert_eq!(state.asked_s, asked_s);
    assert!(matches!(state.state, ReclaimState::Waiting | ReclaimState::Ready), "{state:?}");
}

fn email(person: &Person) -> EmailText {
    EmailText::new(person.email.clone()).unwrap()
}

fn ask<T: Serialize>(person: &Person, path: &str, body: T) -> io::Result<Answer> {
    let body = person.try_prove(body, path).ok_or(io::ErrorKind::BrokenPipe)?;
    json(person.at, "POST", path, &body)
}
