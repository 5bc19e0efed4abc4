//! Deriving keys: HKDF-SHA256 (RFC 5869) for what is already random, Argon2id (RFC 9106) for what people can type.
//!
//! Every derivation has its own name in front, so no two keys are ever the same by accident.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::sign::DOMAIN;

/// Why a slow derivation failed. Both are local: nobody else is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StretchError {
    /// The memory that Argon2id needs could not be had.
    #[error("not enough memory to derive the room's keys")]
    OutOfMemory,
}

/// A 32-byte secret that is wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The key named `name` of `secret`, for `context` (a day, an id, or nothing).
pub(crate) fn derive(secret: &[u8; 32], name: &str, context: &[u8]) -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[DOMAIN, name.as_bytes(), &[0], context], key.as_mut())
        .expect("32 bytes are far below HKDF's limit of 255 hashes");
    key
}

/// Argon2id over `input` with a memory of `memory_kib` KiB, one pass, one lane.
pub(crate) fn stretch(input: &[u8], salt: &[u8], memory_kib: u32) -> Result<Secret, StretchError> {
    let params = Params::new(memory_kib, PASSES, LANES, Some(32)).map_err(|_| StretchError::OutOfMemory)?;
    let mut output = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(input, salt, output.as_mut())
        .map_err(|_| StretchError::OutOfMemory)?;
    Ok(output)
}

/// Passes of Argon2id. Chosen: memory is what makes guessing dear, and each pass costs phones as much again.
const PASSES: u32 = 1;
/// Lanes of Argon2id. Chosen: browsers have one thread for it.
const LANES: u32 = 1;
