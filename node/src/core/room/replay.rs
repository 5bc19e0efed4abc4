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
