//! The mail server is down: who wants to sign up is told so and when to come back, and is signed up once it is there again.

use std::{net::TcpListener, time::Instant};

use milanio_rendezvous::api::{CodeSent, ErrorCode, Session};

use super::{
    accounts::refusal,
    client::{Answer, PATIENCE},
    person::{Person, code_in},
    postman::{Postman, mail_to},
    process::Process,
};

/// Asks until the answer has this status.
fn until(status: u16, ask: impl Fn() -> Answer) -> Answer {
    let started = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "{answer:?}");
        std::thread::yield_now();
    }
}

#[test]
fn who_signs_up_while_no_mail_leaves_is_told_to_come_back_and_then_can() {
    let data = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mail = mail_to(port);
    let arguments: Vec<_> = ["--limits", "lab"].into_iter().chain(mail.iter().map(String::as_str)).collect();
    let server = Process::start(data.path(), &arguments);
    let (first, ada) = (Person::new(server.at, data.path(), 1), Person::new(server.at, data.path(), 2));
    let sent: CodeSent = first.register().json();
    let refused = until(503, || ada.register());
    assert_eq!(refusal(&refused), (503, ErrorCode::MailUnavailable));
    assert_eq!(refused.header("retry-after"), "2");
    let (_postman, _) = Postman::start(port, data.path());
    let again: CodeSent = until(202, || ada.register()).json();
    let verified = ada.verify(&again, &code_in(ada.letters(1).last().unwrap()));
    assert_eq!(verified.json::<Session>().account, ada.key());
    let waited = first.verify(&sent, &code_in(&first.letters(1)[0]));
    assert_eq!(waited.json::<Session>().account, first.key(), "what was asked for before has waited");
}
