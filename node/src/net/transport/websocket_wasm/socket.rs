//! One browser WebSocket as a byte stream.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{AsyncRead, AsyncWrite, FutureExt};
use futures_timer::Delay;
use js_sys::{ArrayBuffer, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};

use super::DialError;

/// Bytes that may wait unread before the connection is given up. The multiplexer's windows keep an honest peer far below.
const MAX_UNREAD_BYTES: usize = 4 * 1024 * 1024;

/// Bytes in the browser's send queue from which on writers wait.
const MAX_UNSENT_BYTES: u32 = 256 * 1024;

/// How long a writer waits before it looks at the send queue again. Browsers have no event for a queue that got shorter.
const UNSENT_POLL: Duration = Duration::from_millis(10);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Connecting,
    Open,
    Closed,
}

/// What the event handlers and the stream share.
#[derive(Debug, Default)]
struct Shared {
    state: State,
    unread: VecDeque<Vec<u8>>,
    unread_bytes: usize,
    opening: Option<Waker>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Shared {
    fn close(&mut self) {
        self.state = State::Closed;
        self.wake();
    }

    fn wake(&mut self) {
        for waker in [self.opening.take(), self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    /// Takes a message in; `false` if it is one too many or no binary one.
    fn push(&mut self, data: &wasm_bindgen::JsValue) -> bool {
        let Some(buffer) = data.dyn_ref::<ArrayBuffer>() else { return false };
        let bytes = Uint8Array::new(buffer).to_vec();
        if self.unread_bytes.saturating_add(bytes.len()) > MAX_UNREAD_BYTES {
            return false;
        }
        if !bytes.is_empty() {
            self.unread_bytes += bytes.len();
            self.unread.push_back(bytes);
        }
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
        true
    }

    fn read(&mut self, buffer: &mut [u8]) -> usize {
        let Some(front) = self.unread.front_mut() else { return 0 };
        let count = front.len().min(buffer.len());
        buffer[..count].copy_from_slice(&front[..count]);
        if count == front.len() {
            self.unread.pop_front();
        } else {
            front.drain(..count);
        }
        self.unread_bytes -= count;
        count
    }
}

/// An open WebSocket, read and written as a stream of bytes; message borders carry no meaning.
pub(crate) struct Socket(SendWrapper<Inner>);

struct Inner {
    socket: WebSocket,
    shared: Rc<RefCell<Shared>>,
    unsent_poll: Option<Delay>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_end: Closure<dyn FnMut(Event)>,
}

impl Socket {
    /// Starts to connect to `url`.
    pub(super) fn open(url: &str) -> Result<Self, DialError> {
        let socket = WebSocket::new(url).map_err(|_| DialError::Refused)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let shared = Rc::new(RefCell::new(Shared::default()));

        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let (shared, socket) = (shared.clone(), socket.clone());
            move |event: MessageEvent| {
                if !shared.borrow_mut().push(&event.data()) {
                    tracing::warn!("a relay sent more than can be kept, or text: closing its WebSocket");
                    shared.borrow_mut().close();
                    drop(socket.close());
                }
            }
        });
        let on_open = Closure::<dyn FnMut(Event)>::new({
            let shared = shared.clone();
            move |_| {
                let mut shared = shared.borrow_mut();
                shared.state = State::Open;
                shared.wake();
            }
        });
        let on_end = Closure::<dyn FnMut(Event)>::new({
            let shared = shared.clone();
            move |_| shared.borrow_mut().close()
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_end.as_ref().unchecked_ref()));
        socket.set_onerror(Some(on_end.as_ref().unchecked_ref()));

        Ok(Self(SendWrapper::new(Inner {
            socket,
            shared,
            unsent_poll: None,
            _on_message: on_message,
            _on_open: on_open,
            _on_end: on_end,
        })))
    }

    /// Waits until the connection is there.
    pub(super) async fn opened(&mut self) -> Result<(), DialError> {
        poll_fn(|cx| {
            let mut shared = self.0.shared.borrow_mut();
            match shared.state {
                State::Open => Poll::Ready(Ok(())),
                State::Closed => Poll::Ready(Err(DialError::Closed)),
                State::Connecting => {
                    shared.opening = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Inner {
    /// Waits while the browser has much to send already.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            {
                let mut shared = self.shared.borrow_mut();
                if shared.state == State::Closed {
                    return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                }
                shared.writer = Some(cx.waker().clone());
            }
            if self.socket.buffered_amount() <= MAX_UNSENT_BYTES {
                self.unsent_poll = None;
                return Poll::Ready(Ok(()));
            }
            let timer = self.unsent_poll.get_or_insert_with(|| Delay::new(UNSENT_POLL));
            futures::ready!(timer.poll_unpin(cx));
            self.unsent_poll = None;
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut shared = self.0.shared.borrow_mut();
        let count = shared.read(buffer);
        // What arrived before the end is still read; only then is it the end.
        if count > 0 || shared.state == State::Closed || buffer.is_empty() {
            return Poll::Ready(Ok(count));
        }
        shared.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        futures::ready!(self.0.poll_room(cx))?;
        match self.0.socket.send_with_u8_array(bytes) {
            Ok(()) => Poll::Ready(Ok(bytes.len())),
            Err(_) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The browser sends what it was given; it needs and offers no flush.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.shared.borrow_mut().close();
        drop(self.0.socket.close());
        Poll::Ready(Ok(()))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A handler that outlives its closure would throw.
        self.socket.set_onmessage(None);
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        self.socket.set_onerror(None);
        drop(self.socket.close());
    }
}
