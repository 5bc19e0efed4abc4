//! The server's own secrets: five seeds in files of their own, outside the store, made at the first start.
//!
//! Whoever has the store without them has hashes that cannot be guessed at and password records that are worth nothing. Left out:
//! the relay's key, which the node crate keeps, and copies of these files.

use std::{io, path::Path};

use milanio_identity::{IssuerKey, OpaqueServer};
use milanio_node::net::private_file;
use zeroize::Zeroizing;

use crate::{
    api::KeyText,
    core::{keyed::keyed, session::SessionKey},
};

/// The files, each of 32 bytes, readable by their owner only.
pub const KEY_FILES: [&str; 5] = ["pepper.key", "session.key", "challenge.key", "attestation.key", "opaque.key"];

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The disk failed, or the files' rights are wrong.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// A file is no key: it has another length.
    #[error("{0} is damaged: a key has 32 bytes")]
    Damaged(&'static str),
    /// The machine has no randomness to make keys from.
    #[error("no randomness")]
    NoRandomness,
}

/// The secrets, wiped when dropped.
pub struct ServerKeys {
    /// Hashes addresses.
    pub pepper: Zeroizing<[u8; 32]>,
    /// Makes session tokens.
    pub session: SessionKey,
    /// Makes challenges.
    pub challenge: Zeroizing<[u8; 32]>,
    /// Hashes the codes in mails and names the requests that they belong to.
    pub codes: Zeroizing<[u8; 32]>,
    /// Seals password logins between their steps.
    pub logins: Zeroizing<[u8; 32]>,
    /// Signs attestations.
    pub issuer: IssuerKey,
    /// Answers for passwords.
    pub opaque: OpaqueServer,
}

impl ServerKeys {
    /// Reads the files in `directory`, and makes those that are not there. Blocks.
    pub fn open(directory: &Path) -> Result<Self, KeysError> {
        let mut seeds = KEY_FILES.map(|_| Zeroizing::new([0; 32]));
        for (seed, name) in seeds.iter_mut().zip(KEY_FILES) {
            let path = directory.join(name);
            match private_file::read(&path)?.map(Zeroizing::new) {
                Some(bytes) => **seed = bytes.as_slice().try_into().map_err(|_| KeysError::Damaged(name))?,
                None => {
                    getrandom::fill(seed.as_mut_slice()).map_err(|_| KeysError::NoRandomness)?;
                    private_file::write(&path, seed.as_slice())?;
                }
            }
        }
        Ok(Self::from_seeds(seeds))
    }

    /// The keys that follow from seeds in the order of [`KEY_FILES`].
    pub fn from_seeds([pepper, session, challenge, attestation, opaque]: [Zeroizing<[u8; 32]>; 5]) -> Self {
        let issuer = IssuerKey::from_seed(*attestation);
        Self {
            session: SessionKey::new(*session, KeyText::from_bytes(*issuer.id().as_bytes())),
            codes: Zeroizing::new(keyed(&challenge, "mail-codes", &[])),
            logins: Zeroizing::new(keyed(&challenge, "password-logins", &[])),
            opaque: OpaqueServer::from_seed(&opaque),
            pepper,
            challenge,
            issuer,
        }
    }
}

impl std::fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn keys_are_made_once_and_only_their_owner_can_read_them() {
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        let first = ServerKeys::open(&keys).unwrap();
        let again = ServerKeys::open(&keys).unwrap();
        assert_eq!((first.pepper, first.issuer.id()), (again.pepper, again.issuer.id()));
        for name in KEY_FILES {
            let about = fs::metadata(keys.join(name)).unwrap();
            assert_eq!((about.permissions().mode() & 0o777, about.len()), (0o600, 32), "{name}");
        }
        let distinct: std::collections::BTreeSet<_> = KEY_FILES.map(|name| fs::read(keys.join(name)).unwrap()).into();
        assert_eq!(distinct.len(), KEY_FILES.len());
        fs::write(keys.join("session.key"), b"short").unwrap();
        assert!(matches!(ServerKeys::open(&keys), Err(KeysError::Damaged("session.key"))));
    }
}
