//! `GET /p2p`: upgrades to a WebSocket and hands it to the relay.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State, WebSocketUpgrade},
    response::Response,
};
use milanio_node::net::transport::websocket::MAX_MESSAGE_BYTES;

use crate::{
    core::advertise::Site,
    http::{state::AppState, websocket::BinarySocket},
};

/// Upgrades. What follows is the relay's: it authenticates, limits and forwards.
pub async fn upgrade(
    State(state): State<AppState>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    site: Site,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .max_write_buffer_size(2 * MAX_MESSAGE_BYTES)
        .write_buffer_size(0);
    upgrade.on_upgrade(move |socket| async move {
        if state.relay.sockets.accept(BinarySocket(socket), remote, site.socket()).await.is_err() {
            tracing::debug!("a WebSocket came after the relay had stopped");
        }
    })
}
