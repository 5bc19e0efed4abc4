//! Forged proofs: other keys, challenges, sites, paths, bodies, certificates and lists, changed bytes, and proofs of one request for another.

use data_encoding::BASE64URL_NOPAD;
use milanio_identity::{DeviceKey, Label, Signature};
use milanio_rendezvous::api::ChallengeText;
use serde_json::{Value, json};

use super::{
    bytes::{WEAK, add_group_order, change, signature_of_nobody},
    chance::Chance,
    scene::{Scene, Signing},
    task::Task,
    world::{Ask, HOST, NOW_S, ORIGIN, challenge},
};

/// How long a challenge can be answered, in seconds.
const CHALLENGE_S: u64 = 60;

/// `genuine` with another proof or body; none if it is not proven, or if this change does not fit.
pub fn forge(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    if !scene.task.is_proven() {
        return None;
    }
    match chance.below(12) {
        0 => changed_proof(genuine, chance),
        1 => weak_key(genuine, chance),
        2 => changed_text(genuine, chance),
        3 => changed_field(genuine, chance),
        4 => other_challenge(scene, chance),
        5 => other_place(scene, chance),
        6 => other_site(scene, genuine, chance),
        7 => other_signer(scene, chance),
        8 => other_account(scene, chance),
        9 | 10 => other_cert(scene, chance),
        _ => other_list(scene, chance),
    }
}

/// Challenge, device or signature with other bytes.
fn changed_proof(genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let name = *chance.pick(&["challenge", "device", "signature"]);
    edit(genuine, |body| {
        let text = body["proof"][name].as_str()?;
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        match chance.below(6) {
            0 if name == "signature" => add_group_order(&mut bytes),
            1 if name == "signature" => bytes = chance.bytes::<64>().to_vec(),
            2 => bytes.rotate_left(1),
            _ => change(&mut bytes, &[0; 64], chance),
        }
        body["proof"][name] = json!(BASE64URL_NOPAD.encode(&bytes));
        Some("proof: changed bytes")
    })
}

/// A key under which a lax check takes anything, for the device and perhaps the account as well.
fn weak_key(genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    edit(genuine, |body| {
        let (device, account) = (*chance.pick(&WEAK), *chance.pick(&WEAK));
        body["proof"]["device"] = json!(BASE64URL_NOPAD.encode(&device));
        body["proof"]["signature"] = json!(BASE64URL_NOPAD.encode(&signature_of_nobody(chance)));
        if body.get("account").is_some() && chance.one_in(2) {
            body["account"] = json!(BASE64URL_NOPAD.encode(&account));
        }
        if let Some(cert) = body.get("cert").and_then(Value::as_str).map(str::to_owned) {
            let mut cert = BASE64URL_NOPAD.decode(cert.as_bytes()).ok()?;
            cert[1..33].copy_from_slice(&account);
            cert[33..65].copy_from_slice(&device);
            let at = cert.len() - Signature::LENGTH;
            cert[at..].copy_from_slice(&signature_of_nobody(chance));
            body["cert"] = json!(BASE64URL_NOPAD.encode(&cert));
        }
        Some("proof: weak key")
    })
}

/// The body's text with other bytes.
fn changed_text(genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let mut body = genuine.body.clone()?;
    change(&mut body, br#"{"proof":{}}"#, chance);
    Some(("body: changed text", Ask { body: Some(body), ..genuine.clone() }))
}

/// A field that was proven says something else, or is not there, or there is one more.
fn changed_field(genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    edit(genuine, |body| {
        let fields = body.as_object_mut()?;
        let names: Vec<String> = fields.keys().filter(|name| *name != "proof").cloned().collect();
        match (chance.below(8), names.is_empty()) {
            (0, _) => drop(fields.insert("more".to_owned(), json!(1))),
            (1, _) => drop(fields.remove("proof")),
            (_, true) => drop(fields.insert("email".to_owned(), json!("other@example.org"))),
            (2, _) => drop(fields.remove(chance.pick(&names))),
            _ => {
                let field = fields.get_mut(chance.pick(&names))?;
                *field = match field.as_u64() {
                    Some(number) => json!(number + 1),
                    None => json!(other_text(field.as_str()?, chance)),
                };
            }
        }
        Some("body: changed field")
    })
}

/// Another address, key or sealed record of the same length.
fn other_text(text: &str, chance: &mut Chance) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = chance.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte = *chance.pick(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Rightly signed over a challenge that cannot be answered now: over, of another server, or with more time than it was given.
fn other_challenge(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let mut bytes = *challenge(chance.bytes(), 0).as_bytes();
    match chance.below(5) {
        0 => bytes = *challenge(chance.bytes(), CHALLENGE_S).as_bytes(),
        1 => bytes = *challenge(chance.bytes(), CHALLENGE_S + chance.below(1_000_000) as u64).as_bytes(),
        2 => {
            let late = challenge(chance.bytes(), CHALLENGE_S);
            bytes.copy_from_slice(late.as_bytes());
            bytes[16..24].copy_from_slice(&(NOW_S + CHALLENGE_S).to_be_bytes());
        }
        3 => bytes = chance.bytes(),
        _ => {
            let bit = chance.below(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
    let challenge = ChallengeText::from_bytes(bytes);
    Some(("proof: other challenge", scene.ask(&Signing { challenge, ..scene.signing() })))
}

/// A proof that was made for another path, or for the same path to do something else.
fn other_place(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let task = *chance.pick(&Task::ALL);
    if task.place() == scene.task.place() {
        return None;
    }
    let signing = Signing { place: task.place(), ..scene.signing() };
    // The whole of the other request, or what this one says with the other's proof.
    let signing = if task.is_proven() && chance.one_in(2) { Signing { task, ..signing } } else { signing };
    Some(("proof: for another request", scene.ask(&signing)))
}

/// A page of another site made the owner's device sign, or the request came under another site's name.
fn other_site(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let (host, origin) = *chance.pick(&[
        ("meet.example", "http://meet.example"),
        ("localhost:8081", "http://localhost:8081"),
        ("localhost:8080.evil.example", "http://localhost:8080.evil.example"),
        ("evil.example:8080", "http://evil.example:8080"),
        (HOST, "https://localhost:8080"),
        (HOST, "http://localhost:8080/"),
        (HOST, "http://127.0.0.1:8080"),
        (HOST, ""),
        (HOST, "null"),
    ]);
    if host != HOST && chance.one_in(2) {
        // Passed on as it is.
        return Some(("proof: under another site's name", Ask { host: host.to_owned(), ..genuine.clone() }));
    }
    let signed_elsewhere = scene.ask(&Signing { origin: origin.to_owned(), ..scene.signing() });
    // Whoever passes it on may name either site; only loopback names count here, and only the one that was signed for.
    let is_named = host != HOST && !host.starts_with("localhost:") && chance.one_in(2);
    let host = if is_named { host } else { HOST };
    (origin != ORIGIN).then(|| ("proof: for another site", Ask { host: host.to_owned(), ..signed_elsewhere }))
}

/// Another device signs: a listed one of the owner's, a revoked one with its certificate, a stranger's.
fn other_signer(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let owner = &scene.owner;
    let device = match chance.below(4) {
        0 => &owner.second,
        1 => &owner.lost,
        2 => &scene.forger.device,
        _ => &DeviceKey::from_seed(chance.bytes()),
    };
    let cert = owner.cert(&owner.device, NOW_S);
    // Asking for a letter needs a certificate and no more: it says nothing about who has the account.
    let is_revoked =
        *device.id().as_bytes() == *owner.lost.id().as_bytes() && matches!(scene.task, Task::Login | Task::Verify);
    let cert = if is_revoked && chance.one_in(2) { owner.cert(device, NOW_S) } else { cert };
    // Only then is the proof right, and its challenge used up.
    let challenge = challenge(chance.bytes(), 0);
    Some(("proof: other device", scene.ask(&Signing { device: device.clone(), cert, challenge, ..scene.signing() })))
}

/// The proof speaks for another account than the session or the certificate.
fn other_account(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let signing = scene.signing();
    let device = if chance.one_in(2) { scene.forger.device.clone() } else { signing.device.clone() };
    let signing = Signing { account: scene.forger.account.clone(), device, ..signing };
    Some(("proof: other account", scene.ask(&signing)))
}

/// A certificate that the account did not make for this device and this time.
fn other_cert(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    if !scene.task.is_certified() {
        return None;
    }
    let (owner, forger, signing) = (&scene.owner, &scene.forger, scene.signing());
    let (cert, device) = match chance.below(7) {
        0 => (owner.cert(&owner.second, NOW_S), owner.device.clone()),
        1 => (owner.cert(&owner.device, NOW_S - 86_400 - chance.below(1_000_000) as u64), owner.device.clone()),
        2 => (owner.cert(&owner.device, NOW_S + 86_400 + chance.below(1_000_000) as u64), owner.device.clone()),
        3 => (forger.cert(&forger.device, NOW_S), forger.device.clone()),
        4 => (renamed(&forger.cert(&forger.device, NOW_S), owner.account.id().as_bytes(), None), forger.device.clone()),
        5 => {
            let by_device = Some((&forger.device, Label::DeviceCert));
            (
                renamed(&forger.cert(&forger.device, NOW_S), owner.account.id().as_bytes(), by_device),
                forger.device.clone(),
            )
        }
        _ => {
            let mut cert = signing.cert.clone();
            let length = cert.len();
            change(&mut cert, &forger.cert(&forger.device, NOW_S), chance);
            cert.resize(length, 0);
            if cert == signing.cert {
                return None;
            }
            (cert, owner.device.clone())
        }
    };
    Some(("certificate: other", scene.ask(&Signing { cert, device, ..signing })))
}

/// A certificate in which another account stands, signed anew by somebody else or not at all.
fn renamed(cert: &[u8], account: &[u8; 32], by: Option<(&DeviceKey, Label)>) -> Vec<u8> {
    let mut cert = cert.to_vec();
    cert[1..33].copy_from_slice(account);
    if let Some((key, label)) = by {
        let at = cert.len() - Signature::LENGTH;
        let signature = key.sign(label, &cert[..at]);
        cert[at..].copy_from_slice(&signature.0);
    }
    cert
}

/// A device list that the account did not sign, or that does not follow the stored one, in a request that is rightly proven.
fn other_list(scene: &Scene, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    if !matches!(scene.task, Task::WriteDevices | Task::FinishReclaim | Task::Verify) {
        return None;
    }
    let (owner, signing) = (&scene.owner, scene.signing());
    let list = match chance.below(4) {
        0 => scene.forger.list(2),
        // A new account's first list has no other to follow.
        1 if scene.task != Task::WriteDevices => return None,
        1 => owner.list(*chance.pick(&[0, 1, 3, 4, u64::MAX])),
        2 => {
            let mut list = scene.forger.list(2);
            list[1..33].copy_from_slice(owner.account.id().as_bytes());
            list
        }
        _ => {
            let mut list = signing.list.clone();
            change(&mut list, &scene.forger.list(2), chance);
            list
        }
    };
    if list == signing.list {
        return None;
    }
    let challenge = challenge(chance.bytes(), 0);
    Some(("device list: other", scene.ask(&Signing { list, challenge, ..signing })))
}

/// `genuine` with a body that is edited as JSON.
pub fn edit(genuine: &Ask, edit: impl FnOnce(&mut Value) -> Option<&'static str>) -> Option<(&'static str, Ask)> {
    let mut body = serde_json::from_slice(genuine.body.as_ref()?).ok()?;
    let name = edit(&mut body)?;
    Some((name, Ask { body: Some(serde_json::to_vec(&body).ok()?), ..genuine.clone() }))
}
