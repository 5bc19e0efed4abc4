//! A relay's WebTransport listener with identify, ping and one more protocol, which returns what it is sent.
//!
//! For the tests against js-libp2p: it prints its addresses, one a line, and runs until it is killed.

use std::{io, time::Duration};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    StreamProtocol, Swarm, Transport,
    core::muxing::StreamMuxerBox,
    identify,
    identity::Keypair,
    ping,
    request_response::{self, ProtocolSupport},
    swarm::{NetworkBehaviour, SwarmEvent},
};
use milanio_node::net::{
    runtime,
    transport::webtransport::{CertificateRing, FileStore, WebTransport, unix_now_s},
};

const ECHO: StreamProtocol = StreamProtocol::new("/milanio-test/echo/1");

/// More than any test sends.
const MAX_ECHO_BYTES: u64 = 4 * 1024 * 1024;

#[derive(NetworkBehaviour)]
struct Behaviour {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    echo: request_response::Behaviour<EchoCodec>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Errors only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir()?;
    let store = FileStore(directory.path().join("certificates"));
    let ring = CertificateRing::open(Box::new(store), unix_now_s())?;
    let keypair = Keypair::generate_ed25519();
    let transport = WebTransport::new(keypair.clone(), ring, 64)
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
        .boxed();
    let behaviour = Behaviour {
        identify: identify::Behaviour::new(identify::Config::new("/milanio/1".into(), keypair.public())),
        ping: ping::Behaviour::default(),
        echo: request_response::Behaviour::new([(ECHO, ProtocolSupport::Inbound)], request_response::Config::default()),
    };
    let config = runtime::swarm_config().with_idle_connection_timeout(Duration::from_secs(60));
    let mut swarm = Swarm::new(transport, behaviour, keypair.public().to_peer_id(), config);
    swarm.listen_on("/ip4/127.0.0.1/udp/0/quic-v1/webtransport".parse()?)?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { address, .. } => println!("{address}/p2p/{}", swarm.local_peer_id()),
            SwarmEvent::Behaviour(BehaviourEvent::Echo(request_response::Event::Message {
                message: request_response::Message::Request { request, channel, .. },
                ..
            })) => {
                // The echo is lost if nobody waits for it any more.
                let _ = swarm.behaviour_mut().echo.send_response(channel, request);
            }
            _ => {}
        }
    }
}

/// Everything up to the end of the stream, in both directions.
#[derive(Clone, Copy, Default)]
struct EchoCodec;

impl request_response::Codec for EchoCodec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut bytes = Vec::new();
        io.take(MAX_ECHO_BYTES).read_to_end(&mut bytes).await?;
        Ok(bytes)
    }

    async fn read_response<T>(&mut self, protocol: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        self.read_request(protocol, io).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, bytes: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }

    async fn write_response<T>(&mut self, protocol: &StreamProtocol, io: &mut T, bytes: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        self.write_request(protocol, io, bytes).await
    }
}
