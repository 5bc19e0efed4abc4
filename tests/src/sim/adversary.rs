//! What members and relays that mean harm can do to the others of a world: everything that their keys allow.
//!
//! A relay holds no key: it keeps frames back, passes them on again, and changes bytes. A member also opens what it may read, frames
//! anew what others signed, and signs whatever it likes as itself.

use milanio_identity::{DeviceKey, EphemeralPublic, FloorRoot, RoomKeys, TopicKeys};
use milanio_node::{
    core::time::RoomTime,
    wire::{body::Body, frame, inner, operation::VerifiedOperation},
};
use rand_core::Rng;

use super::{Arrival, World};

/// The bytes of an inner message that name its speaker.
const SPEAKER: usize = 32;

impl World {
    /// The relay of node `index` passes nothing on for so long, and then everything at once.
    pub fn hold(&mut self, index: usize, millis: u64) {
        self.nodes[index].held_until = self.now + millis;
    }

    /// The relay of node `to` passes recorded frame number `frame` on once more.
    pub fn replay(&mut self, frame: usize, to: usize) {
        let (topic, data) = self.recorded[frame].clone();
        self.later(1, to, Arrival::Frame { topic, data });
    }

    /// The relay of node `to` passes recorded frame number `frame` on with a bit changed.
    pub fn corrupt(&mut self, frame: usize, to: usize) {
        let (topic, mut data) = self.recorded[frame].clone();
        self.flip(&mut data);
        self.later(1, to, Arrival::Frame { topic, data });
    }

    /// Node `index`, which never was in the room, is the device of node `other` once more: a thief, a second tab, a restored profile.
    pub fn share_keys(&mut self, index: usize, other: usize) {
        let other = &self.nodes[other];
        let (account, key) = (other.account.clone(), other.key.clone());
        let node = &mut self.nodes[index];
        (node.device, node.account, node.key) = (key.id(), account, key);
    }

    /// Changes one bit.
    pub fn flip(&mut self, bytes: &mut [u8]) {
        let at = self.random(bytes.len() as u64) as usize;
        let bit = self.random(8);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }

    /// The certificate of node `index`.
    pub fn cert(&self, index: usize) -> Vec<u8> {
        self.nodes[index].cert(self.now).to_bytes()
    }

    /// The door of today.
    pub fn door(&self) -> TopicKeys {
        RoomKeys::new(&self.root).door(self.day())
    }

    /// The floors of today that node `index` can read: the one that the code opens, and those it has secrets of.
    pub fn readable(&self, index: usize) -> Vec<TopicKeys> {
        let day = self.day();
        let zero = RoomKeys::new(&self.root).floor_epoch_zero(day);
        let kept = self.nodes[index].floors().iter().map(|floor| {
            let mut secret = [0; 32];
            secret.copy_from_slice(&floor.as_bytes()[32..]);
            FloorRoot::from_bytes(secret).topic(day)
        });
        std::iter::once(zero).chain(kept).collect()
    }

    /// What recorded frame number `frame` holds, for whoever has `keys`.
    pub fn opened(&self, frame: usize, keys: &TopicKeys) -> Option<Vec<u8>> {
        let (topic, data) = &self.recorded[frame];
        (*topic == keys.topic()).then(|| self.opens(keys, data)).flatten()
    }

    /// What a frame holds, whenever it was said, for whoever has `keys`.
    pub fn opens(&self, keys: &TopicKeys, data: &[u8]) -> Option<Vec<u8>> {
        frame::open(keys, data, RoomTime::from_millis(super::frame_time(data))).ok()
    }

    /// Node `by` says `body` to all on the topic of `keys`, signed by `device`.
    pub fn say_for_all<B: Body>(&mut self, by: usize, keys: &TopicKeys, device: &DeviceKey, body: &B) {
        self.words += 1;
        let said = RoomTime::from_millis(self.now + self.words % 1_000);
        if let Ok(inner) = inner::seal(device, self.room_id(), said, body) {
            self.frame_for_all(by, keys, &inner);
        }
    }

    /// Node `by` frames an inner message, whoever signed it, and says it to all.
    pub fn frame_for_all(&mut self, by: usize, keys: &TopicKeys, inner: &[u8]) {
        let mut nonce = [0; 24];
        self.rng.fill_bytes(&mut nonce);
        if let Ok(data) = frame::seal(keys, RoomTime::from_millis(self.now), nonce, inner) {
            self.broadcast(by, keys.topic(), &data);
            self.said.push((self.now, by));
            self.recorded.push((keys.topic(), data));
        }
    }

    /// The same under the name of node `victim`, whose signature it cannot bear.
    pub fn impersonate(&mut self, by: usize, victim: usize, keys: &TopicKeys, inner: &[u8]) {
        let mut forged = inner.to_vec();
        if let Some(speaker) = forged.get_mut(..SPEAKER) {
            speaker.copy_from_slice(self.nodes[victim].device.as_bytes());
            self.frame_for_all(by, keys, &forged);
        }
    }

    /// The operations that node `index` holds, as far as they are of this room.
    pub fn known_operations(&self, index: usize) -> Vec<VerifiedOperation> {
        let genesis = self.genesis.genesis().digest();
        let held = self.nodes[index].operations().iter();
        held.filter_map(|bytes| VerifiedOperation::from_bytes(&genesis, bytes).ok()).collect()
    }

    /// Seals `bytes` to a key that somebody said.
    pub fn seal_to(&mut self, target: EphemeralPublic, info: &[u8], bytes: &[u8]) -> Vec<u8> {
        target.seal(info, &[], bytes, &mut self.rng).unwrap_or_default()
    }

    fn day(&self) -> u32 {
        RoomTime::from_millis(self.now).day()
    }
}
