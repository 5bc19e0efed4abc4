//! Which frames were heard already.
//!
//! Gossip delivers one message more than once, and anybody who listens can send a frame again as it is. Frames older than the
//! time window are refused before they come here, so remembering as many as can arrive within it is enough.

use std::collections::{BTreeSet, VecDeque};

use sha2::{Digest as _, Sha256};

use super::limits::MAX_FRAMES_REMEMBERED;

/// Names a message: the first 16 bytes of its SHA-256. Nobody finds two with one name that a room could hear within minutes.
pub type MessageName = [u8; 16];

/// A frame's nonce: 24 random bytes.
pub type Nonce = [u8; 24];

/// The last frames, by topic and nonce; or the last messages, by name.
pub struct ReplayCache<K> {
    seen: BTreeSet<K>,
    order: VecDeque<K>,
}

impl<K> Default for ReplayCache<K> {
    fn default() -> Self {
        Self { seen: BTreeSet::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Ord> ReplayCache<K> {
    /// True when it is remembered.
    pub fn contains(&self, key: &K) -> bool {
        self.seen.contains(key)
    }

    /// Remembers a frame or message; false when it was remembered already.
    pub fn insert(&mut self, key: K) -> bool {
        if !self.seen.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > MAX_FRAMES_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}

/// The name of an inner message.
pub fn message_name(inner: &[u8]) -> MessageName {
    let whole: [u8; 32] = Sha256::digest(inner).into();
    std::array::from_fn(|index| whole[index])
}

#[cfg(test)]
mod tests {
    use milanio_identity::{RoomKeys, RootSecret, TopicName};

    use super::*;

    fn topic(day: u32) -> TopicName {
        RoomKeys::new(&RootSecret::from_bytes([1; 32])).door(day).topic()
    }

    fn nonce(number: usize) -> Nonce {
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        nonce
    }

    #[test]
    fn a_frame_is_new_once_on_each_topic() {
        let mut cache = ReplayCache::default();
        assert!(cache.insert((topic(1), nonce(1))));
        assert!(!cache.insert((topic(1), nonce(1))));
        assert!(cache.contains(&(topic(1), nonce(1))));
        assert!(cache.insert((topic(2), nonce(1))));
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut cache = ReplayCache::default();
        for number in 0..=MAX_FRAMES_REMEMBERED {
            assert!(cache.insert((topic(1), nonce(number))));
        }
        assert_eq!((cache.seen.len(), cache.order.len()), (MAX_FRAMES_REMEMBERED, MAX_FRAMES_REMEMBERED));
        assert!(!cache.contains(&(topic(1), nonce(0))));
        assert!(cache.contains(&(topic(1), nonce(1))));
    }
}
