//! The relay's key, which makes its peer id, kept in the data directory.

use std::path::{Path, PathBuf};

use libp2p::identity::Keypair;

use crate::net::private_file;

/// Why the relay's key or certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The disk or the rights on it.
    #[error("{0} cannot be read or written")]
    LocalDisk(PathBuf, #[source] std::io::Error),
    /// The file is not what this program has written.
    #[error("{0} holds no key")]
    LocalFileDamaged(PathBuf),
    /// A key or certificate cannot be made.
    #[error("a key or certificate cannot be made")]
    LocalCrypto,
}

/// The key in `data_dir`, made and kept if there is none.
pub(super) fn load_or_create(data_dir: &Path) -> Result<Keypair, IdentityError> {
    let path = data_dir.join(FILE);
    let disk = |error| IdentityError::LocalDisk(path.clone(), error);
    if let Some(bytes) = private_file::read(&path).map_err(disk)? {
        return Keypair::from_protobuf_encoding(&bytes).map_err(|_| IdentityError::LocalFileDamaged(path));
    }
    let keypair = Keypair::generate_ed25519();
    let bytes = keypair.to_protobuf_encoding().map_err(|_| IdentityError::LocalCrypto)?;
    private_file::write(&path, &bytes).map_err(disk)?;
    Ok(keypair)
}

const FILE: &str = "relay.key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_keeps_the_key() {
        let directory = tempfile::tempdir().unwrap();
        let first = load_or_create(directory.path()).unwrap();
        let second = load_or_create(directory.path()).unwrap();
        assert_eq!(first.public(), second.public());
    }

    #[test]
    fn a_damaged_file_is_told_and_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), b"nonsense").unwrap();
        assert!(matches!(load_or_create(directory.path()), Err(IdentityError::LocalFileDamaged(_))));
    }
}
