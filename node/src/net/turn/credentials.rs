//! Credentials that need no storage: the user name holds the expiry, the password is its MAC under a key of this process.
//!
//! The form is that of the TURN REST API (draft-uberti-behave-turn-rest-00), which browsers' long-term credentials (RFC 8489
//! section 9.2) fit. They name nobody: the rest of the user name is random.

use std::io;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use turn_server::codec::crypto::{Password, generate_password};
use turn_server::codec::message::attributes::PasswordAlgorithm;

/// How long a credential is good for new allocations, in seconds (chosen: ten minutes; allocations that run go on).
pub const LIFE_S: u64 = 600;
/// The realm of all passwords. It is public and constant: one server has one key.
pub const REALM: &str = "milanio";

/// The key that all passwords of one server follow from. New in every process, since its allocations end with it.
#[derive(Clone)]
pub struct CredentialKey([u8; 32]);

impl CredentialKey {
    /// A new key; fails if the system has no randomness.
    pub fn random() -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Self(key))
    }

    /// A new user name, its password, and when it expires, in seconds since the Unix epoch. None without randomness.
    pub fn issue(&self, now_s: u64) -> Option<(String, String, u64)> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).ok()?;
        let expires_s = now_s.saturating_add(LIFE_S);
        let username = format!("{expires_s}:{}", data_encoding::BASE32_NOPAD.encode(&random));
        let password = self.password(&username);
        Some((username, password, expires_s))
    }

    /// The long-term key of `username`, if it has this server's form and has not expired by `now_s`.
    pub fn long_term(&self, username: &str, now_s: u64) -> Option<Password> {
        let (expires, random) = username.split_once(':')?;
        let expires_s: u64 = expires.parse().ok()?;
        let valid = random.len() == RANDOM_CHARACTERS && (now_s..=now_s.saturating_add(LIFE_S)).contains(&expires_s);
        valid.then(|| generate_password(username, &self.password(username), REALM, PasswordAlgorithm::Md5))
    }

    fn password(&self, username: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(username.as_bytes());
        BASE64.encode(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialKey(redacted)")
    }
}

const RANDOM_CHARACTERS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_S: u64 = 1_900_000_000;

    #[test]
    fn a_user_name_is_expiry_and_random_and_good_until_then() {
        let key = CredentialKey::random().unwrap();
        let (username, password, expires_s) = key.issue(NOON_S).unwrap();
        assert_eq!(expires_s, NOON_S + LIFE_S);
        assert_eq!(username.len(), "1900000600:".len() + RANDOM_CHARACTERS);
        let expected = generate_password(&username, &password, REALM, PasswordAlgorithm::Md5);
        assert_eq!(key.long_term(&username, NOON_S + LIFE_S), Some(expected));
        assert_eq!(key.long_term(&username, NOON_S + LIFE_S + 1), None);
        assert_ne!(key.issue(NOON_S).unwrap().0, username);
    }

    #[test]
    fn names_of_another_form_or_life_have_no_password() {
        let key = CredentialKey::random().unwrap();
        for username in ["", ":", "user1", "1900000600:short", "1900009999:AAAAAAAAAAAAAAAA", "-1:AAAAAAAAAAAAAAAA"] {
            assert_eq!(key.long_term(username, NOON_S), None, "{username}");
        }
    }

    #[test]
    fn the_password_of_one_server_is_not_that_of_another() {
        let (one, other) = (CredentialKey::random().unwrap(), CredentialKey::random().unwrap());
        let (username, ..) = one.issue(NOON_S).unwrap();
        assert_ne!(one.long_term(&username, NOON_S), other.long_term(&username, NOON_S));
    }
}
