//! The exported file: a keepsake under a password, for a drawer or a memory stick. No server is needed to open it.
//!
//! `"MILANIO1" | salt(16) | nonce(24) | ciphertext and tag | SHA-256 of all before (32)`. The key is stretched from the
//! password with Argon2id (64 MiB, three passes); the figures belong to the version in the magic and are never read from a
//! file, so that no file can make them cheap or unbearable. The hash at the end tells a damaged file from a wrong password.

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    kdf::{self, Cost, Secret, StretchError},
    keepsake::Keepsake,
    sealed::SealedError,
    topic,
};

/// Why a file was not made or does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// Something else than an exported identity, or one of another version.
    #[error("this is no exported identity")]
    NotAFile,
    /// Cut off or changed since it was made.
    #[error("the file is damaged")]
    Damaged,
    /// Another password than the one it was made with.
    #[error("the password is wrong")]
    WrongPassword,
    /// What it should contain is not allowed. On making one the caller is at fault, else whoever made the file.
    #[error(transparent)]
    Contents(SealedError),
    /// The memory that stretching needs could not be had. Local.
    #[error(transparent)]
    Stretch(#[from] StretchError),
}

/// The longest file in bytes.
pub const MAX_FILE_BYTES: usize = HEAD + Keepsake::MAX_PADDED + TAG + HASH;

/// Makes a file of `keepsake` under `password`. Slow: Argon2id.
pub fn seal_file(password: &[u8], keepsake: &Keepsake, rng: &mut impl CryptoRng) -> Result<Vec<u8>, FileError> {
    let mut file = [0; HEAD];
    let padded = keepsake.padded().map_err(FileError::Contents)?;
    let (magic, rest) = file.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    rng.fill_bytes(rest);
    let head = Head::read(&file).ok_or(FileError::NotAFile)?;
    let key = head.key(password)?;
    let sealed = topic::seal(&key, head.nonce, head.bound_to, &padded);
    let sealed = sealed.map_err(|_| FileError::Contents(SealedError::Length))?;
    let mut file = [file.as_slice(), &sealed].concat();
    let hash = Sha256::digest(&file);
    file.extend_from_slice(&hash);
    Ok(file)
}

/// Opens what [`seal_file`] made. Slow if it is a file at all: Argon2id.
pub fn open_file(password: &[u8], file: &[u8]) -> Result<Keepsake, FileError> {
    let head = match Head::read(file) {
        Some(head) => head,
        None if file.starts_with(MAGIC) => return Err(FileError::Damaged),
        None => return Err(FileError::NotAFile),
    };
    let (body, hash) = file.split_last_chunk::<HASH>().ok_or(FileError::Damaged)?;
    let sealed = body.get(HEAD..).ok_or(FileError::Damaged)?;
    if file.len() > MAX_FILE_BYTES || Sha256::digest(body).as_slice() != hash {
        return Err(FileError::Damaged);
    }
    let key = head.key(password)?;
    let opened = topic::open(&key, head.nonce, head.bound_to, sealed);
    let padded = Zeroizing::new(opened.map_err(|_| FileError::WrongPassword)?);
    Keepsake::from_padded(&padded).map_err(FileError::Contents)
}

/// What is in front of the ciphertext.
struct Head<'a> {
    salt: &'a [u8; SALT],
    nonce: &'a [u8; NONCE],
    bound_to: &'a [u8],
}

impl<'a> Head<'a> {
    fn read(file: &'a [u8]) -> Option<Self> {
        let (salt, rest) = file.strip_prefix(MAGIC)?.split_first_chunk()?;
        let (nonce, _) = rest.split_first_chunk()?;
        Some(Self { salt, nonce, bound_to: file.get(..MAGIC.len() + SALT)? })
    }

    fn key(&self, password: &[u8]) -> Result<Secret, StretchError> {
        let stretched = kdf::stretch(password, self.salt, Cost::PASSWORD)?;
        Ok(kdf::derive(&stretched, "file", &[]))
    }
}

/// What every file begins with; the digit is the version.
const MAGIC: &[u8] = b"MILANIO1";
/// Bytes of the salt (RFC 9106 4).
const SALT: usize = 16;
/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;
/// Bytes in front of the ciphertext.
const HEAD: usize = MAGIC.len() + SALT + NONCE;
/// Bytes of a Poly1305 tag.
const TAG: usize = 16;
/// Bytes of the hash at the end.
const HASH: usize = 32;

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::{
        ProfileError,
        keepsake::tests::{keepsake, largest, same},
    };

    const PASSWORD: &[u8] = "a pässword of some length".as_bytes();

    /// Made once, because stretching is slow.
    static FILE: LazyLock<Vec<u8>> =
        LazyLock::new(|| seal_file(PASSWORD, &keepsake(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap());

    /// The file with a hash at its end that fits.
    fn rehashed(file: &[u8]) -> Vec<u8> {
        let body = &file[..file.len() - HASH];
        [body, &Sha256::digest(body)].concat()
    }

    #[test]
    fn a_file_opens_with_its_password_alone() {
        assert!(same(&open_file(PASSWORD, &FILE).unwrap(), &keepsake()));
        assert_eq!(open_file(b"another", &FILE).unwrap_err(), FileError::WrongPassword);
        assert_eq!(open_file(b"", &FILE).unwrap_err(), FileError::WrongPassword);
    }

    #[test]
    fn the_largest_file_opens() {
        let file = seal_file(PASSWORD, &largest(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        assert_eq!(file.len(), MAX_FILE_BYTES);
        assert!(same(&open_file(PASSWORD, &file).unwrap(), &largest()));
    }

    #[test]
    fn a_changed_file_whose_hash_fits_does_not_open_either() {
        for at in [MAGIC.len(), MAGIC.len() + SALT, HEAD, FILE.len() - HASH - 1] {
            let mut changed = FILE.clone();
            changed[at] ^= 1;
            assert_eq!(open_file(PASSWORD, &rehashed(&changed)).unwrap_err(), FileError::WrongPassword);
        }
    }

    #[test]
    fn other_files_and_other_versions_are_none_of_ours() {
        let newer = [b"MILANIO2", &FILE[8..]].concat();
        for other in [b"".as_slice(), b"MILANIO", b"\x89PNG and so on", &newer] {
            assert_eq!(open_file(PASSWORD, other).unwrap_err(), FileError::NotAFile);
        }
    }

    #[test]
    fn what_is_not_allowed_is_not_written() {
        let mut long = keepsake();
        long.profile.name = "x".repeat(41);
        let refused = seal_file(PASSWORD, &long, &mut ChaCha20Rng::seed_from_u64(1)).unwrap_err();
        assert_eq!(refused, FileError::Contents(ProfileError::NameTooLong.into()));
    }

    proptest! {
        #[test]
        fn every_flipped_bit_and_every_cut_is_noticed_without_stretching(at: prop::sample::Index, bit in 0_u8..8) {
            let at = at.index(FILE.len());
            let mut changed = FILE.clone();
            changed[at] ^= 1 << bit;
            let expected = if at < MAGIC.len() { FileError::NotAFile } else { FileError::Damaged };
            prop_assert_eq!(open_file(PASSWORD, &changed).unwrap_err(), expected);
            let expected = if at < MAGIC.len() { FileError::NotAFile } else { FileError::Damaged };
            prop_assert_eq!(open_file(PASSWORD, &FILE[..at]).unwrap_err(), expected);
        }

        #[test]
        fn arbitrary_bytes_never_open(bytes in prop::collection::vec(any::<u8>(), 0..200), magic: bool) {
            let bytes = if magic { [MAGIC, &bytes].concat() } else { bytes };
            prop_assert!(open_file(PASSWORD, &bytes).is_err());
        }
    }
}
