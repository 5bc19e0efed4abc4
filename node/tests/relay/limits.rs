//! What a relay does not let happen.

use std::{sync::Arc, time::Duration};

use libp2p::gossipsub::IdentTopic;
use milanio_node::{
    core::{rate_limit::Rate, time::RoomTime},
    net::relay::{Relay, RelayConfig, RelayLimits, TurnAsker, TurnIssuer},
    wire::turn::TurnCredential,
};

use crate::leaf::{Leaf, address, config, keys, relay, valid_frame};

#[tokio::test]
async fn invalid_frames_reach_nobody_and_the_fourth_closes_the_connection() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let (keys, others) = (keys(3), keys(4));
    let (mut forger, mut witness) = (Leaf::new(), Leaf::new());
    forger.join(address(&relay, "tcp"), &keys).await;
    witness.join(address(&relay, "tcp"), &keys).await;
    for number in 0..4 {
        // Signed for another topic than the one it is sent on.
        forger.publish(&keys, valid_frame(&others, number)).unwrap();
    }
    forger.disconnected().await;
    assert_eq!(relay.stats().wait_for(|stats| stats.frames_refused >= 4).await.unwrap().frames_forwarded, 0);
    let mut honest = Leaf::new();
    honest.join(address(&relay, "ws"), &keys).await;
    let frame = valid_frame(&keys, 9);
    honest.publish(&keys, frame.clone()).unwrap();
    let driven = tokio::spawn(async move { honest.drive().await });
    assert_eq!(witness.message().await, frame);
    driven.abort();
    relay.shutdown().await;
}

#[tokio::test]
async fn who_says_more_than_one_network_may_is_disconnected_however_valid_it_is() {
    let mut limits = RelayLimits::lab();
    limits.gossip = Rate { burst: 20, interval: Duration::from_secs(60) };
    let (relay, _directory) = relay(limits).await;
    let keys = keys(6);
    let mut flooder = Leaf::new();
    flooder.join(address(&relay, "tcp"), &keys).await;
    for number in 0..40 {
        flooder.publish(&keys, valid_frame(&keys, number)).unwrap();
    }
    flooder.disconnected().await;
    let stats = relay.stats().wait_for(|stats| stats.connections == 0).await.unwrap().frames_forwarded;
    assert!(stats < 20, "{stats} frames were heard");
    relay.shutdown().await;
}

#[tokio::test]
async fn one_address_has_only_as_many_connections_as_it_may() {
    let mut limits = RelayLimits::default();
    limits.admission.established_per_subnet = 3;
    let (relay, _directory) = relay(limits).await;
    let mut leaves = Vec::new();
    for kind in ["tcp", "ws", "tcp"] {
        let mut leaf = Leaf::new();
        leaf.dial(address(&relay, kind)).await.unwrap();
        leaves.push(tokio::spawn(async move { leaf.drive().await }));
    }
    let mut refused = Leaf::new();
    assert!(refused.dial(address(&relay, "tcp")).await.is_err());
    let gone = leaves.pop().unwrap();
    gone.abort();
    relay.stats().wait_for(|stats| stats.connections == 2).await.unwrap();
    refused.dial(address(&relay, "tcp")).await.unwrap();
    leaves.iter().for_each(tokio::task::JoinHandle::abort);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_topic_that_is_no_public_key_is_not_followed() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let mut leaf = Leaf::new();
    leaf.dial(address(&relay, "tcp")).await.unwrap();
    leaf.swarm.behaviour_mut().gossip.subscribe(&IdentTopic::new("general")).unwrap();
    leaf.swarm.behaviour_mut().gossip.subscribe(&IdentTopic::new("a".repeat(52))).unwrap();
    leaf.subscribe(&keys(5));
    leaf.followed().await;
    assert_eq!(relay.stats().wait_for(|stats| stats.topics > 0).await.unwrap().topics, 1);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_connection_without_subscriptions_is_closed_after_a_while() {
    let mut limits = RelayLimits::lab();
    limits.idle = Duration::from_millis(100);
    let (relay, _directory) = relay(limits).await;
    let mut leaf = Leaf::new();
    leaf.dial(address(&relay, "ws")).await.unwrap();
    leaf.disconnected().await;
    relay.shutdown().await;
}

struct Issuer;

impl TurnIssuer for Issuer {
    fn issue(&self, asker: TurnAsker, now: RoomTime) -> Option<TurnCredential> {
        Some(TurnCredential {
            urls: vec![format!("turn:{}:3478", asker.reached?)],
            username: "name".into(),
            credential: "secret".into(),
            expires: now,
        })
    }
}

#[tokio::test]
async fn the_turn_question_is_answered_with_the_time_and_until_the_limit_with_a_credential() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = RelayLimits::default();
    limits.turn.burst = 2;
    let config = RelayConfig { turn: Some(Arc::new(Issuer)), limits, ..config(&directory) };
    let relay = Relay::start(config).await.unwrap();
    let mut leaf = Leaf::new();
    leaf.dial(address(&relay, "ws")).await.unwrap();
    for _ in 0..2 {
        let answer = leaf.ask_turn(relay.peer_id()).await;
        assert!(answer.now.distance(crate::leaf::now()) < Duration::from_secs(5));
        assert_eq!(answer.turn.unwrap().urls, ["turn:127.0.0.1:3478"]);
    }
    assert_eq!(leaf.ask_turn(relay.peer_id()).await.turn, None);
    relay.shutdown().await;
}
