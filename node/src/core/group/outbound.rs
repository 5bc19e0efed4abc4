//! This run's own chains: when a new one begins, who was given which position, and what is told to whom.

mod chain;

use crate::core::sorted::SortedMap;
use milanio_identity::{AccountId, DeviceId, DeviceKey, EphemeralPublic, RoomId};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use self::chain::Chain;
use super::{
    AnswerError, Sealed,
    limits::{ANSWERS, CHAIN_KEPT_BY_OWNER, CHAIN_USED, MAX_ASKING},
};
use crate::{
    core::{rate_limit::RateLimiter, time::Timestamp},
    wire::{
        codec::LimitError,
        group::{ChainId, Heads, KeysWanted, VerifiedBundle},
        limits::{BUNDLE_KEYS, GROUP_PLAINTEXT_BYTES},
        message::RunId,
    },
};

/// Who hands keys out, and where.
#[derive(Clone)]
struct Owner {
    room: RoomId,
    account: AccountId,
    device: DeviceKey,
    run: RunId,
}

/// The chains of this run: the one in use, and the last one for those who ask.
#[derive(Clone)]
pub struct Outbound {
    owner: Owner,
    current: Option<Chain>,
    previous: Option<Retired>,
    last_number: u32,
    answers: RateLimiter<DeviceId>,
}

#[derive(Clone)]
struct Retired {
    chain: Chain,
    until: Timestamp,
}

/// A device and the key to seal to.
type Target = (DeviceId, EphemeralPublic);

impl Outbound {
    /// No chain yet.
    pub fn new(room: RoomId, account: AccountId, device: DeviceKey, run: RunId) -> Self {
        let owner = Owner { room, account, device, run };
        Self { owner, current: None, previous: None, last_number: 0, answers: RateLimiter::new(ANSWERS, MAX_ASKING) }
    }

    /// Somebody left: the chain is not used again, and what was handed out of it is told to nobody else.
    pub fn abandon(&mut self) {
        if let Some(chain) = &mut self.current {
            chain.abandon();
        }
    }

    /// A device has lost what it was given.
    pub fn lost_by(&mut self, device: &DeviceId) {
        if let Some(chain) = &mut self.current {
            chain.lost_by(device);
        }
    }

    /// Seals a message, with bundles for those of `targets` who were not given the chain.
    pub fn seal(
        &mut self,
        plaintext: &[u8],
        heads: &Heads,
        targets: &SortedMap<DeviceId, EphemeralPublic>,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<Sealed, LimitError> {
        if plaintext.is_empty() || plaintext.len() > GROUP_PLAINTEXT_BYTES {
            return Err(LimitError::GroupMessage);
        }
        self.retire(now);
        let (owner, last_number) = (&self.owner, &mut self.last_number);
        let chain = self.current.get_or_insert_with(|| {
            *last_number += 1;
            Chain::begin(ChainId { device: owner.device.id(), run: owner.run, number: *last_number }, rng, now)
        });
        let newcomers: Vec<Target> = targets
            .iter()
            .filter(|(device, _)| !chain.was_given_to(device))
            .map(|(device, key)| (*device, *key))
            .collect();
        chain.welcome(newcomers.iter().map(|(device, _)| *device));
        let bundles = newcomers.chunks(BUNDLE_KEYS).filter_map(|targets| chain.bundle(owner, heads, targets, rng));
        let bundles = bundles.collect();
        Ok(Sealed { bundles, message: chain.seal(owner, heads, plaintext)? })
    }

    /// Puts the chain aside that must not be used for another message.
    fn retire(&mut self, now: Timestamp) {
        if let Some(chain) = self.current.take_if(|chain| !chain.is_usable(now)) {
            self.previous = Some(Retired { chain, until: now.after(CHAIN_KEPT_BY_OWNER) });
        }
    }

    /// Hands `target` the position it was given before, else the current one of the chain in use.
    pub fn answer(
        &mut self,
        wanted: &KeysWanted,
        target: Target,
        heads: &Heads,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<VerifiedBundle, AnswerError> {
        self.expire(now);
        let chains = [self.current.as_mut(), self.previous.as_mut().map(|retired| &mut retired.chain)];
        if wanted.chain.device != self.owner.device.id() || wanted.chain.run != self.owner.run {
            return Err(AnswerError::NotOurs);
        }
        let chain = chains.into_iter().flatten().find(|chain| chain.id() == wanted.chain);
        let chain = chain.ok_or(AnswerError::Forgotten)?;
        if !chain.was_given_to(&target.0) {
            if !chain.is_usable(now) {
                return Err(AnswerError::Forgotten);
            }
            chain.welcome([target.0].into_iter());
        }
        if !self.answers.allow(&target.0, now) {
            return Err(AnswerError::TooOften);
        }
        chain.bundle(&self.owner, heads, &[target], rng).ok_or(AnswerError::NoKey)
    }

    /// A key of this generation of the chain in use.
    pub fn export(&self, chain: ChainId, generation: u8, context: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        self.current.as_ref().filter(|current| current.id() == chain)?.export(generation, context)
    }

    /// Forgets what is not used any more.
    pub fn expire(&mut self, now: Timestamp) {
        self.retire(now);
        self.previous.take_if(|retired| retired.until <= now);
    }
}

impl Chain {
    fn is_usable(&self, now: Timestamp) -> bool {
        !self.is_worn() && now.since(self.begun_at()) < CHAIN_USED
    }
}
