//! Names every request, logs how it ended, and gives failures their body.
//!
//! The log has the route's template and never the path, which can hold a rid; and no address above DEBUG.

use std::{net::SocketAddr, time::Instant};

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, State},
    http::{HeaderValue, Request, Response},
    middleware::Next,
};
use tracing::Instrument;

use crate::http::{csp, error, state::AppState};

/// The header that carries the request's id.
pub const REQUEST_ID: &str = "x-request-id";

/// The outermost layer.
pub async fn named(
    State(state): State<AppState>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let request_id = new_id();
    let route = request.extensions().get::<MatchedPath>().map_or("file", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = %request_id, method = %request.method(), route);
    let (started, method) = (Instant::now(), request.method().to_string());
    async {
        tracing::debug!(%remote, "request");
        let response = error::answer(next.run(request).await, &request_id);
        let (status, took) = (response.status().as_u16(), started.elapsed());
        state.metrics.request(&route, &method, status, took);
        let ms = took.as_millis();
        match status {
            500.. => tracing::warn!(status, ms, "answered"),
            _ if route.starts_with("/api/rooms") => tracing::info!(status, ms, "answered"),
            _ => tracing::debug!(status, ms, "answered"),
        }
        finish(response, &state, &request_id)
    }
    .instrument(span)
    .await
}

fn finish(mut response: Response<Body>, state: &AppState, request_id: &str) -> Response<Body> {
    let headers = response.headers_mut();
    headers.extend(csp::headers(state.site.secure, state.site.loopback_port));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

// Random rather than counted, so that it says nothing about how much the server does.
fn new_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness the id is zero, which hurts nobody but who reads the log.
    let _ = getrandom::fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}
