//! What is offered on a new stream: the names of protocols, and what is done once one of them is agreed on.

use std::vec;

use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use libp2p::{
    Stream,
    core::upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo},
    swarm::handler::{InboundUpgradeSend, OutboundUpgradeSend},
};

use super::{Tagged, Thing};

/// A protocol's name, and whose it is.
#[derive(Clone)]
pub struct Name {
    /// Which of the offers, counted from 0.
    offer: usize,
    /// Which of that offer's names.
    index: usize,
    text: Box<str>,
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// What becomes of a stream: the protocol's output or its error.
type Upgrading = BoxFuture<'static, Result<Thing, Thing>>;

/// The names of one part, and what it does with a stream when the one at this index was agreed on.
pub struct Offer {
    part: usize,
    names: Vec<Box<str>>,
    upgrade: Box<dyn FnOnce(Stream, usize) -> Upgrading + Send>,
}

impl Offer {
    pub(super) fn inbound<U: InboundUpgradeSend>(part: usize, upgrade: U) -> Self {
        Self::new(part, upgrade.protocol_info().collect(), |stream, name| erased(upgrade.upgrade_inbound(stream, name)))
    }

    pub(super) fn outbound<U: OutboundUpgradeSend>(part: usize, upgrade: U) -> Self {
        Self::new(part, upgrade.protocol_info().collect(), |stream, name| {
            erased(upgrade.upgrade_outbound(stream, name))
        })
    }

    fn new<N: AsRef<str> + Send + 'static>(
        part: usize,
        mut infos: Vec<N>,
        upgrade: impl FnOnce(Stream, N) -> Upgrading + Send + 'static,
    ) -> Self {
        let names = infos.iter().map(|info| info.as_ref().into()).collect();
        Self { part, names, upgrade: Box::new(move |stream, index| upgrade(stream, infos.swap_remove(index))) }
    }
}

fn erased<T: Send + 'static, E: Send + 'static>(
    upgrading: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Upgrading {
    upgrading.map_ok(|output| Box::new(output) as Thing).map_err(|error| Box::new(error) as Thing).boxed()
}

/// The offers of several parts at once.
pub struct Offers(pub(super) Vec<Offer>);

impl Offers {
    fn accept(mut self, stream: Stream, name: &Name) -> BoxFuture<'static, Result<Tagged, Tagged>> {
        let Offer { part, upgrade, .. } = self.0.swap_remove(name.offer);
        let tag = move |thing| Tagged { part, thing };
        upgrade(stream, name.index).map_ok(tag).map_err(tag).boxed()
    }
}

impl UpgradeInfo for Offers {
    type Info = Name;
    type InfoIter = vec::IntoIter<Name>;

    fn protocol_info(&self) -> Self::InfoIter {
        let mut names = Vec::new();
        for (offer, Offer { names: texts, .. }) in self.0.iter().enumerate() {
            names.extend(texts.iter().enumerate().map(|(index, text)| Name { offer, index, text: text.clone() }));
        }
        names.into_iter()
    }
}

impl InboundUpgrade<Stream> for Offers {
    type Output = Tagged;
    type Error = Tagged;
    type Future = BoxFuture<'static, Result<Tagged, Tagged>>;

    fn upgrade_inbound(self, stream: Stream, name: Name) -> Self::Future {
        self.accept(stream, &name)
    }
}

impl OutboundUpgrade<Stream> for Offers {
    type Output = Tagged;
    type Error = Tagged;
    type Future = BoxFuture<'static, Result<Tagged, Tagged>>;

    fn upgrade_outbound(self, stream: Stream, name: Name) -> Self::Future {
        self.accept(stream, &name)
    }
}
