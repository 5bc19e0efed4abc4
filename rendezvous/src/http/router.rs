//! The table of contents: every path, its handler and its class of request.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, header},
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::{MethodRouter, any, get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, cors::CorsLayer, limit::RequestBodyLimitLayer};

use super::{
    forwarded,
    limits::{Class, MAX_BODY_BYTES},
    middleware::{admission, request_log},
    routes::{csp_report, dev_mail, health, page, relays, rooms, socket},
    state::AppState,
};
use crate::api::{CREATE_PATH, CSP_REPORT_PATH, JOIN_PATH, RELAYS_PATH, WEBSOCKET_PATH};

/// The whole HTTP side of a server with `state`. Needs the peer's socket address as connect info.
pub fn router(state: AppState) -> Router {
    let limited = |class: Class, route: MethodRouter<AppState>| {
        route.layer(from_fn_with_state((state.clone(), class), admission::rate))
    };
    let api = Router::new()
        .route(RELAYS_PATH, limited(Class::Relays, get(relays::list)))
        .route(CREATE_PATH, limited(Class::Create, post(rooms::create)))
        .route(JOIN_PATH, limited(Class::Rooms, post(rooms::join)))
        .route("/api/rooms/{rid}", limited(Class::Rooms, get(rooms::look).delete(rooms::destroy)))
        .route("/api/rooms/{rid}/heartbeat", limited(Class::Beat, post(rooms::beat)))
        .route(CSP_REPORT_PATH, limited(Class::Report, post(csp_report::report)))
        .layer(map_response(never_cached));
    Router::new()
        .merge(api)
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/dev/mail", limited(Class::Page, get(dev_mail::show)))
        .route("/version", limited(Class::Page, get(health::version)))
        .route(WEBSOCKET_PATH, limited(Class::Socket, get(socket::upgrade)))
        .fallback_service(limited(Class::Page, any(page::file)).with_state(state.clone()))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(state.clone(), admission::bounded))
        .layer(from_fn_with_state(state.clone(), request_log::named))
        .layer(cors(&state.site.origins))
        .layer(from_fn_with_state(state.clone(), forwarded::client))
        .with_state(state)
}

// Pages of other origins, where some were configured. No credentials: sessions are in a header that pages set themselves.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .expose_headers([header::RETRY_AFTER])
        .max_age(PREFLIGHT_AGE)
}

/// How long a browser may remember what a page of another origin may do (chosen).
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

async fn never_cached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
