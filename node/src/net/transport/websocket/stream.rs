//! A WebSocket's binary messages as one byte stream.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite, Sink, Stream};
use tokio_util::bytes::{Buf, Bytes};

/// Reads and writes the bytes of binary messages; where one message ends and the next begins has no meaning.
pub struct WsStream {
    messages: Pin<Box<dyn Messages>>,
    unread: Bytes,
}

impl WsStream {
    /// `messages` yields and takes the payloads of binary messages.
    pub fn new<S>(messages: S) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Sink<Bytes, Error = io::Error> + Send + 'static,
    {
        Self { messages: Box::pin(messages), unread: Bytes::new() }
    }
}

impl fmt::Debug for WsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsStream").field("unread_bytes", &self.unread.len()).finish_non_exhaustive()
    }
}

impl AsyncRead for WsStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        while self.unread.is_empty() {
            match ready!(self.messages.as_mut().poll_next(cx)) {
                Some(Ok(bytes)) => self.unread = bytes,
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => return Poll::Ready(Ok(0)),
            }
        }
        let len = buf.len().min(self.unread.len());
        buf[..len].copy_from_slice(&self.unread[..len]);
        self.unread.advance(len);
        Poll::Ready(Ok(len))
    }
}

impl AsyncWrite for WsStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.messages.as_mut().poll_ready(cx))?;
        let len = buf.len().min(MAX_SENT_BYTES);
        self.messages.as_mut().start_send(Bytes::copy_from_slice(&buf[..len]))?;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.messages.as_mut().poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.messages.as_mut().poll_close(cx)
    }
}

/// The largest message that is sent (chosen: what a Noise frame fills, 65 535 bytes and its length).
const MAX_SENT_BYTES: usize = 64 * 1024 + 2;

trait Messages: Stream<Item = io::Result<Bytes>> + Sink<Bytes, Error = io::Error> + Send {}

impl<S> Messages for S where S: Stream<Item = io::Result<Bytes>> + Sink<Bytes, Error = io::Error> + Send {}

#[cfg(test)]
mod tests {
    use futures::{AsyncReadExt, AsyncWriteExt, SinkExt, StreamExt, channel::mpsc};

    use super::*;

    fn pair() -> (WsStream, WsStream) {
        let (a, from_a) = mpsc::channel::<Bytes>(4);
        let (b, from_b) = mpsc::channel::<Bytes>(4);
        (joined(a, from_b), joined(b, from_a))
    }

    fn joined(sender: mpsc::Sender<Bytes>, receiver: mpsc::Receiver<Bytes>) -> WsStream {
        let sender = sender.sink_map_err(|_| io::ErrorKind::BrokenPipe.into());
        let (sink, stream) = (sender, receiver.map(Ok));
        WsStream::new(Both { sink: Box::pin(sink), stream: Box::pin(stream) })
    }

    struct Both {
        sink: Pin<Box<dyn Sink<Bytes, Error = io::Error> + Send>>,
        stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    }

    impl Stream for Both {
        type Item = io::Result<Bytes>;
        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.stream.as_mut().poll_next(cx)
        }
    }

    impl Sink<Bytes> for Both {
        type Error = io::Error;
        fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.sink.as_mut().poll_ready(cx)
        }
        fn start_send(mut self: Pin<&mut Self>, item: Bytes) -> io::Result<()> {
            self.sink.as_mut().start_send(item)
        }
        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.sink.as_mut().poll_flush(cx)
        }
        fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.sink.as_mut().poll_close(cx)
        }
    }

    #[tokio::test]
    async fn a_megabyte_arrives_as_it_was_sent_whatever_the_message_sizes() {
        let (mut near, mut far) = pair();
        let sent: Vec<u8> = (0..1_000_003_u32).map(|i| (i % 251) as u8).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move {
            near.write_all(&sent).await.unwrap();
            near.close().await.unwrap();
        });
        let mut received = Vec::new();
        far.read_to_end(&mut received).await.unwrap();
        writing.await.unwrap();
        assert!(received == expected);
    }

    #[tokio::test]
    async fn an_empty_message_is_not_the_end() {
        let (mut sender, receiver) = mpsc::channel::<Bytes>(4);
        let (unused, _kept) = mpsc::channel::<Bytes>(1);
        let mut stream = joined(unused, receiver);
        sender.send(Bytes::new()).await.unwrap();
        sender.send(Bytes::from_static(b"x")).await.unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"x");
    }
}
