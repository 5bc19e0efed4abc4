//! The HTTP API's types, shared by the server and the app.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /api/relays` | | [`RelaysAnswer`] |
//! | `POST /api/rooms/create` | [`CreateRoom`] | 201 [`RoomAnswer`]; 200 if this very room was there already |
//! | `POST /api/rooms/join` | [`JoinRoom`] | [`JoinAnswer`] |
//! | `GET /api/rooms/{rid}` | | [`RoomAnswer`] |
//! | `POST /api/rooms/{rid}/heartbeat` | [`Statement`] | [`RoomAnswer`] |
//! | `DELETE /api/rooms/{rid}` | [`Statement`] | [`RoomAnswer`] |
//! | `GET /version` | | [`VersionAnswer`] |
//!
//! Accounts. "Proven" bodies are [`Proven`]; "session" means the header `Authorization: Bearer <token>`.
//!
//! | request | needs | body | answer |
//! |---|---|---|---|
//! | `POST /api/auth/challenge` | | [`Empty`] | [`ChallengeAnswer`] |
//! | `POST /api/auth/register` | | proven [`Register`] | 202 [`CodeSent`], whether the address is known or not |
//! | `POST /api/auth/verify` | | proven [`Verify`] | [`Session`] |
//! | `POST /api/auth/login` | | proven [`Login`] | [`Session`] |
//! | `POST /api/auth/logout` | session | [`Empty`] | 204; ends this device's sessions |
//! | `GET /api/users/profile` | session | | [`ProfileRecord`] |
//! | `PUT /api/users/profile` | session | [`ProfileRecord`] | 204 |
//! | `GET /api/users/vault` | session | | [`VaultRecord`] |
//! | `PUT /api/users/vault` | session | proven [`PutVault`] | 204 |
//! | `DELETE /api/users/vault` | session | proven [`Empty`] | 204 |
//! | `GET /api/users/devices` | session | | [`DevicesAnswer`] |
//! | `PUT /api/users/devices` | session | proven [`PutDevices`] | 204 |
//! | `POST /api/users/email` | session | proven [`ChangeEmail`] | 202 [`CodeSent`] |
//! | `POST /api/users/email/verify` | session | [`VerifyEmail`] | 204 |
//! | `DELETE /api/users/account` | session | proven [`Empty`] | 204 |
//! | `POST /api/auth/opaque/register` | session | [`OpaqueRegister`] | [`OpaqueRegisterAnswer`] |
//! | `POST /api/auth/opaque/login` | | [`OpaqueLogin`] | [`OpaqueLoginAnswer`] |
//! | `POST /api/auth/opaque/finish` | | [`OpaqueFinish`] | 202 [`CodeSent`] |
//! | `POST /api/auth/opaque/vault` | | [`OpaqueVault`] | [`OpaqueVaultAnswer`] |
//! | `POST /api/auth/reclaim` | | proven [`Reclaim`] | 202 [`CodeSent`], whether the address is known or not |
//! | `POST /api/auth/reclaim/verify` | | proven [`VerifyReclaim`] | [`ReclaimAnswer`] |
//! | `POST /api/auth/reclaim/status` | | proven [`ReclaimStatus`] | [`ReclaimAnswer`] |
//! | `POST /api/auth/reclaim/finish` | | proven [`FinishReclaim`] | [`Session`] |
//! | `POST /api/auth/reclaim/stop` | | [`StopReclaim`] | 204 |
//! | `GET /api/keys` | | | [`KeysAnswer`] |
//! | `PUT /api/link/{mailbox}/{step}` | | [`LinkMessage`] | 204; 409 if there is another one |
//! | `GET /api/link/{mailbox}/{step}` | | | [`LinkMessage`], or 204 after [`LINK_WAIT_S`] |
//!
//! Every failure is an [`ApiError`] in JSON. These types check sizes and encodings while they decode, so a decoded value is
//! well formed. Whoever sends or takes a request signs or verifies it here too, so that both ends agree on the signed bytes; how long a
//! signature is good for is left to the server's clock.

mod accounts;
mod error;
mod link;
mod opaque;
mod proof;
mod reclaim;
mod relays;
mod rooms;
mod text;
mod work;

pub use accounts::{
    AttestationText, CertText, ChallengeAnswer, ChangeEmail, CodeSent, DeviceListText, DevicesAnswer, Empty,
    KeysAnswer, Login, MAX_ATTESTATION_BYTES, MAX_DEVICE_LIST_BYTES, MAX_PROFILE_BYTES, MAX_VAULT_BYTES, ProfileRecord,
    PutDevices, PutVault, Register, SealedProfile, SealedVault, SeenDevice, Session, VaultRecord, Verify, VerifyEmail,
};
pub use error::{ApiError, ErrorCode};
pub use link::{LINK_STEPS, LINK_TTL_S, LINK_WAIT_S, LinkMessage, MAX_LINK_BYTES, link_path};
pub use opaque::{
    LoginState, MAX_LOGIN_STATE_BYTES, MAX_OPAQUE_BYTES, OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer, OpaqueMessage,
    OpaqueRegister, OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer, OpenedVault,
};
pub use proof::{Asker, ChallengeText, Proof, ProofError, Proven, Target};
pub use reclaim::{
    FinishReclaim, Reclaim, ReclaimAnswer, ReclaimState, ReclaimStatus, ReclaimStopped, StopReclaim, StopText,
    VerifyReclaim,
};
pub use relays::{RelayEntry, RelaysAnswer, TurnGrant, VersionAnswer, WEBSOCKET_PATH};
pub use rooms::{
    CreateRoom, DEFAULT_TTL_S, JoinAnswer, JoinRoom, MAX_SEALED_BYTES, MAX_TTL_S, MIN_TTL_S, RoomAnswer, RoomState,
    STATEMENT_WINDOW_S, Statement,
};
pub use text::{
    Base64Bytes, Blob, CodeText, EmailText, KeyText, LanguageTag, Mailbox, RequestId, Rid, Sealed, SignatureText,
    TextError, Typed,
};
pub use work::{find_work, work_done};

/// Media type of every API body.
pub const JSON: &str = "application/json";
/// Path of the relay list.
pub const RELAYS_PATH: &str = "/api/relays";
/// Path that room creations are posted to.
pub const CREATE_PATH: &str = "/api/rooms/create";
/// Path that joins are posted to.
pub const JOIN_PATH: &str = "/api/rooms/join";
/// Path that browsers post Content-Security-Policy reports to.
pub const CSP_REPORT_PATH: &str = "/api/csp-report";

/// Path that gives challenges.
pub const CHALLENGE_PATH: &str = "/api/auth/challenge";
/// Path that registrations are posted to.
pub const REGISTER_PATH: &str = "/api/auth/register";
/// Path that the codes of registrations are posted to.
pub const VERIFY_PATH: &str = "/api/auth/verify";
/// Path that logins are posted to.
pub const LOGIN_PATH: &str = "/api/auth/login";
/// Path that ends this device's sessions.
pub const LOGOUT_PATH: &str = "/api/auth/logout";
/// Path of the sealed profile.
pub const PROFILE_PATH: &str = "/api/users/profile";
/// Path of the sealed vault.
pub const VAULT_PATH: &str = "/api/users/vault";
/// Path of the device list.
pub const DEVICES_PATH: &str = "/api/users/devices";
/// Path that changes of the e-mail address are posted to.
pub const EMAIL_PATH: &str = "/api/users/email";
/// Path that the codes of such changes are posted to.
pub const EMAIL_VERIFY_PATH: &str = "/api/users/email/verify";
/// Path of the account itself, to delete it.
pub const ACCOUNT_PATH: &str = "/api/users/account";
/// Path of a password's registration.
pub const OPAQUE_REGISTER_PATH: &str = "/api/auth/opaque/register";
/// Path of a password login's first step.
pub const OPAQUE_LOGIN_PATH: &str = "/api/auth/opaque/login";
/// Path of a password login's second step.
pub const OPAQUE_FINISH_PATH: &str = "/api/auth/opaque/finish";
/// Path of a password login's last step.
pub const OPAQUE_VAULT_PATH: &str = "/api/auth/opaque/vault";
/// Path that requests for an address whose account's keys are lost are posted to.
pub const RECLAIM_PATH: &str = "/api/auth/reclaim";
/// Path that their codes are posted to.
pub const RECLAIM_VERIFY_PATH: &str = "/api/auth/reclaim/verify";
/// Path that tells how far such a request is.
pub const RECLAIM_STATUS_PATH: &str = "/api/auth/reclaim/status";
/// Path that ends the wait.
pub const RECLAIM_FINISH_PATH: &str = "/api/auth/reclaim/finish";
/// Path that objections are posted to.
pub const RECLAIM_STOP_PATH: &str = "/api/auth/reclaim/stop";
/// Path of the attestation keys.
pub const KEYS_PATH: &str = "/api/keys";

/// Path of one room: `GET` tells its state, `DELETE` destroys it.
pub fn room_path(rid: &Rid) -> String {
    format!("/api/rooms/{rid}")
}

/// Path that heartbeats of one room are posted to.
pub fn heartbeat_path(rid: &Rid) -> String {
    format!("/api/rooms/{rid}/heartbeat")
}
