//! The rendezvous's HTTP API, from the page that it served.

use std::{future::Future, time::Duration};

use futures::{FutureExt, future::Either};
use gloo::{
    net::http::{Request, Response},
    timers::future::sleep,
};
use milanio_rendezvous::api::{
    ApiError, CREATE_PATH, CreateRoom, ErrorCode, JOIN_PATH, JoinAnswer, JoinRoom, KEYS_PATH, KeysAnswer, RELAYS_PATH,
    RelaysAnswer, Rid, RoomAnswer, Statement, heartbeat_path, room_path,
};
use serde::{Serialize, de::DeserializeOwned};

/// How long a request may take before the server counts as unreachable. Chosen.
const PATIENCE: Duration = Duration::from_secs(8);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No network, no server, or not in time.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The server refuses, and says why.
    #[error("the server refuses: {0:?}")]
    Refused(ErrorCode, Option<u32>),
    /// An answer that makes no sense.
    #[error("the server's answer cannot be read")]
    Unreadable,
}

/// Where the relays are, and what time it is.
pub async fn relays() -> Result<RelaysAnswer, Failure> {
    in_time(async { answer(Request::get(RELAYS_PATH).send().await).await }).await
}

/// The keys under which this server's attestations count.
pub async fn keys() -> Result<KeysAnswer, Failure> {
    in_time(async { answer(Request::get(KEYS_PATH).send().await).await }).await
}

/// Opens a room.
pub async fn create(room: &CreateRoom) -> Result<RoomAnswer, Failure> {
    post(CREATE_PATH, room).await
}

/// Looks a room up.
pub async fn join(rid: Rid) -> Result<JoinAnswer, Failure> {
    post(JOIN_PATH, &JoinRoom { rid }).await
}

/// Says that a room is in use.
pub async fn heartbeat(rid: &Rid, statement: &Statement) -> Result<RoomAnswer, Failure> {
    post(&heartbeat_path(rid), statement).await
}

/// Ends a room.
pub async fn destroy(rid: &Rid, statement: &Statement) -> Result<RoomAnswer, Failure> {
    let request = Request::delete(&room_path(rid)).json(statement).map_err(|_| Failure::Unreadable)?;
    in_time(async { answer(request.send().await).await }).await
}

async fn post<B: Serialize, A: DeserializeOwned>(path: &str, body: &B) -> Result<A, Failure> {
    let request = Request::post(path).json(body).map_err(|_| Failure::Unreadable)?;
    in_time(async { answer(request.send().await).await }).await
}

pub(super) async fn answer<A: DeserializeOwned>(response: Result<Response, gloo::net::Error>) -> Result<A, Failure> {
    let response = response.map_err(|_| Failure::Unreachable)?;
    if response.ok() {
        return response.json().await.map_err(|_| Failure::Unreadable);
    }
    match response.json::<ApiError>().await {
        Ok(error) => Err(Failure::Refused(error.code, error.retry_after_s)),
        // A proxy in front of a server that is down answers in its own words.
        Err(_) => Err(Failure::Unreachable),
    }
}

async fn in_time<A>(request: impl Future<Output = Result<A, Failure>>) -> Result<A, Failure> {
    within(PATIENCE, request).await
}

pub(super) async fn within<A>(
    patience: Duration,
    request: impl Future<Output = Result<A, Failure>>,
) -> Result<A, Failure> {
    let request = Box::pin(request);
    match futures::future::select(request, sleep(patience).boxed_local()).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Failure::Unreachable),
    }
}
