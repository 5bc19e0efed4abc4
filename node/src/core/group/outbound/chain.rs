//! One own chain: its next position, and the positions it was handed out at.

use crate::core::sorted::SortedMap;
use milanio_identity::{ChainKey, ChainSigner, DeviceId, MediaSecret};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Owner, Target};
use crate::{
    core::{
        group::limits::{CHAIN_MESSAGES, MAX_POSITIONS},
        time::Timestamp,
    },
    wire::{
        codec::LimitError,
        group::{BundleContents, ChainId, GroupMessage, Heads, KeyBundle, MessagePlace, VerifiedBundle},
    },
};

/// A chain of this run.
#[derive(Clone)]
pub struct Chain {
    id: ChainId,
    signer: ChainSigner,
    begun_at: Timestamp,
    abandoned: bool,
    /// The number of the next message.
    next: u32,
    contents: BundleContents,
    /// Who was given it, and from which number on.
    given: SortedMap<DeviceId, u32>,
    /// What was handed out at these numbers, to be handed out again to the same.
    positions: SortedMap<u32, BundleContents>,
}

impl Chain {
    /// A new chain, given to nobody yet.
    pub fn begin(id: ChainId, rng: &mut impl CryptoRng, now: Timestamp) -> Self {
        let (chain_key, media) = (ChainKey::generate(rng), MediaSecret::generate(rng));
        Self {
            id,
            signer: ChainSigner::generate(rng),
            begun_at: now,
            abandoned: false,
            next: 0,
            contents: BundleContents { chain_key, media, generation: 0 },
            given: SortedMap::new(),
            positions: SortedMap::new(),
        }
    }

    /// What it is called.
    pub const fn id(&self) -> ChainId {
        self.id
    }

    /// When it began.
    pub const fn begun_at(&self) -> Timestamp {
        self.begun_at
    }

    /// Whether it must not be used for another message, however young it is.
    pub const fn is_worn(&self) -> bool {
        self.abandoned || self.next >= CHAIN_MESSAGES || self.contents.generation == u8::MAX
    }

    /// It must not be used for another message.
    pub const fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// Whether `device` was given a position.
    pub fn was_given_to(&self, device: &DeviceId) -> bool {
        self.given.get(device).is_some_and(|position| self.positions.contains_key(position))
    }

    /// `device` has lost what it was given; it counts as a newcomer.
    pub fn lost_by(&mut self, device: &DeviceId) {
        self.given.remove(device);
    }

    /// Notes that newcomers are given the position of the next message, and a media secret that nobody used before.
    pub fn welcome(&mut self, newcomers: impl Iterator<Item = DeviceId>) {
        let mut newcomers = newcomers.peekable();
        if newcomers.peek().is_none() {
            return;
        }
        if !self.given.is_empty() {
            self.contents.media = self.contents.media.next();
            self.contents.generation += 1;
        }
        self.given.extend(newcomers.map(|device| (device, self.next)));
        self.positions.insert(self.next, self.contents.clone());
        if self.positions.len() > MAX_POSITIONS {
            self.positions.pop_first();
        }
    }

    /// A bundle for `targets`, who were all given the position that the first one was given. None if all their keys are weak.
    pub fn bundle(
        &self,
        owner: &Owner,
        heads: &Heads,
        targets: &[Target],
        rng: &mut impl CryptoRng,
    ) -> Option<VerifiedBundle> {
        let index = *self.given.get(&targets.first()?.0)?;
        let contents = self.positions.get(&index)?;
        let bundle = KeyBundle {
            account: owner.account,
            chain: self.id,
            index,
            heads: heads.clone(),
            signer: self.signer.id(),
            sealed: Vec::new(),
            keys: Vec::new(),
        };
        VerifiedBundle::seal(&owner.device, owner.room, bundle, contents, targets, rng).ok()
    }

    /// Seals the next message and moves on.
    pub fn seal(&mut self, owner: &Owner, heads: &Heads, plaintext: &[u8]) -> Result<GroupMessage, LimitError> {
        let place = MessagePlace { room: owner.room, account: owner.account, chain: self.id, index: self.next, heads };
        self.next += 1;
        GroupMessage::seal(&place, self.contents.chain_key.step(), &self.signer, plaintext)
    }

    /// A media key of the current generation.
    pub fn export(&self, generation: u8, context: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        (generation == self.contents.generation).then(|| self.contents.media.export(context))
    }
}
