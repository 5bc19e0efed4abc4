//! WebTransport (libp2p specifications, webtransport) as a listening libp2p transport: how browsers reach a relay.
//!
//! A QUIC endpoint of its own with certificates that live under 14 days, which browsers accept by hash. Each connection must
//! finish QUIC, HTTP/3, the session request on [`PATH`] and Noise within [`HANDSHAKE_TIMEOUT`]. It does not dial: native
//! programs reach relays over TCP and WebSocket.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use libp2p::{
    Multiaddr, PeerId,
    core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
    identity::Keypair,
};

mod address;
mod certificate;
mod connection;
mod handshake;
mod listener;
mod ring;

pub use certificate::CertificateError;
pub use connection::{Connection, Stream};
pub use handshake::HandshakeError;
pub use ring::{CertificateRing, CertificateStore, FileStore, RingError, unix_now_s};

/// The path of the session request (libp2p specifications, webtransport).
pub const PATH: &str = "/.well-known/libp2p-webtransport?type=noise";

/// How long a connection may take until it is ready.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// See the module's documentation.
pub struct WebTransport {
    keypair: Keypair,
    ring: CertificateRing,
    pending: Pending,
    listeners: Vec<listener::Listener>,
    events: VecDeque<Event>,
    rotation: BoxFuture<'static, ()>,
}

impl WebTransport {
    /// A transport that shows `keypair` as its identity and the certificates of `ring`, with at most `max_pending` handshakes
    /// under way at once.
    pub fn new(keypair: Keypair, ring: CertificateRing, max_pending: usize) -> Self {
        Self {
            keypair,
            ring,
            pending: Pending { count: Arc::default(), max: max_pending },
            listeners: Vec::new(),
            events: VecDeque::new(),
            rotation: std::future::ready(()).boxed(),
        }
    }

    /// Replaces certificates that are due at `now_s` (seconds since the Unix epoch) and says so; the listeners go on and so do
    /// their connections.
    fn rotate(&mut self, now_s: u64) {
        match self.ring.advance(now_s) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                // The old certificates serve for another hour, and it is tried again before.
                tracing::error!(%error, "certificates cannot be rotated");
                return;
            }
        }
        let config = match self.ring.current().server_config() {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "the new certificate cannot be used");
                return;
            }
        };
        for listener in &mut self.listeners {
            self.events.extend(listener.rotate(config.clone(), &self.ring));
        }
        tracing::info!("certificates have been rotated");
    }
}

impl Transport for WebTransport {
    type Output = (PeerId, Connection);
    type Error = WebTransportError;
    type ListenerUpgrade = Upgrade;
    type Dial = std::future::Pending<Result<Self::Output, Self::Error>>;

    fn listen_on(&mut self, id: ListenerId, addr: Multiaddr) -> Result<(), TransportError<Self::Error>> {
        let Some(socket) = address::to_listen(&addr) else {
            return Err(TransportError::MultiaddrNotSupported(addr));
        };
        let config = self.ring.current().server_config().map_err(|error| TransportError::Other(error.into()))?;
        let (listener, events) = listener::Listener::bind(id, socket, config, &self.ring)
            .map_err(|error| TransportError::Other(WebTransportError::Socket(error)))?;
        self.listeners.push(listener);
        self.events.extend(events);
        Ok(())
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        let Some(index) = self.listeners.iter().position(|listener| listener.id() == id) else { return false };
        let listener = self.listeners.swap_remove(index);
        listener.close();
        self.events.push_back(TransportEvent::ListenerClosed { listener_id: id, reason: Ok(()) });
        true
    }

    fn dial(&mut self, addr: Multiaddr, _: DialOpts) -> Result<Self::Dial, TransportError<Self::Error>> {
        Err(TransportError::MultiaddrNotSupported(addr))
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        let this = &mut *self;
        while this.rotation.poll_unpin(cx).is_ready() {
            this.rotate(ring::unix_now_s());
            // Asked for regularly and not only when it is due: a machine that sleeps stops its timers.
            this.rotation = tokio::time::sleep(ROTATION_CHECK).boxed();
        }
        if let Some(event) = this.events.pop_front() {
            return Poll::Ready(event);
        }
        for listener in &mut this.listeners {
            while let Poll::Ready(Some(incoming)) = listener.poll_accept(cx) {
                if let Some(event) = this.pending.admit(incoming, listener, &this.keypair, &this.ring) {
                    return Poll::Ready(event);
                }
            }
        }
        Poll::Pending
    }
}

impl Drop for WebTransport {
    fn drop(&mut self) {
        for listener in self.listeners.drain(..) {
            listener.close();
        }
    }
}

/// Why listening or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum WebTransportError {
    /// The socket cannot be bound.
    #[error("the UDP socket cannot be used")]
    Socket(#[source] std::io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The peer did not get through the handshake.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

type Upgrade = BoxFuture<'static, Result<(PeerId, Connection), WebTransportError>>;
type Event = TransportEvent<Upgrade, WebTransportError>;

/// How often it is looked whether certificates are due; they are replaced an hour before they end.
const ROTATION_CHECK: Duration = Duration::from_secs(10 * 60);

/// Counts the handshakes under way.
struct Pending {
    count: Arc<AtomicUsize>,
    max: usize,
}

impl Pending {
    /// The event for a new connection, or `None` if it is turned away: refused when there are too many, and asked to prove its
    /// address (RFC 9000, 8.1.2) when there are half as many.
    fn admit(
        &self,
        incoming: quinn::Incoming,
        listener: &listener::Listener,
        keypair: &Keypair,
        ring: &CertificateRing,
    ) -> Option<Event> {
        let pending = self.count.load(Ordering::Relaxed);
        if pending >= self.max {
            incoming.refuse();
            return None;
        }
        if pending >= self.max / 2 && !incoming.remote_address_validated() && incoming.may_retry() {
            // It can only fail if it may not be retried.
            let _ = incoming.retry();
            return None;
        }
        let (local_addr, send_back_addr) = listener.addresses_of(&incoming);
        let counted = Counted::new(&self.count);
        let handshake = handshake::accept(incoming, keypair.clone(), ring.proven_hashes());
        Some(TransportEvent::Incoming {
            listener_id: listener.id(),
            local_addr,
            send_back_addr,
            upgrade: async move {
                let _counted = counted;
                Ok(handshake.await?)
            }
            .boxed(),
        })
    }
}

/// One handshake, as long as it is not dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures::future::poll_fn;

    use super::*;

    async fn next(transport: &mut WebTransport) -> Event {
        poll_fn(|cx| Pin::new(&mut *transport).poll(cx)).await
    }

    #[tokio::test]
    async fn a_rotation_expires_the_old_address_and_announces_one_that_shares_a_hash() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore(directory.path().join("certificates"));
        let now_s = unix_now_s();
        let ring = CertificateRing::open(Box::new(store), now_s).unwrap();
        let rotates_at_s = ring.rotates_at_s();
        let next_hash = ring.advertised_hashes()[1];
        let mut transport = WebTransport::new(Keypair::generate_ed25519(), ring, 8);
        let listen = "/ip4/127.0.0.1/udp/0/quic-v1/webtransport".parse().unwrap();
        transport.listen_on(ListenerId::next(), listen).unwrap();
        let TransportEvent::NewAddress { listen_addr: first, .. } = next(&mut transport).await else {
            panic!("a new listener has an address");
        };
        transport.rotate(rotates_at_s - 1);
        assert!(transport.events.is_empty());
        transport.rotate(rotates_at_s);
        let TransportEvent::AddressExpired { listen_addr: expired, .. } = next(&mut transport).await else {
            panic!("the old address expires first");
        };
        let TransportEvent::NewAddress { listen_addr: second, .. } = next(&mut transport).await else {
            panic!("then there is a new one");
        };
        assert_eq!(expired, first);
        assert_ne!(second, first);
        assert_eq!(transport.ring.advertised_hashes()[0], next_hash);
        assert!(second.to_string().contains("/webtransport/certhash/"));
    }
}
