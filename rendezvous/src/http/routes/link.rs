//! `/api/link/{mailbox}/{step}`: two devices leave messages for each other.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    api::{ErrorCode, LINK_STEPS, LinkMessage, Mailbox},
    http::{error::Failure, extract::JsonBody, state::AppState},
};

/// `PUT`: a message, once.
pub async fn put(
    State(state): State<AppState>,
    Path(path): Path<(String, u8)>,
    JsonBody(message): JsonBody<LinkMessage>,
) -> Result<StatusCode, Failure> {
    let (mailbox, step) = place(&path)?;
    state.links.put(mailbox, step, message)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET`: the message, or 204 if none comes for a while.
pub async fn wait(State(state): State<AppState>, Path(path): Path<(String, u8)>) -> Result<Response, Failure> {
    let (mailbox, step) = place(&path)?;
    let message = state.links.message(&mailbox, step).await;
    Ok(message.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |message| Json(message).into_response()))
}

fn place((mailbox, step): &(String, u8)) -> Result<(Mailbox, u8), Failure> {
    let mailbox = mailbox.parse().map_err(|_| ErrorCode::Malformed)?;
    if *step < LINK_STEPS { Ok((mailbox, *step)) } else { Err(ErrorCode::PathUnknown.into()) }
}
