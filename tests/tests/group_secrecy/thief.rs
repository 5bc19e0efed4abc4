//! Somebody who has a copy of a device's memory, and every message and bundle that was ever said.
//!
//! The thief does not keep to the rules: takes every position that any bundle opens to, every position that the device had handed out
//! itself, and goes on from there. What the thief does not have is the randomness that comes after.

use std::{collections::BTreeMap, time::Duration};

use milanio_identity::{AccountId, ChainKey, EphemeralSecret};
use milanio_node::{
    core::{
        group::{Ephemeral, GroupCrypto as _, GroupRoster, SenderKeys},
        time::Timestamp,
    },
    wire::group::{ChainId, GroupMessage, Heads, KeysWanted, VerifiedBundle},
};
use rand_core::CryptoRng;

use super::world::{ROOM, admitted, key, run};

/// What was stolen, when, and from whom.
pub struct Thief {
    keys: SenderKeys,
    victim: usize,
    at: Timestamp,
    devices: usize,
}

/// The earliest position of a chain that was found, and for whom its owner speaks.
type Positions = BTreeMap<ChainId, (u32, ChainKey, AccountId)>;

impl Thief {
    /// Steals the `keys` of device `victim`, one of so many `devices`.
    pub fn new(mut keys: SenderKeys, victim: usize, at: Timestamp, devices: usize) -> Self {
        // Nobody is out, as far as the thief is concerned.
        let everybody = (0..devices).map(admitted).collect();
        keys.on_roster_change(GroupRoster { heads: Heads::default(), devices: everybody }, at);
        Self { keys, victim, at, devices }
    }

    /// Which of `messages`, by place, the thief can read.
    pub fn read(
        mut self,
        messages: &[&GroupMessage],
        bundles: &[VerifiedBundle],
        rng: &mut impl CryptoRng,
    ) -> Vec<bool> {
        let mut positions = Positions::new();
        bundles.iter().for_each(|bundle| add(&mut positions, bundle, |bundle| self.keys.read(bundle)));
        self.ask_oneself(messages, &mut positions, rng);
        let mut in_order: Vec<usize> = (0..messages.len()).collect();
        in_order.sort_by_key(|at| messages[*at].index());
        let mut read = vec![false; messages.len()];
        for at in in_order {
            let message = messages[at];
            read[at] = opens(&mut positions, message) || self.keys.open(message, &|_| true, self.at).is_ok();
        }
        read
    }

    /// Has the stolen device hand out its own chains to everybody it handed them to, sealed to the thief's key.
    fn ask_oneself(&mut self, messages: &[&GroupMessage], positions: &mut Positions, rng: &mut impl CryptoRng) {
        let own = messages.iter().map(|message| message.chain()).filter(|chain| chain.device == key(self.victim).id());
        let own: std::collections::BTreeSet<ChainId> = own.collect();
        let secret = EphemeralSecret::generate(rng);
        for target in (0..self.devices).filter(|target| *target != self.victim) {
            let said = Ephemeral { key: secret.public(), age: Duration::ZERO };
            self.keys.on_ephemeral(key(target).id(), run(target), said, self.at);
            for chain in &own {
                let wanted = KeysWanted { chain: *chain };
                if let Ok(bundle) = self.keys.answer(key(target).id(), &wanted, rng, self.at) {
                    add(positions, &bundle, |bundle| bundle.open(&key(target).id(), &secret).ok());
                }
            }
        }
    }
}

/// Notes the position that `open` makes of a bundle, if it is the earliest of its chain.
fn add(
    positions: &mut Positions,
    bundle: &VerifiedBundle,
    open: impl Fn(&VerifiedBundle) -> Option<milanio_node::wire::group::BundleContents>,
) {
    let said = bundle.bundle();
    if positions.get(&said.chain).is_some_and(|(index, ..)| *index <= said.index) {
        return;
    }
    if let Some(contents) = open(bundle) {
        positions.insert(said.chain, (said.index, contents.chain_key.clone(), said.account));
    }
}

/// Opens a message from an earlier position. Messages come in the order of their numbers, so the position may move on.
fn opens(positions: &mut Positions, message: &GroupMessage) -> bool {
    let Some((index, chain_key, account)) = positions.get_mut(&message.chain()) else { return false };
    if message.index() < *index {
        return false;
    }
    while *index < message.index() {
        drop(chain_key.step());
        *index += 1;
    }
    *index += 1;
    message.open(ROOM, *account, chain_key.step()).is_ok()
}
