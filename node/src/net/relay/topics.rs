//! Which subscriptions a relay reads at all: names that look like topics, and no more than another relay may have.
//!
//! It cannot know who asks, so what one leaf may have and whether a name is a public key is the driver's business.

use libp2p::gossipsub::{MaxCountSubscriptionFilter, TopicHash, TopicSubscriptionFilter};
use milanio_identity::TopicName;

use crate::net::gossip::MAX_RELAY_TOPICS;

/// Names that look like topics, up to a number per peer; a message that would exceed it is not read.
pub(super) type TopicFilter = MaxCountSubscriptionFilter<LikelyTopics>;

/// See the module's documentation.
pub(super) fn filter() -> TopicFilter {
    MaxCountSubscriptionFilter {
        filter: LikelyTopics,
        max_subscribed_topics: MAX_RELAY_TOPICS,
        max_subscriptions_per_request: MAX_RELAY_TOPICS,
    }
}

/// Names of the right length and characters: cheap to tell, unlike whether they are public keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct LikelyTopics;

impl TopicSubscriptionFilter for LikelyTopics {
    fn can_subscribe(&mut self, topic: &TopicHash) -> bool {
        let name = topic.as_str();
        name.len() == TopicName::LENGTH && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_a_topics_form_are_read() {
        let is_read = |name: &str| LikelyTopics.can_subscribe(&TopicHash::from_raw(name));
        assert!(is_read("lbtgmztgmztgmztgmztgmztgmztgmztgmztgmztgmztgmztgmzta"));
        for name in ["general".to_owned(), "a".repeat(51), "a".repeat(53), "A".repeat(52), "1".repeat(52)] {
            assert!(!is_read(&name), "{name}");
        }
    }
}
