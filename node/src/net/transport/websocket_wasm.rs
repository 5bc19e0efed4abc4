//! A libp2p transport that dials WebSockets from a browser.
//!
//! It is event driven: messages are queued the moment the browser delivers them and wake the reader. It is bounded: unread
//! bytes have a cap, after which the connection ends, and writers wait while the browser's own queue is long. The handlers
//! are attached before the constructor returns to the event loop, so that no message is lost. It cannot listen.

mod socket;

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use futures::future::select;
use futures_timer::Delay;
use libp2p::{
    Multiaddr,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    multiaddr::Protocol,
};
use send_wrapper::SendWrapper;
use wasm_bindgen_futures::spawn_local;

pub(super) use socket::Socket;

use super::WEBSOCKET_PATH;

/// How long a socket that is not wanted any more may take to open. Chosen: a browser opens one to a host at a time (RFC 6455,
/// section 4.1), so that one which gets no answer must not keep the next waiting for long.
const MAX_ON_ITS_WAY: Duration = Duration::from_secs(2);

/// Why a WebSocket could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// The browser refuses to try: a bad address, or a policy of the page forbids it.
    #[error("the browser refuses to open this WebSocket")]
    Refused,
    /// The relay could not be reached or did not accept; browsers do not tell which.
    #[error("the WebSocket closed before it opened")]
    Closed,
}

/// Dials `/ws`, `/wss` and `/tls/ws` addresses.
pub(super) struct Transport;

impl libp2p::Transport for Transport {
    type Output = Socket;
    type Error = DialError;
    type ListenerUpgrade = Pin<Box<dyn Future<Output = Result<Socket, DialError>> + Send>>;
    type Dial = Pin<Box<dyn Future<Output = Result<Socket, DialError>> + Send>>;

    fn listen_on(&mut self, _: ListenerId, address: Multiaddr) -> Result<(), TransportError<DialError>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(&mut self, address: Multiaddr, options: DialOpts) -> Result<Self::Dial, TransportError<DialError>> {
        let url = if options.role.is_listener() { None } else { url(&address) };
        let Some(url) = url else { return Err(TransportError::MultiaddrNotSupported(address)) };
        Ok(Box::pin(SendWrapper::new(async move { Dialling(Some(Socket::open(&url)?)).opened().await })))
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<TransportEvent<Self::ListenerUpgrade, DialError>> {
        Poll::Pending
    }
}

/// A socket that is on its way. Given up by then, because another address was faster, it is let open first and closed after:
/// to close it earlier is a fault in a browser's eyes, told on the console.
struct Dialling(Option<Socket>);

impl Dialling {
    async fn opened(&mut self) -> Result<Socket, DialError> {
        let Some(socket) = &mut self.0 else { return Err(DialError::Closed) };
        socket.opened().await?;
        self.0.take().ok_or(DialError::Closed)
    }
}

impl Drop for Dialling {
    fn drop(&mut self) {
        if let Some(mut socket) = self.0.take() {
            spawn_local(async move {
                select(pin!(socket.opened()), Delay::new(MAX_ON_ITS_WAY)).await;
            });
        }
    }
}

/// The URL of an address like `/dns4/HOST/tcp/PORT/tls/ws/p2p/PEER`, or `None` if it is of another kind.
fn url(address: &Multiaddr) -> Option<String> {
    let mut parts = address.iter();
    let host = match parts.next()? {
        Protocol::Ip4(ip) => ip.to_string(),
        Protocol::Ip6(ip) => format!("[{ip}]"),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => name.into_owned(),
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else { return None };
    let scheme = match parts.next()? {
        Protocol::Ws(_) => "ws",
        Protocol::Wss(_) => "wss",
        Protocol::Tls => match parts.next()? {
            Protocol::Ws(_) => "wss",
            _ => return None,
        },
        _ => return None,
    };
    let rest_is_known = matches!((parts.next(), parts.next()), (None | Some(Protocol::P2p(_)), None));
    rest_is_known.then(|| format!("{scheme}://{host}:{port}{WEBSOCKET_PATH}"))
}
