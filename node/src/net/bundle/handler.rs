//! The handlers of all parts on one connection.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use libp2p::{
    Multiaddr,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
        handler::{
            AddressChange, ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
            ListenUpgradeError, ProtocolsChange,
        },
    },
};

use super::{
    Tagged, Thing,
    offer::{Offer, Offers},
};

/// One handler of each part, in the order of the parts.
pub struct Handlers {
    parts: Vec<Box<dyn AnyHandler>>,
}

impl Handlers {
    pub(super) fn new(parts: Vec<Box<dyn AnyHandler>>) -> Self {
        Self { parts }
    }

    fn tell(&mut self, part: usize, happened: Happened<'_>) {
        if let Some(handler) = self.parts.get_mut(part) {
            handler.on_event(happened);
        }
    }
}

impl ConnectionHandler for Handlers {
    type FromBehaviour = Tagged;
    type ToBehaviour = Tagged;
    type InboundProtocol = Offers;
    type OutboundProtocol = Offers;
    type InboundOpenInfo = Vec<Thing>;
    type OutboundOpenInfo = Tagged;

    fn listen_protocol(&self) -> SubstreamProtocol<Offers, Vec<Thing>> {
        let (mut offers, mut infos, mut patience) = (Vec::new(), Vec::new(), Duration::ZERO);
        for (part, handler) in self.parts.iter().enumerate() {
            let (offer, info, timeout) = handler.offer(part);
            offers.push(offer);
            infos.push(info);
            patience = patience.max(timeout);
        }
        SubstreamProtocol::new(Offers(offers), infos).with_timeout(patience)
    }

    fn connection_keep_alive(&self) -> bool {
        self.parts.iter().any(|handler| handler.keeps_alive())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Offers, Tagged, Tagged>> {
        for (part, handler) in self.parts.iter_mut().enumerate() {
            if let Poll::Ready(event) = handler.poll(part, cx) {
                let tag = |thing| Tagged { part, thing };
                return Poll::Ready(event.map_outbound_open_info(tag).map_custom(tag));
            }
        }
        Poll::Pending
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Tagged>> {
        for (part, handler) in self.parts.iter_mut().enumerate() {
            if let Some(thing) = ready!(handler.poll_close(cx)) {
                return Poll::Ready(Some(Tagged { part, thing }));
            }
        }
        Poll::Ready(None)
    }

    fn on_behaviour_event(&mut self, event: Tagged) {
        if let Some(handler) = self.parts.get_mut(event.part) {
            handler.on_behaviour_event(event.thing);
        }
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Offers, Offers, Vec<Thing>, Tagged>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, mut info }) => {
                let info = info.swap_remove(protocol.part);
                self.tell(protocol.part, Happened::Inbound { protocol: protocol.thing, info });
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                self.tell(info.part, Happened::Outbound { protocol: protocol.thing, info: info.thing });
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let error = error.map_upgrade_err(|error| error.thing);
                self.tell(info.part, Happened::DialFailed { info: info.thing, error });
            }
            ConnectionEvent::ListenUpgradeError(ListenUpgradeError { mut info, error }) => {
                let info = info.swap_remove(error.part);
                self.tell(error.part, Happened::ListenFailed { info, error: error.thing });
            }
            ConnectionEvent::AddressChange(AddressChange { new_address }) => {
                self.parts.iter_mut().for_each(|handler| handler.on_event(Happened::Address(new_address)));
            }
            ConnectionEvent::LocalProtocolsChange(change) => {
                self.parts.iter_mut().for_each(|handler| handler.on_event(Happened::Local(change.clone())));
            }
            ConnectionEvent::RemoteProtocolsChange(change) => {
                self.parts.iter_mut().for_each(|handler| handler.on_event(Happened::Remote(change.clone())));
            }
            _ => {}
        }
    }
}

/// [`ConnectionEvent`] without its types, for one part.
pub(super) enum Happened<'a> {
    Inbound { protocol: Thing, info: Thing },
    Outbound { protocol: Thing, info: Thing },
    DialFailed { info: Thing, error: StreamUpgradeError<Thing> },
    ListenFailed { info: Thing, error: Thing },
    Address(&'a Multiaddr),
    Local(ProtocolsChange<'a>),
    Remote(ProtocolsChange<'a>),
}

/// [`ConnectionHandler`] without its types.
pub(super) trait AnyHandler: Send {
    fn offer(&self, part: usize) -> (Offer, Thing, Duration);
    fn keeps_alive(&self) -> bool;
    fn poll(&mut self, part: usize, cx: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Offers, Thing, Thing>>;
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Thing>>;
    fn on_behaviour_event(&mut self, event: Thing);
    fn on_event(&mut self, event: Happened<'_>);
}

/// A part's handler.
pub(super) struct Erased<H>(pub(super) H);

impl<H: ConnectionHandler> AnyHandler for Erased<H> {
    fn offer(&self, part: usize) -> (Offer, Thing, Duration) {
        let protocol = self.0.listen_protocol();
        let patience = *protocol.timeout();
        let (upgrade, info) = protocol.into_upgrade();
        (Offer::inbound(part, upgrade), Box::new(info), patience)
    }

    fn keeps_alive(&self) -> bool {
        self.0.connection_keep_alive()
    }

    fn poll(&mut self, part: usize, cx: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Offers, Thing, Thing>> {
        self.0.poll(cx).map(|event| {
            event
                .map_protocol(|upgrade| Offers(vec![Offer::outbound(part, upgrade)]))
                .map_outbound_open_info(|info| Box::new(info) as Thing)
                .map_custom(|event| Box::new(event) as Thing)
        })
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Thing>> {
        self.0.poll_close(cx).map(|event| event.map(|event| Box::new(event) as Thing))
    }

    fn on_behaviour_event(&mut self, event: Thing) {
        if let Some(event) = open(event) {
            self.0.on_behaviour_event(event);
        }
    }

    fn on_event(&mut self, event: Happened<'_>) {
        if let Some(event) = typed::<H>(event) {
            self.0.on_connection_event(event);
        }
    }
}

/// What a handler of this type calls an event.
type EventOf<'a, H> = ConnectionEvent<
    'a,
    <H as ConnectionHandler>::InboundProtocol,
    <H as ConnectionHandler>::OutboundProtocol,
    <H as ConnectionHandler>::InboundOpenInfo,
    <H as ConnectionHandler>::OutboundOpenInfo,
>;

/// The event with its types; `None` if it belongs to another handler.
fn typed<H: ConnectionHandler>(event: Happened<'_>) -> Option<EventOf<'_, H>> {
    Some(match event {
        Happened::Inbound { protocol, info } => ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
            protocol: open(protocol)?,
            info: open(info)?,
        }),
        Happened::Outbound { protocol, info } => ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
            protocol: open(protocol)?,
            info: open(info)?,
        }),
        Happened::DialFailed { info, error } => ConnectionEvent::DialUpgradeError(DialUpgradeError {
            info: open(info)?,
            error: match error {
                StreamUpgradeError::Apply(error) => StreamUpgradeError::Apply(open(error)?),
                StreamUpgradeError::Timeout => StreamUpgradeError::Timeout,
                StreamUpgradeError::NegotiationFailed => StreamUpgradeError::NegotiationFailed,
                StreamUpgradeError::Io(error) => StreamUpgradeError::Io(error),
            },
        }),
        Happened::ListenFailed { info, error } => {
            ConnectionEvent::ListenUpgradeError(ListenUpgradeError { info: open(info)?, error: open(error)? })
        }
        Happened::Address(new_address) => ConnectionEvent::AddressChange(AddressChange { new_address }),
        Happened::Local(change) => ConnectionEvent::LocalProtocolsChange(change),
        Happened::Remote(change) => ConnectionEvent::RemoteProtocolsChange(change),
    })
}

fn open<T: 'static>(thing: Thing) -> Option<T> {
    thing.downcast().ok().map(|thing| *thing)
}
