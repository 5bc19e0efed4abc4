//! Killed at random times while people sign up, write, remove, move to other addresses, set passwords and sign in with them, sign out,
//! leave, and lose their keys and take their address back: what was acknowledged holds after the next start, what was cut short has
//! happened whole or not at all, and nothing of it stands in anybody's way. `MILANIO_KILLS` says how often.

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
    ACCOUNT_PATH, Blob, DEVICES_PATH, DevicesAnswer, Empty, ErrorCode, LOGOUT_PATH, PROFILE_PATH, ProfileRecord,
    PutDevices, PutVault, ReclaimState, Session, VAULT_PATH, VaultRecord,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{
    accounts::refusal,
    accounts_kill_deeds::{
        accepted, change_address, login, open_with_password, register_password, send_proven, sign_up,
    },
    accounts_kill_takeover as takeover,
    client::Answer,
    life::rng,
    person::{Person, get_with, with_token},
    process::Process,
    room::now_s,
};

/// Kills in the test command.
const KILLS: u32 = 20;
/// People at work at once.
const CLIENTS: usize = 4;
/// How long a server lives, in milliseconds: less than a sign-up takes, up to several.
const LIFE_MS: std::ops::Range<u64> = 50..1_000;
/// What somebody does after signing up, at most.
const MOST_STEPS: u64 = 12;
/// How long a takeover waits in a lab, in seconds, and a little.
const WAIT_S: u64 = 12;

/// What the server keeps of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    is_here: bool,
    profile: u64,
    devices: u64,
    vault: u64,
    has_vault: bool,
    /// Whether the vault is behind a password that somebody knows.
    has_password: bool,
    /// How often the address has changed.
    moves: u64,
}

/// One thing to do, which is acknowledged by one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    SignUp,
    WriteProfile,
    WriteDevices,
    WriteVault,
    SetPassword,
    DropVault,
    Move,
    Leave,
}

impl State {
    fn after(self, step: Step) -> Self {
        match step {
            Step::SignUp => Self { is_here: true, devices: 1, ..Self::default() },
            Step::WriteProfile => Self { profile: self.profile + 1, ..self },
            Step::WriteDevices => Self { devices: self.devices + 1, ..self },
            Step::WriteVault => Self { vault: self.vault + 1, has_vault: true, has_password: false, ..self },
            Step::SetPassword => Self { vault: self.vault + 1, has_vault: true, has_password: true, ..self },
            Step::DropVault => Self { vault: self.vault + 1, has_vault: false, has_password: false, ..self },
            Step::Move => Self { moves: self.moves + 1, ..self },
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
    takeover: Takeover,
}

/// What becomes of the address of somebody who has lost the keys, as far as it was acknowledged. Who is interrupted finds it as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Takeover {
    /// Nothing.
    #[default]
    None,
    /// Asked for, which was perhaps not acknowledged.
    Asked,
    /// It waits, since this second.
    Begun(u64),
    /// Somebody tries to finish it, and it was perhaps not acknowledged.
    Finishing(u64),
    /// A sign-in has stopped it.
    Stopped,
    /// The address has gone to the new account.
    Finished,
}

#[derive(Default)]
struct Ledger {
    people: Mutex<BTreeMap<u32, Known>>,
    next: AtomicU32,
    /// Steps that were tried and not acknowledged.
    cut_short: AtomicU32,
    /// Vaults that were fetched with a password.
    opened: AtomicU32,
    /// Devices that were used once.
    devices: AtomicU32,
}

impl Ledger {
    fn note(&self, number: u32, note: impl FnOnce(&mut Known)) {
        note(self.people.lock().unwrap().entry(number).or_default());
    }

    fn known(&self) -> BTreeMap<u32, Known> {
        self.people.lock().unwrap().clone()
    }

    fn note_takeover(&self, number: u32, takeover: Takeover) {
        self.note(number, |known| {
            known.acknowledged += u64::from(!matches!(takeover, Takeover::Asked | Takeover::Finishing(_)));
            known.takeover = takeover;
        });
    }

    /// Somebody whose wait is over, for one thread alone; also who was interrupted there, by an earlier kill.
    fn ready(&self) -> Option<(u32, Known)> {
        let mut people = self.people.lock().unwrap();
        let over_s = now_s() - WAIT_S;
        let (number, known) = people.iter_mut().find(|(number, known)| {
            !stops(**number) && matches!(known.takeover, Takeover::Begun(asked_s) if asked_s <= over_s)
        })?;
        let Takeover::Begun(asked_s) = known.takeover else { return None };
        known.takeover = Takeover::Finishing(asked_s);
        Some((*number, known.clone()))
    }

    /// A device that nobody has used.
    fn device(&self) -> DeviceKey {
        let mut seed = [0xde; 32];
        seed[..4].copy_from_slice(&self.devices.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        DeviceKey::from_seed(seed)
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
                    // Ends with the server.
                    while go_on(ledger, at, data, &mut chance).is_ok() {}
                });
            }
            thread::sleep(Duration::from_millis(LIFE_MS.start + chance.next_u64() % (LIFE_MS.end - LIFE_MS.start)));
            server.kill();
        });
    }
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let known = ledger.known();
    known.iter().for_each(|(number, known)| check(&server, data.path(), &ledger, *number, known));
    finish_what_waits(&server, data.path(), &ledger);
    report(kills, seed, &ledger);
}

/// Whoever waits for an address gets it in the end.
fn finish_what_waits(server: &Process, data: &std::path::Path, ledger: &Ledger) {
    for (number, known) in ledger.known() {
        let Takeover::Begun(asked_s) = known.takeover else { continue };
        let person = at_address(&somebody(server.at, data, number), known.state.moves);
        while now_s() < asked_s + WAIT_S {
            thread::sleep(Duration::from_millis(100));
        }
        accepted(takeover::finish(&person).unwrap(), 200);
        takeover::check_finished(&person);
        ledger.note_takeover(number, Takeover::Finished);
    }
}

fn report(kills: u32, seed: u64, ledger: &Ledger) {
    let known = ledger.known();
    let count = |is: fn(&Known) -> bool| known.values().filter(|known| is(known)).count();
    let acknowledged: u64 = known.values().map(|known| known.acknowledged).sum();
    let figures = serde_json::json!({
        "kills": kills, "people": known.len(), "acknowledged": acknowledged, "lost": 0, "half_done": 0, "seed": seed,
        "cut_short": ledger.cut_short.load(Ordering::Relaxed), "moved": count(|known| known.state.moves > 0),
        "opened_with_password": ledger.opened.load(Ordering::Relaxed),
        "takeovers_stopped": count(|known| known.takeover == Takeover::Stopped),
        "takeovers_finished": count(|known| known.takeover == Takeover::Finished),
    });
    println!("{figures}");
    assert!(acknowledged > u64::from(kills), "{acknowledged} writes were acknowledged in {kills} rounds");
    let kinds = ["moved", "opened_with_password", "takeovers_stopped", "takeovers_finished"];
    let left_out: Vec<_> = kinds.into_iter().filter(|kind| kills >= KILLS && figures[*kind] == 0).collect();
    assert!(left_out.is_empty(), "nobody {left_out:?}");
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

/// The same at the address that they have moved to.
fn at_address(person: &Person, moves: u64) -> Person {
    let (name, domain) = person.email.split_once('@').unwrap();
    let name = name.split('.').next().unwrap();
    let email = if moves == 0 { format!("{name}@{domain}") } else { format!("{name}.{moves}@{domain}") };
    Person { email, ..person.clone() }
}

/// Whether somebody who asks for the address back is stopped: every second one is.
const fn stops(number: u32) -> bool {
    number.is_multiple_of(2)
}

/// Finishes a takeover whose wait is over, or lives the life of somebody new; fails when the server is gone.
fn go_on(ledger: &Ledger, at: std::net::SocketAddr, data: &std::path::Path, chance: &mut impl Rng) -> io::Result<()> {
    if let Some((number, known)) = ledger.ready() {
        let person = at_address(&somebody(at, data, number), known.state.moves);
        accepted(takeover::finish(&person)?, 200);
        ledger.note_takeover(number, Takeover::Finished);
        return Ok(());
    }
    let number = ledger.next.fetch_add(1, Ordering::Relaxed);
    let person = somebody(at, data, number);
    let state = live(&person, ledger, number, chance)?;
    if state.is_here {
        ledger.note_takeover(number, Takeover::Asked);
        let asked_s = takeover::begin(&at_address(&person, state.moves))?;
        ledger.note_takeover(number, Takeover::Begun(asked_s));
    }
    Ok(())
}

/// Signs up and does this and that until it is enough; tells what is kept then. Fails when the server is gone.
fn live(person: &Person, ledger: &Ledger, number: u32, chance: &mut impl Rng) -> io::Result<State> {
    let mut state = State::default();
    ledger.note(number, |known| known.tried = Some(Step::SignUp));
    let mut session = sign_up(person)?;
    ledger.acknowledge(number, Step::SignUp);
    state = state.after(Step::SignUp);
    for _ in 0..chance.next_u64() % MOST_STEPS {
        let step = match chance.next_u64() % 20 {
            0..=2 => Step::WriteProfile,
            3..=5 => Step::WriteDevices,
            6..=8 => Step::WriteVault,
            9 | 10 if state.has_vault => Step::DropVault,
            11 => {
                let ended = with_token(person.at, "POST", LOGOUT_PATH, &session.token, &Empty {})?;
                assert_eq!(ended.status, 204, "{ended:?}");
                ledger.note(number, |known| known.over.push(session.token.clone()));
                session = login(person)?.json();
                continue;
            }
            12 => Step::Leave,
            13..=15 => Step::Move,
            16 | 17 => Step::SetPassword,
            18 | 19 if state.has_password => {
                let opened = open_with_password(&at_address(person, state.moves))?;
                assert_eq!((opened.vault.seq, opened.vault.sealed), (state.vault, vault(state.vault)));
                ledger.opened.fetch_add(1, Ordering::Relaxed);
                continue;
            }
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
    Ok(state)
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
        Step::SetPassword => {
            let opaque_record = Blob::new(register_password(person, session)?).unwrap();
            let body = PutVault { seq: next.vault, sealed: vault(next.vault), opaque_record };
            send_proven(person, session, ("PUT", VAULT_PATH), body)
        }
        Step::Move => change_address(&at_address(person, state.moves), &at_address(person, next.moves), session),
        Step::DropVault => send_proven(person, session, ("DELETE", VAULT_PATH), Empty {}),
        Step::Leave => send_proven(person, session, ("DELETE", ACCOUNT_PATH), Empty {}),
    }
}

/// Compares what the server keeps with what is known, and puts right what a kill has cut short.
fn check(server: &Process, data: &std::path::Path, ledger: &Ledger, number: u32, known: &Known) {
    let person = somebody(server.at, data, number);
    if !check_takeover(&person, ledger, number, known) {
        return;
    }
    let mut state = observe(&person);
    let tried = known.tried.map(|step| known.state.after(step));
    ledger.cut_short.fetch_add(u32::from(tried.is_some()), Ordering::Relaxed);
    // What cannot be seen from outside is what is known with the rest; it is tried then.
    let possible = [Some(known.state), tried].into_iter().flatten();
    let likely: Vec<_> = possible
        .filter(|one| {
            let State { has_password, moves, .. } = *one;
            *one == State { has_password, moves, ..state }
        })
        .collect();
    let address = likely.iter().find(|one| !one.is_here || has_address(&at_address(&person, one.moves), ledger));
    state = *address.unwrap_or_else(|| panic!("person {number}: {state:?} where {known:?}"));
    if state.has_password {
        let opened = open_with_password(&at_address(&person, state.moves)).unwrap();
        assert_eq!(opened.vault.seq, state.vault, "person {number}, with the password");
        ledger.opened.fetch_add(1, Ordering::Relaxed);
    }
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

/// True if the account is still to be looked at; a sign-in stops what waits.
fn check_takeover(person: &Person, ledger: &Ledger, number: u32, known: &Known) -> bool {
    let person = at_address(person, known.state.moves);
    let begun_s = match known.takeover {
        Takeover::None => return true,
        Takeover::Asked => {
            ledger.cut_short.fetch_add(1, Ordering::Relaxed);
            takeover::state(&person).map(|answer| answer.asked_s)
        }
        Takeover::Begun(asked_s) => Some(asked_s),
        Takeover::Finishing(asked_s) => {
            ledger.cut_short.fetch_add(1, Ordering::Relaxed);
            ledger.note(number, |known| known.takeover = Takeover::Begun(asked_s));
            // Begun or not, it can be gone on with.
            accepted(takeover::finish(&person).unwrap(), 200);
            takeover::check_finished(&person);
            ledger.note_takeover(number, Takeover::Finished);
            return false;
        }
        Takeover::Stopped => {
            assert_eq!(takeover::state(&person).map(|answer| answer.state), Some(ReclaimState::Stopped), "{number}");
            return true;
        }
        Takeover::Finished => {
            takeover::check_finished(&person);
            return false;
        }
    };
    let Some(asked_s) = begun_s else {
        ledger.note(number, |known| known.takeover = Takeover::None);
        return true;
    };
    takeover::check_begun(&person, asked_s);
    if !stops(number) {
        ledger.note(number, |known| known.takeover = Takeover::Begun(asked_s));
        return false;
    }
    let stopped: Session = accepted(person.login(), 200).json();
    assert_eq!(stopped.reclaim_stopped.map(|stopped| stopped.asked_s), Some(asked_s), "{number}");
    assert_eq!(takeover::finish(&person).unwrap().status, 404, "{number}: it was stopped");
    ledger.note_takeover(number, Takeover::Stopped);
    true
}

/// Whether the account has this address, told by a device that it never had; then nobody else can have it.
fn has_address(person: &Person, ledger: &Ledger) -> bool {
    let answer = Person { device: ledger.device(), ..person.clone() }.login_anew();
    if answer.status != 200 {
        assert_eq!(refusal(&answer), (400, ErrorCode::EmailWrong));
    }
    answer.status == 200
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
    let has_vault = kept.sealed.is_some();
    State { is_here: true, profile: stored.seq, devices: seq, vault: kept.seq, has_vault, ..State::default() }
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
