//! `GET /api/keys`: what attestations verify under.

use axum::{Json, extract::State};

use crate::{api::KeysAnswer, http::state::AppState};

/// The issuers.
pub async fn list(State(state): State<AppState>) -> Json<KeysAnswer> {
    Json(state.accounts.issuers())
}
