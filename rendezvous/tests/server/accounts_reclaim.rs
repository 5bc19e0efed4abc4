//! An address is taken back over HTTP, with the ten seconds that a lab waits: by whoever reads the mailbox, unless the account objects.

use std::{collections::BTreeSet, time::Instant};

use milanio_rendezvous::api::{
    Blob, CodeSent, CodeText, EmailText, ErrorCode, FinishReclaim, LanguageTag, PROFILE_PATH, ProfileRecord,
    RECLAIM_FINISH_PATH, RECLAIM_PATH, RECLAIM_STATUS_PATH, RECLAIM_STOP_PATH, RECLAIM_VERIFY_PATH, Reclaim,
    ReclaimAnswer, ReclaimState, ReclaimStatus, Session, StopReclaim, VerifyReclaim,
};

use super::{
    accounts::refusal,
    client::{Answer, PATIENCE, json},
    person::{Person, get_with, with_token},
    process::Process,
};

const LAB: [&str; 2] = ["--limits", "lab"];

/// What somebody with a new account asks about the address of `self.email`.
impl Person {
    /// The person's address in the hands of a new account.
    fn claimant(&self, n: u8) -> Self {
        Self { email: self.email.clone(), ..Self::new(self.at, &self.data, n) }
    }

    fn address(&self) -> EmailText {
        EmailText::new(self.email.clone()).unwrap()
    }

    fn ask_back(&self) -> Answer {
        let (email, account, cert) = (self.address(), self.key(), self.cert());
        let body = Reclaim { email, account, cert, language: LanguageTag::new("en").unwrap(), work: None };
        json(self.at, "POST", RECLAIM_PATH, &self.prove(body, RECLAIM_PATH)).unwrap()
    }

    fn answer_letter(&self, sent: &CodeSent, code: &str) -> Answer {
        let body = VerifyReclaim {
            request_id: sent.request_id,
            code: CodeText::new(code).unwrap(),
            email: self.address(),
            account: self.key(),
            cert: self.cert(),
            language: LanguageTag::new("en").unwrap(),
        };
        json(self.at, "POST", RECLAIM_VERIFY_PATH, &self.prove(body, RECLAIM_VERIFY_PATH)).unwrap()
    }

    fn how_far(&self) -> Answer {
        let body = ReclaimStatus { email: self.address(), account: self.key(), cert: self.cert() };
        json(self.at, "POST", RECLAIM_STATUS_PATH, &self.prove(body, RECLAIM_STATUS_PATH)).unwrap()
    }

    fn state(&self) -> ReclaimState {
        self.how_far().json::<ReclaimAnswer>().state
    }

    fn finish(&self) -> Answer {
        let device_list = self.list(1, &[self.device.id()], &[]);
        let body = FinishReclaim { email: self.address(), account: self.key(), cert: self.cert(), device_list };
        json(self.at, "POST", RECLAIM_FINISH_PATH, &self.prove(body, RECLAIM_FINISH_PATH)).unwrap()
    }

    /// Asks, reads the letter behind the `before` that came earlier, and answers it.
    fn begin(&self, before: usize) -> ReclaimAnswer {
        let asked = self.ask_back();
        assert_eq!(asked.status, 202, "{asked:?}");
        let letter = &self.letters(before + 1)[before];
        let verified = self.answer_letter(&asked.json(), &last_part(letter, "/#/reclaim/"));
        assert_eq!(verified.status, 200, "{verified:?}");
        verified.json()
    }
}

/// What the link to this page ends with.
fn last_part(letter: &str, page: &str) -> String {
    let link = letter.lines().find(|line| line.contains(page)).unwrap_or_else(|| panic!("no {page}: {letter}"));
    link.trim().rsplit('/').next().unwrap().to_owned()
}

fn stop_with(person: &Person, stop: &str) -> Answer {
    let stop = serde_json::from_value(serde_json::Value::String(stop.to_owned())).unwrap();
    json(person.at, "POST", RECLAIM_STOP_PATH, &StopReclaim { stop }).unwrap()
}

#[test]
fn an_address_moves_to_a_new_account_after_the_wait_and_the_old_one_is_gone() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session = ada.sign_up();
    let profile = ProfileRecord { seq: 1, sealed: Some(Blob::new(vec![1; 1_000]).unwrap()) };
    let stored = with_token(server.at, "PUT", PROFILE_PATH, &session.token, &profile).unwrap();
    assert_eq!(stored.status, 204, "{stored:?}");
    let (new, stranger) = (ada.claimant(2), ada.claimant(3));
    assert_eq!(refusal(&new.how_far()), (404, ErrorCode::ReclaimUnknown));
    let asked = new.ask_back();
    let sent: CodeSent = asked.json();
    let code = last_part(&ada.letters(2)[1], "/#/reclaim/");
    assert_eq!(refusal(&new.answer_letter(&sent, "00000000")), (400, ErrorCode::CodeInvalid));
    assert_eq!(refusal(&stranger.answer_letter(&sent, &code)), (400, ErrorCode::CodeInvalid), "for another account");
    let begun: ReclaimAnswer = new.answer_letter(&sent, &code).json();
    assert_eq!((begun.state, begun.ready_s - begun.asked_s), (ReclaimState::Waiting, 10));
    assert_eq!(refusal(&new.answer_letter(&sent, &code)), (400, ErrorCode::CodeInvalid), "once");
    assert!(ada.letters(3)[2].contains("/#/reclaim-stop/"));
    assert_eq!(refusal(&stranger.how_far()), (404, ErrorCode::ReclaimUnknown));
    let early = new.finish();
    assert_eq!(refusal(&early), (404, ErrorCode::ReclaimUnknown), "not while it waits");
    let started = Instant::now();
    while new.state() == ReclaimState::Waiting {
        assert!(started.elapsed() < PATIENCE, "still waiting");
    }
    assert_eq!(new.state(), ReclaimState::Ready);
    assert_eq!(refusal(&stranger.finish()), (404, ErrorCode::ReclaimUnknown), "not for another account");
    let finished = new.finish();
    assert_eq!(finished.status, 200, "{finished:?}");
    assert_eq!(finished.json::<Session>().account, new.key());
    assert!(ada.letters(4)[3].contains("belongs to a new Milanio account"), "{:?}", ada.letters(4));
    assert_eq!(refusal(&get_with(server.at, PROFILE_PATH, &session.token)), (401, ErrorCode::SessionInvalid));
    assert_eq!(refusal(&ada.login()), (403, ErrorCode::AccountUnknown));
    let again: Session = new.login().json();
    let profile: ProfileRecord = get_with(server.at, PROFILE_PATH, &again.token).json();
    assert_eq!(profile, ProfileRecord { seq: 0, sealed: None }, "nothing of the old account");
    assert_eq!(again.reclaim_stopped, None);
    assert_eq!(refusal(&new.how_far()), (404, ErrorCode::ReclaimUnknown), "it is over");
    assert_eq!(refusal(&new.on(9).finish()), (404, ErrorCode::ReclaimUnknown), "another device has finished nothing");
    assert_eq!(refusal(&ada.finish()), (404, ErrorCode::ReclaimUnknown));
    // As if the first answer had been lost on its way.
    let repeated = new.finish();
    assert_eq!(repeated.status, 200, "{repeated:?}");
    let repeated: Session = repeated.json();
    assert_eq!((repeated.account, repeated.device), (new.key(), again.device));
    assert_eq!(repeated.device_list, again.device_list);
    assert_eq!(get_with(server.at, PROFILE_PATH, &repeated.token).status, 200);
    assert_eq!(ada.letters_so_far().len(), 4, "{:?}", ada.letters_so_far());
}

#[test]
fn a_sign_in_of_the_account_stops_it_and_tells_and_so_does_the_notices_link() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let thief = ada.claimant(2);
    let begun = thief.begin(1);
    let told = ada.login().json::<Session>().reclaim_stopped.unwrap();
    assert_eq!(told.asked_s, begun.asked_s);
    assert_eq!(thief.state(), ReclaimState::Stopped);
    assert_eq!(refusal(&thief.finish()), (404, ErrorCode::ReclaimUnknown));
    let first = last_part(&ada.letters(3)[2], "/#/reclaim-stop/");
    let other = ada.claimant(3);
    other.begin(3);
    assert_eq!(refusal(&stop_with(&ada, &first)), (400, ErrorCode::CodeInvalid), "the link of another attempt");
    let second = last_part(&ada.letters(5)[4], "/#/reclaim-stop/");
    assert_eq!(stop_with(&ada, &second).status, 204);
    assert_eq!(other.state(), ReclaimState::Stopped);
    assert_eq!(stop_with(&ada, &second).status, 204, "stopped already");
    assert!(ada.login().json::<Session>().reclaim_stopped.is_some());
}

#[test]
fn who_has_no_account_gets_another_letter_and_the_same_answer() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let (known, unknown) = (ada.claimant(2), Person::new(server.at, data.path(), 3));
    let answers = [known.ask_back(), unknown.ask_back()];
    let shape =
        |answer: &Answer| (answer.status, answer.body.len(), answer.headers.keys().cloned().collect::<BTreeSet<_>>());
    assert_eq!(shape(&answers[0]), shape(&answers[1]));
    let letter = &unknown.letters(1)[0];
    assert!(letter.contains("/#/signup") && !letter.contains("/#/reclaim/"), "{letter}");
    let sent: CodeSent = answers[1].json();
    assert_eq!(refusal(&unknown.answer_letter(&sent, "00000000")), (400, ErrorCode::CodeInvalid));
    assert_eq!(refusal(&unknown.how_far()), (404, ErrorCode::ReclaimUnknown));
}

#[test]
fn what_the_device_did_not_sign_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let (new, stranger) = (ada.claimant(2), ada.claimant(3));
    let body = || ReclaimStatus { email: new.address(), account: new.key(), cert: new.cert() };
    let elsewhere = new.prove(body(), RECLAIM_FINISH_PATH);
    let refused = json(server.at, "POST", RECLAIM_STATUS_PATH, &elsewhere).unwrap();
    assert_eq!(refusal(&refused), (403, ErrorCode::ChallengeInvalid), "for another path");
    let foreign = stranger.prove(body(), RECLAIM_STATUS_PATH);
    let refused = json(server.at, "POST", RECLAIM_STATUS_PATH, &foreign).unwrap();
    assert_eq!(refusal(&refused), (403, ErrorCode::ChallengeInvalid), "another account's device");
    let uncertified = ReclaimStatus { cert: stranger.cert(), ..body() };
    let refused = json(server.at, "POST", RECLAIM_STATUS_PATH, &new.prove(uncertified, RECLAIM_STATUS_PATH)).unwrap();
    assert_eq!(refusal(&refused), (403, ErrorCode::SignatureInvalid), "another device's certificate");
}
