//! Hashing a password, and the cryptography of logins without anything around it: this thread's CPU time.

use std::{hint::black_box, time::Duration};

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};
use milanio_identity::{
    AccountKey, Attestation, AttestationLevel, DeviceCert, DeviceKey, IssuerKey, OpaqueLogin, OpaqueRegistration,
    OpaqueServer, RequestContext, RequestProof,
};
use milanio_tests::lab::cpu;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::PASSWORD;

/// Hashes in a round.
const HASHES: u32 = 10;
/// Logins' worth of bare cryptography in a round.
const LOGINS: u32 = 200;
/// What a server that hashes passwords is advised to take at least: 19 MiB, two passes (OWASP, "Password Storage").
const HASH_MEMORY_KIB: u32 = 19 * 1024;
const HASH_PASSES: u32 = 2;
const NOW_S: u64 = 1_900_000_000;

/// One hash.
pub fn argon2id() -> Result<Duration> {
    let params = Params::new(HASH_MEMORY_KIB, HASH_PASSES, 1, Some(32)).map_err(|error| anyhow!("{error}"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    each(HASHES, || {
        let mut output = [0; 32];
        let hashed = argon2.hash_password_into(black_box(PASSWORD), b"salt of 16 bytes", &mut output);
        hashed.map_err(|error| anyhow!("{error}"))?;
        black_box(output);
        Ok(())
    })
}

/// The signatures of one login by key: the proof and the certificate are checked, the attestation is made (Ed25519 all).
pub fn key_login() -> Result<Duration> {
    let (account, device) = (AccountKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
    let issuer = IssuerKey::from_seed([3; 32]);
    let cert = DeviceCert::issue(&account, device.id(), NOW_S, NOW_S + 86_400)?;
    let request = RequestContext {
        origin: "http://localhost:8080",
        challenge: &[7; 56],
        account: account.id(),
        method: "POST",
        path: "/api/auth/login",
        digest: [8; 32],
    };
    let proof = RequestProof::sign(&device, &request)?;
    each(LOGINS, || {
        RequestProof::verify(&device.id(), black_box(&request), &proof)?;
        black_box(&cert).verify(NOW_S)?;
        black_box(Attestation::issue(&issuer, account.id(), AttestationLevel::Email, 22_000));
        Ok(())
    })
}

/// Both steps of OPAQUE at the server, for a password that is right.
pub fn opaque() -> Result<Duration> {
    let (server, id) = (OpaqueServer::from_seed(&[4; 32]), [5; 32]);
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let (registration, request) = OpaqueRegistration::start(PASSWORD, &mut rng)?;
    let (upload, _) = registration.finish(PASSWORD, &server.registration(&request, &id)?, &mut rng)?;
    let record = OpaqueServer::record(&upload)?;
    let (client, request) = OpaqueLogin::start(PASSWORD, &mut rng)?;
    let started = server.login_start(Some(&record), &request, &id, &mut rng)?;
    // The last step takes what answers this first step, again and again.
    let (finalization, _) = client.finish(PASSWORD, &started.response, &mut rng)?;
    each(LOGINS, || {
        black_box(server.login_start(Some(black_box(&record)), &request, &id, &mut rng)?);
        OpaqueServer::login_finish(&started.state, black_box(&finalization))?;
        Ok(())
    })
}

fn each(count: u32, mut act: impl FnMut() -> Result<()>) -> Result<Duration> {
    act()?;
    let all = cpu::of_this_thread(|| (0..count).try_for_each(|_| act()))?;
    Ok(all / count)
}
