//! The gossipsub settings of relays, and of leaves that are gossipsub themselves, which those of tests are: a leaf of ours says the
//! little that it has to by itself (`client/pubsub.rs`).
//!
//! Frames are anonymous on this layer: they carry their own topic signature, and who wrote them is known only inside. So
//! every node validates before it forwards, and a message's id is a hash of what it is, never of who sent it.
//!
//! A relay must push every frame to all its subscribed leaves at once. Gossipsub's mesh cannot do that for a hub: after a leaf
//! left a topic and came back, both ends refuse to graft until a back-off and a heartbeat have passed, and for those 2 to 3 s
//! frames are lost. So relay and leaf negotiate the flooding predecessor of the mesh, [`PUBSUB_PROTOCOL`], which gossipsub speaks
//! too: a flooding peer gets every frame from the moment its subscription is read. Relays use the mesh among each other.
//! Outside the mesh nothing keeps a connection alive, so the swarms must set an idle timeout of their own.

use std::time::Duration;

use libp2p::gossipsub::{
    AllowAllSubscriptionFilter, Behaviour, Config, ConfigBuilder, ConfigBuilderError, MaxCountSubscriptionFilter,
    Message, MessageAuthenticity, MessageId, ValidationMode, Version,
};
use sha2::{Digest, Sha256};

use crate::wire::{
    limits::MAX_PUBSUB_RPC_BYTES,
    pubsub::{MAX_MESSAGES_PER_RPC, PUBSUB_PROTOCOL},
};

/// The most topics that a relay follows, and that a leaf hears of from it.
pub const MAX_RELAY_TOPICS: usize = 20_000;

/// Bytes of SHA-256(topic, data) that identify a message: enough that nobody finds two alike.
pub const MESSAGE_ID_BYTES: usize = 20;

/// What relays speak to each other: gossipsub 1.1 under a name of its own, so that no leaf negotiates it.
pub const RELAY_PROTOCOL: &str = "/milanio/gossip/1.1";

/// How often meshes are mended and gossip is sent: the specification's default.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long a message id is remembered, so that a late copy is not delivered again. Chosen: longer than any frame is valid.
const DUPLICATE_CACHE: Duration = Duration::from_secs(300);

/// After a PRUNE, how long a peer is not grafted again. A leaf that left and came back must not wait for its messages.
const PRUNE_BACKOFF: Duration = Duration::from_secs(2);

/// The same after leaving a topic.
const UNSUBSCRIBE_BACKOFF: Duration = Duration::from_secs(1);

/// How long a message may wait in a connection's queue before it is dropped: as long as a bad radio link stalls.
const FORWARD_QUEUE: Duration = Duration::from_secs(5);

/// Messages that may wait for one connection.
const CONNECTION_QUEUE: usize = 512;

/// Messages of one `IHAVE` control message and such messages per heartbeat that are listened to.
const MAX_IHAVE_PER_HEARTBEAT: usize = 10;

/// Gossipsub's recommended upper bound of a mesh; a leaf's stays empty.
const LEAF_MESH_HIGH: usize = 12;

/// Bytes of control messages in one RPC, among which gossipsub counts subscriptions.
const MAX_CONTROL_BYTES: usize = MAX_PUBSUB_RPC_BYTES;

/// Settings of a leaf: a few relays are all its neighbours. It publishes to every one at once and grafts and gossips to none.
///
/// # Errors
/// Never with the constants of this file; the signature is the builder's.
pub fn leaf() -> Result<Config, ConfigBuilderError> {
    base()
        .protocol_id(PUBSUB_PROTOCOL, Version::V1_0)
        .mesh_outbound_min(0)
        .mesh_n_low(0)
        .mesh_n(0)
        .mesh_n_high(LEAF_MESH_HIGH)
        .gossip_lazy(0)
        .gossip_factor(0.0)
        .build()
}

/// Settings of a relay that serves up to `connections`: leaves are flooded, other relays meshed without an upper bound.
///
/// # Errors
/// If `connections` is so small that no mesh fits (under 12).
pub fn relay(connections: usize) -> Result<Config, ConfigBuilderError> {
    base()
        .protocol_id(RELAY_PROTOCOL, Version::V1_1)
        .support_floodsub()
        .mesh_outbound_min(2)
        .mesh_n_low(4)
        .mesh_n(6)
        .mesh_n_high(connections)
        .build()
}

/// A leaf's behaviour with these settings. It signs nothing, since authors are nobody's business on this layer, and hears of as
/// many topics as a relay may follow: by default gossipsub turns a deaf ear to who has more than 100.
///
/// # Errors
/// The reason, if the settings contradict each other.
pub fn behaviour(config: Config) -> Result<Behaviour, &'static str> {
    let filter = MaxCountSubscriptionFilter {
        filter: AllowAllSubscriptionFilter {},
        max_subscribed_topics: MAX_RELAY_TOPICS,
        max_subscriptions_per_request: MAX_RELAY_TOPICS,
    };
    Behaviour::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
}

/// The id of a message: SHA-256 over topic and data, cut to [`MESSAGE_ID_BYTES`]. Topics are all of one length, so the
/// concatenation is unambiguous.
pub fn message_id(topic: &str, data: &[u8]) -> MessageId {
    let digest = Sha256::new().chain_update(topic).chain_update(data).finalize();
    MessageId::new(&digest[..MESSAGE_ID_BYTES])
}

fn base() -> ConfigBuilder {
    let mut config = ConfigBuilder::default();
    config
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message: &Message| message_id(message.topic.as_str(), &message.data))
        .max_transmit_size(MAX_PUBSUB_RPC_BYTES)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(HEARTBEAT)
        .history_length(6)
        .history_gossip(3)
        .duplicate_cache_time(DUPLICATE_CACHE)
        .prune_backoff(PRUNE_BACKOFF)
        .unsubscribe_backoff(UNSUBSCRIBE_BACKOFF)
        .forward_queue_duration(FORWARD_QUEUE)
        .publish_queue_duration(FORWARD_QUEUE)
        .connection_handler_queue_len(CONNECTION_QUEUE)
        .max_ihave_messages_heartbeat(MAX_IHAVE_PER_HEARTBEAT)
        .max_publish_messages(MAX_MESSAGES_PER_RPC)
        .max_control_message_size(MAX_CONTROL_BYTES)
        .prune_peers(0)
        .flood_publish(true);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_consistent() {
        assert_eq!(leaf().map(|config| config.mesh_n_high()).ok(), Some(LEAF_MESH_HIGH));
        assert_eq!(relay(2_000).map(|config| config.mesh_n_high()).ok(), Some(2_000));
    }

    #[test]
    fn equal_data_on_two_topics_has_two_ids() {
        assert_ne!(message_id("aaaa", b"x"), message_id("aaab", b"x"));
        assert_eq!(message_id("aaaa", b"x").0.len(), MESSAGE_ID_BYTES);
    }
}
