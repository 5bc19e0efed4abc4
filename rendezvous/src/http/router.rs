//! The table of contents: every path, its handler and its class of request.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, header},
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::{MethodRouter, any, delete, get, post, put},
};
use tower_http::{catch_panic::CatchPanicLayer, cors::CorsLayer, limit::RequestBodyLimitLayer};

use super::{
    forwarded,
    limits::{Class, MAX_BODY_BYTES, MAX_SEALED_BODY_BYTES},
    middleware::{admission, request_log},
    routes::{auth, csp_report, dev_mail, docs, health, keys, link, page, reclaim, relays, rooms, socket, users},
    state::AppState,
};
use crate::api::{
    ACCOUNT_PATH, CHALLENGE_PATH, CREATE_PATH, CSP_REPORT_PATH, DEVICES_PATH, EMAIL_PATH, EMAIL_VERIFY_PATH, JOIN_PATH,
    KEYS_PATH, LOGIN_PATH, LOGOUT_PATH, OPAQUE_FINISH_PATH, OPAQUE_LOGIN_PATH, OPAQUE_REGISTER_PATH, OPAQUE_VAULT_PATH,
    PROFILE_PATH, RECLAIM_FINISH_PATH, RECLAIM_PATH, RECLAIM_STATUS_PATH, RECLAIM_STOP_PATH, RECLAIM_VERIFY_PATH,
    REGISTER_PATH, RELAYS_PATH, VAULT_PATH, VERIFY_PATH, WEBSOCKET_PATH,
};

/// The whole HTTP side of a server with `state`. Needs the peer's socket address as connect info.
pub fn router(state: AppState) -> Router {
    let limited = |class: Class, route: MethodRouter<AppState>| {
        route.layer(from_fn_with_state((state.clone(), class), admission::rate))
    };
    let rooms = Router::new()
        .route(RELAYS_PATH, limited(Class::Relays, get(relays::list)))
        .route(CREATE_PATH, limited(Class::Create, post(rooms::create)))
        .route(JOIN_PATH, limited(Class::Rooms, post(rooms::join)))
        .route("/api/rooms/{rid}", limited(Class::Rooms, get(rooms::look).delete(rooms::destroy)))
        .route("/api/rooms/{rid}/heartbeat", limited(Class::Beat, post(rooms::beat)))
        .route(CSP_REPORT_PATH, limited(Class::Report, post(csp_report::report)));
    let small = rooms.merge(accounts(&state)).layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES));
    let api = small.merge(sealed(&state)).layer(map_response(never_cached));
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/api/openapi.json", limited(Class::Page, get(docs::openapi)))
        .route("/api/docs", limited(Class::Page, get(docs::page)))
        .route("/dev/mail", limited(Class::Page, get(dev_mail::show)))
        .route("/version", limited(Class::Page, get(health::version)))
        .route(WEBSOCKET_PATH, limited(Class::Socket, get(socket::upgrade)))
        .fallback_service(limited(Class::Page, any(page::file)).with_state(state.clone()))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(api)
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(state.clone(), admission::bounded))
        .layer(from_fn_with_state(state.clone(), request_log::named))
        .layer(cors(&state.site.origins))
        .layer(from_fn_with_state(state.clone(), forwarded::client))
        .with_state(state)
}

fn accounts(state: &AppState) -> Router<AppState> {
    let limited = |class: Class, route: MethodRouter<AppState>| {
        route.layer(from_fn_with_state((state.clone(), class), admission::rate))
    };
    let auth = Router::new()
        .route(CHALLENGE_PATH, limited(Class::Challenge, post(auth::challenge)))
        .route(REGISTER_PATH, limited(Class::Letter, post(auth::register)))
        .route(VERIFY_PATH, limited(Class::Verify, post(auth::verify)))
        .route(LOGIN_PATH, limited(Class::Login, post(auth::login)))
        .route(LOGOUT_PATH, limited(Class::Account, post(auth::logout)))
        .route(OPAQUE_REGISTER_PATH, limited(Class::Account, post(auth::opaque_register)))
        .route(OPAQUE_LOGIN_PATH, limited(Class::Password, post(auth::opaque_login)))
        .route(OPAQUE_FINISH_PATH, limited(Class::Password, post(auth::opaque_finish)))
        .route(OPAQUE_VAULT_PATH, limited(Class::Verify, post(auth::opaque_vault)));
    let users = Router::new()
        .route(DEVICES_PATH, limited(Class::Account, get(users::devices).put(users::put_devices)))
        .route(EMAIL_PATH, limited(Class::Letter, post(users::change_email)))
        .route(EMAIL_VERIFY_PATH, limited(Class::Verify, post(users::verify_email)))
        .route(ACCOUNT_PATH, limited(Class::Account, delete(users::delete_account)));
    let reclaim = Router::new()
        .route(RECLAIM_PATH, limited(Class::Letter, post(reclaim::ask)))
        .route(RECLAIM_VERIFY_PATH, limited(Class::Verify, post(reclaim::verify)))
        .route(RECLAIM_STATUS_PATH, limited(Class::Login, post(reclaim::status)))
        .route(RECLAIM_FINISH_PATH, limited(Class::Login, post(reclaim::finish)))
        .route(RECLAIM_STOP_PATH, limited(Class::Verify, post(reclaim::stop)));
    auth.merge(users)
        .merge(reclaim)
        .route(KEYS_PATH, limited(Class::Relays, get(keys::list)))
        .route("/api/link/{mailbox}/{step}", limited(Class::Link, get(link::wait).put(link::put)))
}

// The routes whose bodies hold something sealed, which is larger than the rest.
fn sealed(state: &AppState) -> Router<AppState> {
    let limited = |route: MethodRouter<AppState>| {
        route.layer(from_fn_with_state((state.clone(), Class::Account), admission::rate))
    };
    let vault = get(users::vault).merge(put(users::put_vault)).merge(delete(users::delete_vault));
    Router::new()
        .route(PROFILE_PATH, limited(get(users::profile).put(users::put_profile)))
        .route(VAULT_PATH, limited(vault))
        .layer(RequestBodyLimitLayer::new(MAX_SEALED_BODY_BYTES))
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
