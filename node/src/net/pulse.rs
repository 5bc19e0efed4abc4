//! libp2p's ping, both ways: a relay lets go of what does not answer, and a leaf of a relay that does not.

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream, FuturesUnordered},
};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::{Control, IncomingStreams};

use crate::{
    core::time::Timestamp,
    net::runtime::{self, Clock},
};

/// The libp2p protocol name (libp2p specifications, ping).
const PROTOCOL: StreamProtocol = StreamProtocol::new("/ipfs/ping/1.0.0");

/// What is sent, and must come back.
const PING_BYTES: usize = 32;

/// Streams that are answered at once. Each peer has one; a leaf has few peers.
const MAX_ANSWERED: usize = 16;

/// Answers pings.
pub struct Answers {
    incoming: IncomingStreams,
    answering: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Answers {
    /// `None` if something else takes these streams already.
    pub fn new(control: &mut Control) -> Option<Self> {
        Some(Self { incoming: control.accept(PROTOCOL).ok()?, answering: FuturesUnordered::new() })
    }

    /// Answers what has come. Never ready: there is always more to come.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some((_, stream))) = self.incoming.poll_next_unpin(cx) {
            if self.answering.len() < MAX_ANSWERED {
                self.answering.push(Box::pin(answer(stream)));
            }
        }
        while let Poll::Ready(Some(())) = self.answering.poll_next_unpin(cx) {}
    }
}

async fn answer(mut stream: Stream) {
    let mut ping = [0; PING_BYTES];
    while stream.read_exact(&mut ping).await.is_ok() {
        if stream.write_all(&ping).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// Something whenever the peer has answered a ping; these go out with a pause in between. Ends when one is not answered rightly.
pub fn beats(control: Control, peer: PeerId, clock: Clock, pause: Duration) -> BoxStream<'static, ()> {
    stream::unfold((control, None), move |(mut control, stream)| async move {
        rest(|| clock.now(), pause, runtime::sleep(pause)).await;
        let mut stream = match stream {
            Some(stream) => stream,
            None => control.open_stream(peer, PROTOCOL).await.ok()?,
        };
        beat(&mut stream).await?;
        Some(((), (control, Some(stream))))
    })
    // Whoever listens goes on asking after the end, until the connection is told to be over.
    .fuse()
    .boxed()
}

/// Waits for as long as the timer is meant to. A hidden page's timers come late: whatever else wakes the caller looks at the clock.
async fn rest(now: impl Fn() -> Timestamp, pause: Duration, mut timer: impl Future<Output = ()> + Unpin) {
    let end = now().after(pause);
    poll_fn(|cx| if now() >= end { Poll::Ready(()) } else { timer.poll_unpin(cx) }).await;
}

async fn beat(stream: &mut Stream) -> Option<()> {
    let (mut ping, mut answer) = ([0; PING_BYTES], [0; PING_BYTES]);
    getrandom::fill(&mut ping).ok()?;
    stream.write_all(&ping).await.ok()?;
    stream.flush().await.ok()?;
    stream.read_exact(&mut answer).await.ok()?;
    (ping == answer).then_some(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::future;
    use libp2p::swarm::{DialError, FromSwarm, NetworkBehaviour, ToSwarm, behaviour::DialFailure};
    use libp2p_stream::Behaviour;

    use super::*;

    #[test]
    fn a_pause_is_over_in_time_although_its_timer_is_late() {
        let now = Cell::new(Timestamp::from_millis(1_000));
        let mut pause = Box::pin(rest(|| now.get(), Duration::from_secs(4), future::pending()));
        for soon in [1_000, 4_999] {
            now.set(Timestamp::from_millis(soon));
            assert_eq!(pause.as_mut().now_or_never(), None);
        }
        now.set(Timestamp::from_millis(5_000));
        assert_eq!(pause.now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn beats_that_have_ended_may_be_asked_again() {
        let mut streams = Behaviour::new();
        let peer = PeerId::random();
        let mut beats = beats(streams.new_control(), peer, Clock::start(), Duration::ZERO);
        let dial = poll_fn(|cx| {
            assert!(beats.next().poll_unpin(cx).is_pending(), "nobody has answered");
            streams.poll(cx)
        });
        let ToSwarm::Dial { opts } = dial.await else { panic!("the peer is not connected") };
        let (peer_id, connection_id) = (Some(peer), opts.connection_id());
        streams.on_swarm_event(FromSwarm::DialFailure(DialFailure {
            peer_id,
            error: &DialError::NoAddresses,
            connection_id,
        }));
        assert_eq!((beats.next().await, beats.next().await), (None, None));
    }
}
