//! Passwords by OPAQUE (RFC 9807): the server proves guesses wrong one at a time and never learns the password.
//!
//! What comes out on the client's side is an [`ExportKey`], which only the right password gives and which the server never sees;
//! it opens the vault. Suite: ristretto255 and SHA-512 for OPRF and 3DH, Argon2id with 64 MiB and three passes for stretching,
//! which happens on the client. A password counts byte by byte: nothing is trimmed or normalised here. All messages have fixed
//! lengths and travel as bytes. Left out: which credential id belongs to whom, and how often somebody may guess.

mod client;
mod server;

use opaque_ke::{
    CipherSuite, Ristretto255, TripleDh,
    errors::{InternalError, ProtocolError},
    generic_array::{ArrayLength, GenericArray},
    ksf::Ksf,
    rand,
};
use rand_core::CryptoRng;
use thiserror::Error;

use crate::kdf::{self, Cost};

pub use client::{OpaqueLogin, OpaqueRegistration};
pub use server::{OpaqueServer, ServerLogin};

/// Why a step of OPAQUE failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpaqueError {
    /// A message of the wrong length or with invalid points: the other side is at fault.
    #[error("the message is malformed")]
    Malformed,
    /// The password is not the one that was registered, or nothing was: whoever logs in is at fault, or the server.
    #[error("the password is wrong or there is no account")]
    Refused,
    /// The password is longer than [`MAX_PASSWORD_BYTES`]. Whoever calls is at fault.
    #[error("the password is too long")]
    PasswordTooLong,
    /// The memory that stretching needs could not be had. Local.
    #[error("not enough memory to stretch the password")]
    OutOfMemory,
}

/// The longest password in bytes. Chosen: 128 characters of four bytes.
pub const MAX_PASSWORD_BYTES: usize = 512;

impl From<ProtocolError> for OpaqueError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::InvalidLoginError => Self::Refused,
            ProtocolError::LibraryError(InternalError::KsfError) => Self::OutOfMemory,
            _ => Self::Malformed,
        }
    }
}

/// The one suite of this product.
struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = Stretch;
}

/// Argon2id as OPAQUE's stretching. The salt is fixed: what goes in is already the OPRF's output, another for every account.
#[derive(Default)]
struct Stretch;

impl Ksf for Stretch {
    fn hash<L: ArrayLength<u8>>(&self, input: GenericArray<u8, L>) -> Result<GenericArray<u8, L>, InternalError> {
        let mut output = GenericArray::default();
        kdf::stretch_into(&input, STRETCH_SALT, Cost::PASSWORD, &mut output).map_err(|_| InternalError::KsfError)?;
        Ok(output)
    }
}

/// Salt of the stretching.
const STRETCH_SALT: &[u8] = b"milanio/v1/opaque-stretch";
/// What both sides must agree on (RFC 9807 6.1): this protocol in this version.
const CONTEXT: &[u8] = b"milanio/v1/opaque";

/// Lends a generator of today's traits to an interface of older ones.
pub(crate) struct Lent<'a, R>(pub(crate) &'a mut R);

impl<R: CryptoRng> rand::RngCore for Lent<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, target: &mut [u8]) {
        self.0.fill_bytes(target);
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), rand::Error> {
        self.0.fill_bytes(target);
        Ok(())
    }
}

impl<R: CryptoRng> rand::CryptoRng for Lent<'_, R> {}

/// Refuses a message that does not have exactly `length` bytes: the library ignores what is left over.
fn exactly(message: &[u8], length: usize) -> Result<&[u8], OpaqueError> {
    if message.len() == length { Ok(message) } else { Err(OpaqueError::Malformed) }
}

/// Lengths of the messages in bytes (RFC 9807 with Noe = 32, Npk = 32, Nn = 32, Nh = Nm = 64).
mod length {
    /// `RegistrationRequest`: a blinded point.
    pub(super) const REGISTRATION_REQUEST: usize = 32;
    /// `RegistrationResponse`: an evaluated point and the server's key.
    pub(super) const REGISTRATION_RESPONSE: usize = 64;
    /// `RegistrationRecord`: the client's key, masking key, envelope.
    pub(super) const RECORD: usize = 32 + 64 + 96;
    /// `KE1`: a blinded point, nonce, key share.
    pub(super) const KE1: usize = 96;
    /// `KE2`: evaluated point, masking nonce, masked key and envelope, nonce, key share, MAC.
    pub(super) const KE2: usize = 32 + 32 + 128 + 32 + 32 + 64;
    /// `KE3`: a MAC.
    pub(super) const KE3: usize = 64;
    /// What the server remembers between KE2 and KE3: the session key and the MAC it expects.
    pub(super) const SERVER_STATE: usize = 128;
}
