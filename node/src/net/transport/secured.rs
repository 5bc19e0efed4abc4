//! Turns a byte stream transport (TCP, WebSocket) into a libp2p one: Noise for who it is, yamux for many streams on one.

use std::time::Duration;

use futures::{AsyncRead, AsyncWrite};
use libp2p::{
    PeerId, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, timeout::TransportTimeout},
        upgrade::Version,
    },
    identity::Keypair,
    noise, yamux,
};

/// How long dialling or accepting may take, from the first byte to the ready connection.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Streams one connection may have open at once.
pub const MAX_STREAMS: usize = 256;

/// A byte stream of whatever kind, so that what is done with streams is compiled once.
type Bytes = Box<dyn ByteStream>;

trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}

/// `transport` with Noise (as `keypair`) and yamux on it, within [`HANDSHAKE_TIMEOUT`].
///
/// Errors only if the Noise keys cannot be signed with `keypair`.
pub fn secured<T>(transport: T, keypair: &Keypair) -> Result<Boxed<(PeerId, StreamMuxerBox)>, noise::Error>
where
    T: Transport + Send + Unpin + 'static,
    T::Output: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T::Error: Send + Sync + 'static,
    T::Dial: Send + 'static,
    T::ListenerUpgrade: Send + 'static,
{
    let mut muxer = yamux::Config::default();
    muxer.set_max_num_streams(MAX_STREAMS);
    let connections = transport
        .map(|stream, _| Box::new(stream) as Bytes)
        .boxed()
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(keypair)?)
        .multiplex(muxer)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    Ok(TransportTimeout::new(connections, HANDSHAKE_TIMEOUT).boxed())
}
