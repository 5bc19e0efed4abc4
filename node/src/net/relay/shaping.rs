//! Slows connections that circuits run over down to their address' share (`core::bandwidth`).
//!
//! The relay behaviour copies between two streams and asks nobody how fast, so the streams themselves wait: one that is not read
//! fills its window, and its sender stops. All streams of a connection that has had a circuit wait, whatever they are; leaves make
//! one of its own for files. Others pass through untouched.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::{
    PeerId,
    core::muxing::{StreamMuxer, StreamMuxerBox, StreamMuxerEvent, SubstreamBox},
};
use tokio::time::{Sleep, sleep};

use crate::{
    core::{
        bandwidth::{Bandwidth, BandwidthLimits},
        subnet::Subnet,
    },
    net::runtime::Clock,
};

/// Bytes that a stream reserves at once. Chosen: two of the relay behaviour's buffers, and a millisecond of a fast line.
const GRANT_BYTES: usize = 16 * 1024;

/// What all connections of a relay share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shaping {
    ledger: Arc<Mutex<Ledger>>,
    clock: Clock,
}

struct Ledger {
    bandwidth: Bandwidth<Subnet>,
    /// Connections by peer; bounded by the connections there are.
    lines: BTreeMap<PeerId, Vec<Weak<Line>>>,
    totals: Totals,
}

/// What has passed since the relay started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Bytes that came over connections with circuits.
    pub(super) carried: u64,
    /// How often some had to wait.
    pub(super) waits: u64,
}

/// One connection.
struct Line {
    subnet: Subnet,
    /// It has or had a circuit.
    is_shaped: AtomicBool,
}

impl Shaping {
    pub(super) fn new(limits: BandwidthLimits, clock: Clock) -> Self {
        let ledger = Ledger { bandwidth: Bandwidth::new(limits), lines: BTreeMap::new(), totals: Totals::default() };
        Self { ledger: Arc::new(Mutex::new(ledger)), clock }
    }

    /// A new connection, as fast as it is until a circuit runs over it.
    pub(super) fn shape(&self, peer: PeerId, subnet: Subnet, inner: StreamMuxerBox) -> StreamMuxerBox {
        let line = Arc::new(Line { subnet, is_shaped: AtomicBool::new(false) });
        self.lock().lines.entry(peer).or_default().push(Arc::downgrade(&line));
        StreamMuxerBox::new(ShapedMuxer { inner, peer, line, shaping: self.clone() })
    }

    /// This peer has a circuit.
    pub(super) fn begin(&self, peer: &PeerId) {
        for line in self.lock().lines.get(peer).into_iter().flatten().filter_map(Weak::upgrade) {
            line.is_shaped.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn totals(&self) -> Totals {
        self.lock().totals
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        // Nothing in here stays half done when somebody panics.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves a grant; what to wait for before it counts.
    fn reserve(&self, subnet: &Subnet) -> Option<Pin<Box<Sleep>>> {
        let now = self.clock.now();
        let mut ledger = self.lock();
        let wait = ledger.bandwidth.reserve(subnet, GRANT_BYTES as u64, now);
        if wait.is_zero() {
            return None;
        }
        ledger.totals.waits += 1;
        Some(Box::pin(sleep(wait)))
    }

    fn count(&self, bytes: usize) {
        self.lock().totals.carried += bytes as u64;
    }
}

struct ShapedMuxer {
    inner: StreamMuxerBox,
    peer: PeerId,
    line: Arc<Line>,
    shaping: Shaping,
}

impl ShapedMuxer {
    fn stream(&self, inner: SubstreamBox) -> ShapedStream {
        let (reading, writing) = (Allowance::default(), Allowance::default());
        ShapedStream { inner, line: Arc::clone(&self.line), shaping: self.shaping.clone(), reading, writing }
    }
}

impl Drop for ShapedMuxer {
    fn drop(&mut self) {
        let mut ledger = self.shaping.lock();
        if let Some(lines) = ledger.lines.get_mut(&self.peer) {
            lines.retain(|line| !std::ptr::eq(line.as_ptr(), Arc::as_ptr(&self.line)));
            if lines.is_empty() {
                ledger.lines.remove(&self.peer);
            }
        }
    }
}

impl StreamMuxer for ShapedMuxer {
    type Substream = ShapedStream;
    type Error = io::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ShapedStream>> {
        let stream = ready!(Pin::new(&mut self.inner).poll_inbound(cx))?;
        Poll::Ready(Ok(self.stream(stream)))
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ShapedStream>> {
        let stream = ready!(Pin::new(&mut self.inner).poll_outbound(cx))?;
        Poll::Ready(Ok(self.stream(stream)))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

struct ShapedStream {
    inner: SubstreamBox,
    line: Arc<Line>,
    shaping: Shaping,
    reading: Allowance,
    writing: Allowance,
}

/// What a stream may pass on in one direction.
#[derive(Default)]
struct Allowance {
    bytes: usize,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Allowance {
    /// How much may be passed on now: at least a byte.
    fn poll_bytes(&mut self, shaping: &Shaping, line: &Line, cx: &mut Context<'_>) -> Poll<usize> {
        if self.bytes == 0 {
            if self.wait.is_none() {
                self.wait = shaping.reserve(&line.subnet);
            }
            if let Some(wait) = &mut self.wait {
                ready!(wait.as_mut().poll(cx));
                self.wait = None;
            }
            self.bytes = GRANT_BYTES;
        }
        Poll::Ready(self.bytes)
    }
}

impl AsyncRead for ShapedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let Self { inner, line, shaping, reading, .. } = self.get_mut();
        if !line.is_shaped.load(Ordering::Relaxed) {
            return Pin::new(inner).poll_read(cx, buffer);
        }
        let most = ready!(reading.poll_bytes(shaping, line, cx)).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most) else { return Poll::Ready(Ok(0)) };
        let read = ready!(Pin::new(inner).poll_read(cx, buffer))?;
        reading.bytes = reading.bytes.saturating_sub(read);
        shaping.count(read);
        Poll::Ready(Ok(read))
    }
}

impl AsyncWrite for ShapedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let Self { inner, line, shaping, writing, .. } = self.get_mut();
        if !line.is_shaped.load(Ordering::Relaxed) {
            return Pin::new(inner).poll_write(cx, buffer);
        }
        let most = ready!(writing.poll_bytes(shaping, line, cx)).min(buffer.len());
        let Some(buffer) = buffer.get(..most) else { return Poll::Ready(Ok(0)) };
        let written = ready!(Pin::new(inner).poll_write(cx, buffer))?;
        writing.bytes = writing.bytes.saturating_sub(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_close(cx)
    }
}
