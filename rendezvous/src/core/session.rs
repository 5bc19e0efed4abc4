//! Session tokens: JSON Web Tokens (RFC 7519) in one form only.
//!
//! One algorithm (HS256), one header, one order of claims: a token is good if this server would write the very same one. So there is
//! no choice of algorithm to confuse, no key to be named by whoever sends it, and nothing that is read two ways (RFC 8725). Left
//! out: devices that signed out or were revoked, which only the store knows.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use milanio_identity::{AccountId, DeviceId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::ZeroizeOnDrop;

use crate::api::{Base64Bytes, KeyText};

/// How long a session lasts, in seconds: ten minutes.
pub const SESSION_LIFE_S: u64 = 600;
/// How far in the future a token may begin, in seconds: somebody who signs out and in again within a second gets the next second.
pub const MAX_LEAD_S: u64 = 60;

/// Whose session it is. One that exists was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// The account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// Random: tells two sessions apart.
    pub id: [u8; 16],
    /// When it began, in seconds since the Unix epoch.
    pub issued_s: u64,
}

impl SessionClaims {
    /// When it ends, in seconds since the Unix epoch.
    pub const fn expires_s(&self) -> u64 {
        self.issued_s.saturating_add(SESSION_LIFE_S)
    }
}

/// The token is not one of a running session of this server. Whoever sends it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over or was never one")]
pub struct SessionInvalid;

/// The key that session tokens are made and checked with.
#[derive(ZeroizeOnDrop)]
pub struct SessionKey {
    key: [u8; 32],
    #[zeroize(skip)]
    issuer: KeyText,
}

impl SessionKey {
    /// The secret `key` of the server whose attestations verify under `issuer`.
    pub const fn new(key: [u8; 32], issuer: KeyText) -> Self {
        Self { key, issuer }
    }

    /// The token of a session.
    pub fn issue(&self, session: &SessionClaims) -> Result<String, SessionInvalid> {
        let claims = Claims {
            iss: self.issuer,
            aud: self.issuer,
            sub: KeyText::from_bytes(*session.account.as_bytes()),
            cnf: Confirmation { kid: KeyText::from_bytes(*session.device.as_bytes()) },
            jti: Base64Bytes::from_bytes(session.id),
            iat: session.issued_s,
            exp: session.expires_s(),
        };
        let claims = serde_json::to_vec(&claims).map_err(|_| SessionInvalid)?;
        let signed = format!("{}.{}", BASE64URL_NOPAD.encode(HEADER), BASE64URL_NOPAD.encode(&claims));
        let mac = BASE64URL_NOPAD.encode(&self.mac(&signed).finalize().into_bytes());
        Ok(format!("{signed}.{mac}"))
    }

    /// Whose session `token` is at `now_s` (seconds since the Unix epoch).
    pub fn open(&self, token: &str, now_s: u64) -> Result<SessionClaims, SessionInvalid> {
        let (signed, mac) = token.rsplit_once('.').filter(|_| token.len() <= MAX_TOKEN_BYTES).ok_or(SessionInvalid)?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).map_err(|_| SessionInvalid)?;
        self.mac(signed).verify_slice(&mac).map_err(|_| SessionInvalid)?;
        let claims = signed.split_once('.').map(|(_, claims)| claims).ok_or(SessionInvalid)?;
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).map_err(|_| SessionInvalid)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| SessionInvalid)?;
        let session = SessionClaims {
            account: AccountId::from_bytes(claims.sub.as_bytes()).map_err(|_| SessionInvalid)?,
            device: DeviceId::from_bytes(claims.cnf.kid.as_bytes()).map_err(|_| SessionInvalid)?,
            id: *claims.jti.as_bytes(),
            issued_s: claims.iat,
        };
        // Header, issuer, audience, length of life and every byte of the encoding at once.
        let is_ours = self.issue(&session)? == token;
        let runs = session.issued_s <= now_s.saturating_add(MAX_LEAD_S) && now_s < session.expires_s();
        if is_ours && runs { Ok(session) } else { Err(SessionInvalid) }
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        mac
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

const HEADER: &[u8] = br#"{"alg":"HS256","typ":"p2p-session+jwt"}"#;
/// Longest token that is looked at, in bytes (a token has less than 500).
const MAX_TOKEN_BYTES: usize = 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: KeyText,
    aud: KeyText,
    sub: KeyText,
    cnf: Confirmation,
    jti: Base64Bytes<16>,
    iat: u64,
    exp: u64,
}

// RFC 7800 section 3.4.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    kid: KeyText,
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey};
    use proptest::prelude::*;

    use super::*;

    const NOON: u64 = 1_900_000_000;

    fn key() -> SessionKey {
        SessionKey::new([5; 32], KeyText::from_bytes([6; 32]))
    }

    fn session() -> SessionClaims {
        let (account, device) = (AccountKey::from_seed([1; 32]).id(), DeviceKey::from_seed([2; 32]).id());
        SessionClaims { account, device, id: [3; 16], issued_s: NOON }
    }

    fn forged(header: &str, claims: &str, key: &SessionKey) -> String {
        let signed =
            format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(claims.as_bytes()));
        let mac = BASE64URL_NOPAD.encode(&key.mac(&signed).finalize().into_bytes());
        format!("{signed}.{mac}")
    }

    fn claims_of(token: &str) -> String {
        let claims = token.split('.').nth(1).unwrap();
        String::from_utf8(BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_session_runs_ten_minutes() {
        let token = key().issue(&session()).unwrap();
        assert_eq!(key().open(&token, NOON), Ok(session()));
        assert_eq!(key().open(&token, NOON + 599), Ok(session()));
        assert_eq!(key().open(&token, NOON + 600), Err(SessionInvalid));
        assert_eq!(key().open(&token, NOON - MAX_LEAD_S), Ok(session()));
        assert_eq!(key().open(&token, NOON - MAX_LEAD_S - 1), Err(SessionInvalid), "from the future");
    }

    #[test]
    fn other_algorithms_other_types_and_other_lives_are_refused_although_the_mac_fits() {
        let token = key().issue(&session()).unwrap();
        let (header, claims) = (std::str::from_utf8(HEADER).unwrap(), claims_of(&token));
        assert_eq!(forged(header, &claims, &key()), token, "this is how tokens are made");
        for other in [
            r#"{"alg":"none","typ":"p2p-session+jwt"}"#,
            r#"{"alg":"HS512","typ":"p2p-session+jwt"}"#,
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"typ":"p2p-session+jwt","alg":"HS256"}"#,
            r#"{"alg":"HS256","typ":"p2p-session+jwt","kid":"x"}"#,
        ] {
            assert_eq!(key().open(&forged(other, &claims, &key()), NOON), Err(SessionInvalid), "{other}");
        }
        for (from, to) in
            [("1900000600", "1900009999"), ("{", "{ "), ("\"exp\"", "\"nbf\":1,\"exp\""), ("BgYG", "BwcH")]
        {
            let changed = claims.replacen(from, to, 1);
            assert_ne!(changed, claims, "{from}");
            assert_eq!(key().open(&forged(header, &changed, &key()), NOON), Err(SessionInvalid), "{changed}");
        }
        let other = SessionKey::new([5; 32], KeyText::from_bytes([7; 32]));
        assert_eq!(other.open(&token, NOON), Err(SessionInvalid), "another server's");
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(key().open(&unsigned, NOON), Err(SessionInvalid));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_changed_token_opens(at: prop::sample::Index, with in "[A-Za-z0-9._=-]") {
            let token = key().issue(&session()).unwrap();
            let at = at.index(token.len());
            let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
            prop_assert_eq!(key().open(&changed, NOON).is_ok(), changed == token);
        }

        #[test]
        fn no_text_panics_or_opens(token in "\\PC{0,80}", secret: [u8; 32]) {
            prop_assert_eq!(key().open(&token, NOON), Err(SessionInvalid));
            let stranger = SessionKey::new(secret, KeyText::from_bytes([6; 32])).issue(&session()).unwrap();
            prop_assert_eq!(key().open(&stranger, NOON), Err(SessionInvalid));
        }
    }
}
