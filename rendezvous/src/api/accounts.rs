//! Accounts: registration, sessions, and what an account keeps at the server.
//!
//! The server learns a person's e-mail address for as long as it takes to write to it, and keeps a keyed hash of it. Names,
//! pictures and keys come sealed. Left out: signing in with a password (`opaque`), and how a request is proven (`proof`).

use milanio_identity::DeviceCert;
use serde::{Deserialize, Serialize};

use super::{Base64Bytes, Blob, ChallengeText, CodeText, EmailText, KeyText, LanguageTag, ReclaimStopped, RequestId};

/// Largest sealed profile, in bytes: its largest padded size of 48 KiB, nonce and tag.
pub const MAX_PROFILE_BYTES: usize = 49 * 1024;
/// Largest sealed vault, in bytes (chosen: a key, a name and the names of 16 devices take less than 4 KiB).
pub const MAX_VAULT_BYTES: usize = 16 * 1024;
/// Largest encoding of a signed device list, in bytes (chosen: 16 devices and 64 revoked ones take less than 3 KiB).
pub const MAX_DEVICE_LIST_BYTES: usize = 4 * 1024;
/// Largest encoding of an attestation, in bytes (chosen).
pub const MAX_ATTESTATION_BYTES: usize = 256;

/// A certificate that an account made for a device.
pub type CertText = Base64Bytes<{ DeviceCert::LENGTH }>;
/// A device list that an account signed.
pub type DeviceListText = Blob<MAX_DEVICE_LIST_BYTES>;
/// What a server says of an account.
pub type AttestationText = Blob<MAX_ATTESTATION_BYTES>;
/// A sealed profile.
pub type SealedProfile = Blob<MAX_PROFILE_BYTES>;
/// A sealed vault.
pub type SealedVault = Blob<MAX_VAULT_BYTES>;

/// A request without content, or what is proven by a request that consists of its path alone.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// The answer to `POST /api/auth/challenge`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// To be signed, once.
    pub challenge: ChallengeText,
    /// When it is over, in seconds since the Unix epoch.
    pub expires_s: u64,
    /// Set while mail is in demand: how many leading zero bits the work for a registration needs (`work`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_bits: Option<u8>,
}

/// What `POST /api/auth/register` proves: "write to this address". Asked again, it sends a new code, which voids the old.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Where the code shall go.
    pub email: EmailText,
    /// The account.
    pub account: KeyText,
    /// Its certificate for the device that signs.
    pub cert: CertText,
    /// The language of the mail.
    pub language: LanguageTag,
    /// The work, where the challenge asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<u64>,
}

/// The answer where a code is on its way by mail, or seems to be.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSent {
    /// Goes back with the code.
    pub request_id: RequestId,
    /// When the code is over, in seconds since the Unix epoch.
    pub expires_s: u64,
    /// How long to wait before asking for another, in seconds.
    pub resend_after_s: u32,
}

/// What `POST /api/auth/verify` proves: "I have read the mail".
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// From [`CodeSent`].
    pub request_id: RequestId,
    /// The account that was registered.
    pub account: KeyText,
    /// The code from the mail.
    pub code: CodeText,
    /// The account's certificate for the device that signs.
    pub cert: CertText,
    /// The account's first device list.
    pub device_list: DeviceListText,
}

/// What `POST /api/auth/login` proves.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account.
    pub account: KeyText,
    /// Its certificate for the device that signs.
    pub cert: CertText,
    /// The account's address. Needed from a device that it did not have before: the server does not know it and writes to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailText>,
    /// The language of that mail; English without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
}

/// A session: the answer to a login and to a verification.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Goes into the header `Authorization: Bearer ...`. To be kept in memory only.
    pub token: String,
    /// When the token is over, in seconds since the Unix epoch.
    pub expires_s: u64,
    /// Whose session.
    pub account: KeyText,
    /// On which device.
    pub device: KeyText,
    /// What peers can verify: this server has seen the account's e-mail address.
    pub attestation: AttestationText,
    /// The newest device list, if the server has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_list: Option<DeviceListText>,
    /// Whether a vault is kept, so that a password works on a new browser.
    pub vault: bool,
    /// Set for weeks after somebody asked to take over the account's address and was stopped, by this sign-in or otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim_stopped: Option<ReclaimStopped>,
    /// The server's time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("expires_s", &self.expires_s)
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

/// The sealed profile: the answer to `GET /api/users/profile` and the body of a `PUT`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileRecord {
    /// Counts the writes; a `PUT` has the stored number plus 1. 0 while nothing was written.
    pub seq: u64,
    /// The profile; none while nothing was written. A `PUT` needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedProfile>,
}

/// The sealed vault: the answer to `GET /api/users/vault`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultRecord {
    /// Counts the writes and the removals; 0 while nothing was written.
    pub seq: u64,
    /// The vault, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedVault>,
}

/// What `PUT /api/users/vault` proves: a vault and the password that opens it, in one write.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutVault {
    /// The stored number plus 1.
    pub seq: u64,
    /// The vault.
    pub sealed: SealedVault,
    /// The end of the password's registration (RFC 9807, `RegistrationRecord`).
    pub opaque_record: super::OpaqueMessage,
}

/// The answer to `GET /api/users/devices`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicesAnswer {
    /// The newest list.
    pub list: DeviceListText,
    /// When which device last signed in, as far as the server remembers.
    pub seen: Vec<SeenDevice>,
}

/// When a device last signed in.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenDevice {
    /// The device.
    pub device: KeyText,
    /// The day, counted from the Unix epoch (UTC).
    pub last_day: u32,
}

/// What `PUT /api/users/devices` proves: a list whose number is the stored one's plus 1. Revokes at once.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutDevices {
    /// The list.
    pub list: DeviceListText,
}

/// What `POST /api/users/email` proves: "from now on write to another address".
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmail {
    /// The present address: the server does not know it and has to write there too.
    pub old_email: EmailText,
    /// The new one.
    pub new_email: EmailText,
    /// The language of the mails.
    pub language: LanguageTag,
}

/// The body of `POST /api/users/email/verify`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyEmail {
    /// From [`CodeSent`].
    pub request_id: RequestId,
    /// The code from the mail to the new address.
    pub code: CodeText,
}

/// The answer to `GET /api/keys`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysAnswer {
    /// The keys that this server's attestations verify under.
    pub issuers: Vec<KeyText>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_shows_neither_its_token_nor_whose_it_is() {
        let session = Session {
            token: "token".to_owned(),
            expires_s: 9,
            account: KeyText::from_bytes([1; 32]),
            device: KeyText::from_bytes([2; 32]),
            attestation: Blob::new(Vec::new()).unwrap(),
            device_list: None,
            vault: false,
            reclaim_stopped: None,
            now_ms: 8,
        };
        assert_eq!(format!("{session:?}"), "Session { expires_s: 9, vault: false, .. }");
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<Empty>("{}").is_ok());
        assert!(serde_json::from_str::<Empty>(r#"{"more":1}"#).is_err());
        let id = RequestId::from_bytes([1; 16]);
        let known = format!(r#"{{"request_id":"{id}","code":"0000-0000"}}"#);
        assert!(serde_json::from_str::<VerifyEmail>(&known).is_ok());
        assert!(serde_json::from_str::<VerifyEmail>(&known.replace('}', r#","more":1}"#)).is_err());
    }
}
