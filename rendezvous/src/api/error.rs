//! The one shape of every failed answer, and its stable codes.
//!
//! Left out: why something failed inside the server. That is in the server's log under the same request id.

use serde::{Deserialize, Serialize};

/// The body of every answer whose status is 400 or higher.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What happened, for programs.
    pub code: ErrorCode,
    /// What happened, in one English sentence, for people who read logs; the app has its own texts.
    pub message: String,
    /// Seconds to wait before trying again, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// Names this request in the server's log.
    pub request_id: String,
}

/// What went wrong. The names on the wire are stable; new ones may come.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: the body or a path part is not what this route takes.
    Malformed,
    /// 400: this is no e-mail address.
    EmailInvalid,
    /// 400: the code is wrong, used, over or was never sent; which of these is not told.
    CodeInvalid,
    /// 400: the account's present e-mail address is another one.
    EmailWrong,
    /// 401: the session is over or was never one; sign in again.
    SessionInvalid,
    /// 403: the challenge is over, used or foreign, or the signature over it does not fit this request, key or origin.
    ChallengeInvalid,
    /// 403: the account is not registered here. Told only to who has proven to be it.
    AccountUnknown,
    /// 403: the account has revoked this device.
    DeviceRevoked,
    /// 403: the account did not have this device before, so its e-mail address is asked for. Told only to who has proven to be it.
    AddressNeeded,
    /// 403: the password does not fit the e-mail address, or nobody has this address; which of these is not told.
    CredentialsInvalid,
    /// 403: a signature does not verify under the key that had to make it.
    SignatureInvalid,
    /// 403: the signed time is further than [`super::STATEMENT_WINDOW_S`] from the server's; `GET /api/relays` tells the time.
    ClockSkewed,
    /// 404: no room has this rid.
    RoomUnknown,
    /// 404: no such path.
    PathUnknown,
    /// 404: this account has not asked for this address, or so long ago that it was forgotten, or the wait is not over.
    ReclaimUnknown,
    /// 405: the path takes other methods.
    MethodNotAllowed,
    /// 408: the request took too long to arrive or to answer.
    TimedOut,
    /// 409: another room has this rid.
    RoomExists,
    /// 409: another device has written meanwhile: read again, then write with the next number.
    SeqStale,
    /// 410: the room's time to live has passed.
    RoomExpired,
    /// 410: its creator destroyed the room.
    RoomDestroyed,
    /// 413: the body is larger than the route takes.
    BodyTooLarge,
    /// 415: the body is not `application/json`.
    MediaTypeUnsupported,
    /// 428: mail is in demand: take a new challenge, do the work that it asks for, and try again.
    WorkRequired,
    /// 429: too many requests; wait `retry_after_s`.
    RateLimited,
    /// 500: the server failed.
    Internal,
    /// 503: the server is starting, stopping or full.
    Unavailable,
    /// 503: no mail can be sent at present.
    MailUnavailable,
    /// A code newer than this program.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::EmailInvalid | Self::CodeInvalid | Self::EmailWrong => 400,
            Self::SessionInvalid => 401,
            Self::SignatureInvalid
            | Self::ClockSkewed
            | Self::ChallengeInvalid
            | Self::AccountUnknown
            | Self::DeviceRevoked
            | Self::AddressNeeded
            | Self::CredentialsInvalid => 403,
            Self::RoomUnknown | Self::PathUnknown | Self::ReclaimUnknown => 404,
            Self::MethodNotAllowed => 405,
            Self::TimedOut => 408,
            Self::RoomExists | Self::SeqStale => 409,
            Self::RoomExpired | Self::RoomDestroyed => 410,
            Self::BodyTooLarge => 413,
            Self::MediaTypeUnsupported => 415,
            Self::WorkRequired => 428,
            Self::RateLimited => 429,
            Self::Internal | Self::Unknown => 500,
            Self::Unavailable | Self::MailUnavailable => 503,
        }
    }
}
