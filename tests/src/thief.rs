//! Somebody who has a copy of a device's memory, and every message and bundle that was ever said.
//!
//! The thief does not keep to the rules: takes every position that any bundle opens to, every position that the device had handed out
//! itself, and goes on from there. What the thief does not have is the randomness that comes after.

use std::{collections::BTreeMap, time::Duration};

use milanio_identity::{AccountId, ChainKey, EphemeralSecret, RoomId};
use milanio_node::{
    core::{
        group::{Ephemeral, GroupCrypto as _, GroupRoster, SenderKeys},
        time::Timestamp,
    },
    wire::{
        group::{BundleContents, ChainId, GroupMessage, Heads, KeysWanted, VerifiedBundle},
        message::RunId,
        operation::Admitted,
    },
};
use rand_core::CryptoRng;

/// Where somebody steals.
pub struct Scene {
    /// The room.
    pub room: RoomId,
    /// Everybody who ever was in it, and a run of each.
    pub devices: Vec<(Admitted, RunId)>,
    /// From whom.
    pub victim: usize,
}

/// What was stolen, when, and from whom.
pub struct Thief {
    keys: SenderKeys,
    scene: Scene,
    at: Timestamp,
}

/// The earliest position of a chain that was found, and for whom its owner speaks.
type Positions = BTreeMap<ChainId, (u32, ChainKey, AccountId)>;

impl Thief {
    /// Steals the `keys` of the scene's victim.
    pub fn new(mut keys: SenderKeys, scene: Scene, at: Timestamp) -> Self {
        // Nobody is out, as far as the thief is concerned.
        let everybody = scene.devices.iter().map(|(admitted, _)| *admitted).collect();
        keys.on_roster_change(GroupRoster { heads: Heads::default(), devices: everybody }, at);
        Self { keys, scene, at }
    }

    /// What each of `messages` says, by place, as far as the thief can read it.
    pub fn read(
        mut self,
        messages: &[&GroupMessage],
        bundles: &[VerifiedBundle],
        rng: &mut impl CryptoRng,
    ) -> Vec<Option<Vec<u8>>> {
        let mut positions = Positions::new();
        bundles.iter().for_each(|bundle| add(&mut positions, bundle, |bundle| self.keys.read(bundle)));
        self.ask_oneself(messages, &mut positions, rng);
        let mut in_order: Vec<usize> = (0..messages.len()).collect();
        in_order.sort_by_key(|at| messages[*at].index());
        let mut read = vec![None; messages.len()];
        for at in in_order {
            let message = messages[at];
            let opened = self.opens(&mut positions, message);
            let held = || Some(self.keys.open(message, &|_| true, self.at).ok()?.plaintext.to_vec());
            read[at] = opened.or_else(held);
        }
        read
    }

    /// Has the stolen device hand out its own chains to everybody it handed them to, sealed to the thief's key.
    fn ask_oneself(&mut self, messages: &[&GroupMessage], positions: &mut Positions, rng: &mut impl CryptoRng) {
        let victim = self.scene.devices[self.scene.victim].0.device;
        let own = messages.iter().map(|message| message.chain()).filter(|chain| chain.device == victim);
        let own: std::collections::BTreeSet<ChainId> = own.collect();
        let secret = EphemeralSecret::generate(rng);
        for (target, run) in self.scene.devices.iter().filter(|(target, _)| target.device != victim) {
            let said = Ephemeral { key: secret.public(), age: Duration::ZERO };
            self.keys.on_ephemeral(target.device, *run, said, self.at);
            for chain in &own {
                let wanted = KeysWanted { chain: *chain };
                if let Ok(bundle) = self.keys.answer(target.device, &wanted, rng, self.at) {
                    add(positions, &bundle, |bundle| bundle.open(&target.device, &secret).ok());
                }
            }
        }
    }

    /// Opens a message from an earlier position. Messages come in the order of their numbers, so the position may move on.
    fn opens(&self, positions: &mut Positions, message: &GroupMessage) -> Option<Vec<u8>> {
        let (index, chain_key, account) = positions.get_mut(&message.chain())?;
        if message.index() < *index {
            return None;
        }
        while *index < message.index() {
            drop(chain_key.step());
            *index += 1;
        }
        *index += 1;
        Some(message.open(self.scene.room, *account, chain_key.step()).ok()?.to_vec())
    }
}

/// Notes the position that `open` makes of a bundle, if it is the earliest of its chain.
fn add(positions: &mut Positions, bundle: &VerifiedBundle, open: impl Fn(&VerifiedBundle) -> Option<BundleContents>) {
    let said = bundle.bundle();
    if positions.get(&said.chain).is_some_and(|(index, ..)| *index <= said.index) {
        return;
    }
    if let Some(contents) = open(bundle) {
        positions.insert(said.chain, (said.index, contents.chain_key.clone(), said.account));
    }
}
