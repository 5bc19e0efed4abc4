//! The WebTransport listener, with a client that is not libp2p's: HTTP/3, Noise and one protocol by hand.

use std::{collections::HashSet, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt, future::join_all};
use libp2p::{
    Multiaddr, PeerId,
    core::upgrade::OutboundConnectionUpgrade,
    identity::Keypair,
    multiaddr::{Protocol, multihash::Multihash},
};
use milanio_node::net::{
    relay::RelayLimits,
    transport::webtransport::{PATH, Stream},
};
use wtransport::{ClientConfig, Endpoint, VarInt, tls::Sha256Digest};

use crate::leaf::{PATIENCE, address, relay};

type Hash = Multihash<64>;

struct Client {
    session: wtransport::Connection,
    relay: PeerId,
}

impl Client {
    /// Connects to `path` of the WebTransport `address`, trusting the certificates `pinned` and expecting Noise to confirm
    /// `expected`.
    async fn dial(address: &Multiaddr, path: &str, pinned: &[Hash], expected: &[Hash]) -> Result<Self, String> {
        let digests = pinned.iter().map(|hash| Sha256Digest::new(hash.digest().try_into().unwrap()));
        let config = ClientConfig::builder().with_bind_default().with_server_certificate_hashes(digests).build();
        let url = format!("https://127.0.0.1:{}{path}", port(address));
        let session = Endpoint::client(config).unwrap().connect(url).await.map_err(|error| error.to_string())?;
        let (send, receive) = session.open_bi().await.unwrap().await.unwrap();
        let noise = libp2p::noise::Config::new(&Keypair::generate_ed25519()).unwrap();
        let noise = noise.with_webtransport_certhashes(expected.iter().copied().collect::<HashSet<_>>());
        let (relay, _) =
            noise.upgrade_outbound(Stream::new(send, receive), "/noise").await.map_err(|error| error.to_string())?;
        Ok(Self { session, relay })
    }

    /// Opens a stream, negotiates ping and sends `payload`; what comes back.
    async fn ping(&self, payload: [u8; 32]) -> [u8; 32] {
        let (send, receive) = self.session.open_bi().await.unwrap().await.unwrap();
        let mut stream = Stream::new(send, receive);
        let negotiation = b"\x13/multistream/1.0.0\n\x11/ipfs/ping/1.0.0\n";
        stream.write_all(negotiation).await.unwrap();
        stream.write_all(&payload).await.unwrap();
        let mut negotiated = [0; 38];
        stream.read_exact(&mut negotiated).await.unwrap();
        assert_eq!(&negotiated, negotiation);
        let mut echo = [0; 32];
        stream.read_exact(&mut echo).await.unwrap();
        echo
    }
}

fn port(address: &Multiaddr) -> u16 {
    address.iter().find_map(|part| if let Protocol::Udp(port) = part { Some(port) } else { None }).unwrap()
}

fn hashes(address: &Multiaddr) -> Vec<Hash> {
    address.iter().filter_map(|part| if let Protocol::Certhash(hash) = part { Some(hash) } else { None }).collect()
}

fn wrong_hash() -> Hash {
    Hash::wrap(0x12, &[7; 32]).unwrap()
}

#[tokio::test]
async fn a_client_pings_over_many_streams_at_once() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let address = address(&relay, "webtransport");
    let hashes = hashes(&address);
    let client = Client::dial(&address, PATH, &hashes, &hashes).await.unwrap();
    assert_eq!(client.relay, relay.peer_id());
    let pings = (0..32).map(|number| client.ping([number; 32]));
    let echoes = tokio::time::timeout(PATIENCE, join_all(pings)).await.unwrap();
    assert_eq!(echoes, (0..32).map(|number| [number; 32]).collect::<Vec<_>>());
    relay.stats().wait_for(|stats| stats.connections == 1).await.unwrap();
    client.session.close(VarInt::from_u32(0), b"");
    relay.stats().wait_for(|stats| stats.connections == 0).await.unwrap();
    relay.shutdown().await;
}

#[tokio::test]
async fn wrong_certificates_and_wrong_paths_do_not_get_through() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let address = address(&relay, "webtransport");
    let good = hashes(&address);
    for (path, pinned, expected) in [
        (PATH, &[wrong_hash()][..], &good[..]),
        (PATH, &good[..], &[wrong_hash()][..]),
        ("/.well-known/libp2p-webtransport", &good[..], &good[..]),
        ("/", &good[..], &good[..]),
    ] {
        let dialled = tokio::time::timeout(PATIENCE, Client::dial(&address, path, pinned, expected)).await.unwrap();
        assert!(dialled.is_err(), "{path}");
    }
    assert_eq!(relay.stats().borrow().connections, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn the_end_of_the_relay_is_the_end_of_the_session() {
    let (relay, _directory) = relay(RelayLimits::lab()).await;
    let address = address(&relay, "webtransport");
    let hashes = hashes(&address);
    let client = Client::dial(&address, PATH, &hashes, &hashes).await.unwrap();
    client.ping([1; 32]).await;
    relay.shutdown().await;
    tokio::time::timeout(Duration::from_secs(2), client.session.closed()).await.unwrap();
}
