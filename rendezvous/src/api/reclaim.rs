//! Taking an address back when every key of its account is lost: whoever reads the mailbox asks, waits, and gets the address for a
//! new account unless the old one objects.
//!
//! The old account's contents are gone with its keys; nobody gets those, and contacts see a new key. Left out: how long the wait is,
//! which the answers tell.

use serde::{Deserialize, Serialize};

use super::{Base64Bytes, CertText, CodeText, DeviceListText, EmailText, KeyText, LanguageTag, RequestId};

/// From the link in a notice: whoever has it may stop the takeover that the notice is about.
pub type StopText = Base64Bytes<48>;

/// What `POST /api/auth/reclaim` proves: "write to this address, I want it for a new account". Asked again, it sends a new code.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reclaim {
    /// The address.
    pub email: EmailText,
    /// The new account, which the server does not know yet.
    pub account: KeyText,
    /// Its certificate for the device that signs.
    pub cert: CertText,
    /// The language of the mails.
    pub language: LanguageTag,
    /// The work, where the challenge asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<u64>,
}

/// What `POST /api/auth/reclaim/verify` proves: "I have read the mail". The wait begins, and notices are written to the address.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyReclaim {
    /// From [`super::CodeSent`].
    pub request_id: RequestId,
    /// The code from the mail.
    pub code: CodeText,
    /// The same as in the first step.
    pub email: EmailText,
    /// The new account.
    pub account: KeyText,
    /// Its certificate for the device that signs.
    pub cert: CertText,
    /// The language of the notices.
    pub language: LanguageTag,
}

/// What `POST /api/auth/reclaim/status` proves: "how far is it?"
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReclaimStatus {
    /// The address.
    pub email: EmailText,
    /// The new account.
    pub account: KeyText,
    /// Its certificate for the device that signs.
    pub cert: CertText,
}

/// What `POST /api/auth/reclaim/finish` proves: "the wait is over". The old account is deleted, and the new one is registered.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishReclaim {
    /// The address.
    pub email: EmailText,
    /// The new account.
    pub account: KeyText,
    /// Its certificate for the device that signs.
    pub cert: CertText,
    /// Its first device list.
    pub device_list: DeviceListText,
}

/// The body of `POST /api/auth/reclaim/stop`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopReclaim {
    /// From the link in a notice: `#/reclaim-stop/<stop>`.
    pub stop: StopText,
}

/// How far a takeover is: the answer to `reclaim/verify` and `reclaim/status`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReclaimAnswer {
    /// Whether it is waiting, ready or stopped.
    pub state: ReclaimState,
    /// When it was asked for, in seconds since the Unix epoch.
    pub asked_s: u64,
    /// When the wait is over, in seconds since the Unix epoch.
    pub ready_s: u64,
    /// When it is forgotten, in seconds since the Unix epoch: to be finished before.
    pub forgotten_s: u64,
    /// The server's time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// See [`ReclaimAnswer`].
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReclaimState {
    /// The old account can still object.
    Waiting,
    /// The wait is over: `reclaim/finish` can be asked.
    Ready,
    /// The old account has objected: it signed in, or somebody followed the link in a notice.
    Stopped,
}

/// That somebody asked for a session's own address, and was stopped by this or an earlier sign-in of the account.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReclaimStopped {
    /// When it was asked for, in seconds since the Unix epoch. Tells one attempt from another.
    pub asked_s: u64,
    /// When it was stopped, in seconds since the Unix epoch.
    pub stopped_s: u64,
}
