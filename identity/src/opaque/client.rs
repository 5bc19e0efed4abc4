//! The client's side of OPAQUE: registering a password, and logging in with it. Stretching is slow: a worker's business.

use std::fmt;

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationResponse,
};
use rand_core::CryptoRng;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use super::{CONTEXT, Lent, MAX_PASSWORD_BYTES, OpaqueError, Suite, exactly, length};
use crate::ExportKey;

/// Registering a password: between the request and the server's response.
pub struct OpaqueRegistration(ClientRegistration<Suite>);

impl OpaqueRegistration {
    /// Begins with `password`. Returns the state and the request to the server.
    pub fn start(password: &[u8], rng: &mut impl CryptoRng) -> Result<(Self, Vec<u8>), OpaqueError> {
        check(password)?;
        let started = ClientRegistration::<Suite>::start(&mut Lent(rng), password)?;
        Ok((Self(started.state), started.message.serialize().to_vec()))
    }

    /// Ends with the same `password`. Returns the record, which the server keeps, and the key for the vault. Slow: Argon2id.
    pub fn finish(
        self,
        password: &[u8],
        response: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, ExportKey), OpaqueError> {
        check(password)?;
        let response = exactly(response, length::REGISTRATION_RESPONSE)?;
        let response = RegistrationResponse::<Suite>::deserialize(response)?;
        let mut finished =
            self.0.finish(&mut Lent(rng), password, response, ClientRegistrationFinishParameters::default())?;
        let export_key = ExportKey::from_bytes(finished.export_key.into());
        finished.export_key.as_mut_slice().zeroize();
        Ok((finished.message.serialize().to_vec(), export_key))
    }
}

// The library's state wipes itself.
impl ZeroizeOnDrop for OpaqueRegistration {}

impl fmt::Debug for OpaqueRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueRegistration(redacted)")
    }
}

/// Logging in: between the first message and the server's response.
pub struct OpaqueLogin(ClientLogin<Suite>);

impl OpaqueLogin {
    /// Begins with `password`. Returns the state and the first message (KE1).
    pub fn start(password: &[u8], rng: &mut impl CryptoRng) -> Result<(Self, Vec<u8>), OpaqueError> {
        check(password)?;
        let started = ClientLogin::<Suite>::start(&mut Lent(rng), password)?;
        Ok((Self(started.state), started.message.serialize().to_vec()))
    }

    /// Ends with the same `password` and the server's `response` (KE2). Returns the proof for the server (KE3) and the key for
    /// the vault; [`OpaqueError::Refused`] if the password is wrong or the server does not know the account. Slow: Argon2id.
    pub fn finish(
        self,
        password: &[u8],
        response: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, ExportKey), OpaqueError> {
        check(password)?;
        let response = CredentialResponse::<Suite>::deserialize(exactly(response, length::KE2)?)?;
        let parameters = ClientLoginFinishParameters::new(Some(CONTEXT), Identifiers::default(), None);
        let mut finished = self.0.finish(&mut Lent(rng), password, response, parameters)?;
        let export_key = ExportKey::from_bytes(finished.export_key.into());
        finished.export_key.as_mut_slice().zeroize();
        finished.session_key.as_mut_slice().zeroize();
        Ok((finished.message.serialize().to_vec(), export_key))
    }
}

// The library's state wipes itself.
impl ZeroizeOnDrop for OpaqueLogin {}

impl fmt::Debug for OpaqueLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueLogin(redacted)")
    }
}

const fn check(password: &[u8]) -> Result<(), OpaqueError> {
    if password.len() <= MAX_PASSWORD_BYTES { Ok(()) } else { Err(OpaqueError::PasswordTooLong) }
}
