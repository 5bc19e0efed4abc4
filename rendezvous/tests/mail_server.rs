//! Letters to a real mail server (aiosmtpd) on loopback: over TLS, with a login, refused, and while it is down.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "mail_server/running.rs"]
mod running;

use std::{
    collections::BTreeSet,
    net::TcpListener,
    path::PathBuf,
    time::{Duration, Instant},
};

use milanio_node::net::relay::RelayStats;
use milanio_rendezvous::{
    core::email::EmailAddress,
    mail::{Language, Letter, MailCode, MailConfig, MailRoute, Mailer, SmtpConfig, SmtpSecurity},
    metrics::Metrics,
};
use running::MailServer;

struct Certificate {
    folder: tempfile::TempDir,
}

impl Certificate {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert"), certified.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key"), certified.signing_key.serialize_pem()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self) -> [String; 4] {
        let shown = |name| self.path(name).to_str().unwrap().to_owned();
        ["--cert".to_owned(), shown("cert"), "--key".to_owned(), shown("key")]
    }
}

fn mailer(smtp: SmtpConfig) -> (Mailer, Metrics) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let metrics = Metrics::default();
    let from = "Milanio <no-reply@meet.example>".parse().unwrap();
    let config = MailConfig { from, origin: "https://meet.example".to_owned(), route: MailRoute::Smtp(smtp) };
    (Mailer::start(config, metrics.clone()).unwrap(), metrics)
}

fn plain(port: u16) -> SmtpConfig {
    SmtpConfig { host: "localhost".to_owned(), port: Some(port), security: SmtpSecurity::None, login: None, ca: None }
}

fn send(mailer: &Mailer, to: &str) {
    let letter = Letter::Verify { code: MailCode::new("request", "ABCD2345") };
    mailer.send(EmailAddress::parse(to).unwrap(), Language::French, letter);
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn counted(metrics: &Metrics, result: &str) -> bool {
    metrics.text(&RelayStats::default()).contains(&format!("milanio_rdv_mail_total{{result=\"{result}\"}} 1\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_arrive_over_starttls_and_tls_with_a_login() {
    let certificate = Certificate::new();
    for (name, security) in [("starttls", SmtpSecurity::Starttls), ("tls", SmtpSecurity::Tls)] {
        let mut arguments = vec!["--security", name];
        let files = certificate.arguments();
        arguments.extend(files.iter().map(String::as_str));
        if security == SmtpSecurity::Starttls {
            arguments.extend(["--user", "milanio", "--password", "pass word"]);
        }
        let mut server = MailServer::start(0, &arguments);
        let login = (security == SmtpSecurity::Starttls).then(|| ("milanio".to_owned(), "pass word".to_owned()));
        let smtp =
            SmtpConfig { security, login: login.clone(), ca: Some(certificate.path("cert")), ..plain(server.port) };
        let (mailer, metrics) = mailer(smtp);
        send(&mailer, "ada@example.org");
        let letter = tokio::task::block_in_place(|| server.letters.next().unwrap());
        assert_eq!(letter["to"], serde_json::json!(["ada@example.org"]));
        assert_eq!(letter["from"], "Milanio <no-reply@meet.example>");
        assert_eq!(letter["subject"], "Votre code Milanio");
        assert_eq!(letter["authenticated"], login.is_some());
        for part in ["text", "html"] {
            let text = letter[part].as_str().unwrap();
            assert!(text.contains("ABCD-2345") && text.contains("adresse est la vôtre"), "{text}");
        }
        assert!(letter["text"].as_str().unwrap().contains("https://meet.example/#/verify/request/ABCD2345"));
        until("the letter is counted", || counted(&metrics, "sent")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_letters_share_a_few_connections() {
    let certificate = Certificate::new();
    let files = certificate.arguments();
    let mut arguments = vec!["--security", "starttls"];
    arguments.extend(files.iter().map(String::as_str));
    let mut server = MailServer::start(0, &arguments);
    let ca = Some(certificate.path("cert"));
    let (mailer, _) = mailer(SmtpConfig { security: SmtpSecurity::Starttls, ca, ..plain(server.port) });
    let wanted: BTreeSet<_> = (0..100).map(|n| format!("ada{n}@example.org")).collect();
    wanted.iter().for_each(|to| send(&mailer, to));
    let (mut got, mut peers) = (BTreeSet::new(), BTreeSet::new());
    for _ in &wanted {
        let letter = tokio::task::block_in_place(|| server.letters.next().unwrap());
        got.extend(letter["to"][0].as_str().map(str::to_owned));
        peers.extend(letter["peer"].as_u64());
    }
    assert_eq!(got, wanted, "each came once");
    // More than four where one was just being given back when the next letter asked for it.
    assert!((1..=25).contains(&peers.len()), "{peers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_nobody_known_or_a_wrong_password_counts_as_down() {
    let certificate = Certificate::new();
    let files = certificate.arguments();
    let mut arguments = vec!["--security", "starttls", "--user", "milanio", "--password", "pass word"];
    arguments.extend(files.iter().map(String::as_str));
    let server = MailServer::start(0, &arguments);
    let starttls = SmtpConfig { security: SmtpSecurity::Starttls, ..plain(server.port) };
    let wrong_login = Some(("milanio".to_owned(), "other word".to_owned()));
    let known = SmtpConfig { login: wrong_login, ca: Some(certificate.path("cert")), ..starttls.clone() };
    for smtp in [starttls, known] {
        let (mailer, metrics) = mailer(smtp);
        send(&mailer, "ada@example.org");
        until("the mail server counts as down", || mailer.is_down()).await;
        assert!(metrics.text(&RelayStats::default()).contains("milanio_rdv_mail_down 1\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_wait_for_a_mail_server_that_is_down_and_leave_when_it_is_back() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mailer, metrics) = mailer(plain(port));
    send(&mailer, "ada@example.org");
    until("the mail server counts as down", || mailer.is_down()).await;
    let mut server = MailServer::start(port, &[]);
    let letter = tokio::task::block_in_place(|| server.letters.next().unwrap());
    assert_eq!(letter["to"], serde_json::json!(["ada@example.org"]));
    until("it counts as back", || !mailer.is_down() && counted(&metrics, "sent")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_does_not_exist_holds_no_other_up() {
    let mut server = MailServer::start(0, &["--refuse", "gone"]);
    let (mailer, metrics) = mailer(plain(server.port));
    send(&mailer, "gone@example.org");
    send(&mailer, "ada@example.org");
    let letter = tokio::task::block_in_place(|| server.letters.next().unwrap());
    assert_eq!(letter["to"], serde_json::json!(["ada@example.org"]));
    until("both are counted", || counted(&metrics, "bounced") && counted(&metrics, "sent")).await;
    assert!(!mailer.is_down());
}
