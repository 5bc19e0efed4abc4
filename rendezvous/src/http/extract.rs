//! What handlers take from a request: strict JSON bodies, rids, sessions, and the site the client sees.
//!
//! A refusal says which rule was broken by its code, and nothing of what was sent.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRef, FromRequest, FromRequestParts, Path, Request},
    http::{header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{body::WholeBody, error::Failure, state::AppState};
use crate::{
    accounts::{Asked, SignedIn},
    api::{self, ErrorCode},
    core::advertise::Site,
};

/// A JSON body: an object. The media type must say so, and no field may be unknown.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case("application/json") {
            return Err(ErrorCode::MediaTypeUnsupported.into());
        }
        let WholeBody(body) = WholeBody::from_request(request, state).await?;
        // An array of the fields' values would be taken as well, and each request has one form.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(ErrorCode::Malformed.into());
        }
        serde_json::from_slice(&body).map(Self).map_err(|_| ErrorCode::Malformed.into())
    }
}

/// The room a path names.
pub struct Rid(pub api::Rid);

impl<S: Send + Sync> FromRequestParts<S> for Rid {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let rid = path.ok().and_then(|Path(text)| text.parse().ok());
        rid.map(Self).ok_or_else(|| ErrorCode::Malformed.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Site
where
    AppState: FromRef<S>,
{
    type Rejection = Failure;

    /// The site as this client named it: from `Host` in HTTP/1.1, from the target's authority in HTTP/2.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let secure = AppState::from_ref(state).site.secure;
        authority(parts).and_then(|authority| Self::parse(authority, secure)).ok_or_else(|| ErrorCode::Malformed.into())
    }
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = Failure;

    /// Whose pages may prove this request, and where it came from.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let ConnectInfo(remote) =
            parts.extensions.get::<ConnectInfo<SocketAddr>>().copied().ok_or(ErrorCode::Internal)?;
        let origins = authority(parts).map(|authority| state.origins.of_request(authority, state.site.secure));
        Ok(Self { origins: origins.unwrap_or_default(), from: remote.ip() })
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Failure;

    /// The session whose token the header `Authorization` carries (RFC 6750 section 2.1).
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(ErrorCode::SessionInvalid)?;
        Ok(state.accounts.authenticate(token).await?)
    }
}

// `Host` in HTTP/1.1, the target's authority in HTTP/2.
fn authority(parts: &Parts) -> Option<&str> {
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    parts.uri.authority().map(axum::http::uri::Authority::as_str).or(host)
}
