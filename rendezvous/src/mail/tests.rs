//! Letters through the whole mailer, into a spool and to a mail server that answers as each test says.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

fn mailer(route: MailRoute) -> Mailer {
    mailer_with_life(route, LIFE_MS)
}

fn mailer_with_life(route: MailRoute, life_ms: u64) -> Mailer {
    let from = "Milanio <no-reply@meet.example>".parse().unwrap();
    let config = MailConfig { from, origin: "https://meet.example".to_owned(), route };
    Mailer::start_with_life(config, Metrics::default(), life_ms).unwrap()
}

fn to(address: &str) -> EmailAddress {
    EmailAddress::parse(address).unwrap()
}

#[tokio::test]
async fn a_letter_lies_in_the_spool_with_its_address_and_code() {
    let directory = tempfile::tempdir().unwrap();
    let mailer = mailer(MailRoute::Spool(directory.path().join("spool")));
    let code = MailCode::new("request", "ABCD2345");
    mailer.send(to("ada@example.org"), Language::German, Letter::Verify { code });
    let spool = Spool::new(directory.path().join("spool"));
    let letter = loop {
        match spool.newest(1).unwrap().pop() {
            Some(letter) => break letter,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(letter.starts_with("To: ada@example.org\nSubject: Dein Milanio-Code\n\nHallo,"), "{letter}");
    assert!(letter.contains("ABCD-2345"), "{letter}");
    assert!(letter.contains("https://meet.example/#/verify/request/ABCD2345"), "{letter}");
    assert!(!mailer.is_down());
}

#[tokio::test]
async fn the_501st_letter_that_waits_is_dropped() {
    // A listener that never answers holds the letters.
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mailer = mailer(here(&server));
    for n in 0..MAX_WAITING + 20 {
        mailer.send(to(&format!("a{n}@example.org")), Language::English, Letter::AlreadyRegistered);
    }
    let text = mailer.metrics.text(&milanio_node::net::relay::RelayStats::default());
    assert!(text.contains("milanio_rdv_mail_total{result=\"dropped\"} 20"), "{text}");
}

#[tokio::test]
async fn letters_wait_while_the_mail_server_is_down_and_leave_when_it_is_back() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let mailer = mailer(here(&server));
    drop(server);
    for n in 0..3 {
        mailer.send(to(&format!("a{n}@example.org")), Language::English, Letter::AlreadyRegistered);
    }
    until(|| mailer.is_down()).await;
    let server = TcpListener::bind(address).await.unwrap();
    let mut received = Vec::new();
    for _ in 0..3 {
        received.push(receive(&server, "250 taken").await);
    }
    received.sort();
    assert_eq!(received, ["a0@example.org", "a1@example.org", "a2@example.org"]);
    until(|| !mailer.is_down()).await;
}

#[tokio::test]
async fn a_letter_that_is_refused_for_good_is_not_sent_again() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mailer = mailer(here(&server));
    mailer.send(to("gone@example.org"), Language::English, Letter::AlreadyRegistered);
    receive(&server, "550 no such mailbox").await;
    mailer.send(to("ada@example.org"), Language::English, Letter::AlreadyRegistered);
    assert_eq!(receive(&server, "250 taken").await, "ada@example.org");
    let counted = || mailer.metrics.text(&milanio_node::net::relay::RelayStats::default());
    until(|| counted().contains("{result=\"bounced\"} 1") && counted().contains("{result=\"sent\"} 1")).await;
}

#[tokio::test]
async fn after_an_outage_that_no_letter_outlived_the_next_one_leaves() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    // Long enough for three failures.
    let mailer = mailer_with_life(here(&server), 2_500);
    drop(server);
    mailer.send(to("early@example.org"), Language::English, Letter::AlreadyRegistered);
    until(|| mailer.is_down()).await;
    until(|| !mailer.is_down()).await;
    let counted = || mailer.metrics.text(&milanio_node::net::relay::RelayStats::default());
    assert!(counted().contains("{result=\"expired\"} 1"), "{}", counted());
    assert!(counted().contains("milanio_rdv_mail_down 1\n"), "nothing has left yet");
    let server = TcpListener::bind(address).await.unwrap();
    mailer.send(to("ada@example.org"), Language::English, Letter::AlreadyRegistered);
    assert_eq!(receive(&server, "250 taken").await, "ada@example.org");
    until(|| counted().contains("milanio_rdv_mail_down 0\n")).await;
    assert!(!mailer.is_down());
}

fn here(server: &TcpListener) -> MailRoute {
    let address = server.local_addr().unwrap();
    let (host, port) = (address.ip().to_string(), Some(address.port()));
    MailRoute::Smtp(SmtpConfig { host, port, security: SmtpSecurity::None, login: None, ca: None })
}

// Takes one connection and one letter, answers `verdict` at its end and hangs up. Tells who it was for.
async fn receive(server: &TcpListener, verdict: &str) -> String {
    let (stream, _) = server.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 ready").await;
    let mut recipient = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap() == 0 {
            return recipient;
        }
        match line.get(..4).unwrap_or_default() {
            "RCPT" => {
                recipient = line.split(['<', '>']).nth(1).unwrap().to_owned();
                say(&mut stream, "250 ok").await;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await;
                while line != ".\r\n" {
                    line.clear();
                    assert_ne!(stream.read_line(&mut line).await.unwrap(), 0, "the letter has an end");
                }
                say(&mut stream, verdict).await;
                return recipient;
            }
            _ => say(&mut stream, "250 ok").await,
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
}

async fn until(mut is: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !is() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it becomes so");
}
