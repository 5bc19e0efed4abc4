//! Datagrams: one socket, one task.

use std::{io, net::SocketAddr, sync::Arc};

use super::{datagram::MAX_MESSAGE_BYTES, shell::Shell};
use crate::core::turn_quota::{Carrier, Tuple};

/// Takes datagrams for ever.
pub async fn run(shell: Arc<Shell>) {
    // One byte more than allowed, so that a datagram that is too long is seen as such.
    let mut buffer = vec![0; MAX_MESSAGE_BYTES + 1];
    loop {
        match shell.udp().recv_from(&mut buffer).await {
            Ok((length, remote)) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
                shell.handle(Tuple { carrier: Carrier::Udp, remote }, bytes).await;
            }
            // An ICMP answer to something that was sent before.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused) => {
            }
            Err(error) => {
                tracing::warn!(%error, "the TURN socket failed");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Pause after a failure of the socket, which would otherwise be logged without end (chosen).
const RETRY: std::time::Duration = std::time::Duration::from_millis(100);
