//! Keyed hashes: HMAC-SHA256 (RFC 2104) over a name and parts, each with its length in front, so that no two uses share bytes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The keyed hash of `parts` for the purpose `name`.
pub fn keyed(key: &[u8; 32], name: &str, parts: &[&[u8]]) -> [u8; 32] {
    mac(key, name, parts).finalize().into_bytes().into()
}

/// True if `hash` is the keyed hash of `parts` for `name`. Takes the same time whatever it is.
pub fn is_keyed(key: &[u8; 32], name: &str, parts: &[&[u8]], hash: &[u8]) -> bool {
    mac(key, name, parts).verify_slice(hash).is_ok()
}

fn mac(key: &[u8; 32], name: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in std::iter::once(name.as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_parts_are_told_apart() {
        let hash = |name: &str, parts: &[&[u8]]| keyed(&[7; 32], name, parts);
        assert_ne!(hash("a", &[b"bc"]), hash("a", &[b"b", b"c"]));
        assert_ne!(hash("a", &[b"bc"]), hash("ab", &[b"c"]));
        assert_ne!(hash("a", &[b"bc"]), keyed(&[8; 32], "a", &[b"bc"]));
        assert!(is_keyed(&[7; 32], "a", &[b"bc"], &hash("a", &[b"bc"])));
        assert!(!is_keyed(&[7; 32], "a", &[b"bd"], &hash("a", &[b"bc"])));
        assert!(!is_keyed(&[7; 32], "a", &[b"bc"], &hash("a", &[b"bc"])[..16]));
    }
}
