//! A session as a stream multiplexer: a libp2p stream is a two-way stream of the session.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, FutureExt, future::BoxFuture};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt};
use wtransport::{RecvStream, SendStream, VarInt, error::ConnectionError};

/// An established session.
pub struct Connection {
    session: wtransport::Connection,
    inbound: Option<Opening>,
    outbound: Option<Opening>,
    closed: BoxFuture<'static, ConnectionError>,
    handshake: Option<BoxFuture<'static, ()>>,
}

impl Connection {
    /// `handshake` is the stream Noise ran on. It is read to its end, because a client may wait for its own end of it to be
    /// taken before it goes on.
    pub(super) fn new(session: wtransport::Connection, handshake: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let watched = session.clone();
        Self {
            session,
            inbound: None,
            outbound: None,
            closed: async move { watched.closed().await }.boxed(),
            handshake: Some(read_to_end(handshake).boxed()),
        }
    }
}

impl StreamMuxer for Connection {
    type Substream = Stream;
    type Error = ConnectionError;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Stream, ConnectionError>> {
        let this = &mut *self;
        let session = &this.session;
        poll_opening(&mut this.inbound, cx, || accept(session.clone()).boxed())
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Stream, ConnectionError>> {
        let this = &mut *self;
        let session = &this.session;
        poll_opening(&mut this.outbound, cx, || open(session.clone()).boxed())
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        self.session.close(VarInt::from_u32(0), b"");
        Poll::Ready(Ok(()))
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, ConnectionError>> {
        if self.handshake.as_mut().is_some_and(|handshake| handshake.poll_unpin(cx).is_ready()) {
            self.handshake = None;
        }
        let error = ready!(self.closed.poll_unpin(cx));
        Poll::Ready(Err(error))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// One stream.
#[derive(Debug)]
pub struct Stream {
    send: Compat<SendStream>,
    receive: Compat<RecvStream>,
}

impl Stream {
    /// The two halves as one.
    pub fn new(send: SendStream, receive: RecvStream) -> Self {
        Self { send: send.compat_write(), receive: receive.compat() }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.receive).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.send).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.send).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.send).poll_close(cx)
    }
}

type Opening = BoxFuture<'static, Result<Stream, ConnectionError>>;

fn poll_opening(
    slot: &mut Option<Opening>,
    cx: &mut Context<'_>,
    begin: impl FnOnce() -> Opening,
) -> Poll<Result<Stream, ConnectionError>> {
    let opened = ready!(slot.get_or_insert_with(begin).poll_unpin(cx));
    *slot = None;
    Poll::Ready(opened)
}

async fn accept(session: wtransport::Connection) -> Result<Stream, ConnectionError> {
    let (send, receive) = session.accept_bi().await?;
    Ok(Stream::new(send, receive))
}

async fn open(session: wtransport::Connection) -> Result<Stream, ConnectionError> {
    let opening = session.open_bi().await?;
    match opening.await {
        Ok((send, receive)) => Ok(Stream::new(send, receive)),
        Err(_) => {
            // A peer that refuses streams is of no use, and libp2p has no word for it but a broken connection.
            session.close(VarInt::from_u32(0), b"");
            Err(session.closed().await)
        }
    }
}

async fn read_to_end(mut stream: impl AsyncRead + Unpin) {
    let mut buffer = [0; 64];
    while stream.read(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {}
}
