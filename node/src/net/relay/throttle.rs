//! Gossip with a bound on how much one network may say; whoever says more is disconnected.
//!
//! Gossipsub remembers the id of every message it is sent for minutes, before anybody judges it and whether or not its topic is
//! followed. So judging cannot bound what strangers make it remember: only counting can, before gossipsub hears of it.
//! Connections that this node has opened are not counted: they are to relays that its operator has chosen.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::{Deref, DerefMut},
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
    },
};

use super::gatekeeper::ip_of;
use crate::{
    core::{
        rate_limit::{Rate, RateLimiter},
        subnet::Subnet,
    },
    net::runtime::Clock,
};

/// Networks whose messages are counted (chosen: more than a relay has connections).
const MAX_SUBNETS: usize = 10_000;

/// See the module's documentation. Derefs to what is throttled.
pub(super) struct Throttled<B> {
    inner: B,
    rate: RateLimiter<Subnet>,
    counted: BTreeMap<ConnectionId, Counted>,
    closing: VecDeque<(PeerId, ConnectionId)>,
    clock: Clock,
}

/// A connection that somebody else has opened.
struct Counted {
    subnet: Subnet,
    is_over: bool,
}

impl<B> Throttled<B> {
    /// `inner`, which hears of each network no more often than `rate` says.
    pub(super) fn new(inner: B, rate: Rate, clock: Clock) -> Self {
        let rate = RateLimiter::new(rate, MAX_SUBNETS);
        Self { inner, rate, counted: BTreeMap::new(), closing: VecDeque::new(), clock }
    }

    /// Whether `inner` may hear what came over this connection. The first time it may not, the connection is to be closed.
    fn admits(&mut self, peer: PeerId, connection: ConnectionId) -> bool {
        let Some(counted) = self.counted.get_mut(&connection) else { return true };
        if counted.is_over {
            return false;
        }
        counted.is_over = !self.rate.allow(&counted.subnet, self.clock.now());
        if counted.is_over {
            tracing::debug!(%peer, "a peer says too much and is disconnected");
            self.closing.push_back((peer, connection));
        }
        !counted.is_over
    }
}

impl<B> Deref for Throttled<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.inner
    }
}

impl<B> DerefMut for Throttled<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.inner
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Throttled<B> {
    type ConnectionHandler = B::ConnectionHandler;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner.handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let handler = self.inner.handle_established_inbound_connection(connection, peer, local, remote)?;
        self.counted.insert(connection, Counted { subnet: ip_of(remote).into(), is_over: false });
        Ok(handler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.inner.handle_pending_outbound_connection(connection, peer, addresses, role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match &event {
            FromSwarm::ConnectionClosed(closed) => drop(self.counted.remove(&closed.connection_id)),
            // Another behaviour has refused what this one admitted.
            FromSwarm::ListenFailure(failure) => drop(self.counted.remove(&failure.connection_id)),
            _ => {}
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        if self.admits(peer, connection) {
            self.inner.on_connection_handler_event(peer, connection, event);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some((peer_id, connection)) = self.closing.pop_front() {
            return Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) });
        }
        self.inner.poll(cx)
    }
}
