//! Which subscriptions a relay reads at all: names that are valid topics, and no more per peer than the limit.

use libp2p::gossipsub::{MaxCountSubscriptionFilter, TopicHash, TopicSubscriptionFilter};
use milanio_identity::TopicName;

/// Valid topics, up to a number per peer; a message that would exceed it is not read.
pub(super) type TopicFilter = MaxCountSubscriptionFilter<ValidTopics>;

/// A filter that lets one peer have up to `per_peer` topics.
pub(super) fn filter(per_peer: usize) -> TopicFilter {
    MaxCountSubscriptionFilter {
        filter: ValidTopics,
        max_subscribed_topics: per_peer,
        // All may be exchanged for others at once.
        max_subscriptions_per_request: 2 * per_peer,
    }
}

/// Topics whose name is a public key.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValidTopics;

impl TopicSubscriptionFilter for ValidTopics {
    fn can_subscribe(&mut self, topic: &TopicHash) -> bool {
        TopicName::parse(topic.as_str()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_public_keys_are_topics() {
        // The base point of the curve, which is a valid key; the zero key, which is weak; and other text.
        assert!(
            ValidTopics.can_subscribe(&TopicHash::from_raw("lbtgmztgmztgmztgmztgmztgmztgmztgmztgmztgmztgmztgmzta"))
        );
        assert!(!ValidTopics.can_subscribe(&TopicHash::from_raw("a".repeat(52))));
        assert!(!ValidTopics.can_subscribe(&TopicHash::from_raw("general")));
    }
}
