//! Sockets: accepts connections up to the caps, speaks HTTP/1.1 and HTTP/2 with bounded heads and streams, with or without TLS.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, extract::Request};
use axum_server::{
    Handle,
    accept::{Accept, DefaultAcceptor},
    service::SendService,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures::{FutureExt, future::BoxFuture};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{
    address_cap::{AddressCap, Taken},
    limits::{HEAD_TIME, Limits, MAX_HEAD_BYTES, MAX_HTTP2_RESETS, MAX_HTTP2_STREAMS},
};

/// A running HTTP server.
pub struct Serving {
    handle: Handle<SocketAddr>,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Serves `router` on `listener`, over TLS if `tls` is given; `proxy` may open any number of connections. Returns when connections are being accepted.
    pub async fn start(
        listener: TcpListener,
        router: Router,
        limits: &Limits,
        proxy: Option<IpAddr>,
        tls: Option<RustlsConfig>,
    ) -> io::Result<Self> {
        let handle = Handle::new();
        let cap = AddressCap::new(limits.connections_per_address, limits.connections).exempting(proxy);
        let mut server = axum_server::from_tcp(listener)?.handle(handle.clone()).first_request_timeout(HEAD_TIME);
        bound(server.http_builder());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = match tls {
            None => tokio::spawn(server.acceptor(Capped { inner: DefaultAcceptor::new(), cap }).serve(service)),
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls).acceptor(Capped { inner: DefaultAcceptor::new(), cap });
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
        };
        match handle.listening().await {
            Some(_) => Ok(Self { handle, task }),
            None => {
                Err(task.await.map_err(io::Error::other)?.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into()))
            }
        }
    }

    /// Takes no more connections, lets running requests end for at most `patience`, then cuts.
    pub async fn drain(self, patience: Duration) -> io::Result<()> {
        self.handle.graceful_shutdown(Some(patience));
        self.task.await.map_err(io::Error::other)?
    }

    /// Waits until the server fails, which it does only if its socket does.
    pub async fn failed(&mut self) -> io::Error {
        match (&mut self.task).await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => io::ErrorKind::NotConnected.into(),
            Err(error) => io::Error::other(error),
        }
    }
}

type Builder = hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>;

fn bound(builder: &mut Builder) {
    builder.http1().header_read_timeout(HEAD_TIME).max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .max_concurrent_streams(MAX_HTTP2_STREAMS)
        .max_pending_accept_reset_streams(MAX_HTTP2_RESETS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
}

/// How often a silent HTTP/2 connection is asked whether it is alive, and how long it may take to answer (chosen).
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Accepts within the caps, without delaying small packets.
#[derive(Clone)]
struct Capped<A> {
    inner: A,
    cap: AddressCap,
}

impl<A, S> Accept<TcpStream, S> for Capped<A>
where
    A: Accept<TcpStream, S> + Clone + Send + Sync + 'static,
    A::Future: Send,
    S: SendService<Request> + Send + 'static,
{
    type Stream = Counted<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (inner, cap) = (self.inner.clone(), self.cap.clone());
        async move {
            let remote: IpAddr = stream.peer_addr()?.ip();
            let place = cap.take(remote).ok_or(io::ErrorKind::ConnectionRefused)?;
            stream.set_nodelay(true)?;
            let (stream, service) = inner.accept(stream, service).await?;
            Ok((Counted { stream, _place: place }, service))
        }
        .boxed()
    }
}

/// A connection that counts for as long as it is open, upgraded or not.
struct Counted<T> {
    stream: T,
    _place: Taken,
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
