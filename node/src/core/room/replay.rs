//! Which frames were heard already.
//!
//! Gossip delivers one message more than once, and anybody who listens can send a frame again as it is. Frames older than the
//! time window are refused before they come here, so remembering as many as can arrive within it is enough.

use std::collections::{BTreeSet, VecDeque};

use milanio_identity::TopicName;

use super::limits::MAX_FRAMES_REMEMBERED;

/// A frame's nonce: 24 random bytes.
pub type Nonce = [u8; 24];

/// The last frames, by topic and nonce.
#[derive(Default)]
pub struct ReplayCache {
    seen: BTreeSet<(TopicName, Nonce)>,
    order: VecDeque<(TopicName, Nonce)>,
}

impl ReplayCache {
    /// True when the frame is remembered.
    pub fn contains(&self, topic: TopicName, nonce: Nonce) -> bool {
        self.seen.contains(&(topic, nonce))
    }

    /// Remembers a frame; false when it was remembered already.
    pub fn insert(&mut self, topic: TopicName, nonce: Nonce) -> bool {
        if !self.seen.insert((topic, nonce)) {
            return false;
        }
        self.order.push_back((topic, nonce));
        if self.order.len() > MAX_FRAMES_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{RoomKeys, RootSecret};

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
        assert!(cache.insert(topic(1), nonce(1)));
        assert!(!cache.insert(topic(1), nonce(1)));
        assert!(cache.contains(topic(1), nonce(1)));
        assert!(cache.insert(topic(2), nonce(1)));
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut cache = ReplayCache::default();
        for number in 0..=MAX_FRAMES_REMEMBERED {
            assert!(cache.insert(topic(1), nonce(number)));
        }
        assert_eq!((cache.seen.len(), cache.order.len()), (MAX_FRAMES_REMEMBERED, MAX_FRAMES_REMEMBERED));
        assert!(!cache.contains(topic(1), nonce(0)));
        assert!(cache.contains(topic(1), nonce(1)));
    }
}
