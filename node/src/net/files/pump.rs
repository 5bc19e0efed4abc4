//! Between a stream and an app: reads, seals, sends; receives, opens, hashes, writes. One chunk at a time, so that neither end can
//! fill the other's memory.

use std::{future::poll_fn, time::Duration};

use futures::{
    AsyncReadExt, AsyncWriteExt, FutureExt, SinkExt,
    channel::{mpsc, oneshot},
};
use libp2p::{PeerId, Stream};
use libp2p_stream::Control;
use sha2::{Digest, Sha256};
use web_time::Instant;

use super::{FileSink, FileSource, READ_BYTES, ReadRequest, network::PROTOCOL, sealed_length};
use crate::{
    core::files::{Fetch, Serve, TransferEnd, TransferEvent},
    net::runtime,
    wire::{
        file::{FileToken, TransferId},
        file_chunk::{self, ChunkCipher},
        limits::FILE_CHUNK_BYTES,
    },
};

/// What is there of a file: kept between attempts.
pub(super) struct Receipt {
    pub(super) sink: FileSink,
    pub(super) hash: Sha256,
    pub(super) offset: u64,
}

impl Receipt {
    pub(super) fn new(sink: FileSink) -> Self {
        Self { sink, hash: Sha256::new(), offset: 0 }
    }
}

/// Tells how far a transfer is, not more often than people can see.
struct Meter {
    transfer: TransferId,
    events: mpsc::Sender<TransferEvent>,
    told_at: Option<Instant>,
}

/// Pause between two tellings.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// How long who opens a stream may take to show a token.
const TOKEN_PATIENCE: Duration = Duration::from_secs(10);

/// What the taker says when all is there and right.
const RECEIVED: u8 = 1;

impl Meter {
    fn new(transfer: TransferId, events: mpsc::Sender<TransferEvent>) -> Self {
        Self { transfer, events, told_at: None }
    }

    fn tell(&mut self, offset: u64) {
        if self.told_at.is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return;
        }
        self.told_at = Some(Instant::now());
        // When many wait already, nobody misses this one: the end is told in any case.
        let _ = self.events.try_send(TransferEvent::Progress { transfer: self.transfer, offset });
    }
}

/// Reads the token that a stream begins with.
pub(super) async fn greet(peer: PeerId, mut stream: Stream) -> Option<(PeerId, Stream, FileToken)> {
    let mut token = [0; 16];
    let shown = futures::select_biased! {
        result = stream.read_exact(&mut token).fuse() => result.is_ok(),
        () = runtime::sleep(TOKEN_PATIENCE).fuse() => false,
    };
    shown.then_some((peer, stream, FileToken(token)))
}

/// Sends a file, from where it is wanted to its end. Returns how far it came.
pub(super) async fn send(
    mut stream: Stream,
    serve: Serve,
    source: FileSource,
    events: mpsc::Sender<TransferEvent>,
    stop: oneshot::Receiver<()>,
) -> (u64, TransferEnd) {
    let mut offset = serve.offset;
    let end = futures::select_biased! {
        _ = stop.fuse() => TransferEnd::Stopped,
        end = send_all(&mut stream, &serve, source, &mut offset, events).fuse() => end,
    };
    (offset, end)
}

async fn send_all(
    stream: &mut Stream,
    serve: &Serve,
    mut source: FileSource,
    offset: &mut u64,
    events: mpsc::Sender<TransferEvent>,
) -> TransferEnd {
    let cipher = ChunkCipher::new(&serve.key, serve.token);
    let mut meter = Meter::new(serve.transfer, events);
    while *offset < serve.size_bytes {
        let left = usize::try_from(serve.size_bytes - *offset).unwrap_or(READ_BYTES);
        let Some(piece) = read(&mut source, *offset, left.min(READ_BYTES)).await else {
            return TransferEnd::LocalSource;
        };
        for chunk in piece.chunks(FILE_CHUNK_BYTES) {
            let Ok(sealed) = cipher.seal(*offset, chunk) else { return TransferEnd::LocalSource };
            if stream.write_all(&sealed).await.is_err() {
                return TransferEnd::Broken;
            }
            *offset += chunk.len() as u64;
            meter.tell(*offset);
        }
    }
    let mut answer = [0];
    if stream.flush().await.is_err() || stream.read_exact(&mut answer).await.is_err() || answer != [RECEIVED] {
        return TransferEnd::Broken;
    }
    TransferEnd::Complete
}

async fn read(source: &mut FileSource, offset: u64, length: usize) -> Option<Vec<u8>> {
    let (reply, answer) = oneshot::channel();
    source.send(ReadRequest { offset, length, reply }).await.ok()?;
    answer.await.ok().flatten().filter(|piece| piece.len() == length)
}

/// Opens a stream to `peer` and fetches a file into `receipt`, from where that is to its end.
pub(super) async fn receive(
    mut control: Control,
    peer: PeerId,
    fetch: Fetch,
    mut receipt: Receipt,
    events: mpsc::Sender<TransferEvent>,
    stop: oneshot::Receiver<()>,
) -> (Receipt, TransferEnd) {
    let all = async {
        let Ok(mut stream) = control.open_stream(peer, PROTOCOL).await else { return TransferEnd::Broken };
        receive_all(&mut stream, &fetch, &mut receipt, events).await
    };
    let end = futures::select_biased! {
        _ = stop.fuse() => TransferEnd::Stopped,
        end = all.fuse() => end,
    };
    (receipt, end)
}

async fn receive_all(
    stream: &mut Stream,
    fetch: &Fetch,
    receipt: &mut Receipt,
    events: mpsc::Sender<TransferEvent>,
) -> TransferEnd {
    if stream.write_all(&fetch.token.0).await.is_err() || stream.flush().await.is_err() {
        return TransferEnd::Broken;
    }
    let size = fetch.offer.size_bytes;
    let cipher = ChunkCipher::new(&fetch.offer.key, fetch.token);
    let mut meter = Meter::new(fetch.transfer, events);
    let mut sealed = vec![0; FILE_CHUNK_BYTES + file_chunk::CHUNK_OVERHEAD];
    while receipt.offset < size {
        let Some(space) = sealed.get_mut(..sealed_length(size, receipt.offset)) else { return TransferEnd::Broken };
        if stream.read_exact(space).await.is_err() {
            return TransferEnd::Broken;
        }
        let Ok(chunk) = cipher.open(receipt.offset, space) else { return TransferEnd::Forged };
        if poll_fn(|cx| receipt.sink.poll_ready(cx)).await.is_err() {
            return TransferEnd::LocalSink;
        }
        // From here to the end of the round nothing waits: what is written is counted, whenever this is dropped.
        receipt.hash.update(&chunk);
        receipt.offset += chunk.len() as u64;
        if receipt.sink.start_send(chunk).is_err() {
            return TransferEnd::LocalSink;
        }
        meter.tell(receipt.offset);
    }
    if receipt.hash.clone().finalize().as_slice() != fetch.offer.sha256 {
        return TransferEnd::Forged;
    }
    // It is here; whether its owner learns so changes nothing.
    if stream.write_all(&[RECEIVED]).await.is_ok() {
        let _ = stream.close().await;
    }
    TransferEnd::Complete
}
