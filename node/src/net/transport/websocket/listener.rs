//! A TCP listener that upgrades what it accepts.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, Stream};
use libp2p::core::transport::{ListenerId, TransportEvent};
use tokio::net::TcpListener;

use super::{Event, address, handshake};
use crate::net::transport::local_addresses::reachable_at;

/// Yields an event for each connection until it is closed.
pub(super) struct Listener {
    id: ListenerId,
    socket: Option<TcpListener>,
    local: SocketAddr,
    closed: bool,
}

impl Listener {
    /// Binds `address` and tells which addresses it now has.
    pub(super) fn bind(id: ListenerId, address: SocketAddr) -> io::Result<(Self, Vec<Event>)> {
        let socket = std::net::TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let socket = TcpListener::from_std(socket)?;
        let local = socket.local_addr()?;
        let new_address = |ip| TransportEvent::NewAddress {
            listener_id: id,
            listen_addr: address::of_socket(SocketAddr::new(ip, local.port())),
        };
        let events = reachable_at(local.ip()).into_iter().map(new_address).collect();
        Ok((Self { id, socket: Some(socket), local, closed: false }, events))
    }

    pub(super) fn id(&self) -> ListenerId {
        self.id
    }

    /// Stops listening; false if it had stopped before.
    pub(super) fn close(&mut self) -> bool {
        self.socket.take().is_some()
    }
}

impl Stream for Listener {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let Some(socket) = &self.socket else {
            if self.closed {
                return Poll::Ready(None);
            }
            self.closed = true;
            return Poll::Ready(Some(TransportEvent::ListenerClosed { listener_id: self.id, reason: Ok(()) }));
        };
        match socket.poll_accept(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok((stream, remote))) => Poll::Ready(Some(TransportEvent::Incoming {
                listener_id: self.id,
                local_addr: address::of_socket(stream.local_addr().unwrap_or(self.local)),
                send_back_addr: address::of_socket(remote),
                upgrade: handshake::accept(stream).boxed(),
            })),
            // One connection that failed before it was accepted, or no descriptor left: the listener lives on.
            Poll::Ready(Err(error)) => Poll::Ready(Some(TransportEvent::ListenerError { listener_id: self.id, error })),
        }
    }
}
