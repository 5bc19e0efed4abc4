//! Two relays: what is said on one is heard on the other.

use milanio_node::net::relay::{Relay, RelayConfig, RelayLimits};

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
