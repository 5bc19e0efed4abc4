//! Asking the relay what time it is and for TURN credentials, at connect and before they run out.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, future::BoxFuture};
use libp2p::{PeerId, StreamProtocol};
use libp2p_stream::Control;

use crate::{
    core::{
        call::TurnNode,
        time::{ClockOffset, Timestamp},
    },
    net::runtime,
    wire::turn::{MAX_TURN_MESSAGE_BYTES, TURN_PROTOCOL, TurnAnswer, TurnRequest},
};

/// After a failure, the pause until the next question. Chosen: a relay that is busy is not made busier.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A relay without TURN is asked again after this long, for its time.
const CLOCK_EVERY: Duration = Duration::from_secs(600);

/// The least pause between two questions, however short the credentials live.
const LEAST_PAUSE: Duration = Duration::from_secs(30);

/// What the relay said.
#[derive(Debug)]
pub(super) struct RelayAnswer {
    /// Room time minus local time, by this relay.
    pub(super) offset: ClockOffset,
    /// Its TURN server, if it has one and lets us.
    pub(super) turn: Option<TurnNode>,
}

/// How long one exchange may take (chosen: longer than any round trip, shorter than anyone waits for a call).
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct TurnAsker {
    running: Option<Running>,
    ask_at: Option<Timestamp>,
}

struct Running {
    relay: PeerId,
    asked: Timestamp,
    answer: BoxFuture<'static, Option<TurnAnswer>>,
}

impl TurnAsker {
    pub(super) fn ask(&mut self, control: Control, relay: PeerId, now: Timestamp) {
        if self.running.is_none() {
            self.ask_at = None;
            self.running = Some(Running { relay, asked: now, answer: ask_within(PATIENCE, control, relay).boxed() });
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.ask_at
    }

    pub(super) fn handle_disconnected(&mut self) {
        *self = Self::default();
    }

    /// Waits for the answer to what was asked; an attempt that failed is made again later.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Timestamp) -> Poll<RelayAnswer> {
        let Some(Running { relay, asked, answer }) = &mut self.running else { return Poll::Pending };
        let (relay, asked) = (*relay, *asked);
        let Poll::Ready(answer) = answer.poll_unpin(cx) else { return Poll::Pending };
        self.running = None;
        match answer {
            Some(answer) => Poll::Ready(self.take(relay, answer, asked, now)),
            None => {
                tracing::debug!("the relay did not tell its time");
                self.ask_at = Some(now.after(RETRY_AFTER));
                Poll::Pending
            }
        }
    }

    fn take(&mut self, relay: PeerId, answer: TurnAnswer, asked: Timestamp, now: Timestamp) -> RelayAnswer {
        // The relay read its clock about half-way between question and answer.
        let offset = ClockOffset::between(asked.after(now.since(asked) / 2), answer.now);
        let life = answer.turn.as_ref().map(|turn| turn.expires.distance(answer.now));
        // Renewed after two thirds of their life, so that a call that begins just before the end still has time to connect.
        self.ask_at = Some(now.after(life.map_or(CLOCK_EVERY, |life| life * 2 / 3).max(LEAST_PAUSE)));
        let turn = answer.turn.map(|turn| TurnNode {
            id: relay.to_bytes(),
            urls: turn.urls,
            username: turn.username,
            credential: turn.credential,
        });
        RelayAnswer { offset, turn }
    }
}

async fn ask_within(patience: Duration, control: Control, relay: PeerId) -> Option<TurnAnswer> {
    futures::select_biased! {
        answer = ask(control, relay).fuse() => answer,
        () = runtime::sleep(patience).fuse() => None,
    }
}

/// One message a direction: its bytes, then the end of the stream.
async fn ask(mut control: Control, relay: PeerId) -> Option<TurnAnswer> {
    let mut stream = control.open_stream(relay, StreamProtocol::new(TURN_PROTOCOL)).await.ok()?;
    stream.write_all(&TurnRequest.to_bytes()).await.ok()?;
    stream.close().await.ok()?;
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a message that is too long is seen as such.
    stream.take(MAX_TURN_MESSAGE_BYTES as u64 + 1).read_to_end(&mut bytes).await.ok()?;
    TurnAnswer::from_bytes(&bytes).ok()
}
