//! Forged secrets: codes for something else, of somebody else or made up; links of other attempts; proofs of a password that nobody gave;
//! and points that are none.

use data_encoding::BASE64URL_NOPAD;
use milanio_rendezvous::{
    api::{LoginState, RequestId},
    core::reclaim::NOTICE_S,
};
use serde_json::json;

use super::{
    bytes::change,
    chance::Chance,
    code::{self, Code},
    password::sealed_anew,
    proof::edit,
    scene::{Scene, Signing},
    takeover,
    task::Task,
    world::{Ask, NOW_S, challenge, codes_key},
};

/// The name of a guess at a code.
pub const GUESS: &str = "code: wrong";
/// Guesses at one code that leave it good: one less than it allows.
pub const MOST_GUESSES: usize = 4;

/// Encodings that are no element of ristretto255, or the one that RFC 9497 section 2.1 forbids: the identity; a number that is not
/// reduced; negative ones; and the first of the rest that RFC 9496 appendix A.2 lists.
const NO_POINTS: [[u8; 32]; 5] =
    [point(0, 0, 0), point(0xff, 0xff, 0xff), point(1, 0, 0), point(0xed, 0xff, 0x7f), point(0xec, 0xff, 0x7f)];

/// `genuine` with another secret; none if it has none.
pub fn forge(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    match scene.task {
        task if task.is_coded() => other_code(scene, chance),
        Task::StopReclaim => other_link(scene, genuine, chance),
        Task::RegisterPassword | Task::StartPassword => no_point(genuine, chance),
        Task::FinishPassword => other_login(scene, genuine, chance),
        _ => None,
    }
}

/// Rightly proven, where it must be, with a code that is for something else.
fn other_code(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let signing = scene.signing();
    let right = signing.code.clone();
    let (name, code) = match chance.below(6) {
        0 => (GUESS, Code { typed: guess(&right.typed, chance), ..right }),
        1 | 2 => ("code: of no request", Code { request: RequestId::from_bytes(chance.bytes()), ..right }),
        3 => ("code: for something else", code::of_another_purpose(scene)),
        4 => ("code: for something else", Code { request: code::of_another_purpose(scene).request, ..right }),
        // With that one the forger may have their own vault.
        _ if scene.task == Task::OpenVault => return None,
        _ => ("code: somebody else's", code::of_the_forger(scene)),
    };
    let challenge = challenge(chance.bytes(), 0);
    Some((name, scene.ask(&Signing { code, challenge, ..signing })))
}

fn guess(right: &str, chance: &mut Chance) -> String {
    match chance.below(4) {
        0 => String::new(),
        1 => right[1..].to_owned(),
        2 => format!("{right}0"),
        _ => {
            let mut typed = right.as_bytes().to_vec();
            let at = chance.below(typed.len());
            // Not in the alphabet, or another symbol than any look-alike of the right one.
            typed[at] = if chance.one_in(4) { b'U' } else { next_symbol(typed[at]) };
            String::from_utf8(typed).unwrap_or_default()
        }
    }
}

fn next_symbol(symbol: u8) -> u8 {
    const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let at = SYMBOLS.iter().position(|known| *known == symbol).unwrap_or_default();
    SYMBOLS[(at + 1) % SYMBOLS.len()]
}

/// A link that is of another attempt, of another account's, made with another key, or changed.
fn other_link(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let (claimant, asked_s) = (&scene.owner.account, NOW_S - NOTICE_S);
    let (email, forgers) = (scene.holder.address().ok()?, scene.forger.address().ok()?);
    let stop = match chance.below(6) {
        0 => takeover::stop_of(&codes_key(), claimant, &email, asked_s - 1 - chance.below(1_000_000) as u64),
        1 => takeover::stop_of(&codes_key(), &scene.forger.account, &email, asked_s),
        2 => takeover::stop_of(&codes_key(), claimant, &forgers, asked_s),
        3 => takeover::stop_of(&chance.bytes(), claimant, &email, asked_s),
        _ => takeover::stop(claimant, &email),
    };
    let is_right = stop == takeover::stop(claimant, &email);
    edit(genuine, |body| {
        let mut bytes = stop.as_bytes().to_vec();
        if is_right {
            change(&mut bytes, &[0; 48], chance);
        }
        body["stop"] = json!(BASE64URL_NOPAD.encode(&bytes));
        Some("link: other")
    })
}

/// The first message of a password's registration or login with a point that is none.
fn no_point(genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    edit(genuine, |body| {
        let mut bytes = BASE64URL_NOPAD.decode(body["request"].as_str()?.as_bytes()).ok()?;
        match chance.below(4) {
            0 => bytes.truncate(chance.below(bytes.len())),
            1 => bytes.extend_from_slice(&chance.bytes::<32>()[..=chance.below(32)]),
            _ => {
                // A login has another point at its end, behind a nonce.
                let at = if bytes.len() > 32 && chance.one_in(2) { bytes.len() - 32 } else { 0 };
                bytes[at..at + 32].copy_from_slice(chance.pick::<[u8; 32]>(&NO_POINTS));
            }
        }
        body["request"] = json!(BASE64URL_NOPAD.encode(&bytes));
        Some("password: no point")
    })
}

/// The end of another login, one that is over, or a proof that is none.
fn other_login(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let begun = scene.begun.as_ref()?;
    let state = |state: &LoginState| json!(BASE64URL_NOPAD.encode(state.as_bytes()));
    edit(genuine, |body| {
        let changed = |bytes: &[u8], chance: &mut Chance| {
            let mut bytes = bytes.to_vec();
            change(&mut bytes, &[0; 64], chance);
            json!(BASE64URL_NOPAD.encode(&bytes))
        };
        match chance.below(9) {
            0 | 1 => body["finalization"] = changed(&begun.finalization, chance),
            2 => body["finalization"] = json!(BASE64URL_NOPAD.encode(&chance.bytes::<64>())),
            3 => body["login"] = changed(begun.login.as_bytes(), chance),
            4 => body["email"] = json!(scene.forger.email),
            5 => body["login"] = state(&begun.other),
            6 => {
                body["login"] = state(&begun.forgers);
                if chance.one_in(2) {
                    body["email"] = json!(scene.forger.email);
                }
            }
            7 => {
                let ago_s = Some(chance.below(1_000_000) as u64);
                body["login"] = state(&sealed_anew(&begun.login, ago_s, None, chance.bytes())?);
            }
            _ => body["login"] = state(&sealed_anew(&begun.login, None, Some(chance.bytes()), chance.bytes())?),
        }
        Some("password: other login")
    })
}

const fn point(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut point = [middle; 32];
    point[0] = first;
    point[31] = last;
    point
}
