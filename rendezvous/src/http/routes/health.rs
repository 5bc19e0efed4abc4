//! `/livez`, `/readyz` and `/version`, for those who operate the server.

use axum::{Json, extract::State};

use crate::{
    api::{ErrorCode, VersionAnswer},
    http::{error::Failure, state::AppState},
};

/// `GET /livez`: the process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: new work is welcome.
pub async fn ready(State(state): State<AppState>) -> Result<&'static str, Failure> {
    if state.is_ready() { Ok("ok\n") } else { Err(ErrorCode::Unavailable.into()) }
}

/// `GET /version`.
pub async fn version() -> Json<VersionAnswer> {
    Json(VersionAnswer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() })
}
