//! Starting, stopping and starting again.

use milanio_node::net::relay::{Relay, RelayConfig, RelayError};

use crate::leaf::{Leaf, address, config, keys};

#[tokio::test]
async fn a_restart_keeps_the_peer_id_and_the_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let mut known = Vec::new();
    for _ in 0..2 {
        let relay = Relay::start(config(&directory)).await.unwrap();
        let text = address(&relay, "webtransport").to_string();
        let (_, hashes) = text.split_once("/webtransport/").unwrap();
        assert_eq!(hashes.matches("certhash").count(), 2);
        known.push((relay.peer_id(), hashes.to_owned()));
        relay.shutdown().await;
    }
    assert_eq!(known.first(), known.last());
}

#[tokio::test]
async fn a_stopping_relay_closes_its_connections() {
    let directory = tempfile::tempdir().unwrap();
    let relay = Relay::start(config(&directory)).await.unwrap();
    let mut leaf = Leaf::new();
    leaf.join(address(&relay, "tcp"), &keys(6)).await;
    let stopped = tokio::spawn(relay.shutdown());
    leaf.disconnected().await;
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_told_or_replaced_by_a_free_one() {
    let directory = tempfile::tempdir().unwrap();
    let first = Relay::start(config(&directory)).await.unwrap();
    let taken: libp2p::Multiaddr = address(&first, "webtransport").iter().take(4).collect();
    let other = tempfile::tempdir().unwrap();
    let second = RelayConfig { listen: vec![taken.clone()], ..config(&other) };
    assert!(matches!(Relay::start(second.clone()).await, Err(RelayError::Listen(..))));
    let second = Relay::start(RelayConfig { any_port: true, ..second }).await.unwrap();
    let chosen: libp2p::Multiaddr = address(&second, "webtransport").iter().take(4).collect();
    assert_ne!(chosen, taken);
    second.shutdown().await;
    first.shutdown().await;
}
