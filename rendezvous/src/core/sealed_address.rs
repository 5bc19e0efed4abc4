//! A mailbox's address while a takeover of it waits, so that reminders can be written: sealed under a key that is not in the store.
//!
//! All have one length. Left out: when they are removed.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};

/// Bytes of the padded address: the longest there is (RFC 5321 section 4.5.3.1.3) and its length.
const PADDED: usize = 256;

/// Seals `address` under `key` for the record `id`. `nonce` is random. None if the address is too long to be one.
pub fn seal(key: &[u8; 32], id: &[u8], nonce: [u8; 24], address: &str) -> Option<Vec<u8>> {
    let mut padded = [0; PADDED];
    let (length, room) = padded.split_first_mut()?;
    *length = u8::try_from(address.len()).ok()?;
    room.get_mut(..address.len())?.copy_from_slice(address.as_bytes());
    let payload = Payload { msg: &padded, aad: id };
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made. None if it was changed, or sealed under another key or for another record.
pub fn open(key: &[u8; 32], id: &[u8], sealed: &[u8]) -> Option<String> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let payload = Payload { msg: sealed, aad: id };
    let padded = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload).ok()?;
    let (length, room) = padded.split_first()?;
    String::from_utf8(room.get(..usize::from(*length))?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [3; 32];

    #[test]
    fn an_address_opens_for_its_record_and_key_and_shows_nothing() {
        let sealed = seal(&KEY, b"one", [9; 24], "ada@example.org").unwrap();
        assert_eq!(open(&KEY, b"one", &sealed).as_deref(), Some("ada@example.org"));
        assert_eq!(open(&KEY, b"other", &sealed), None);
        assert_eq!(open(&[4; 32], b"one", &sealed), None);
        assert_eq!(sealed.len(), seal(&KEY, b"one", [9; 24], "a@b.example").unwrap().len());
        assert!(!sealed.windows(3).any(|bytes| bytes == b"ada"));
        assert_eq!(seal(&KEY, b"one", [9; 24], &"a".repeat(256)), None);
    }

    proptest! {
        #[test]
        fn no_changed_or_made_up_bytes_open(at: prop::sample::Index, bit in 0_u8..8, bytes: Vec<u8>) {
            let mut sealed = seal(&KEY, b"one", [9; 24], "ada@example.org").unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(open(&KEY, b"one", &sealed), None);
            prop_assert_eq!(open(&KEY, b"one", &bytes), None);
        }
    }
}
