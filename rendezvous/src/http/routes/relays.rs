//! `GET /api/relays`: where to connect, and what time it is.

use axum::{Json, extract::State};

use crate::{api::RelaysAnswer, core::advertise::Site, http::state::AppState};

/// Answers with addresses for the host under which this client found the server.
pub async fn list(State(state): State<AppState>, site: Site) -> Json<RelaysAnswer> {
    Json(state.relay.answer(&site, state.registry.now_ms()))
}
