//! The one place where failures become answers: status, stable code, sentence, and nothing about the server's inside.

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};

use crate::{
    accounts::AccountError,
    api::{ApiError, ErrorCode},
    core::link_box::LinkError,
    registry::RegistryError,
    store::StoreError,
};

/// A failed request, before it has its body: [`answer`] writes that, for these and for the framework's own refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub code: ErrorCode,
    /// Seconds to wait, where waiting helps.
    pub retry_after_s: Option<u32>,
}

impl Failure {
    /// Too many requests; one more is taken in `retry_after_s` seconds.
    pub const fn rate_limited(retry_after_s: u32) -> Self {
        Self { code: ErrorCode::RateLimited, retry_after_s: Some(retry_after_s) }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        let retry_after_s = matches!(code, ErrorCode::Unavailable | ErrorCode::MailUnavailable).then_some(BUSY_RETRY_S);
        Self { code, retry_after_s }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let code = match error {
            RegistryError::TtlOutOfRange => ErrorCode::Malformed,
            RegistryError::SignatureInvalid => ErrorCode::SignatureInvalid,
            RegistryError::ClockSkewed => ErrorCode::ClockSkewed,
            RegistryError::RoomUnknown => ErrorCode::RoomUnknown,
            RegistryError::RoomExists => ErrorCode::RoomExists,
            RegistryError::RoomExpired => ErrorCode::RoomExpired,
            RegistryError::RoomDestroyed => ErrorCode::RoomDestroyed,
            RegistryError::Full | RegistryError::Store(StoreError::Busy | StoreError::Conflict) => {
                ErrorCode::Unavailable
            }
            RegistryError::Store(error) => {
                tracing::error!(%error, "a request failed in the store");
                ErrorCode::Internal
            }
        };
        code.into()
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let code = match error {
            AccountError::Malformed => ErrorCode::Malformed,
            AccountError::EmailInvalid(_) => ErrorCode::EmailInvalid,
            AccountError::CodeInvalid => ErrorCode::CodeInvalid,
            AccountError::EmailWrong => ErrorCode::EmailWrong,
            AccountError::SessionInvalid => ErrorCode::SessionInvalid,
            AccountError::SignatureInvalid => ErrorCode::SignatureInvalid,
            AccountError::ProofInvalid => ErrorCode::ChallengeInvalid,
            AccountError::AccountUnknown => ErrorCode::AccountUnknown,
            AccountError::DeviceRevoked => ErrorCode::DeviceRevoked,
            AccountError::AddressNeeded => ErrorCode::AddressNeeded,
            AccountError::ReclaimUnknown => ErrorCode::ReclaimUnknown,
            AccountError::CredentialsInvalid => ErrorCode::CredentialsInvalid,
            AccountError::SeqStale => ErrorCode::SeqStale,
            AccountError::WorkRequired => ErrorCode::WorkRequired,
            AccountError::MailDown => ErrorCode::MailUnavailable,
            AccountError::TooManyLetters { retry_after_s } => return Self::rate_limited(retry_after_s),
            AccountError::Busy | AccountError::Store(StoreError::Busy | StoreError::Conflict) => ErrorCode::Unavailable,
            AccountError::NoRandomness | AccountError::Store(_) => {
                tracing::error!(%error, "a request failed inside");
                ErrorCode::Internal
            }
        };
        code.into()
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let code = match error {
            LinkError::NoSuchStep => ErrorCode::PathUnknown,
            LinkError::Taken => ErrorCode::SeqStale,
            LinkError::Full => ErrorCode::Unavailable,
        };
        code.into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a failed `response` its JSON body; leaves any other as it is.
pub fn answer(response: Response<Body>, request_id: &str) -> Response<Body> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let failure = response.extensions().get::<Failure>().copied().unwrap_or_else(|| Failure::from(code_of(status)));
    let error = ApiError {
        code: failure.code,
        message: sentence(failure.code).to_owned(),
        retry_after_s: failure.retry_after_s,
        request_id: request_id.to_owned(),
    };
    let mut answer = (status, Json(error)).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(allow) = response.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    if let Some(seconds) = failure.retry_after_s {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// When to come back to a server that is starting, stopping or full, in seconds (chosen).
const BUSY_RETRY_S: u32 = 2;

// What the framework refuses by itself has a status and no code.
fn code_of(status: StatusCode) -> ErrorCode {
    match status {
        StatusCode::NOT_FOUND => ErrorCode::PathUnknown,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ErrorCode::TimedOut,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::MediaTypeUnsupported,
        StatusCode::SERVICE_UNAVAILABLE => ErrorCode::Unavailable,
        status if status.is_client_error() => ErrorCode::Malformed,
        _ => ErrorCode::Internal,
    }
}

const fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Malformed => "The request is not what this path takes.",
        ErrorCode::EmailInvalid => "This is no e-mail address.",
        ErrorCode::CodeInvalid => "The code is wrong or no longer valid.",
        ErrorCode::EmailWrong => "The account has another e-mail address.",
        ErrorCode::SessionInvalid => "The session is over.",
        ErrorCode::ChallengeInvalid => "The proof does not hold.",
        ErrorCode::AccountUnknown => "The account is not registered here.",
        ErrorCode::DeviceRevoked => "The account has revoked this device.",
        ErrorCode::AddressNeeded => "The device is new to the account, so its e-mail address is asked for.",
        ErrorCode::CredentialsInvalid => "The e-mail address and the password do not fit.",
        ErrorCode::SeqStale => "Something newer is stored.",
        ErrorCode::WorkRequired => "A proof of work is asked for.",
        ErrorCode::MailUnavailable => "No mail can be sent at present.",
        ErrorCode::SignatureInvalid => "The signature does not verify.",
        ErrorCode::ClockSkewed => "The signed time is too far from the server's.",
        ErrorCode::RoomUnknown => "There is no such room.",
        ErrorCode::PathUnknown => "There is nothing at this path.",
        ErrorCode::ReclaimUnknown => "Nothing is known of this, or it is not over yet.",
        ErrorCode::MethodNotAllowed => "This path takes other methods.",
        ErrorCode::TimedOut => "The request took too long.",
        ErrorCode::RoomExists => "Another room has this name.",
        ErrorCode::RoomExpired => "The room has expired.",
        ErrorCode::RoomDestroyed => "The room was ended by its creator.",
        ErrorCode::BodyTooLarge => "The body is too large.",
        ErrorCode::MediaTypeUnsupported => "The body must be application/json.",
        ErrorCode::RateLimited => "Too many requests.",
        ErrorCode::Internal | ErrorCode::Unknown => "The server failed.",
        ErrorCode::Unavailable => "The server is busy.",
    }
}
