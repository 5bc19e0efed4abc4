//! Proof that somebody reads a mailbox: a code of 8 characters that was written there, five tries, ten minutes, once.
//!
//! 40 bits and five tries: whoever guesses is right once in 200 billion times. Left out: sending, and what is done when a code
//! was right.

use data_encoding::{Encoding, Specification};

use super::keyed::{is_keyed, keyed};
use crate::api::RequestId;

/// How long a code is good, in seconds (OWASP ASVS 5.0, 6.5.5: ten minutes).
pub const CODE_LIFE_S: u64 = 600;
/// Tries that one code allows.
pub const MAX_TRIES: u8 = 5;
/// How long to wait before asking for another code, in seconds: the pace of letters to one address.
pub const RESEND_AFTER_S: u32 = 60;

/// What a right code leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The account is registered with the address of this hash.
    Register {
        /// The address, as a keyed hash.
        email: [u8; 32],
    },
    /// The account's address becomes the one of this hash.
    ChangeEmail {
        /// The address, as a keyed hash.
        email: [u8; 32],
    },
    /// The account's vault is handed out: its password was proven before.
    Vault,
    /// The address of this hash may go to the account, after a notice to who has it now.
    Reclaim {
        /// The address, as a keyed hash.
        email: [u8; 32],
    },
}

/// A code that was sent, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// Whose.
    pub account: [u8; 32],
    /// What a right code leads to.
    pub purpose: Purpose,
    /// The code, as a keyed hash. A code that nobody was sent has one too.
    pub code: [u8; 32],
    /// Wrong tries so far.
    pub tries: u8,
    /// When it is over, in seconds since the Unix epoch.
    pub expires_s: u64,
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Try {
    /// Right: the request is used up.
    Right,
    /// Wrong: this is to be stored instead.
    Wrong(OpenRequest),
    /// Over, or tried too often; nothing changes.
    Void,
}

impl OpenRequest {
    /// Tries what somebody typed for the request `id` at `now_s`.
    pub fn attempt(&self, key: &[u8; 32], id: &RequestId, typed: &str, now_s: u64) -> Try {
        if self.tries >= MAX_TRIES || now_s >= self.expires_s {
            return Try::Void;
        }
        let is_right = read(typed).is_some_and(|code| is_keyed(key, NAME, &[id.as_bytes(), &code], &self.code));
        if is_right { Try::Right } else { Try::Wrong(Self { tries: self.tries + 1, ..self.clone() }) }
    }
}

/// Names the one open request of `account` for what `purpose` leads to: asking again voids the earlier code. Says nothing to others.
pub fn request_id(key: &[u8; 32], account: &[u8; 32], purpose: &Purpose) -> RequestId {
    let kind: &[u8] = match purpose {
        Purpose::Register { .. } => b"register",
        Purpose::ChangeEmail { .. } => b"change-email",
        Purpose::Vault => b"vault",
        Purpose::Reclaim { .. } => b"reclaim",
    };
    let hash = keyed(key, "request-id", &[kind, account]);
    let (id, _) = hash.split_at(16);
    RequestId::from_bytes(id.try_into().unwrap_or_default())
}

/// A code of random bytes: how it is printed, and what is stored of it for the request `id`.
pub fn code(key: &[u8; 32], id: &RequestId, random: [u8; 5]) -> (String, [u8; 32]) {
    (crockford().encode(&random), keyed(key, NAME, &[id.as_bytes(), &random]))
}

// In either case, with look-alikes, spaces and dashes.
fn read(typed: &str) -> Option<[u8; 5]> {
    crockford().decode(typed.as_bytes()).ok()?.try_into().ok()
}

fn crockford() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.translate.from.push_str("abcdefghjkmnpqrstvwxyzoOiIlL");
    specification.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    specification.ignore.push_str(" -\t");
    specification.encoding().expect("32 distinct ASCII symbols and their look-alikes are an encoding")
}

const NAME: &str = "mail-code";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [3; 32];
    const NOON: u64 = 1_900_000_000;
    const ID: RequestId = RequestId::from_bytes([4; 16]);

    fn request(random: [u8; 5]) -> (String, OpenRequest) {
        let (printed, hash) = code(&KEY, &ID, random);
        let expires_s = NOON + CODE_LIFE_S;
        (printed, OpenRequest { account: [1; 32], purpose: Purpose::Vault, code: hash, tries: 0, expires_s })
    }

    #[test]
    fn a_code_may_be_typed_in_any_way_people_do() {
        let (printed, request) = request([0x00, 0x44, 0x32, 0x14, 0xc7]);
        let grouped = format!("{}-{}", &printed[..4], &printed[4..]);
        for typed in
            [printed.clone(), grouped.clone(), grouped.to_lowercase(), format!(" {} {}", &printed[..4], &printed[4..])]
        {
            assert_eq!(request.attempt(&KEY, &ID, &typed, NOON), Try::Right, "{typed}");
        }
        let alike = printed.replace('0', "o").replace('1', "l");
        assert_eq!(request.attempt(&KEY, &ID, &alike, NOON), Try::Right, "{alike}");
    }

    #[test]
    fn five_wrong_tries_void_a_code_and_so_do_ten_minutes() {
        let (printed, first) = request([1, 2, 3, 4, 5]);
        let mut request = first.clone();
        for _ in 0..MAX_TRIES {
            let Try::Wrong(next) = request.attempt(&KEY, &ID, "00000000", NOON) else { panic!("{request:?}") };
            request = next;
        }
        assert_eq!(request.attempt(&KEY, &ID, &printed, NOON), Try::Void);
        assert_eq!(first.attempt(&KEY, &ID, &printed, NOON + CODE_LIFE_S - 1), Try::Right);
        assert_eq!(first.attempt(&KEY, &ID, &printed, NOON + CODE_LIFE_S), Try::Void);
        let other = RequestId::from_bytes([5; 16]);
        assert!(matches!(first.attempt(&KEY, &other, &printed, NOON), Try::Wrong(_)), "for another request");
    }

    #[test]
    fn an_account_has_one_request_for_each_purpose() {
        let id = |account: u8, purpose: Purpose| request_id(&KEY, &[account; 32], &purpose);
        let (one, other) = (Purpose::Register { email: [1; 32] }, Purpose::Register { email: [2; 32] });
        assert_eq!(id(1, one), id(1, other), "another address voids the first code");
        assert_ne!(id(1, one), id(2, one));
        assert_ne!(id(1, one), id(1, Purpose::ChangeEmail { email: [1; 32] }));
        assert_ne!(id(1, one), id(1, Purpose::Vault));
    }

    proptest! {
        #[test]
        fn codes_are_eight_characters_and_no_other_text_is_right(random: [u8; 5], typed in "\\PC{0,12}") {
            let (printed, request) = request(random);
            prop_assert_eq!(printed.len(), 8);
            prop_assert_eq!(request.attempt(&KEY, &ID, &printed, NOON), Try::Right);
            let right = request.attempt(&KEY, &ID, &typed, NOON) == Try::Right;
            prop_assert_eq!(right, read(&typed) == Some(random));
        }
    }
}
