//! Two relays: what is said on one is heard on the other.

use milanio_node::net::relay::{Relay, RelayConfig, RelayLimits};

use milanio_identity::{RoomKeys, RootSecret};

use crate::leaf::{Leaf, address, config, keys, relay, valid_frame};

#[tokio::test]
async fn a_message_crosses_from_relay_to_relay_and_topics_are_let_go_on_both() {
    let mut limits = RelayLimits::lab();
    limits.mirror.linger = std::time::Duration::from_millis(200);
    let (first, _directory) = relay(limits).await;
    let directory = tempfile::tempdir().unwrap();
    let peers = vec![address(&first, "tcp")];
    let second = Relay::start(RelayConfig { peers, limits, ..config(&directory) }).await.unwrap();
    first.stats().wait_for(|stats| stats.relays == 1).await.unwrap();
    second.stats().wait_for(|stats| stats.relays == 1).await.unwrap();
    let keys = keys(7);
    let (mut here, mut there) = (Leaf::new(), Leaf::new());
    here.join(address(&first, "tcp"), &keys).await;
    there.join(address(&second, "ws"), &keys).await;
    let frame = valid_frame(&keys, 1);
    here.publish(&keys, frame.clone()).unwrap();
    let driven = tokio::spawn(async move { here.drive().await });
    assert_eq!(there.message().await, frame);
    driven.abort();
    drop(there);
    first.stats().wait_for(|stats| stats.topics == 0).await.unwrap();
    second.stats().wait_for(|stats| stats.topics == 0).await.unwrap();
    second.shutdown().await;
    first.shutdown().await;
}

#[tokio::test]
async fn strangers_topics_do_not_keep_others_from_crossing() {
    let limits = RelayLimits::lab();
    let (first, _directory) = relay(limits).await;
    let directory = tempfile::tempdir().unwrap();
    let peers = vec![address(&first, "tcp")];
    let second = Relay::start(RelayConfig { peers, limits, ..config(&directory) }).await.unwrap();
    first.stats().wait_for(|stats| stats.relays == 1).await.unwrap();
    for (stranger, relay) in [&first, &second, &first, &second].into_iter().enumerate() {
        let mut leaf = Leaf::new();
        leaf.dial(address(relay, "tcp")).await.unwrap();
        let room = RoomKeys::new(&RootSecret::from_bytes([100 + u8::try_from(stranger).unwrap(); 32]));
        (0..64).for_each(|day| leaf.subscribe(&room.floor_epoch_zero(day)));
        tokio::spawn(async move { leaf.drive().await });
    }
    first.stats().wait_for(|stats| stats.topics == 128).await.unwrap();
    second.stats().wait_for(|stats| stats.topics == 128).await.unwrap();
    let keys = keys(8);
    let (mut here, mut there) = (Leaf::new(), Leaf::new());
    for (leaf, relay) in [(&mut here, &first), (&mut there, &second)] {
        leaf.dial(address(relay, "tcp")).await.unwrap();
        leaf.subscribe(&keys);
        leaf.follows(&keys).await;
    }
    let frame = valid_frame(&keys, 1);
    here.publish(&keys, frame.clone()).unwrap();
    tokio::spawn(async move { here.drive().await });
    assert_eq!(there.message().await, frame);
    second.shutdown().await;
    first.shutdown().await;
}

#[tokio::test]
async fn a_leaf_with_the_subscriptions_of_a_relay_is_disconnected() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let mut leaf = Leaf::new();
    leaf.dial(address(&relay, "tcp")).await.unwrap();
    let room = RoomKeys::new(&RootSecret::from_bytes([99; 32]));
    (0..65).for_each(|day| leaf.subscribe(&room.floor_epoch_zero(day)));
    leaf.disconnected().await;
    relay.shutdown().await;
}
