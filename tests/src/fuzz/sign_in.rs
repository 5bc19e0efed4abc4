//! Targets for what signs people in: session tokens, password logins between their steps, and proofs of requests; with their seeds.

use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, aead::Aead as _};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac as _};
use milanio_identity::{AccountKey, DeviceCert};
use milanio_rendezvous::{
    api::{Asker, Base64Bytes, ChallengeText, KeyText, LOGIN_PATH, Login, LoginState, Proven, Target},
    core::{
        challenge::{UsedChallenges, issue},
        login_state::PendingLogin,
        session::{SessionClaims, SessionKey},
    },
};
use sha2::Sha256;

use super::{NONCE, NOW, device};

/// Session tokens: the text as one, and the bytes as the claims of one whose MAC fits. Only what this server would write is taken.
pub fn session(data: &[u8]) -> bool {
    let key = SessionKey::new(KEY, KeyText::from_bytes(ISSUER));
    let signed = format!("{}.{}", BASE64URL_NOPAD.encode(HEADER), BASE64URL_NOPAD.encode(data));
    let mac = Hmac::<Sha256>::new_from_slice(&KEY).expect("any length").chain_update(&signed).finalize().into_bytes();
    let as_claims = format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac));
    let read = [String::from_utf8_lossy(data).into_owned(), as_claims].map(|token| {
        let Ok(claims) = key.open(&token, NOW.as_secs()) else { return false };
        assert_eq!(key.issue(&claims), Ok(token));
        assert!(claims.expires_s() > NOW.as_secs());
        true
    });
    read.contains(&true)
}

/// Password logins between their steps: the bytes as one, and as the plaintext of one that the server sealed.
pub fn login_state(data: &[u8]) -> bool {
    let open = |bytes: Vec<u8>| {
        let state = LoginState::new(bytes).ok()?;
        PendingLogin::open(&KEY, &state, NOW.as_secs()).ok().map(|(login, _)| (login, state))
    };
    let is_sealed = open(data.to_vec()).is_some();
    assert!(data == login() || !is_sealed, "taken without the key");
    let sealed = XChaCha20Poly1305::new(&KEY.into()).encrypt(&NONCE.into(), data).expect("an input can be sealed");
    let Some((login, state)) = open([NONCE.as_slice(), &sealed].concat()) else { return is_sealed };
    assert!(login.expires_s > NOW.as_secs());
    assert_eq!(login.seal(&KEY, NONCE), Ok(state));
    true
}

/// Requests with their proofs: of those that can be read, exactly what the device would sign holds. And challenges: only the one that
/// was given out counts.
pub fn request_proof(data: &[u8]) -> bool {
    if let Ok(bytes) = <[u8; 56]>::try_from(data) {
        let (given, _) = issue(&KEY, CHALLENGE_NONCE, NOW.as_secs());
        let spent = UsedChallenges::default().spend(&KEY, &ChallengeText::from_bytes(bytes), NOW.as_secs());
        assert_eq!(spent.is_ok(), *given.as_bytes() == bytes);
    }
    let Ok(request) = serde_json::from_slice::<Proven<Login>>(data) else { return false };
    let signed = sign(request.body.clone(), request.proof.challenge);
    assert_eq!(verifies(&signed), Some(true));
    assert_eq!(verifies(&request) == Some(true), request == signed);
    true
}

/// A token, and claims.
pub fn sessions() -> Vec<Vec<u8>> {
    let claims = SessionClaims { account: account().id(), device: device().id(), id: [7; 16], issued_s: NOW.as_secs() };
    let token = SessionKey::new(KEY, KeyText::from_bytes(ISSUER)).issue(&claims).expect("a token");
    let claims = token.split('.').nth(1).and_then(|claims| BASE64URL_NOPAD.decode(claims.as_bytes()).ok());
    vec![token.into_bytes(), claims.expect("a token has claims")]
}

/// A sealed login, and the plaintext of one.
pub fn login_states() -> Vec<Vec<u8>> {
    let pending = pending();
    let head = [pending.email.as_slice(), &pending.account, &pending.expires_s.to_be_bytes()].concat();
    vec![login(), [head.as_slice(), &pending.opaque].concat()]
}

/// A proven request, and a challenge.
pub fn request_proofs() -> Vec<Vec<u8>> {
    let (challenge, _) = issue(&KEY, CHALLENGE_NONCE, NOW.as_secs());
    let cert = DeviceCert::issue(&account(), device().id(), NOW.as_secs(), NOW.as_secs() + 86_400);
    let cert = cert.expect("a day is allowed").to_bytes().try_into().expect("certificates have one length");
    let body = Login {
        account: KeyText::from_bytes(*account().id().as_bytes()),
        cert: Base64Bytes::from_bytes(cert),
        email: None,
        language: None,
    };
    let request = serde_json::to_vec(&sign(body, challenge)).expect("a request encodes");
    vec![request, challenge.as_bytes().to_vec()]
}

fn sign(body: Login, challenge: ChallengeText) -> Proven<Login> {
    let device = device();
    let asker = Asker { origin: ORIGIN, account: account().id(), device: &device };
    Proven::sign(body, Target::post(LOGIN_PATH), challenge, &asker).expect("a short request")
}

/// Whether the device signed it; none if another key is named.
fn verifies(request: &Proven<Login>) -> Option<bool> {
    let signer = request.verify(Target::post(LOGIN_PATH), ORIGIN, account().id()).ok();
    (*request.proof.device.as_bytes() == *device().id().as_bytes()).then_some(signer == Some(device().id()))
}

fn pending() -> PendingLogin {
    let expires_s = NOW.as_secs() + 60;
    PendingLogin { email: [1; 32], account: [2; 32], expires_s, opaque: vec![7; 128].into() }
}

fn login() -> Vec<u8> {
    pending().seal(&KEY, NONCE).expect("a short state").into_bytes()
}

fn account() -> AccountKey {
    AccountKey::from_seed([3; 32])
}

const KEY: [u8; 32] = [4; 32];
const ISSUER: [u8; 32] = [5; 32];
const CHALLENGE_NONCE: [u8; 16] = [6; 16];
const ORIGIN: &str = "https://milanio.example";
const HEADER: &[u8] = br#"{"alg":"HS256","typ":"p2p-session+jwt"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_taken() {
        let key = SessionKey::new(KEY, KeyText::from_bytes(ISSUER));
        let token = String::from_utf8(sessions()[0].clone()).expect("tokens are text");
        assert!(key.open(&token, NOW.as_secs()).is_ok());
        let request: Proven<Login> = serde_json::from_slice(&request_proofs()[0]).expect("a request");
        assert_eq!(verifies(&request), Some(true));
        let state = LoginState::new(login_states()[0].clone()).expect("a short state");
        assert!(PendingLogin::open(&KEY, &state, NOW.as_secs()).is_ok());
    }
}
