//! The HTTP API's types, shared by the server and the app.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /api/relays` | | [`RelaysAnswer`] |
//! | `POST /api/rooms/create` | [`CreateRoom`] | 201 [`RoomAnswer`]; 200 if this very room was there already |
//! | `POST /api/rooms/join` | [`JoinRoom`] | [`JoinAnswer`] |
//! | `GET /api/rooms/{rid}` | | [`RoomAnswer`] |
//! | `POST /api/rooms/{rid}/heartbeat` | [`Statement`] | [`RoomAnswer`] |
//! | `DELETE /api/rooms/{rid}` | [`Statement`] | [`RoomAnswer`] |
//! | `GET /version` | | [`VersionAnswer`] |
//!
//! Every failure is an [`ApiError`] in JSON. These types check sizes and encodings while they decode, so a decoded value is
//! well formed. Whoever sends or takes a request signs or verifies it here too, so that both ends agree on the signed bytes; how long a
//! signature is good for is left to the server's clock.

mod error;
mod relays;
mod rooms;
mod text;
mod work;

pub use error::{ApiError, ErrorCode};
pub use relays::{RelayEntry, RelaysAnswer, TurnGrant, VersionAnswer, WEBSOCKET_PATH};
pub use rooms::{
    CreateRoom, DEFAULT_TTL_S, JoinAnswer, JoinRoom, MAX_SEALED_BYTES, MAX_TTL_S, MIN_TTL_S, RoomAnswer, RoomState,
    STATEMENT_WINDOW_S, Statement,
};
pub use text::{Base64Bytes, KeyText, Rid, Sealed, SignatureText, TextError};
pub use work::{find_work, work_done};

/// Media type of every API body.
pub const JSON: &str = "application/json";
/// Path of the relay list.
pub const RELAYS_PATH: &str = "/api/relays";
/// Path that room creations are posted to.
pub const CREATE_PATH: &str = "/api/rooms/create";
/// Path that joins are posted to.
pub const JOIN_PATH: &str = "/api/rooms/join";
/// Path that browsers post Content-Security-Policy reports to.
pub const CSP_REPORT_PATH: &str = "/api/csp-report";

/// Path of one room: `GET` tells its state, `DELETE` destroys it.
pub fn room_path(rid: &Rid) -> String {
    format!("/api/rooms/{rid}")
}

/// Path that heartbeats of one room are posted to.
pub fn heartbeat_path(rid: &Rid) -> String {
    format!("/api/rooms/{rid}/heartbeat")
}
