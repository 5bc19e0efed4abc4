//! The rendezvous's account API, from the page that it served. Which requests are made, and proven how, is the account bridge's business.

use std::time::Duration;

use gloo::net::http::{Method, Request, RequestBuilder, Response};
use milanio_rendezvous::api::{LINK_WAIT_S, LinkMessage};
use serde::{Serialize, de::DeserializeOwned};

use super::api::{Failure, answer, within};

/// How long a request may take before the server counts as unreachable. Chosen: answers that must not tell who has an account take
/// their time, and a loaded server waits for its disk.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long the server holds a request for the other device's message, with time for the way.
const LINK_PATIENCE: Duration = Duration::from_secs(LINK_WAIT_S + 8);

/// Status of an answer without content (RFC 9110, section 15.3.5).
const NO_CONTENT: u16 = 204;

/// The session's token, for requests that need one.
pub type Bearer<'a> = Option<&'a str>;

/// Asks for something.
///
/// # Errors
/// If there is no answer, or it is a refusal.
pub async fn get<A: DeserializeOwned>(path: &str, bearer: Bearer<'_>) -> Result<A, Failure> {
    let request = builder(Method::GET, path, bearer).build().map_err(|_| Failure::Unreadable)?;
    within(PATIENCE, async { answer(request.send().await).await }).await
}

/// Sends something and takes the answer.
///
/// # Errors
/// If there is no answer, or it is a refusal.
pub async fn post<B: Serialize, A: DeserializeOwned>(path: &str, bearer: Bearer<'_>, body: &B) -> Result<A, Failure> {
    let request = with_body(Method::POST, path, bearer, body)?;
    within(PATIENCE, async { answer(request.send().await).await }).await
}

/// Sends something whose answer has no content.
///
/// # Errors
/// If there is no answer, or it is a refusal.
pub async fn send<B: Serialize>(method: Method, path: &str, bearer: Bearer<'_>, body: &B) -> Result<(), Failure> {
    let request = with_body(method, path, bearer, body)?;
    within(PATIENCE, async { nothing(request.send().await).await }).await
}

/// Waits for the other device's message; `None` if there is none yet.
///
/// # Errors
/// If there is no answer, or it is a refusal.
pub async fn wait_for_link(path: &str) -> Result<Option<LinkMessage>, Failure> {
    let request = builder(Method::GET, path, None).build().map_err(|_| Failure::Unreadable)?;
    within(LINK_PATIENCE, async {
        match request.send().await {
            Ok(response) if response.status() == NO_CONTENT => Ok(None),
            response => answer(response).await.map(Some),
        }
    })
    .await
}

fn builder(method: Method, path: &str, bearer: Bearer<'_>) -> RequestBuilder {
    let builder = RequestBuilder::new(path).method(method);
    match bearer {
        Some(token) => builder.header("authorization", &format!("Bearer {token}")),
        None => builder,
    }
}

fn with_body<B: Serialize>(method: Method, path: &str, bearer: Bearer<'_>, body: &B) -> Result<Request, Failure> {
    builder(method, path, bearer).json(body).map_err(|_| Failure::Unreadable)
}

async fn nothing(response: Result<Response, gloo::net::Error>) -> Result<(), Failure> {
    match response {
        Ok(response) if response.ok() => Ok(()),
        // A refusal has a body, which says why; nothing else arrives there.
        response => answer::<serde_json::Value>(response).await.map(|_| ()),
    }
}
