//! Killed at random times while people sign up, write, remove, sign out and leave: what was acknowledged holds after the next start,
//! what was cut short has happened whole or not at all, and nothing of it stands in anybody's way. `MILANIO_KILLS` says how often.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use milanio_identity::{AccountKey, DeviceKey, DeviceList, OpaqueRegistration};
use milanio_rendezvous::api::{
    ACCOUNT_PATH, Blob, CodeSent, DEVICES_PATH, DevicesAnswer, Empty, ErrorCode, LOGIN_PATH, LOGOUT_PATH, Login,
    PROFILE_PATH, ProfileRecord, PutDevices, PutVault, REGISTER_PATH, Session, VAULT_PATH, VERIFY_PATH, VaultRecord,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use serde::Serialize;

use super::{
    accounts::refusal,
    client::{Answer, get, json},
    life::rng,
    person::{Person, code_in, get_with, with_token},
    process::Process,
};

/// Kills in the test command.
const KILLS: u32 = 20;
/// People at work at once.
const CLIENTS: usize = 4;
/// How long a server lives, in milliseconds: less than a sign-up takes, up to several.
const LIFE_MS: std::ops::Range<u64> = 50..1_000;
/// What somebody does after signing up, at most.
const MOST_STEPS: u64 = 12;

/// What the server keeps of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    is_here: bool,
    profile: u64,
    devices: u64,
    vault: u64,
    has_vault: bool,
}

/// One thing to do, which is acknowledged by one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    SignUp,
    WriteProfile,
    WriteDevices,
    WriteVault,
    DropVault,
    Leave,
}

impl State {
    fn after(self, step: Step) -> Self {
        match step {
            Step::SignUp => Self { is_here: true, devices: 1, ..Self::default() },
            Step::WriteProfile => Self { profile: self.profile + 1, ..self },
            Step::WriteDevices => Self { devices: self.devices + 1, ..self },
            Step::WriteVault => Self { vault: self.vault + 1, has_vault: true, ..self },
            Step::DropVault => Self { vault: self.vault + 1, has_vault: false, ..self },
            Step::Leave => Self::default(),
        }
    }
}

/// What is known of somebody: what was acknowledged, what was tried last, and tokens of sessions that were ended.
#[derive(Clone, Debug, Default)]
struct Known {
    state: State,
    tried: Option<Step>,
    over: Vec<String>,
    acknowledged: u64,
}

#[derive(Default)]
struct Ledger {
    people: Mutex<BTreeMap<u32, Known>>,
    next: AtomicU32,
    /// Steps that were tried and not acknowledged.
    cut_short: AtomicU32,
}

impl Ledger {
    fn note(&self, number: u32, note: impl FnOnce(&mut Known)) {
        note(self.people.lock().unwrap().entry(number).or_default());
    }

    fn known(&self) -> BTreeMap<u32, Known> {
        self.people.lock().unwrap().clone()
    }

    fn acknowledge(&self, number: u32, step: Step) {
        self.note(number, |known| {
            (known.state, known.tried) = (known.state.after(step), None);
            known.acknowledged += 1;
        });
    }
}

#[test]
fn what_was_acknowledged_survives_every_kill_and_nothing_is_half_done() {
    let kills = std::env::var("MILANIO_KILLS").map_or(KILLS, |kills| kills.parse().expect("MILANIO_KILLS is a number"));
    let seed = u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos());
    println!("seed {seed}");
    let (data, ledger, mut chance) =
        (tempfile::tempdir().unwrap(), Ledger::default(), ChaCha20Rng::seed_from_u64(seed));
    let mut checked = 0;
    for _ in 0..kills {
        let mut server = Process::start(data.path(), &["--limits", "lab"]);
        // What the last server was killed over, at once; everything once more at the end.
        let known = ledger.known();
        known.range(checked..).for_each(|(number, known)| check(&server, data.path(), &ledger, *number, known));
        checked = ledger.next.load(Ordering::Relaxed);
        let seeds: Vec<u64> = (0..CLIENTS).map(|_| chance.next_u64()).collect();
        thread::scope(|scope| {
            for seed in seeds {
                let (ledger, data, at) = (&ledger, data.path(), server.at);
                scope.spawn(move || {
                    let mut chance = ChaCha20Rng::seed_from_u64(seed);
                    loop {
                        let number = ledger.next.fetch_add(1, Ordering::Relaxed);
                        // Ends with the server.
                        if live(&somebody(at, data, number), ledger, number, &mut chance).is_err() {
                            break;
                        }
                    }
                });
            }
            thread::sleep(Duration::from_millis(LIFE_MS.start + chance.next_u64() % (LIFE_MS.end - LIFE_MS.start)));
            server.kill();
        });
    }
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let known = ledger.known();
    known.iter().for_each(|(number, known)| check(&server, data.path(), &ledger, *number, known));
    let acknowledged: u64 = known.values().map(|known| known.acknowledged).sum();
    let (people, cut_short) = (known.len(), ledger.cut_short.into_inner());
    println!(
        r#"{{"kills":{kills},"people":{people},"acknowledged":{acknowledged},"cut_short":{cut_short},"lost":0,"half_done":0,"seed":{seed}}}"#
    );
    assert!(acknowledged > u64::from(kills), "{acknowledged} writes were acknowledged in {kills} rounds");
}

fn somebody(at: std::net::SocketAddr, data: &std::path::Path, number: u32) -> Person {
    let seed = |kind: u8| {
        let mut seed = [kind; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        seed
    };
    let (account, device) = (AccountKey::from_seed(seed(1)), DeviceKey::from_seed(seed(2)));
    Person { account, device, email: format!("person{number}@mail{number}.example"), ..Person::new(at, data, 1) }
}

/// Signs up and does this and that until it is enough; fails when the server is gone.
fn live(person: &Person, ledger: &Ledger, number: u32, chance: &mut impl Rng) -> io::Result<()> {
    let mut state = State::default();
    ledger.note(number, |known| known.tried = Some(Step::SignUp));
    let mut session = sign_up(person)?;
    ledger.acknowledge(number, Step::SignUp);
    state = state.after(Step::SignUp);
    for _ in 0..chance.next_u64() % MOST_STEPS {
        let step = match chance.next_u64() % 16 {
            0..=4 => Step::WriteProfile,
            5..=7 => Step::WriteDevices,
            8..=10 => Step::WriteVault,
            11 | 12 if state.has_vault => Step::DropVault,
            13 => {
                let ended = with_token(person.at, "POST", LOGOUT_PATH, &session.token, &Empty {})?;
                assert_eq!(ended.status, 204, "{ended:?}");
                ledger.note(number, |known| known.over.push(session.token.clone()));
                session = login(person)?.json();
                continue;
            }
            14 => Step::Leave,
            _ => continue,
        };
        ledger.note(number, |known| known.tried = Some(step));
        let answer = take(person, &session, state, step)?;
        assert_eq!(answer.status, 204, "{step:?} after {state:?}: {answer:?}");
        ledger.acknowledge(number, step);
        state = state.after(step);
        if step == Step::Leave {
            break;
        }
    }
    Ok(())
}

fn take(person: &Person, session: &Session, state: State, step: Step) -> io::Result<Answer> {
    let next = state.after(step);
    match step {
        Step::SignUp => Err(io::ErrorKind::InvalidInput.into()),
        Step::WriteProfile => with_token(person.at, "PUT", PROFILE_PATH, &session.token, &profile(next.profile)),
        Step::WriteDevices => {
            let list = Blob::new(devices(person, next.devices)).unwrap();
            send_proven(person, session, ("PUT", DEVICES_PATH), PutDevices { list })
        }
        Step::WriteVault => {
            let opaque_record = Blob::new(opaque_record()).unwrap();
            let body = PutVault { seq: next.vault, sealed: vault(next.vault), opaque_record };
            send_proven(person, session, ("PUT", VAULT_PATH), body)
        }
        Step::DropVault => send_proven(person, session, ("DELETE", VAULT_PATH), Empty {}),
        Step::Leave => send_proven(person, session, ("DELETE", ACCOUNT_PATH), Empty {}),
    }
}

fn send_proven<T: Serialize>(
    person: &Person,
    session: &Session,
    (method, path): (&str, &str),
    body: T,
) -> io::Result<Answer> {
    let proven = person.try_prove_as(body, method, path).ok_or(io::ErrorKind::BrokenPipe)?;
    with_token(person.at, method, path, &session.token, &proven)
}

fn sign_up(person: &Person) -> io::Result<Session> {
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    let before = person.letters_so_far().len();
    let registration = person.try_prove(person.registration(), REGISTER_PATH).ok_or_else(gone)?;
    let sent: CodeSent = accepted(json(person.at, "POST", REGISTER_PATH, &registration)?, 202).json();
    let code = loop {
        match person.letters_so_far().get(before) {
            Some(letter) => break code_in(letter),
            // A letter that waited in memory is gone with the server.
            None => drop(get(person.at, "/livez")?),
        }
    };
    let verification = person.try_prove(person.verification(&sent, &code), VERIFY_PATH).ok_or_else(gone)?;
    Ok(accepted(json(person.at, "POST", VERIFY_PATH, &verification)?, 200).json())
}

fn login(person: &Person) -> io::Result<Answer> {
    let body = Login { account: person.key(), cert: person.cert(), email: None, language: None };
    let body = person.try_prove(body, LOGIN_PATH).ok_or(io::ErrorKind::BrokenPipe)?;
    json(person.at, "POST", LOGIN_PATH, &body)
}

fn accepted(answer: Answer, status: u16) -> Answer {
    assert_eq!(answer.status, status, "{answer:?}");
    answer
}

/// Compares what the server keeps with what is known, and puts right what a kill has cut short.
fn check(server: &Process, data: &std::path::Path, ledger: &Ledger, number: u32, known: &Known) {
    let person = somebody(server.at, data, number);
    let mut state = observe(&person);
    let tried = known.tried.map(|step| known.state.after(step));
    ledger.cut_short.fetch_add(u32::from(tried.is_some()), Ordering::Relaxed);
    assert!(state == known.state || Some(state) == tried, "person {number}: {state:?} where {known:?}");
    for token in &known.over {
        let answer = get_with(server.at, PROFILE_PATH, token);
        assert_eq!(answer.status, 401, "a session that was ended, of person {number}");
    }
    // Whoever was interrupted while coming or going can come again, and finds nothing left over.
    if !state.is_here && matches!(known.tried, Some(Step::SignUp | Step::Leave)) {
        sign_up(&person).unwrap();
        state = observe(&person);
        assert_eq!(state, State::default().after(Step::SignUp), "person {number}, anew, where {known:?}");
    }
    ledger.note(number, |known| (known.state, known.tried) = (state, None));
}

fn observe(person: &Person) -> State {
    let answer = person.login();
    if answer.status != 200 {
        assert_eq!(refusal(&answer), (403, ErrorCode::AccountUnknown));
        return State::default();
    }
    let session: Session = answer.json();
    let stored: ProfileRecord = get_with(person.at, PROFILE_PATH, &session.token).json();
    assert_eq!(stored, profile(stored.seq));
    let list: DevicesAnswer = get_with(person.at, DEVICES_PATH, &session.token).json();
    let seq = DeviceList::from_bytes(list.list.as_bytes()).unwrap().seq();
    assert_eq!(list.list.as_bytes(), devices(person, seq));
    let kept: VaultRecord = get_with(person.at, VAULT_PATH, &session.token).json();
    assert!(kept.sealed.as_ref().is_none_or(|sealed| *sealed == vault(kept.seq)));
    assert_eq!(session.vault, kept.sealed.is_some());
    State { is_here: true, profile: stored.seq, devices: seq, vault: kept.seq, has_vault: kept.sealed.is_some() }
}

fn profile(seq: u64) -> ProfileRecord {
    let sealed = (seq > 0).then(|| Blob::new(vec![seq as u8; 2_000]).unwrap());
    ProfileRecord { seq, sealed }
}

fn vault<const MAX: usize>(seq: u64) -> Blob<MAX> {
    Blob::new(vec![seq as u8; 1_500]).unwrap()
}

fn devices(person: &Person, seq: u64) -> Vec<u8> {
    person.list(seq, &[person.device.id()], &[]).into_bytes()
}

/// What ends a password's registration, in its form (RFC 9807 section 5.2.1): a key, which is any point, and bytes that only its owner
/// can judge.
fn opaque_record() -> Vec<u8> {
    let (_, point) = OpaqueRegistration::start(b"password", &mut rng(1)).unwrap();
    [point, vec![7; 64 + 96]].concat()
}
