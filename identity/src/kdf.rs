//! Deriving keys: HKDF-SHA256 (RFC 5869) for what is already random, Argon2id (RFC 9106) for what people can type.
//!
//! Every derivation has its own name in front, so no two keys are ever the same by accident.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::sign::DOMAIN;

/// Why a slow derivation failed. Local: nobody else is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StretchError {
    /// The memory that Argon2id needs could not be had.
    #[error("not enough memory to derive the keys")]
    OutOfMemory,
}

/// A 32-byte secret that is wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The key named `name` of `secret`, for `context` (a day, an id, or nothing).
pub(crate) fn derive(secret: &[u8; 32], name: &str, context: &[u8]) -> Secret {
    derive_from(secret, name, context)
}

/// The same of a secret of any length.
pub(crate) fn derive_from(secret: &[u8], name: &str, context: &[u8]) -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[DOMAIN, name.as_bytes(), &[0], context], key.as_mut())
        .expect("32 bytes are far below HKDF's limit of 255 hashes");
    key
}

/// What a stretching costs: memory in KiB, and passes over it. Always one lane: browsers have one thread for it.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
}

impl Cost {
    /// What a password is stretched with: 64 MiB, three passes (the second choice of RFC 9106 4, with one lane). Chosen: people
    /// choose passwords, so each guess has to be dear, and it is waited for once per sign-in.
    pub(crate) const PASSWORD: Self = Self { memory_kib: 64 * 1024, passes: 3 };

    /// One pass over `memory_kib` KiB: for codes that are random. Chosen: memory is what makes guessing dear, and each pass
    /// costs phones as much again.
    pub(crate) const fn one_pass(memory_kib: u32) -> Self {
        Self { memory_kib, passes: 1 }
    }
}

/// Argon2id over `input`, 32 bytes.
pub(crate) fn stretch(input: &[u8], salt: &[u8], cost: Cost) -> Result<Secret, StretchError> {
    let mut output = Zeroizing::new([0; 32]);
    stretch_into(input, salt, cost, output.as_mut())?;
    Ok(output)
}

/// Argon2id over `input` into all of `output`.
pub(crate) fn stretch_into(input: &[u8], salt: &[u8], cost: Cost, output: &mut [u8]) -> Result<(), StretchError> {
    let params = Params::new(cost.memory_kib, cost.passes, LANES, Some(output.len()));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(|_| StretchError::OutOfMemory)?)
        .hash_password_into(input, salt, output)
        .map_err(|_| StretchError::OutOfMemory)
}

/// Lanes of Argon2id.
const LANES: u32 = 1;
