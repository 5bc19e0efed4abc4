//! The HTTP upgrade on both ends, for sockets this program opens or accepts itself.

use std::io;

use futures::{SinkExt, TryStreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config, client_async_with_config,
    tungstenite::{
        self, Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::WebSocketConfig,
    },
};

use super::{Bytes, MAX_MESSAGE_BYTES, WEBSOCKET_PATH, WsStream};

/// Connects to `host` and `port` and upgrades.
pub(super) async fn dial((host, port): (String, u16)) -> io::Result<WsStream> {
    let socket = TcpStream::connect((host.as_str(), port)).await?;
    socket.set_nodelay(true)?;
    let authority = if host.contains(':') { format!("[{host}]") } else { host };
    let request = format!("ws://{authority}:{port}{WEBSOCKET_PATH}");
    let (socket, _) = client_async_with_config(request, socket, Some(config())).await.map_err(failed)?;
    Ok(stream(socket))
}

/// Answers the upgrade that a client of an own listener asks for; any other path is not found.
pub(super) async fn accept(socket: TcpStream) -> io::Result<WsStream> {
    socket.set_nodelay(true)?;
    let socket = accept_hdr_async_with_config(socket, only_our_path, Some(config())).await.map_err(failed)?;
    Ok(stream(socket))
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
        .write_buffer_size(0)
        .max_write_buffer_size(4 * MAX_MESSAGE_BYTES)
}

#[expect(clippy::result_large_err, reason = "the type is the WebSocket library's")]
fn only_our_path(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == WEBSOCKET_PATH {
        return Ok(response);
    }
    let mut refused = ErrorResponse::new(None);
    *refused.status_mut() = StatusCode::NOT_FOUND;
    Err(refused)
}

fn stream(socket: WebSocketStream<TcpStream>) -> WsStream {
    let messages = socket
        .map_err(failed)
        .try_filter_map(|message| std::future::ready(payload(message)))
        .sink_map_err(failed)
        .with(|bytes: Bytes| std::future::ready(Ok::<_, io::Error>(Message::Binary(bytes))));
    WsStream::new(messages)
}

fn payload(message: Message) -> io::Result<Option<Bytes>> {
    match message {
        Message::Binary(bytes) => Ok(Some(bytes)),
        // Answered by the library.
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(None),
        Message::Text(_) | Message::Frame(_) => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn failed(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => io::ErrorKind::NotConnected.into(),
        other => io::Error::other(other),
    }
}
