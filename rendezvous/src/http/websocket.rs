//! Turns a WebSocket that HTTP upgraded into the byte messages that the relay's WebSocket transport takes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures::{Sink, SinkExt, Stream, StreamExt};

/// A WebSocket of binary messages. Text is a protocol error; pings are answered below.
pub struct BinarySocket(pub WebSocket);

impl Stream for BinarySocket {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let message = match ready!(self.0.poll_next_unpin(cx)) {
                Some(message) => message.map_err(io::Error::other),
                None => return Poll::Ready(None),
            };
            return Poll::Ready(match message {
                Ok(Message::Binary(bytes)) => Some(Ok(bytes)),
                Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                Ok(Message::Close(_)) => None,
                Ok(Message::Text(_)) => Some(Err(io::ErrorKind::InvalidData.into())),
                Err(error) => Some(Err(error)),
            });
        }
    }
}

impl Sink<Bytes> for BinarySocket {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready_unpin(cx).map_err(io::Error::other)
    }

    fn start_send(mut self: Pin<&mut Self>, bytes: Bytes) -> io::Result<()> {
        self.0.start_send_unpin(Message::Binary(bytes)).map_err(io::Error::other)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush_unpin(cx).map_err(io::Error::other)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_close_unpin(cx).map_err(io::Error::other)
    }
}
