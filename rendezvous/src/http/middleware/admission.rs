//! Who gets in: rates per class of request, a cap on requests under way, and a deadline.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    http::{Request, Response},
    middleware::Next,
    response::IntoResponse,
};

use crate::{
    api::ErrorCode,
    http::{
        body::Place,
        error::Failure,
        limits::{BODY_TIME, Class, REQUEST_TIME},
        state::AppState,
    },
};

/// Counts the request in its class. The state says which.
pub async fn rate(
    State((state, class)): State<(AppState, Class)>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    request: Request<Body>,
    next: Next,
) -> Result<Response<Body>, Failure> {
    state.rates.check(class, remote.ip())?;
    Ok(next.run(request).await)
}

/// Refuses when too much is under way, and gives up when an answer takes too long.
pub async fn bounded(
    State(state): State<AppState>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    mut request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let Some(place) = Place::take(remote.ip(), &state.in_flight, &state.arriving) else {
        return Failure::from(ErrorCode::Unavailable).into_response();
    };
    request.extensions_mut().insert(place.clone());
    let answered = tokio::time::timeout(BODY_TIME + REQUEST_TIME, next.run(request)).await;
    // A copy lives on in what an upgrade has taken along.
    place.leave();
    answered.unwrap_or_else(|_| Failure::from(ErrorCode::TimedOut).into_response())
}
