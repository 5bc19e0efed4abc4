//! Every other path: the app's files.

use axum::{
    body::Body,
    extract::State,
    http::{Method, Request, Response},
};

use crate::{
    api::ErrorCode,
    http::{error::Failure, state::AppState},
};

/// `GET` or `HEAD` of a file; `/` is `index.html`. Rooms are fragments, so no other path is a page.
pub async fn file(State(state): State<AppState>, request: Request<Body>) -> Result<Response<Body>, Failure> {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ErrorCode::PathUnknown.into());
    }
    state.assets.answer(path, request.headers()).ok_or_else(|| ErrorCode::PathUnknown.into())
}
