//! The relays a leaf may use.

use libp2p::{Multiaddr, PeerId};

use super::address;
use crate::{core::dial::Carrier, net::transport};

/// One relay: who it is, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// Whoever answers at these addresses must prove to be this peer.
    pub peer: PeerId,
    /// Its addresses, most wanted first. Those that this platform cannot dial are passed over.
    pub addresses: Vec<Multiaddr>,
}

impl RelayAddress {
    /// Reads the text forms that a relay list carries. Addresses that cannot be read are left out, for a newer relay may have
    /// kinds that this build does not know; `None` if the peer id cannot be read or nothing is left.
    pub fn parse(peer: &str, addresses: &[String]) -> Option<Self> {
        let addresses: Vec<Multiaddr> = addresses.iter().filter_map(|text| address::parse(text)).collect();
        let peer = peer.parse().ok()?;
        (!addresses.is_empty()).then_some(Self { peer, addresses })
    }
}

/// The relays in the form that dialling needs: only addresses of this platform, each with what carries it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RelayList(Vec<(PeerId, Vec<(Carrier, Multiaddr)>)>);

impl RelayList {
    pub(super) fn new(relays: Vec<RelayAddress>) -> Self {
        let usable = relays.into_iter().map(|relay| {
            let paths =
                relay.addresses.into_iter().filter_map(|address| Some((transport::carrier(&address)?, address)));
            (relay.peer, paths.collect::<Vec<_>>())
        });
        Self(usable.filter(|(_, paths)| !paths.is_empty()).collect())
    }

    pub(super) fn carriers(&self) -> Vec<Vec<Carrier>> {
        self.0.iter().map(|(_, paths)| paths.iter().map(|(carrier, _)| *carrier).collect()).collect()
    }

    pub(super) fn address(&self, relay: usize, path: usize) -> Option<(PeerId, Multiaddr)> {
        let (peer, paths) = self.0.get(relay)?;
        paths.get(path).map(|(_, address)| (*peer, address.clone()))
    }
}
