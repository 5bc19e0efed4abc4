//! From a QUIC packet to an authenticated connection.

use std::collections::HashSet;

use libp2p::{PeerId, core::upgrade::InboundConnectionUpgrade, identity::Keypair};
use libp2p_noise as noise;
use wtransport::endpoint::IncomingSessionFuture;

use super::{Connection, HANDSHAKE_TIMEOUT, PATH, Stream, address::CertHash};

/// Why a peer did not get through.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It took longer than [`HANDSHAKE_TIMEOUT`].
    #[error("the peer took too long")]
    PeerTooSlow,
    /// It asked for a path that is not ours.
    #[error("the peer asked for something else")]
    PeerAskedForOther,
    /// QUIC, TLS or HTTP/3 failed.
    #[error("the connection failed")]
    Connection(#[from] wtransport::error::ConnectionError),
    /// It did not prove who it is.
    #[error("the peer did not prove who it is")]
    Noise(#[from] noise::Error),
}

/// Accepts `incoming`, as `keypair`, and confirms that `hashes` are certificates of ours.
pub(super) async fn accept(
    incoming: quinn::Incoming,
    keypair: Keypair,
    hashes: HashSet<CertHash>,
) -> Result<(PeerId, Connection), HandshakeError> {
    tokio::time::timeout(HANDSHAKE_TIMEOUT, run(incoming, keypair, hashes))
        .await
        .map_err(|_| HandshakeError::PeerTooSlow)?
}

async fn run(
    incoming: quinn::Incoming,
    keypair: Keypair,
    hashes: HashSet<CertHash>,
) -> Result<(PeerId, Connection), HandshakeError> {
    let request = IncomingSessionFuture::with_quic_incoming(incoming).await?;
    if request.path() != PATH {
        request.not_found().await;
        return Err(HandshakeError::PeerAskedForOther);
    }
    let connection = request.accept().await?;
    // The first stream carries Noise and nothing else; both are given, so no protocol is negotiated.
    let (send, receive) = connection.accept_bi().await?;
    let noise = noise::Config::new(&keypair)?.with_webtransport_certhashes(hashes);
    let (peer, stream) = noise.upgrade_inbound(Stream::new(send, receive), "/noise").await?;
    Ok((peer, Connection::new(connection, stream)))
}
