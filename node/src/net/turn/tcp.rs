//! Streams: connections are counted, cut into messages, and closed when they are idle or slow.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_util::bytes::{Buf, Bytes, BytesMut};

use super::{
    datagram::{MAX_MESSAGE_BYTES, PREFIX_BYTES, framed_length},
    shell::Shell,
};
use crate::core::{
    subnet::Subnet,
    turn_quota::{Carrier, Tuple},
};

/// Connections in all, and of one network (chosen: as many as clients may be, with room for those that come and go).
const MAX_CONNECTIONS: usize = 4_096;
const MAX_CONNECTIONS_PER_NETWORK: usize = 256;
/// How long a connection may take to authenticate.
const NEWCOMER_TIME: Duration = Duration::from_secs(10);
/// How long a client's connection may be silent: longer than the default life of an allocation (RFC 8656 section 3.2).
const IDLE_TIME: Duration = Duration::from_secs(660);
/// How long a write may take before the client is given up (chosen).
const WRITE_TIME: Duration = Duration::from_secs(10);
/// Pause after a failure to accept, which usually means that there are no more file descriptors (chosen).
const RETRY: Duration = Duration::from_millis(100);

/// Takes connections for ever.
pub async fn run(shell: Arc<Shell>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let by_network = Arc::new(Mutex::new(BTreeMap::new()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a TURN connection was not accepted");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        let place = (connections.len() < MAX_CONNECTIONS).then(|| Place::take(&by_network, remote)).flatten();
        if let Some(place) = place {
            connections.spawn(connection(Arc::clone(&shell), stream, remote, place));
        }
    }
}

async fn connection(shell: Arc<Shell>, stream: TcpStream, remote: SocketAddr, place: Place) {
    let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
    let outgoing = shell.connect(remote);
    if let Err(error) = drive(&shell, stream, remote, outgoing).await {
        tracing::trace!(%error, "a TURN connection failed");
    }
    shell.disconnect(remote);
    drop(place);
}

async fn drive(
    shell: &Shell,
    stream: TcpStream,
    remote: SocketAddr,
    mut outgoing: mpsc::Receiver<Bytes>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = stream.into_split();
    let from = Tuple { carrier: Carrier::Tcp, remote };
    let mut incoming = BytesMut::with_capacity(READ_BYTES);
    let mut patience = NEWCOMER_TIME;
    loop {
        incoming.reserve(READ_BYTES);
        tokio::select! {
            read = timeout(patience, reader.read_buf(&mut incoming)) => {
                if read.map_err(|_| io::ErrorKind::TimedOut)?? == 0 {
                    return Ok(());
                }
                take_messages(shell, from, &mut incoming).await?;
                patience = if shell.is_client(&from) { IDLE_TIME } else { NEWCOMER_TIME };
            }
            Some(packet) = outgoing.recv() => write(&mut writer, packet, &mut outgoing).await?,
        }
    }
}

/// Bytes read at once (chosen: some messages).
const READ_BYTES: usize = 8 * MAX_MESSAGE_BYTES;

async fn take_messages(shell: &Shell, from: Tuple, incoming: &mut BytesMut) -> io::Result<()> {
    while let Some(prefix) = incoming.first_chunk::<PREFIX_BYTES>() {
        let length = framed_length(prefix).ok_or(io::ErrorKind::InvalidData)?;
        let Some(message) = incoming.get(..length) else { break };
        shell.handle(from, message).await;
        incoming.advance(length);
    }
    Ok(())
}

// What waits already goes in the same write.
async fn write(writer: &mut OwnedWriteHalf, first: Bytes, outgoing: &mut mpsc::Receiver<Bytes>) -> io::Result<()> {
    let mut batch = BytesMut::from(first);
    while let Ok(packet) = outgoing.try_recv() {
        batch.extend_from_slice(&packet);
    }
    timeout(WRITE_TIME, writer.write_all(&batch)).await.map_err(|_| io::ErrorKind::TimedOut)?
}

type Counts = Arc<Mutex<BTreeMap<Subnet, usize>>>;

/// A connection's place among those of its network, given back when dropped.
struct Place {
    network: Subnet,
    counts: Counts,
}

impl Place {
    fn take(counts: &Counts, remote: SocketAddr) -> Option<Self> {
        let network = Subnet::from(remote.ip());
        let mut held = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = held.entry(network).or_insert(0);
        if *mine >= MAX_CONNECTIONS_PER_NETWORK {
            return None;
        }
        *mine += 1;
        Some(Self { network, counts: Arc::clone(counts) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.network) {
            Some(mine) if *mine > 1 => *mine -= 1,
            _ => {
                held.remove(&self.network);
            }
        }
    }
}
