//! WebSocket (RFC 6455) as a libp2p transport for native programs: the second way into a relay, and the only one through
//! networks that let nothing but web traffic pass.
//!
//! Three sources of connections: a TCP listener of its own (`/ip4/../tcp/../ws`), sockets that a web server has accepted on its
//! own port and handed over through [`WsAcceptor`], and dialling. The path is always [`WEBSOCKET_PATH`]: multiaddrs do not name one.
//! Every binary message is a piece of one byte stream; nothing waits on a timer and everything that queues is bounded.
//! It does not speak TLS: whoever accepts for [`WsAcceptor`] has done that.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, Sink, Stream, StreamExt, future::BoxFuture, stream::SelectAll};
use libp2p::{
    Multiaddr,
    core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
};
use tokio::sync::mpsc;
pub use tokio_util::bytes::Bytes;

use super::WEBSOCKET_PATH;

mod address;
mod handshake;
mod listener;
mod stream;

pub use stream::WsStream;

/// The largest message that is accepted, in bytes (chosen: twice what any end here sends).
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// A transport that dials, listens, and takes what the acceptor is fed.
pub fn incoming() -> (WsTransport, WsAcceptor) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (WsTransport { accepted: Some(receiver), ..WsTransport::dialer() }, WsAcceptor { sender })
}

/// Takes upgraded WebSockets from a web server.
#[derive(Clone, Debug)]
pub struct WsAcceptor {
    sender: mpsc::Sender<Accepted>,
}

/// The relay has stopped: it takes no more connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the relay has stopped")]
pub struct RelayStopped;

impl WsAcceptor {
    /// Hands over `socket`, whose items are the binary messages of a WebSocket that was upgraded on [`WEBSOCKET_PATH`].
    ///
    /// `remote` is the peer's address and `local` the one it reached, if known. Waits while too many others wait.
    pub async fn accept<S>(&self, socket: S, remote: SocketAddr, local: Option<SocketAddr>) -> Result<(), RelayStopped>
    where
        S: Stream<Item = io::Result<Bytes>> + Sink<Bytes, Error = io::Error> + Send + 'static,
    {
        let accepted = Accepted { stream: WsStream::new(socket), remote, local };
        self.sender.send(accepted).await.map_err(|_| RelayStopped)
    }
}

/// See the module's documentation.
pub struct WsTransport {
    accepted: Option<mpsc::Receiver<Accepted>>,
    listeners: SelectAll<listener::Listener>,
    events: VecDeque<Event>,
    acceptor_id: ListenerId,
}

impl WsTransport {
    /// A transport that dials and listens by itself, without a web server.
    pub fn dialer() -> Self {
        Self { accepted: None, listeners: SelectAll::new(), events: VecDeque::new(), acceptor_id: ListenerId::next() }
    }

    fn incoming_event(&self, accepted: Accepted) -> Event {
        let unknown = SocketAddr::new(accepted.remote.ip(), 0);
        TransportEvent::Incoming {
            listener_id: self.acceptor_id,
            local_addr: address::of_socket(accepted.local.unwrap_or(unknown)),
            send_back_addr: address::of_socket(accepted.remote),
            upgrade: std::future::ready(Ok(accepted.stream)).boxed(),
        }
    }
}

impl Transport for WsTransport {
    type Output = WsStream;
    type Error = io::Error;
    type ListenerUpgrade = Upgrade;
    type Dial = Upgrade;

    fn listen_on(&mut self, id: ListenerId, addr: Multiaddr) -> Result<(), TransportError<io::Error>> {
        let Some(socket) = address::to_listen(&addr) else {
            return Err(TransportError::MultiaddrNotSupported(addr));
        };
        let (listener, events) = listener::Listener::bind(id, socket).map_err(TransportError::Other)?;
        self.listeners.push(listener);
        self.events.extend(events);
        Ok(())
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.listeners.iter_mut().find(|listener| listener.id() == id).is_some_and(listener::Listener::close)
    }

    fn dial(&mut self, addr: Multiaddr, _: DialOpts) -> Result<Upgrade, TransportError<io::Error>> {
        match address::to_dial(&addr) {
            Some(target) => Ok(handshake::dial(target).boxed()),
            None => Err(TransportError::MultiaddrNotSupported(addr)),
        }
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(event);
        }
        if let Some(receiver) = &mut self.accepted
            && let Poll::Ready(Some(accepted)) = receiver.poll_recv(cx)
        {
            return Poll::Ready(self.incoming_event(accepted));
        }
        match self.listeners.poll_next_unpin(cx) {
            Poll::Ready(Some(event)) => Poll::Ready(event),
            _ => Poll::Pending,
        }
    }
}

type Upgrade = BoxFuture<'static, io::Result<WsStream>>;
type Event = TransportEvent<Upgrade, io::Error>;

/// Upgraded sockets that may wait for the relay (chosen: more than arrive between two polls of a busy one).
const MAX_WAITING: usize = 64;

#[derive(Debug)]
struct Accepted {
    stream: WsStream,
    remote: SocketAddr,
    local: Option<SocketAddr>,
}
