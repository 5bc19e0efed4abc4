//! Native clients over a real relay on loopback: they meet, chat, and lose nothing when the relay goes away.

use anyhow::{Context as _, Result};
use libp2p::Multiaddr;
use milanio_node::net::{
    client::RelayAddress,
    relay::{Relay, RelayConfig, RelayHandle, RelayLimits},
};
use milanio_tests::person::meet;
use tempfile::TempDir;

/// A relay whose key and port outlive it.
struct Place {
    data: TempDir,
    listen: Multiaddr,
}

impl Place {
    fn new(listen: &str) -> Result<Self> {
        Ok(Self { data: tempfile::tempdir()?, listen: listen.parse()? })
    }

    /// Starts the relay; from now on it listens where it listened first.
    async fn start(&mut self) -> Result<(RelayHandle, RelayAddress)> {
        // Another test may have done it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = RelayConfig::new(self.data.path().to_owned());
        config.listen = vec![self.listen.clone()];
        config.limits = RelayLimits::lab();
        let relay = Relay::start(config).await?;
        let mut addresses = relay.addresses();
        let addresses = addresses.wait_for(|addresses| !addresses.is_empty()).await?.clone();
        let mut first = addresses.first().context("it listens")?.clone();
        first.pop();
        self.listen = first;
        let address = RelayAddress { peer: relay.peer_id(), addresses };
        Ok((relay, address))
    }
}

async fn chat_both_ways(listen: &str) -> Result<()> {
    let (_relay, address) = Place::new(listen)?.start().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    ines.say("hello")?;
    assert_eq!(ravi.heard().await?.text(), "hello");
    ravi.say("good evening")?;
    assert_eq!(ines.heard().await?.text(), "good evening");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_meet_and_chat_both_ways_over_tcp() -> Result<()> {
    chat_both_ways("/ip4/127.0.0.1/tcp/0").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_meet_and_chat_both_ways_over_websocket() -> Result<()> {
    chat_both_ways("/ip4/127.0.0.1/tcp/0/ws").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_relay_dies_and_comes_back() -> Result<()> {
    let mut place = Place::new("/ip4/127.0.0.1/tcp/0")?;
    let (relay, address) = place.start().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    drop(relay);
    ines.disconnected().await?;
    ines.say("are you there?")?;
    ravi.disconnected().await?;
    ravi.say("I write while nobody listens")?;
    let (_relay, _) = place.start().await?;
    assert_eq!(ravi.heard().await?.text(), "are you there?");
    assert_eq!(ines.heard().await?.text(), "I write while nobody listens");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_gone_for_the_others() -> Result<()> {
    let (_relay, address) = Place::new("/ip4/127.0.0.1/tcp/0")?.start().await?;
    let (mut ines, ravi) = meet(vec![address]).await?;
    let device = ravi.device;
    drop(ravi);
    assert_eq!(ines.left().await?, device);
    Ok(())
}
