//! Several protocols as one behaviour, put together at run time.
//!
//! A behaviour that is derived from a struct makes libp2p's swarm, its connections and its negotiation anew for the very
//! combination of protocols, and a leaf has two: that is a quarter of what a browser would load. Here types are erased at the
//! border of each protocol, so that all of that is there once. Relays are compiled once and not loaded by anybody: they derive.
//!
//! What a protocol does is not changed: parts are asked in the order in which they were added.

mod handler;
mod offer;

use std::{
    any::Any,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerOutEvent, ToSwarm},
};

use handler::{AnyHandler, Erased, Handlers};

/// A value whose type its sender and its receiver know.
pub type Thing = Box<dyn Any + Send>;

/// A value of one part, whichever that is.
#[derive(Debug)]
pub struct Tagged {
    part: usize,
    thing: Thing,
}

/// The protocols. Its events are those of its parts; `downcast` tells which.
#[derive(Default)]
pub struct Bundle {
    parts: Vec<Box<dyn AnyBehaviour>>,
}

impl Bundle {
    /// Adds a protocol.
    #[must_use]
    pub fn with<B: NetworkBehaviour + Send>(mut self, part: B) -> Self {
        self.parts.push(Box::new(part));
        self
    }

    /// The protocol of this type; `None` if it was not added.
    pub fn part<B: NetworkBehaviour>(&mut self) -> Option<&mut B> {
        self.parts.iter_mut().find_map(|part| part.as_any().downcast_mut())
    }

    /// One handler of each part, or the first refusal.
    fn handlers(
        &mut self,
        make: impl Fn(&mut dyn AnyBehaviour) -> Result<Box<dyn AnyHandler>, ConnectionDenied>,
    ) -> Result<Handlers, ConnectionDenied> {
        self.parts.iter_mut().map(|part| make(&mut **part)).collect::<Result<_, _>>().map(Handlers::new)
    }
}

impl NetworkBehaviour for Bundle {
    type ConnectionHandler = Handlers;
    type ToSwarm = Thing;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.parts.iter_mut().try_for_each(|part| part.pending_inbound(id, local, remote))
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handlers(|part| part.established_inbound(id, peer, local, remote))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let mut found = Vec::new();
        for part in &mut self.parts {
            found.extend(part.pending_outbound(id, peer, addresses, role)?);
        }
        Ok(found)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handlers(|part| part.established_outbound(id, peer, address, role, port))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        self.parts.iter_mut().for_each(|part| part.on_swarm_event(event));
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: THandlerOutEvent<Self>) {
        if let Some(part) = self.parts.get_mut(event.part) {
            part.on_handler_event(peer, id, event.thing);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Thing, Tagged>> {
        for (part, behaviour) in self.parts.iter_mut().enumerate() {
            if let Poll::Ready(event) = behaviour.poll(cx) {
                return Poll::Ready(event.map_in(|thing| Tagged { part, thing }));
            }
        }
        Poll::Pending
    }
}

/// [`NetworkBehaviour`] without its types.
trait AnyBehaviour: Send {
    fn as_any(&mut self) -> &mut dyn Any;

    fn pending_inbound(
        &mut self,
        id: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied>;

    fn established_inbound(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<Box<dyn AnyHandler>, ConnectionDenied>;

    fn pending_outbound(
        &mut self,
        id: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied>;

    fn established_outbound(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<Box<dyn AnyHandler>, ConnectionDenied>;

    fn on_swarm_event(&mut self, event: FromSwarm<'_>);

    fn on_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: Thing);

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Thing, Thing>>;
}

impl<B: NetworkBehaviour + Send> AnyBehaviour for B {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn pending_inbound(
        &mut self,
        id: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.handle_pending_inbound_connection(id, local, remote)
    }

    fn established_inbound(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<Box<dyn AnyHandler>, ConnectionDenied> {
        Ok(Box::new(Erased(self.handle_established_inbound_connection(id, peer, local, remote)?)))
    }

    fn pending_outbound(
        &mut self,
        id: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.handle_pending_outbound_connection(id, peer, addresses, role)
    }

    fn established_outbound(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<Box<dyn AnyHandler>, ConnectionDenied> {
        Ok(Box::new(Erased(self.handle_established_outbound_connection(id, peer, address, role, port)?)))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        NetworkBehaviour::on_swarm_event(self, event);
    }

    fn on_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: Thing) {
        if let Ok(event) = event.downcast() {
            self.on_connection_handler_event(peer, id, *event);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Thing, Thing>> {
        NetworkBehaviour::poll(self, cx)
            .map(|event| event.map_out(|event| Box::new(event) as Thing).map_in(|event| Box::new(event) as Thing))
    }
}
