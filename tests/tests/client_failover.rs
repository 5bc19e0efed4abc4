//! A client that knows two relays goes to the other one when its own dies, quickly, and when it falls silent, soon.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use libp2p::{Multiaddr, multiaddr::Protocol};
use milanio_node::net::{
    client::RelayAddress,
    relay::{Relay, RelayConfig, RelayHandle, RelayLimits},
};
use milanio_tests::person::{Person, meet, random_root};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A killed relay must be replaced within this.
const AFTER_DEATH: Duration = Duration::from_secs(3);

/// A silent one within this.
const AFTER_SILENCE: Duration = Duration::from_secs(15);

async fn relay(peers: Vec<Multiaddr>) -> Result<(RelayHandle, RelayAddress, TempDir)> {
    // Another test may have done it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir()?;
    let mut config = RelayConfig::new(data.path().to_owned());
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse()?];
    config.limits = RelayLimits::lab();
    config.peers = peers;
    let relay = Relay::start(config).await?;
    let addresses = relay.addresses().wait_for(|addresses| !addresses.is_empty()).await?.clone();
    let address = RelayAddress { peer: relay.peer_id(), addresses };
    Ok((relay, address, data))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_relay_dies_the_room_goes_on_over_another() -> Result<()> {
    let (second, second_address, _second_data) = relay(Vec::new()).await?;
    let (first, first_address, _first_data) = relay(second_address.addresses.clone()).await?;
    let (mut ines, mut ravi) = meet(vec![first_address, second_address]).await?;
    drop(first);
    ines.disconnected().await?;
    let died = Instant::now();
    ines.say("elsewhere")?;
    ines.connected().await?;
    assert!(died.elapsed() < AFTER_DEATH, "it took {:?}", died.elapsed());
    assert_eq!(ravi.heard().await?.text(), "elsewhere");
    second.shutdown().await;
    Ok(())
}

/// Passes connections on to `target` for as long as the switch is on, and then keeps them open and says nothing.
async fn mute_switch(target: &Multiaddr) -> Result<(Multiaddr, watch::Sender<bool>)> {
    let port = target
        .iter()
        .find_map(|part| match part {
            Protocol::Tcp(port) => Some(port),
            _ => None,
        })
        .context("the relay listens on TCP")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr()?.port()).parse()?;
    let (switch, is_on) = watch::channel(true);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut is_on = is_on.clone();
            tokio::spawn(async move {
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                let is_muted = async { is_on.wait_for(|on| !on).await.is_ok() };
                let is_muted = tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => false,
                    is_muted = is_muted => is_muted,
                };
                if is_muted {
                    // Both sockets stay open, and nothing is read from them any more.
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    Ok((address, switch))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_relay_falls_silent_the_client_goes_to_another() -> Result<()> {
    let (_second, second_address, _second_data) = relay(Vec::new()).await?;
    let (_first, first_address, _first_data) = relay(Vec::new()).await?;
    let (proxy, switch) = mute_switch(first_address.addresses.first().context("it listens")?).await?;
    let relays = vec![RelayAddress { peer: first_address.peer, addresses: vec![proxy] }, second_address];
    let mut ines = Person::start("Ines", &random_root()?, relays)?;
    ines.connected().await?;
    switch.send(false)?;
    let silent = Instant::now();
    ines.disconnected().await?;
    ines.connected().await?;
    assert!(silent.elapsed() < AFTER_SILENCE, "it took {:?}", silent.elapsed());
    Ok(())
}
