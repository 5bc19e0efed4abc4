//! `/api/auth/reclaim...`: taking an address back when every key of its account is lost.

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    accounts::Asked,
    api::{
        CodeSent, FinishReclaim, Proven, Reclaim, ReclaimAnswer, ReclaimStatus, Session, StopReclaim, VerifyReclaim,
    },
    http::{error::Failure, extract::JsonBody, pace::paced, state::AppState},
};

/// `POST /api/auth/reclaim`: 202, whether the address is known or not.
pub async fn ask(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<Reclaim>>,
) -> Result<(StatusCode, Json<CodeSent>), Failure> {
    let sent = paced(state.accounts.reclaim(&asked, &request)).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

/// `POST /api/auth/reclaim/verify`.
pub async fn verify(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<VerifyReclaim>>,
) -> Result<Json<ReclaimAnswer>, Failure> {
    let answer = state.accounts.verify_reclaim(&asked, &request).await?;
    state.metrics.reclaim("begun");
    Ok(Json(answer))
}

/// `POST /api/auth/reclaim/status`.
pub async fn status(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<ReclaimStatus>>,
) -> Result<Json<ReclaimAnswer>, Failure> {
    Ok(Json(state.accounts.reclaim_status(&asked, &request).await?))
}

/// `POST /api/auth/reclaim/finish`.
pub async fn finish(
    State(state): State<AppState>,
    asked: Asked,
    JsonBody(request): JsonBody<Proven<FinishReclaim>>,
) -> Result<Json<Session>, Failure> {
    let session = state.accounts.finish_reclaim(&asked, &request).await?;
    state.metrics.reclaim("finished");
    state.metrics.session();
    Ok(Json(session))
}

/// `POST /api/auth/reclaim/stop`.
pub async fn stop(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<StopReclaim>,
) -> Result<StatusCode, Failure> {
    state.accounts.stop_reclaim(&request).await?;
    state.metrics.reclaim("stopped_by_link");
    Ok(StatusCode::NO_CONTENT)
}
