//! `/api/users/...`: what an account keeps, within a session; what cannot be undone needs a fresh proof too.

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    accounts::{Asked, SignedIn},
    api::{
        ChangeEmail, CodeSent, DevicesAnswer, Empty, ProfileRecord, Proven, PutDevices, PutVault, VaultRecord,
        VerifyEmail,
    },
    http::{error::Failure, extract::JsonBody, limits::Own, pace::paced, state::AppState},
};

/// `GET /api/users/profile`.
pub async fn profile(State(state): State<AppState>, session: SignedIn) -> Result<Json<ProfileRecord>, Failure> {
    Ok(Json(state.accounts.profile(&session).await?))
}

/// `PUT /api/users/profile`.
pub async fn put_profile(
    State(state): State<AppState>,
    session: SignedIn,
    JsonBody(record): JsonBody<ProfileRecord>,
) -> Result<StatusCode, Failure> {
    state.rates.check_own(Own::Write, *session.key())?;
    state.accounts.put_profile(&session, record).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/users/vault`.
pub async fn vault(State(state): State<AppState>, session: SignedIn) -> Result<Json<VaultRecord>, Failure> {
    state.rates.check_own(Own::VaultRead, *session.key())?;
    Ok(Json(state.accounts.vault(&session).await?))
}

/// `PUT /api/users/vault`.
pub async fn put_vault(
    State(state): State<AppState>,
    session: SignedIn,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<PutVault>>,
) -> Result<StatusCode, Failure> {
    state.rates.check_own(Own::Write, *session.key())?;
    state.accounts.put_vault(&asked, &session, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/users/vault`.
pub async fn delete_vault(
    State(state): State<AppState>,
    session: SignedIn,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<Empty>>,
) -> Result<StatusCode, Failure> {
    state.accounts.delete_vault(&asked, &session, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/users/devices`.
pub async fn devices(State(state): State<AppState>, session: SignedIn) -> Result<Json<DevicesAnswer>, Failure> {
    Ok(Json(state.accounts.devices(&session).await?))
}

/// `PUT /api/users/devices`: also revokes.
pub async fn put_devices(
    State(state): State<AppState>,
    session: SignedIn,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<PutDevices>>,
) -> Result<StatusCode, Failure> {
    state.rates.check_own(Own::Write, *session.key())?;
    state.accounts.put_devices(&asked, &session, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/users/email`.
pub async fn change_email(
    State(state): State<AppState>,
    session: SignedIn,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<ChangeEmail>>,
) -> Result<(StatusCode, Json<CodeSent>), Failure> {
    state.rates.check_own(Own::Email, *session.key())?;
    let sent = paced(state.accounts.change_email(&asked, &session, &request)).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

/// `POST /api/users/email/verify`.
pub async fn verify_email(
    State(state): State<AppState>,
    session: SignedIn,
    JsonBody(request): JsonBody<VerifyEmail>,
) -> Result<StatusCode, Failure> {
    state.accounts.verify_email(&session, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/users/account`.
pub async fn delete_account(
    State(state): State<AppState>,
    session: SignedIn,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<Empty>>,
) -> Result<StatusCode, Failure> {
    state.accounts.delete_account(&asked, &session, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}
