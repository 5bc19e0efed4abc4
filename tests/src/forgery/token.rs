//! Forged session tokens: other algorithms, other keys, other claims, other times, parts put together, and headers that are none.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384, Sha512};

use super::{
    chance::Chance,
    scene::{Person, Scene, bearer},
    world::{Ask, NOW_S, SESSION_KEY, issuer},
};

/// Seconds that a token runs, and that one may begin ahead of the server's clock.
const LIFE_S: u64 = 600;
const LEAD_S: u64 = 60;
/// What a token's first part says when it is genuine.
const HEADER: &str = r#"{"alg":"HS256","typ":"p2p-session+jwt"}"#;

/// `genuine` with another token; none if it has none, or if this change does not fit.
pub fn forge(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Option<(&'static str, Ask)> {
    let token = genuine.authorization.as_deref()?.strip_prefix("Bearer ")?;
    let (name, authorization) = match chance.below(10) {
        0 | 1 => ("token: changed", Some(bearer(&changed(token, chance)))),
        2 => ("token: cut, or with more", Some(bearer(&cut(token, chance)))),
        3 => ("token: other algorithm", Some(bearer(&other_algorithm(token, chance)))),
        4 => ("token: other key", Some(bearer(&other_key(token, chance)))),
        5 => ("token: other claims", Some(bearer(&other_claims(scene, token, chance)?))),
        6 => ("token: put together", Some(bearer(&spliced(scene, token, chance)))),
        7 => ("token: over, or not yet", Some(bearer(&other_time(&scene.owner, chance)))),
        8 => ("token: of a revoked device", Some(bearer(&scene.owner.token(&scene.owner.lost, NOW_S)))),
        _ => ("token: no such header", odd_header(token, chance)),
    };
    // With a session of their own, who forges may ask for what is theirs: only a proof or a code says whose request it is.
    let is_their_own = forgers(scene).iter().any(|token| authorization == Some(bearer(token)));
    if is_their_own && !scene.task.is_proven() && !scene.task.is_coded() {
        return None;
    }
    Some((name, Ask { authorization, ..genuine.clone() }))
}

fn changed(token: &str, chance: &mut Chance) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        bytes[at] = *chance.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=");
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn cut(token: &str, chance: &mut Chance) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    match chance.below(7) {
        0 => token[..chance.below(token.len())].to_owned(),
        1 => token[chance.below(token.len())..].to_owned(),
        2 => parts[..chance.below(3)].join("."),
        3 => format!("{token}.{}", chance.pick(&parts)),
        4 => format!("{token}{}", chance.pick(&["=", "==", "A", ".", " "])),
        5 => format!(".{token}"),
        _ => format!("{}..{}", parts[0], parts[2]),
    }
}

/// What the header calls for, with the server's own key where that is known to nobody but the server, and with what everybody
/// knows where it is not: the choice must not be the sender's (RFC 8725 section 3.1).
fn other_algorithm(token: &str, chance: &mut Chance) -> String {
    let claims = claims_of(token);
    let header = *chance.pick(&[
        r#"{"alg":"none","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"None","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"HS384","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"HS512","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"EdDSA","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"RS256","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"p2p-session+jwt","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"p2p-session+jwt","kid":"../../dev/null"}"#,
        r#"{"alg":"HS256","typ":"p2p-session+jwt","jwk":{"kty":"oct","k":""}}"#,
        r#"{"alg":"HS256","typ":"p2p-session+jwt","crit":["b64"],"b64":false}"#,
        r#"{ "alg":"HS256","typ":"p2p-session+jwt"}"#,
        r#"{"alg":"HS256","alg":"none","typ":"p2p-session+jwt"}"#,
    ]);
    let signed = signed_part(header, &claims);
    let key = *chance.pick(&[SESSION_KEY, issuer(), [0; 32]]);
    let mac = match chance.below(4) {
        0 => Vec::new(),
        1 => hs256(&key, &signed),
        2 => hs384(&key, &signed),
        _ => hs512(&key, &signed),
    };
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac))
}

/// Keys that a stranger may come upon: public ones, empty ones, texts of them.
fn other_key(token: &str, chance: &mut Chance) -> String {
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    let key = match chance.below(6) {
        0 => issuer().to_vec(),
        1 => BASE64URL_NOPAD.encode(&issuer()).into_bytes(),
        2 => Vec::new(),
        3 => vec![0; 32],
        4 => b"secret".to_vec(),
        _ => chance.bytes::<32>().to_vec(),
    };
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&hs256(&key, signed)))
}

/// Other claims, under the old MAC, a stranger's, or even the right one where no such token may ever be good.
fn other_claims(scene: &Scene, token: &str, chance: &mut Chance) -> Option<String> {
    let (text, key) = (claims_of(token), |bytes: &[u8; 32]| BASE64URL_NOPAD.encode(bytes));
    let (owner, forger) = (&scene.owner, &scene.forger);
    let (now, end) = (NOW_S.to_string(), (NOW_S + LIFE_S).to_string());
    // Whether it may be refused although the MAC fits: the rest would be the server's own word.
    let (from, to, is_never_good) = match chance.below(9) {
        0 => (key(owner.account.id().as_bytes()), key(forger.account.id().as_bytes()), false),
        1 => (key(owner.device.id().as_bytes()), key(forger.device.id().as_bytes()), false),
        2 => (key(owner.device.id().as_bytes()), key(owner.lost.id().as_bytes()), true),
        3 => (end, (NOW_S + 10 * LIFE_S).to_string(), true),
        4 => (now, (NOW_S + LIFE_S).to_string(), true),
        5 => (key(&issuer()), key(&chance.bytes()), true),
        6 => ("{".to_owned(), "{\"nbf\":0,".to_owned(), true),
        7 => ("\"exp\"".to_owned(), "\"exp\":9999999999,\"exp\"".to_owned(), true),
        _ => (",".to_owned(), ", ".to_owned(), true),
    };
    let claims = text.replacen(&from, &to, 1);
    if claims == text {
        return None;
    }
    let (signed, old) = (signed_part(HEADER, &claims), token.rsplit('.').next()?);
    let mac = match chance.below(3) {
        0 => old.to_owned(),
        1 if is_never_good => BASE64URL_NOPAD.encode(&hs256(&SESSION_KEY, &signed)),
        _ => BASE64URL_NOPAD.encode(&hs256(&chance.bytes::<32>(), &signed)),
    };
    Some(format!("{signed}.{mac}"))
}

/// Parts of genuine tokens: the owner's, and those that who forges has.
fn spliced(scene: &Scene, token: &str, chance: &mut Chance) -> String {
    let [one, other] = forgers(scene);
    let tokens = [token, &one, &other].map(|token| token.split('.').collect::<Vec<_>>());
    (0..3).map(|part| chance.pick(&tokens)[part]).collect::<Vec<_>>().join(".")
}

/// Tokens that who forges has rightly got.
fn forgers(scene: &Scene) -> [String; 2] {
    let forger = &scene.forger;
    [forger.token(&forger.device, NOW_S), forger.token(&forger.second, NOW_S + 1)]
}

/// Genuine ones whose time has passed or not come.
fn other_time(owner: &Person, chance: &mut Chance) -> String {
    let away_s = chance.below(1_000_000) as u64;
    let issued_s = match chance.below(4) {
        0 => NOW_S - LIFE_S,
        1 => NOW_S - LIFE_S - away_s,
        2 => NOW_S + LEAD_S + 1,
        _ => NOW_S + LEAD_S + 1 + away_s,
    };
    owner.token(&owner.device, issued_s)
}

fn odd_header(token: &str, chance: &mut Chance) -> Option<String> {
    let name = BASE64URL_NOPAD.encode(format!("{token}:").as_bytes());
    match chance.below(8) {
        0 => None,
        1 => Some(String::new()),
        2 => Some(token.to_owned()),
        3 => Some("Bearer ".to_owned()),
        4 => Some(format!("Basic {name}")),
        5 => Some(format!("Bearer  {token}")),
        6 => Some(format!("Bearer {token}, Bearer {token}")),
        _ => Some(format!("Bearer {}", "A".repeat(2_000))),
    }
}

fn claims_of(token: &str) -> String {
    let claims = token.split('.').nth(1).and_then(|claims| BASE64URL_NOPAD.decode(claims.as_bytes()).ok());
    claims.and_then(|claims| String::from_utf8(claims).ok()).unwrap_or_default()
}

fn signed_part(header: &str, claims: &str) -> String {
    format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(claims.as_bytes()))
}

fn hs256(key: &[u8], signed: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(signed).finalize().into_bytes().to_vec());
    mac.unwrap_or_default()
}

fn hs384(key: &[u8], signed: &str) -> Vec<u8> {
    let mac = Hmac::<Sha384>::new_from_slice(key).map(|mac| mac.chain_update(signed).finalize().into_bytes().to_vec());
    mac.unwrap_or_default()
}

fn hs512(key: &[u8], signed: &str) -> Vec<u8> {
    let mac = Hmac::<Sha512>::new_from_slice(key).map(|mac| mac.chain_update(signed).finalize().into_bytes().to_vec());
    mac.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forgery::world::session_key;

    #[test]
    fn this_is_how_genuine_tokens_are_made() {
        let device = milanio_identity::DeviceKey::from_seed([1; 32]);
        let account = milanio_identity::AccountKey::from_seed([2; 32]).id();
        let claims = milanio_rendezvous::core::session::SessionClaims {
            account,
            device: device.id(),
            id: [3; 16],
            issued_s: NOW_S,
        };
        let token = session_key().issue(&claims).expect("a token");
        let signed = signed_part(HEADER, &claims_of(&token));
        assert_eq!(format!("{signed}.{}", BASE64URL_NOPAD.encode(&hs256(&SESSION_KEY, &signed))), token);
    }
}
