//! All chains of other devices that can be read, and which were forgotten for good.

use crate::core::sorted::SortedMap;
use milanio_identity::{AccountId, ChainSignerId, ChainVerifier, DeviceId};
use zeroize::Zeroizing;

use super::{
    BundleError,
    inbound::Inbound,
    limits::{CHAIN_KEPT, CHAIN_MESSAGES, MAX_CHAINS_PER_RUN, MAX_RUNS_PER_DEVICE, MAX_SENDERS, MAX_SKIPPED},
};
use crate::{
    core::time::Timestamp,
    wire::{
        group::{BundleContents, ChainId},
        message::RunId,
        operation::Admitted,
    },
};

/// The chains of all other devices.
#[derive(Clone, Default)]
pub struct Senders(SortedMap<DeviceId, SortedMap<RunId, Sender>>);

/// The chains of one run of a device.
#[derive(Clone, Default)]
struct Sender {
    chains: SortedMap<u32, Inbound>,
    /// Chains up to this number are not taken again: what was read in them could be said again.
    forgotten: u32,
    heard_at: Timestamp,
}

/// What a bundle says of a chain in the open.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub account: AccountId,
    pub chain: ChainId,
    pub index: u32,
    pub signer: ChainSignerId,
}

impl Senders {
    /// The chain, to be read.
    pub fn find(&mut self, chain: &ChainId) -> Option<&mut Inbound> {
        self.0.get_mut(&chain.device)?.get_mut(&chain.run)?.chains.get_mut(&chain.number)
    }

    /// Whether the chain at `place` can be read already. Fails when a bundle for it must not be taken.
    pub fn knows(&self, place: &Place) -> Result<bool, BundleError> {
        if place.index >= CHAIN_MESSAGES {
            return Err(BundleError::Contradiction);
        }
        let Some(sender) = self.0.get(&place.chain.device).and_then(|runs| runs.get(&place.chain.run)) else {
            return Ok(false);
        };
        if place.chain.number <= sender.forgotten {
            return Err(BundleError::Forgotten);
        }
        match sender.chains.get(&place.chain.number) {
            Some(known) if known.signer().id() == place.signer && known.account() == place.account => Ok(true),
            Some(_) => Err(BundleError::Contradiction),
            None => Ok(false),
        }
    }

    /// Takes a chain that is not known.
    pub fn insert(&mut self, place: Place, contents: BundleContents, now: Timestamp) -> Result<(), BundleError> {
        let ChainId { device, run, number } = place.chain;
        let signer = ChainVerifier::new(place.signer).map_err(|_| BundleError::Contradiction)?;
        if !self.0.contains_key(&device) && self.0.len() >= MAX_SENDERS {
            return Err(BundleError::TooMany);
        }
        let runs = self.0.entry(device).or_default();
        if !runs.contains_key(&run) && runs.len() >= MAX_RUNS_PER_DEVICE {
            let oldest = runs.iter().min_by_key(|(_, sender)| sender.heard_at).map(|(run, _)| *run);
            oldest.and_then(|oldest| runs.remove(&oldest));
        }
        let sender = runs.entry(run).or_default();
        sender.heard_at = now;
        sender.chains.insert(number, Inbound::new(place.account, signer, place.index, contents, now));
        if sender.chains.len() > MAX_CHAINS_PER_RUN {
            sender.forget_first();
        }
        Ok(())
    }

    /// Forgets the chains of who left the roster.
    pub fn remove(&mut self, gone: &[Admitted]) {
        for Admitted { account, device } in gone {
            for sender in self.0.get_mut(device).into_iter().flat_map(SortedMap::values_mut) {
                sender.forget_if(|chain| chain.account() == *account);
            }
        }
    }

    /// Forgets what is over, and who was silent for so long that nothing of theirs could be said again.
    pub fn expire(&mut self, now: Timestamp) {
        for runs in self.0.values_mut() {
            for sender in runs.values_mut() {
                sender.expire(now);
            }
            runs.retain(|_, sender| !sender.chains.is_empty() || now.since(sender.heard_at) < 2 * CHAIN_KEPT);
        }
        self.0.retain(|_, runs| !runs.is_empty());
    }

    /// Keeps the number of overtaken messages in bounds: the device with the most of them gives way.
    pub fn bound_skipped(&mut self) {
        let of = |runs: &SortedMap<RunId, Sender>| -> usize {
            runs.values().flat_map(|sender| sender.chains.values()).map(Inbound::skipped).sum()
        };
        while self.0.values().map(of).sum::<usize>() > MAX_SKIPPED {
            let Some(runs) = self.0.values_mut().max_by_key(|runs| of(runs)) else { return };
            let chains = runs.values_mut().flat_map(|sender| sender.chains.values_mut());
            chains.for_each(Inbound::forget_skipped);
        }
    }

    /// A media key of a chain.
    pub fn export(&self, chain: &ChainId, generation: u8, context: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        self.0.get(&chain.device)?.get(&chain.run)?.chains.get(&chain.number)?.export(generation, context)
    }
}

impl Sender {
    fn forget_first(&mut self) {
        if let Some((number, _)) = self.chains.pop_first() {
            self.forgotten = self.forgotten.max(number);
        }
    }

    fn forget_if(&mut self, is_over: impl Fn(&Inbound) -> bool) {
        let over = self.chains.iter().filter(|(_, chain)| is_over(chain)).map(|(number, _)| *number).max();
        self.forgotten = self.forgotten.max(over.unwrap_or(0));
        self.chains.retain(|_, chain| !is_over(chain));
    }

    fn expire(&mut self, now: Timestamp) {
        let mut over = 0;
        self.chains.retain(|number, chain| {
            let is_read = chain.expire(now);
            over = if is_read { over } else { *number };
            is_read
        });
        self.forgotten = self.forgotten.max(over);
    }
}
