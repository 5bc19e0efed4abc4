//! [`Admission`] as a network behaviour: refuses connections before their handshake costs anything.

use std::{
    net::{IpAddr, Ipv4Addr},
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
        ToSwarm, dummy,
    },
};

use crate::{
    core::admission::{Admission, AdmissionLimits},
    net::{runtime::Clock, transport::ip},
};

/// See the module's documentation.
pub(super) struct Gatekeeper {
    admission: Admission<ConnectionId, PeerId>,
    clock: Clock,
}

impl Gatekeeper {
    pub(super) fn new(limits: AdmissionLimits, clock: Clock) -> Self {
        Self { admission: Admission::new(limits), clock }
    }

    /// How many connections others have opened.
    pub(super) fn established(&self) -> u32 {
        self.admission.established()
    }
}

/// The address in `addr`, if it begins with one; otherwise the unspecified one, under which all such connections are counted.
pub(super) fn ip_of(addr: &Multiaddr) -> IpAddr {
    ip::leading(addr).unwrap_or(Ipv4Addr::UNSPECIFIED.into())
}

impl NetworkBehaviour for Gatekeeper {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let subnet = ip_of(remote).into();
        self.admission.attempt(connection, subnet, self.clock.now()).map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        match self.admission.establish(&connection, peer) {
            Ok(()) => Ok(dummy::ConnectionHandler),
            Err(refusal) => {
                self.admission.end(&connection);
                Err(ConnectionDenied::new(refusal))
            }
        }
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => self.admission.end(&closed.connection_id),
            FromSwarm::ListenFailure(failure) => self.admission.end(&failure.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}
