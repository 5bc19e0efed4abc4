//! `/api/rooms/...`: the registry over HTTP.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};

use crate::{
    api::{CreateRoom, JoinAnswer, JoinRoom, RoomAnswer, Statement},
    core::advertise::Site,
    http::{
        error::Failure,
        extract::{JsonBody, Rid},
        limits::Class,
        state::AppState,
    },
};

/// `POST /api/rooms/create`: 201 for a new room, 200 for one that this request had made before.
pub async fn create(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<CreateRoom>,
) -> Result<(StatusCode, Json<RoomAnswer>), Failure> {
    let (new, answer) = state.registry.create(request).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(answer)))
}

/// `POST /api/rooms/join`: the sealed genesis, with TURN credentials unless this address had its share.
pub async fn join(
    State(state): State<AppState>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    site: Site,
    JsonBody(request): JsonBody<JoinRoom>,
) -> Result<Json<JoinAnswer>, Failure> {
    let (room, sealed) = state.registry.join(&request.rid).await?;
    let allowed = state.rates.check(Class::Turn, remote.ip()).is_ok();
    let turn = if allowed { state.relay.turn_grant(&site, room.now_ms) } else { None };
    Ok(Json(JoinAnswer { room, sealed, turn }))
}

/// `GET /api/rooms/{rid}`: where the room is in its life.
pub async fn look(State(state): State<AppState>, Rid(rid): Rid) -> Result<Json<RoomAnswer>, Failure> {
    Ok(Json(state.registry.look(&rid).await?))
}

/// `POST /api/rooms/{rid}/heartbeat`: somebody is in.
pub async fn beat(
    State(state): State<AppState>,
    Rid(rid): Rid,
    JsonBody(statement): JsonBody<Statement>,
) -> Result<Json<RoomAnswer>, Failure> {
    state.rates.check_beat(rid)?;
    Ok(Json(state.registry.beat(&rid, &statement).await?))
}

/// `DELETE /api/rooms/{rid}`: its creator ends the room.
pub async fn destroy(
    State(state): State<AppState>,
    Rid(rid): Rid,
    JsonBody(statement): JsonBody<Statement>,
) -> Result<Json<RoomAnswer>, Failure> {
    Ok(Json(state.registry.destroy(&rid, &statement).await?))
}
