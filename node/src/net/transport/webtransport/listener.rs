//! One UDP socket and what it is advertised as.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use libp2p::{
    Multiaddr,
    core::transport::{ListenerId, TransportEvent},
};
use quinn::{Endpoint, EndpointConfig, Incoming, ServerConfig, TokioRuntime, VarInt};

use super::{CertificateRing, Event, address};
use crate::net::transport::local_addresses::reachable_at;

/// See the module's documentation.
pub(super) struct Listener {
    id: ListenerId,
    endpoint: Endpoint,
    local: SocketAddr,
    advertised: Vec<Multiaddr>,
    accept: BoxFuture<'static, Option<Incoming>>,
}

impl Listener {
    /// Binds `socket` and tells which addresses it now has.
    pub(super) fn bind(
        id: ListenerId,
        socket: SocketAddr,
        config: ServerConfig,
        ring: &CertificateRing,
    ) -> io::Result<(Self, Vec<Event>)> {
        let socket = std::net::UdpSocket::bind(socket)?;
        let endpoint =
            Endpoint::new(EndpointConfig::default(), Some(config), socket, std::sync::Arc::new(TokioRuntime))?;
        let local = endpoint.local_addr()?;
        let accept = accept(&endpoint);
        let mut listener = Self { id, endpoint, local, advertised: Vec::new(), accept };
        let events = listener.advertise(ring);
        Ok((listener, events))
    }

    pub(super) fn id(&self) -> ListenerId {
        self.id
    }

    /// The next connection; `None` when the socket is closed.
    pub(super) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let polled = self.accept.poll_unpin(cx);
        if let Poll::Ready(Some(_)) = &polled {
            self.accept = accept(&self.endpoint);
        }
        if let Poll::Ready(None) = &polled {
            self.accept = std::future::pending().boxed();
        }
        polled
    }

    /// Shows another certificate from now on; what has changed about the addresses.
    pub(super) fn rotate(&mut self, config: ServerConfig, ring: &CertificateRing) -> Vec<Event> {
        self.endpoint.set_server_config(Some(config));
        self.advertise(ring)
    }

    /// The address under which the peer reached this listener, and the peer's.
    pub(super) fn addresses_of(&self, incoming: &Incoming) -> (Multiaddr, Multiaddr) {
        let ip = incoming.local_ip().map_or(self.local.ip(), |ip| IpAddr::to_canonical(&ip));
        let remote = incoming.remote_address();
        let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
        (address::of_socket(SocketAddr::new(ip, self.local.port())), address::of_socket(remote))
    }

    /// Closes all connections and the socket.
    pub(super) fn close(&self) {
        self.endpoint.close(VarInt::from_u32(0), b"");
    }

    fn advertise(&mut self, ring: &CertificateRing) -> Vec<Event> {
        let hashes = ring.advertised_hashes();
        let sockets = reachable_at(self.local.ip()).into_iter().map(|ip| SocketAddr::new(ip, self.local.port()));
        let new: Vec<_> = sockets.map(|socket| address::with_hashes(socket, &hashes)).collect();
        let old = std::mem::replace(&mut self.advertised, new);
        let listener_id = self.id;
        let expired = old.into_iter().map(|listen_addr| TransportEvent::AddressExpired { listener_id, listen_addr });
        let announced =
            self.advertised.iter().cloned().map(|listen_addr| TransportEvent::NewAddress { listener_id, listen_addr });
        expired.chain(announced).collect()
    }
}

fn accept(endpoint: &Endpoint) -> BoxFuture<'static, Option<Incoming>> {
    let endpoint = endpoint.clone();
    async move { endpoint.accept().await }.boxed()
}
