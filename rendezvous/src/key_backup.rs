//! The server's key files in one file, sealed with a passphrase.
//!
//! Layout: [`MAGIC`], a salt (16 bytes), a nonce (24 bytes), XChaCha20-Poly1305 over the files with all before as associated data. The
//! key is Argon2id of the passphrase (64 MiB, 3 passes: RFC 9106 section 4, second choice, in one lane). Left out: where files are.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

/// What every such file begins with. The number is the version of layout and cost.
pub const MAGIC: &[u8; 15] = b"MILANIO-KEYS-1\n";
/// Shortest passphrase, in characters: what people must use for their own passwords as well.
pub const MIN_PASSPHRASE: usize = 12;

/// Files by their path below the data directory, with `/` between its parts.
pub type KeyFiles = Vec<(String, Zeroizing<Vec<u8>>)>;

/// Why keys cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyBackupError {
    /// The passphrase is too short.
    #[error("the passphrase must have at least {MIN_PASSPHRASE} characters")]
    PassphraseTooShort,
    /// The file begins differently.
    #[error("the file is not a backup of keys of this program, or of a newer one")]
    NotABackup,
    /// The passphrase is wrong, or the file was changed.
    #[error("the passphrase is wrong, or the file is damaged")]
    Refused,
    /// There is not enough memory for Argon2id.
    #[error("not enough memory")]
    Memory,
}

/// Seals `files` under `passphrase`. `random` must never have been used before.
pub fn seal(files: &KeyFiles, passphrase: &str, random: [u8; SALT + NONCE]) -> Result<Vec<u8>, KeyBackupError> {
    if passphrase.chars().count() < MIN_PASSPHRASE {
        return Err(KeyBackupError::PassphraseTooShort);
    }
    let plain: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let plain = Zeroizing::new(postcard::to_allocvec(&plain).map_err(|_| KeyBackupError::Memory)?);
    let head = [&MAGIC[..], &random].concat();
    let (cipher, nonce) = cipher(&head, passphrase)?;
    let sealed =
        cipher.encrypt((&nonce).into(), Payload { msg: &plain, aad: &head }).map_err(|_| KeyBackupError::Memory)?;
    Ok([head, sealed].concat())
}

/// The files in what [`seal`] made.
pub fn open(sealed: &[u8], passphrase: &str) -> Result<KeyFiles, KeyBackupError> {
    if !sealed.starts_with(MAGIC) {
        return Err(KeyBackupError::NotABackup);
    }
    let (head, sealed) = sealed.split_at_checked(MAGIC.len() + SALT + NONCE).ok_or(KeyBackupError::Refused)?;
    let (cipher, nonce) = cipher(head, passphrase)?;
    let plain = cipher.decrypt((&nonce).into(), Payload { msg: sealed, aad: head });
    let plain = Zeroizing::new(plain.map_err(|_| KeyBackupError::Refused)?);
    let files: Vec<(String, Vec<u8>)> = postcard::from_bytes(&plain).map_err(|_| KeyBackupError::Refused)?;
    Ok(files.into_iter().map(|(path, bytes)| (path, Zeroizing::new(bytes))).collect())
}

/// Bytes of salt in a sealed file.
pub const SALT: usize = 16;
/// Bytes of nonce in a sealed file.
pub const NONCE: usize = 24;
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

fn cipher(head: &[u8], passphrase: &str) -> Result<(XChaCha20Poly1305, [u8; NONCE]), KeyBackupError> {
    let rest = head.get(MAGIC.len()..).unwrap_or_default();
    let (salt, nonce) = rest.split_first_chunk::<SALT>().ok_or(KeyBackupError::Refused)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| KeyBackupError::Refused)?;
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| KeyBackupError::Memory)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| KeyBackupError::Memory)?;
    Ok((XChaCha20Poly1305::new((&*key).into()), nonce))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_open_with_their_passphrase_only_and_unchanged_only() {
        let files: KeyFiles = vec![("keys/a.key".to_owned(), Zeroizing::new(vec![7; 32]))];
        let sealed = seal(&files, "correct horse battery", [5; SALT + NONCE]).unwrap();
        assert_eq!(open(&sealed, "correct horse battery").unwrap(), files);
        assert_eq!(open(&sealed, "correct horse batterz"), Err(KeyBackupError::Refused));
        for index in [0, MAGIC.len(), MAGIC.len() + SALT, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(&changed, "correct horse battery").is_err(), "byte {index}");
        }
        assert!(!sealed.windows(6).any(|window| window == [7; 6]), "no key lies open");
    }

    #[test]
    fn a_short_passphrase_is_refused_before_anything_is_sealed() {
        assert_eq!(seal(&Vec::new(), "elevenchars", [0; SALT + NONCE]), Err(KeyBackupError::PassphraseTooShort));
    }
}
