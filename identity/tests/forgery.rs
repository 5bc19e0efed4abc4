//! Forgeries by the thousand: 100,000 mutated proofs, attestations, device lists and certificates, none of which may pass.
//!
//! A case begins with something genuine and is changed the way somebody without the keys could: bits, bytes, lengths, parts of
//! other genuine ones, other keys (weak ones, and the forger's own with a good signature of theirs), signatures made for
//! another purpose, and signatures rewritten by the group's order. The seed of a failing run is printed.

use milanio_identity::{
    AccountId, AccountKey, Attestation, AttestationLevel, DeviceCert, DeviceId, DeviceKey, DeviceList, IssuerKey,
    ListedDevice, RequestContext, RequestProof, Signature,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// Cases of each of the four kinds.
const CASES: usize = 25_000;
const NOW_S: u64 = 1_750_000_000;
const TODAY: u32 = (NOW_S / 86_400) as u32;
/// Where the signature is: at the end, in everything that is signed.
const SIGNATURE: usize = Signature::LENGTH;

/// A generator whose seed is told if the test fails.
struct Chance(ChaCha20Rng);

impl Chance {
    fn new() -> Self {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).expect("the system's randomness");
        let seed = u64::from_le_bytes(seed);
        println!("seed {seed}");
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// Changes `genuine`; `other` is another genuine one. May by chance change nothing.
fn mutate(genuine: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    match chance.below(9) {
        0 | 1 => {
            let bit = chance.below(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        2 => {
            for _ in 0..=chance.below(8) {
                let at = chance.below(bytes.len());
                [bytes[at]] = chance.bytes();
            }
        }
        3 => bytes.truncate(chance.below(genuine.len())),
        4 => bytes.extend_from_slice(&chance.bytes::<32>()[..=chance.below(32)]),
        5 => {
            // A part of another genuine one, at the same place.
            let (one, two) = (chance.below(bytes.len()), chance.below(bytes.len()));
            let part = one.min(two)..one.max(two).min(other.len());
            if let (Some(to), Some(from)) = (bytes.get_mut(part.clone()), other.get(part)) {
                to.copy_from_slice(from);
            }
        }
        6 => {
            // A weak key in place of one of those at the front, and a signature that fits weak keys.
            let at = [1, 33][chance.below(2)];
            let weak: [u8; 32] = WEAK[chance.below(WEAK.len())];
            if let Some(key) = bytes.get_mut(at..at + 32) {
                key.copy_from_slice(&weak);
            }
            forget_signature(&mut bytes, &weak);
        }
        7 => add_group_order(&mut bytes),
        _ => {
            let at = bytes.len() - SIGNATURE;
            bytes[at..].copy_from_slice(&chance.bytes::<SIGNATURE>());
        }
    }
    bytes
}

/// R a point of low order and s zero: fits every eighth message or more under a lax check of a weak key.
fn forget_signature(bytes: &mut [u8], point: &[u8; 32]) {
    let at = bytes.len() - SIGNATURE;
    bytes[at..at + 32].copy_from_slice(point);
    bytes[at + 32..].fill(0);
}

/// The same signature with s no longer reduced (RFC 8032 5.1.7 forbids it).
fn add_group_order(bytes: &mut [u8]) {
    let at = bytes.len() - 32;
    let mut carry = 0;
    for (byte, order) in bytes[at..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

/// Runs [`CASES`] mutations of what `genuine` makes of a number, and counts those that `passes`.
fn forge(genuine: impl Fn(u8) -> Vec<u8>, foreign: &[Vec<u8>], passes: impl Fn(u8, &[u8]) -> bool) {
    let mut chance = Chance::new();
    let all: Vec<_> = (0..8).map(genuine).collect();
    for (number, genuine) in (0..).zip(&all) {
        assert!(passes(number, genuine), "the genuine one passes");
    }
    let mut tried = 0;
    while tried < CASES {
        let number = chance.below(all.len());
        let genuine = &all[number];
        let other = chance.below(all.len() + foreign.len());
        let other = all.get(other).unwrap_or_else(|| &foreign[other - all.len()]);
        // Now and then all of the other one, or its signature alone.
        let forged = match chance.below(20) {
            0 => other.clone(),
            1 => [&genuine[..genuine.len() - SIGNATURE], &other[other.len() - SIGNATURE..]].concat(),
            _ => mutate(genuine, other, &mut chance),
        };
        if forged == *genuine {
            continue;
        }
        tried += 1;
        assert!(!passes(number as u8, &forged), "accepted as number {number}: {}", hex::encode(&forged));
    }
}

fn account(number: u8) -> AccountKey {
    AccountKey::from_seed([number; 32])
}

fn device(number: u8) -> DeviceKey {
    DeviceKey::from_seed([100 + number; 32])
}

fn list(account: &AccountKey, number: u8) -> Vec<u8> {
    let devices = (0..=number % 4).map(|n| ListedDevice { device: device(number + n).id(), added_day: TODAY });
    let revoked = (0..number % 3).map(|n| device(50 + n).id()).collect();
    DeviceList::issue(account, u64::from(number), devices.collect(), revoked).expect("a short list").to_bytes()
}

fn cert(account: &AccountKey, device: DeviceId) -> Vec<u8> {
    DeviceCert::issue(account, device, NOW_S, NOW_S + 86_400).expect("a day is allowed").to_bytes()
}

fn attestation(issuer: &IssuerKey, account: AccountId) -> Vec<u8> {
    Attestation::issue(issuer, account, AttestationLevel::Email, TODAY).to_bytes()
}

#[test]
fn no_forged_device_list_passes() {
    let forger = [list(&account(99), 1), cert(&account(1), device(1).id())];
    forge(
        |number| list(&account(number), number),
        &forger,
        |number, bytes| {
            DeviceList::from_bytes(bytes)
                .is_ok_and(|list| list.account() == account(number).id() && list.verify().is_ok())
        },
    );
}

#[test]
fn no_forged_certificate_passes() {
    let forger = [cert(&account(99), device(1).id()), list(&account(1), 1)];
    forge(
        |number| cert(&account(number), device(number).id()),
        &forger,
        |number, bytes| {
            let verified = DeviceCert::from_bytes(bytes).and_then(|cert| cert.verify(NOW_S));
            verified.is_ok_and(|it| (it.account, it.device) == (account(number).id(), device(number).id()))
        },
    );
}

#[test]
fn no_forged_attestation_passes() {
    let issuer = IssuerKey::from_seed([200; 32]);
    let (id, forger) = (issuer.id(), [attestation(&IssuerKey::from_seed([201; 32]), account(1).id())]);
    forge(
        |number| attestation(&issuer, account(number).id()),
        &forger,
        |number, bytes| {
            let verified = Attestation::from_bytes(bytes).and_then(|one| one.verify(&[id], NOW_S));
            verified.is_ok_and(|it| it.account == account(number).id())
        },
    );
}

/// A request in bytes, so that it can be mutated like the rest: `0 | device(32) | account(32) | challenge(32) | digest(32) | method |
/// space | path | signature`.
fn request(bytes: &[u8]) -> Option<bool> {
    let (body, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
    let (&[0], rest) = body.split_first_chunk::<1>()? else { return Some(false) };
    let (device, rest) = rest.split_first_chunk::<32>()?;
    let (account, rest) = rest.split_first_chunk::<32>()?;
    let (challenge, rest) = rest.split_first_chunk::<32>()?;
    let (digest, target) = rest.split_first_chunk::<32>()?;
    let account = AccountId::from_bytes(account).ok()?;
    let (method, path) = std::str::from_utf8(target).ok()?.split_once(' ')?;
    let context =
        RequestContext { origin: "https://milanio.example", challenge, account, method, path, digest: *digest };
    Some(RequestProof::verify(&DeviceId::from_bytes(device).ok()?, &context, &Signature(*signature)).is_ok())
}

fn proven(origin: &str, device: &DeviceKey, account: AccountId, number: u8) -> Vec<u8> {
    let (challenge, digest, method, path) = ([number; 32], [number; 32], "PUT", "/api/users/vault");
    let context = RequestContext { origin, challenge: &challenge, account, method, path, digest };
    let proof = RequestProof::sign(device, &context).expect("short parts");
    let (device, account) = (device.id(), *account.as_bytes());
    [&[0], device.as_bytes().as_slice(), &account, &challenge, &digest, b"PUT ", path.as_bytes(), &proof.0].concat()
}

#[test]
fn no_forged_request_passes() {
    let own = |number: u8| proven("https://milanio.example", &device(number), account(number).id(), number);
    // Signed for another site; and a genuine one of somebody else.
    let foreign = [proven("https://milanio.example.net", &device(1), account(1).id(), 1), own(90)];
    forge(own, &foreign, |number, bytes| {
        // The server takes the device from the session or the certificate, so another device's request is none of this one's.
        bytes.get(1..33) == Some(device(number).id().as_bytes().as_slice()) && request(bytes) == Some(true)
    });
}

/// Points of low order in their canonical encodings, and two that are not canonical.
const WEAK: [[u8; 32]; 6] = [
    low_point(1, 0, 0),
    low_point(0, 0, 0),
    low_point(0, 0, 0x80),
    low_point(0xec, 0xff, 0x7f),
    low_point(1, 0, 0x80),
    low_point(0xec, 0xff, 0xff),
];

const fn low_point(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut point = [middle; 32];
    point[0] = first;
    point[31] = last;
    point
}

/// The order of the base point (RFC 8032 5.1), little-endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
