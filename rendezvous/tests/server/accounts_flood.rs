//! Two thousand strangers from twenty networks at once: connections that say nothing or never end what they say, ten times as many
//! questions as anybody may ask, and letters to one address and to many. Who signs up from elsewhere still can, nobody's mailbox is
//! filled, and memory stays bounded. Everything ends with the test.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use milanio_identity::{AccountKey, DeviceKey, OpaqueLogin as LoginClient};
use milanio_rendezvous::{
    api::{
        Blob, CHALLENGE_PATH, ChallengeAnswer, ChallengeText, CodeSent, EmailText, Empty, OPAQUE_LOGIN_PATH,
        OpaqueLogin, Proven, REGISTER_PATH, Register, Session, VERIFY_PATH, find_work,
    },
    core::mail_budget::{GLOBAL, PER_ADDRESS},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use super::{
    client::{Answer, come_from, json},
    flood::{MAX_RESIDENT_KIB, PAUSE, TURN, UNFINISHED_BODY, UNFINISHED_HEAD, connect, peak_resident_kib, say},
    life::rng,
    person::{Person, code_in},
    process::Process,
};

/// Connections of all strangers together.
const STRANGERS: u16 = 2_000;
/// Networks (/24) that they come from.
const NETWORKS: u16 = 20;
/// People who sign up meanwhile, each from a network of their own.
const HONEST: u8 = 8;
/// Whom one part of the flood writes to.
const VICTIM: &str = "victim@flooded.example";
/// Questions of each kind that one network may ask at once, and in a second after that: each is one address here.
const CHALLENGES: (u64, f64) = (30, 1_800.0 / 3_600.0);
const REGISTRATIONS: (u64, f64) = (30, 120.0 / 3_600.0);
const LOGINS: (u64, f64) = (10, 10.0 / 3_600.0);
/// So many times as much is asked before the first honest question.
const FOLD: u64 = 10;
/// How long that may take (chosen: many times what it takes on an idle machine).
const HEAD_START: Duration = Duration::from_secs(180);
/// How long somebody honest goes on trying.
const PATIENCE: Duration = Duration::from_secs(30);

/// Questions of one kind.
#[derive(Debug, Default)]
struct Count {
    offered: AtomicU64,
    accepted: AtomicU64,
    limited: AtomicU64,
}

impl Count {
    fn note(&self, status: u16) {
        self.offered.fetch_add(1, Ordering::Relaxed);
        self.accepted.fetch_add(u64::from(status < 300), Ordering::Relaxed);
        self.limited.fetch_add(u64::from(status == 429), Ordering::Relaxed);
    }

    fn is_offered(&self, (at_once, _): (u64, f64)) -> bool {
        self.offered.load(Ordering::Relaxed) >= FOLD * at_once * u64::from(NETWORKS)
    }

    /// All that were offered were answered, and no more was accepted than all networks may ask in this time.
    fn check(&self, (at_once, per_s): (u64, f64), elapsed: Duration) {
        assert!(self.is_offered((at_once, per_s)), "{self:?}");
        let most = (at_once as f64 + per_s * elapsed.as_secs_f64() + 1.0) * f64::from(NETWORKS);
        let accepted = self.accepted.load(Ordering::Relaxed);
        assert!(accepted > 0 && accepted as f64 <= most, "{accepted} of {most} in {elapsed:?}: {self:?}");
        let limited = self.limited.load(Ordering::Relaxed);
        assert!(limited >= (FOLD - 2) * at_once * u64::from(NETWORKS), "{self:?}");
    }
}

/// What the flood has asked, and how it was answered.
#[derive(Debug, Default)]
struct Counts {
    challenges: Count,
    registrations: Count,
    logins: Count,
}

impl Counts {
    fn all(&self) -> [(&Count, (u64, f64)); 3] {
        [(&self.challenges, CHALLENGES), (&self.registrations, REGISTRATIONS), (&self.logins, LOGINS)]
    }

    fn is_tenfold(&self) -> bool {
        self.all().iter().all(|(count, limit)| count.is_offered(*limit))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_registrations_keeps_nobody_from_signing_up() {
    let _turn = TURN.lock().await;
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let (at, counts) = (server.at, Arc::new(Counts::default()));
    let mut strangers: JoinSet<()> = (0..STRANGERS)
        .map(|number| be_a_nuisance(Stranger::new(at, data.path(), number), number, Arc::clone(&counts)))
        .collect();
    let started = Instant::now();
    while !counts.is_tenfold() {
        assert!(started.elapsed() < HEAD_START, "the flood is no flood: {counts:?}");
        tokio::time::sleep(PAUSE).await;
    }
    let flooded_in = started.elapsed();
    let honest = (1..=HONEST).map(|number| {
        let person = Person::new(at, data.path(), 200 + number);
        tokio::task::spawn_blocking(move || sign_up(&person, Ipv4Addr::new(127, 9, number, 1)))
    });
    for session in futures::future::join_all(honest).await {
        assert!(session.unwrap().expires_s > 0);
    }
    let resident = peak_resident_kib(server.id());
    assert!(resident < MAX_RESIDENT_KIB, "{resident} KiB");
    strangers.abort_all();
    while strangers.join_next().await.is_some() {}
    let elapsed = started.elapsed();
    counts.all().into_iter().for_each(|(count, limit)| count.check(limit, elapsed));
    let (status, _) = server.terminate();
    assert!(status.success(), "{status}");
    let letters = recipients(data.path());
    let to_victim = letters.iter().filter(|to| *to == VICTIM).count();
    println!("{resident} KiB, {} letters, {counts:?}, tenfold in {flooded_in:?}, {elapsed:?}", letters.len());
    assert!(to_victim <= PER_ADDRESS[1].0, "{to_victim} letters to one address");
    assert!(letters.len() <= GLOBAL, "{} letters", letters.len());
}

/// Signs up as the app does: tries again what the server has no time for, and works where work is asked for.
fn sign_up(person: &Person, from: Ipv4Addr) -> Session {
    come_from(from);
    let sent: CodeSent = patiently("register", 202, || {
        let challenge = challenge(person)?;
        let work = challenge.work_bits.and_then(|bits| find_work(challenge.challenge.as_bytes(), bits, 0, u64::MAX));
        let body = Register { work, ..person.registration() };
        json(
            person.at,
            "POST",
            REGISTER_PATH,
            &person.prove_on(body, REGISTER_PATH, &person.origin(), challenge.challenge),
        )
    })
    .json();
    let code = code_in(&person.letters(1)[0]);
    let verified = patiently("verify", 200, || {
        let challenge = challenge(person)?.challenge;
        let body = person.verification(&sent, &code);
        json(person.at, "POST", VERIFY_PATH, &person.prove_on(body, VERIFY_PATH, &person.origin(), challenge))
    });
    verified.json()
}

fn challenge(person: &Person) -> io::Result<ChallengeAnswer> {
    let answer = json(person.at, "POST", CHALLENGE_PATH, &Empty {})?;
    if answer.status == 200 { Ok(answer.json()) } else { Err(io::Error::other(format!("status {}", answer.status))) }
}

fn patiently(what: &str, status: u16, mut ask: impl FnMut() -> io::Result<Answer>) -> Answer {
    let started = Instant::now();
    loop {
        let outcome = ask();
        match outcome {
            Ok(answer) if answer.status == status => return answer,
            other => assert!(started.elapsed() < PATIENCE, "{what}: {other:?}"),
        }
        std::thread::sleep(PAUSE);
    }
}

/// One of eight ways to be in the way, over and over until the test ends.
async fn be_a_nuisance(who: Stranger, number: u16, counts: Arc<Counts>) {
    let from = Ipv4Addr::new(127, 10, u8::try_from(number % NETWORKS).unwrap_or_default(), 1);
    let at = who.0.at;
    loop {
        // What the server closes or refuses is tried again: that is what a nuisance does.
        let _ = match number / NETWORKS % 8 {
            0 => say(at, from, b"").await,
            1 => say(at, from, UNFINISHED_HEAD).await,
            2 => say(at, from, UNFINISHED_BODY).await,
            3 => say(at, from, b"GET /api/link/aaaaaaaaaaaaaaaaaaaaaaaaaa/0 HTTP/1.1\r\nhost: localhost\r\n\r\n").await,
            4 => who.ask_for_challenges(from, &counts).await,
            5 => who.ask_for_letters(from, &counts, |_| VICTIM.to_owned()).await,
            6 => who.ask_for_letters(from, &counts, |turn| format!("many{turn}@host{number}.example")).await,
            _ => who.guess(from, &counts).await,
        };
        tokio::time::sleep(PAUSE).await;
    }
}

/// Somebody who asks well-formed questions, too many of them.
struct Stranger(Person);

impl Stranger {
    fn new(at: SocketAddr, data: &Path, number: u16) -> Self {
        let [a, b] = number.to_be_bytes();
        let seed = |kind: u8| std::array::from_fn(|at| [a, b, kind][at % 3]);
        let (account, device) = (AccountKey::from_seed(seed(1)), DeviceKey::from_seed(seed(2)));
        Self(Person { account, device, email: VICTIM.to_owned(), ..Person::new(at, data, 1) })
    }

    async fn ask_for_challenges(&self, from: Ipv4Addr, counts: &Counts) -> io::Result<()> {
        let mut stream = connect(self.0.at, from).await?;
        loop {
            counts.challenges.note(post(&mut stream, CHALLENGE_PATH, &Empty {}).await?.0);
        }
    }

    /// Registers again and again: with challenges and some work for the first times, and with what is no challenge where there is none.
    async fn ask_for_letters(&self, from: Ipv4Addr, counts: &Counts, to: impl Fn(u64) -> String) -> io::Result<()> {
        let mut stream = connect(self.0.at, from).await?;
        let mut proven = self.registration(to(0), ChallengeText::from_bytes([0; _]), None)?;
        for turn in 0.. {
            if turn < 4 {
                let (status, body) = post(&mut stream, CHALLENGE_PATH, &Empty {}).await?;
                counts.challenges.note(status);
                if status == 200 {
                    let ChallengeAnswer { challenge, work_bits, .. } = serde_json::from_slice(&body)?;
                    let bits = work_bits.filter(|bits| *bits <= 16);
                    let work = bits.and_then(|bits| find_work(challenge.as_bytes(), bits, 0, 1 << 20));
                    proven = self.registration(to(turn), challenge, work)?;
                }
            }
            counts.registrations.note(post(&mut stream, REGISTER_PATH, &proven).await?.0);
        }
        Ok(())
    }

    fn registration(&self, to: String, challenge: ChallengeText, work: Option<u64>) -> io::Result<Proven<Register>> {
        let email = EmailText::new(to).map_err(io::Error::other)?;
        let body = Register { email, work, ..self.0.registration() };
        Ok(self.0.prove_on(body, REGISTER_PATH, &self.0.origin(), challenge))
    }

    async fn guess(&self, from: Ipv4Addr, counts: &Counts) -> io::Result<()> {
        let mut stream = connect(self.0.at, from).await?;
        let (_, request) = LoginClient::start(b"a guess", &mut rng(1)).map_err(io::Error::other)?;
        let email = EmailText::new(VICTIM).map_err(io::Error::other)?;
        let body = OpaqueLogin { email, request: Blob::new(request).map_err(io::Error::other)? };
        loop {
            counts.logins.note(post(&mut stream, OPAQUE_LOGIN_PATH, &body).await?.0);
        }
    }
}

/// Asks on a connection that stays open; tells status and body.
async fn post(stream: &mut TcpStream, path: &str, body: &impl serde::Serialize) -> io::Result<(u16, Vec<u8>)> {
    let (body, port) = (serde_json::to_vec(body)?, stream.peer_addr()?.port());
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    let mut answer = Vec::new();
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<usize>().ok());
        let length = field("content-length:").unwrap_or(0);
        if answer.len() >= end + 4 + length {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            return Ok((status, answer[end + 4..].to_vec()));
        }
    }
}

/// Whom the letters are to that the server wrote.
fn recipients(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("mail")).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    let letters = texts.map(|path| fs::read_to_string(path).unwrap());
    letters.filter_map(|letter| letter.lines().next()?.strip_prefix("To: ").map(str::to_owned)).collect()
}
