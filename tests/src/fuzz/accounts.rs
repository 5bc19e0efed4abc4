//! Targets for what accounts bring: what a server keeps, what peers show each other, and what a stranger posts.

pub(super) mod seeds;

use std::fmt::Debug;

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use milanio_identity::{
    AccountKey, Attestation, DeviceKey, DeviceList, ExportKey, IssuerKey, Label, MAX_VAULT_BYTES, OpaqueServer, Phrase,
    Profile, open_file, open_vault, seal_vault,
};
use milanio_rendezvous::{
    api::{
        ChangeEmail, Empty, LinkMessage, Login, OpaqueFinish, OpaqueLogin, OpaqueRegister, OpaqueVault, ProfileRecord,
        Proven, PutDevices, PutVault, Register, Verify, VerifyEmail,
    },
    core::email::EmailAddress,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

use super::{NONCE, NOW};

/// Signed device lists: the bytes as a list, and as a list that the account signed.
pub fn device_list(data: &[u8]) -> bool {
    let signed = signer(*account().seed()).sign(Label::DeviceList, data);
    let read = [data, [data, &signed.0].concat().as_slice()].map(|bytes| {
        let read = DeviceList::from_bytes(bytes);
        if let Ok(list) = &read {
            assert_eq!(list.to_bytes(), bytes);
            let _ = list.verify();
        }
        read.is_ok()
    });
    read.contains(&true)
}

/// Attestations: the bytes as one, and as one that the issuer signed.
pub fn attestation(data: &[u8]) -> bool {
    let signed = signer(ISSUER).sign(Label::Attestation, data);
    let read = [data, [data, &signed.0].concat().as_slice()].map(|bytes| {
        let read = Attestation::from_bytes(bytes);
        if let Ok(attestation) = &read {
            assert_eq!(attestation.to_bytes(), bytes);
            let _ = attestation.verify(&[IssuerKey::from_seed(ISSUER).id()], NOW.as_secs());
        }
        read.is_ok()
    });
    read.contains(&true)
}

/// 24 words, however they were typed.
pub fn phrase(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let read = Phrase::parse(&text);
    if let Ok(account) = &read {
        let again = Phrase::parse(&Phrase::of(account).words().join(" "));
        assert_eq!(again.map(|account| account.id()), Ok(account.id()));
    }
    let _ = Phrase::suggest(&text);
    read.is_ok()
}

/// Sealed profiles: the bytes as one, and as the plaintext of one that is rightly sealed.
pub fn profile(data: &[u8]) -> bool {
    let read = Profile::open(&account(), SEQ, data).is_ok();
    let sealed = sealed(account().seed(), "profile", data);
    let Ok(profile) = Profile::open(&account(), SEQ, &sealed) else { return read };
    assert_eq!(profile.check(), Ok(()));
    let again = profile.seal(&account(), SEQ, &mut rng()).expect("an allowed profile can be sealed");
    assert_eq!(Profile::open(&account(), SEQ, &again), Ok(profile));
    assert_eq!(again.len(), sealed.len());
    true
}

/// Vaults, in the same way, and exported files.
pub fn keepsake(data: &[u8]) -> bool {
    let export_key = ExportKey::from_bytes(EXPORT_KEY);
    let vault = open_vault(&export_key, account().id(), SEQ, data);
    let file = open_file(b"password", data);
    let sealed = sealed(&EXPORT_KEY, "vault", data);
    let Ok(keepsake) = open_vault(&export_key, account().id(), SEQ, &sealed) else {
        return vault.is_ok() || file.is_ok();
    };
    assert_eq!(keepsake.account.id(), account().id());
    assert!(sealed.len() <= MAX_VAULT_BYTES);
    let again = seal_vault(&export_key, SEQ, &keepsake, &mut rng()).expect("an allowed keepsake can be sealed");
    assert_eq!(again.len(), sealed.len());
    true
}

/// The messages of OPAQUE that a server reads.
pub fn opaque(data: &[u8]) -> bool {
    let server = OpaqueServer::from_seed(&[1; 32]);
    let registration = server.registration(data, b"id");
    let record = OpaqueServer::record(data);
    if let Ok(record) = &record {
        assert_eq!(record, data);
        let _ = server.login_start(Some(record), &[7; 96], b"id", &mut rng());
    }
    let Ok(login) = server.login_start(None, data, b"id", &mut rng()) else {
        return registration.is_ok() || record.is_ok();
    };
    OpaqueServer::login_finish(&login.state, data).expect_err("a first message is no last one");
    true
}

/// Addresses as people type them.
pub fn email(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let Ok(address) = EmailAddress::parse(&text) else { return false };
    assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
    assert_eq!(address.as_str().matches('@').count(), 1);
    assert!(address.as_str().ends_with(address.domain()));
    assert!(!address.as_str().contains(|letter: char| letter.is_control() || letter.is_whitespace()));
    true
}

/// Bodies of the requests that concern accounts: what is accepted says the same when it is written again.
pub fn http_body(data: &[u8]) -> bool {
    let read = [
        body::<Empty>(data),
        body::<Proven<Empty>>(data),
        body::<Proven<Register>>(data),
        body::<Proven<Verify>>(data),
        body::<Proven<Login>>(data),
        body::<Proven<PutVault>>(data),
        body::<Proven<PutDevices>>(data),
        body::<Proven<ChangeEmail>>(data),
        body::<ProfileRecord>(data),
        body::<VerifyEmail>(data),
        body::<OpaqueRegister>(data),
        body::<OpaqueLogin>(data),
        body::<OpaqueFinish>(data),
        body::<OpaqueVault>(data),
        body::<LinkMessage>(data),
    ];
    read.contains(&true)
}

fn body<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<T>(data) else { return false };
    let again = serde_json::to_vec(&body).expect("a request encodes");
    assert_eq!(serde_json::from_slice::<T>(&again).ok(), Some(body));
    true
}

/// What an account would have sealed for itself, put together from the format's description alone.
fn sealed(secret: &[u8], kind: &str, plaintext: &[u8]) -> Vec<u8> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[DOMAIN, kind.as_bytes(), &[0]], &mut key)
        .expect("32 bytes can be expanded");
    let aad = [&[1], kind.as_bytes(), &[0], account().id().as_bytes().as_slice(), &SEQ.to_be_bytes()].concat();
    let sealed = XChaCha20Poly1305::new(&key.into())
        .encrypt(&NONCE.into(), Payload { msg: plaintext, aad: &aad })
        .expect("an input can be sealed");
    [&[1], NONCE.as_slice(), &sealed].concat()
}

fn account() -> AccountKey {
    AccountKey::from_seed([3; 32])
}

/// Signs as any key of that seed does.
fn signer(seed: [u8; 32]) -> DeviceKey {
    DeviceKey::from_seed(seed)
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// In front of every derivation.
const DOMAIN: &[u8] = b"milanio/v1/";
/// The number of the write that everything here is bound to.
const SEQ: u64 = 3;
const ISSUER: [u8; 32] = [5; 32];
const EXPORT_KEY: [u8; 64] = [6; 64];
