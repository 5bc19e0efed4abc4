//! "E-mail and password on a new browser" by OPAQUE (RFC 9807): the messages on the way, unread here.
//!
//! The password never leaves the browser, nor anything that it could be guessed from without the server. Left out: what is in
//! the messages, which the identity crate makes and takes.

use serde::{Deserialize, Serialize};

use super::{Blob, CodeText, DeviceListText, EmailText, KeyText, LanguageTag, RequestId, SealedVault};

/// Largest OPAQUE message, in bytes (the largest of RFC 9807 with ristretto255 and SHA-512 has 320).
pub const MAX_OPAQUE_BYTES: usize = 512;
/// Largest sealed login state, in bytes (chosen: an OPAQUE state of less than 512 bytes, a hash, a time and a tag).
pub const MAX_LOGIN_STATE_BYTES: usize = 1024;

/// A message of OPAQUE.
pub type OpaqueMessage = Blob<MAX_OPAQUE_BYTES>;
/// What the server has to remember between the two steps of a login, sealed by it and kept by the client.
pub type LoginState = Blob<MAX_LOGIN_STATE_BYTES>;

/// The body of `POST /api/auth/opaque/register`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpaqueRegister {
    /// `RegistrationRequest`.
    pub request: OpaqueMessage,
}

/// The answer to it. The last message goes up together with the vault.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueRegisterAnswer {
    /// `RegistrationResponse`.
    pub response: OpaqueMessage,
}

/// The body of `POST /api/auth/opaque/login`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpaqueLogin {
    /// Who.
    pub email: EmailText,
    /// `KE1`.
    pub request: OpaqueMessage,
}

/// The answer to it, whoever has this address, and if nobody has.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueLoginAnswer {
    /// Goes back with the next step, within a minute.
    pub login: LoginState,
    /// `KE2`.
    pub response: OpaqueMessage,
}

/// The body of `POST /api/auth/opaque/finish`. Answered by [`super::CodeSent`].
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpaqueFinish {
    /// From [`OpaqueLoginAnswer`].
    pub login: LoginState,
    /// The same as in the first step.
    pub email: EmailText,
    /// `KE3`: the proof that the password is known.
    pub finalization: OpaqueMessage,
    /// The language of the mail.
    pub language: LanguageTag,
}

/// The body of `POST /api/auth/opaque/vault`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpaqueVault {
    /// From [`super::CodeSent`].
    pub request_id: RequestId,
    /// The code from the mail.
    pub code: CodeText,
}

/// The answer to it: what the password's export key opens.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueVaultAnswer {
    /// Whose vault.
    pub account: KeyText,
    /// The vault.
    pub vault: OpenedVault,
    /// The newest device list.
    pub device_list: DeviceListText,
}

/// A vault and the number it was sealed under.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedVault {
    /// Its number.
    pub seq: u64,
    /// The vault.
    pub sealed: SealedVault,
}
