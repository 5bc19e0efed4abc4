//! Leaves on one relay: everything reaches everybody, and at once.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures::future::join_all;

use crate::leaf::{Leaf, address, keys, relay, valid_frame};
use milanio_identity::{RoomKeys, RootSecret};
use milanio_node::net::relay::RelayLimits;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_leaves_get_every_one_of_two_hundred_messages() {
    const LEAVES: usize = 50;
    const MESSAGES: u32 = 200;
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let keys = keys(1);
    let joined = join_all((0..LEAVES).map(|number| {
        let address = address(&relay, if number % 2 == 0 { "tcp" } else { "ws" });
        let keys = &keys;
        async move {
            let mut leaf = Leaf::new();
            leaf.join(address, keys).await;
            leaf
        }
    }));
    let mut leaves = joined.await;
    let mut stats = relay.stats();
    stats.wait_for(|stats| stats.connections == LEAVES as u32 && stats.topics == 1).await.unwrap();
    let mut speaker = leaves.pop().unwrap();
    for number in 0..MESSAGES {
        speaker.publish(&keys, valid_frame(&keys, number)).unwrap();
    }
    let speaking = tokio::spawn(async move { speaker.drive().await });
    let heard = join_all(leaves.into_iter().map(|mut leaf| async move {
        let mut heard = BTreeSet::new();
        while heard.len() < MESSAGES as usize {
            heard.insert(leaf.message().await);
        }
        heard
    }))
    .await;
    let expected: BTreeSet<_> = heard.first().unwrap().clone();
    assert!(heard.iter().all(|heard| *heard == expected));
    speaking.abort();
    relay.shutdown().await;
}

#[tokio::test]
async fn a_leaf_that_left_and_came_back_gets_the_next_message_at_once() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let keys = keys(2);
    let (mut speaker, mut listener) = (Leaf::new(), Leaf::new());
    speaker.join(address(&relay, "tcp"), &keys).await;
    listener.join(address(&relay, "ws"), &keys).await;
    for round in 0..10 {
        listener.unsubscribe(&keys);
        listener.subscribe(&keys);
        // The question is answered on another stream after the subscription, so the relay has most likely read that too; a
        // message that comes before is what a rejoining leaf cannot expect.
        listener.ask_turn(relay.peer_id()).await;
        let frame = valid_frame(&keys, round);
        let said = Instant::now();
        speaker.publish(&keys, frame.clone()).unwrap();
        let heard = tokio::select! {
            heard = listener.message() => heard,
            () = speaker.drive() => unreachable!("it is driven for ever"),
        };
        assert_eq!(heard, frame);
        assert!(said.elapsed() < Duration::from_millis(200), "round {round}: {:?}", said.elapsed());
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_leaf_that_comes_to_a_relay_with_many_topics_is_served_like_the_first() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let others = 6;
    for leaf in 0..others {
        let mut other = Leaf::new();
        other.dial(address(&relay, "tcp")).await.unwrap();
        for day in 0..64 {
            other.subscribe(&RoomKeys::new(&RootSecret::from_bytes([100 + leaf; 32])).floor_epoch_zero(day));
        }
        tokio::spawn(async move { other.drive().await });
    }
    relay.stats().wait_for(|stats| stats.topics == 64 * usize::from(others)).await.unwrap();
    let (mut one, mut other) = (Leaf::new(), Leaf::new());
    let keys = keys(7);
    for (leaf, kind) in [(&mut one, "tcp"), (&mut other, "ws")] {
        leaf.dial(address(&relay, kind)).await.unwrap();
        leaf.subscribe(&keys);
        leaf.follows(&keys).await;
    }
    let frame = valid_frame(&keys, 1);
    one.publish(&keys, frame.clone()).unwrap();
    tokio::spawn(async move { one.drive().await });
    assert_eq!(other.message().await, frame);
    relay.shutdown().await;
}
