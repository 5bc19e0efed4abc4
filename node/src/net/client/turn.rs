//! Asking the relay what time it is and for TURN credentials, at connect and before they run out.

use std::time::Duration;

use libp2p::{
    PeerId,
    request_response::{Event, Message, OutboundRequestId},
};

use crate::{
    core::{
        call::TurnNode,
        time::{ClockOffset, Timestamp},
    },
    net::turn_protocol::TurnProtocol,
    wire::turn::{TurnAnswer, TurnRequest},
};

/// After a failure, the pause until the next question. Chosen: a relay that is busy is not made busier.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A relay without TURN is asked again after this long, for its time.
const CLOCK_EVERY: Duration = Duration::from_secs(600);

/// The least pause between two questions, however short the credentials live.
const LEAST_PAUSE: Duration = Duration::from_secs(30);

/// What [`TurnProtocol`] tells.
pub(super) type TurnEvent = Event<TurnRequest, TurnAnswer>;

/// What the relay said.
#[derive(Debug)]
pub(super) struct RelayAnswer {
    /// Room time minus local time, by this relay.
    pub(super) offset: ClockOffset,
    /// Its TURN server, if it has one and lets us.
    pub(super) turn: Option<TurnNode>,
}

#[derive(Debug, Default)]
pub(super) struct TurnAsker {
    running: Option<(OutboundRequestId, Timestamp)>,
    ask_at: Option<Timestamp>,
}

impl TurnAsker {
    pub(super) fn ask(&mut self, protocol: &mut TurnProtocol, relay: PeerId, now: Timestamp) {
        if self.running.is_none() {
            self.ask_at = None;
            self.running = Some((protocol.send_request(&relay, TurnRequest), now));
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.ask_at
    }

    pub(super) fn handle_disconnected(&mut self) {
        *self = Self::default();
    }

    pub(super) fn handle(&mut self, event: TurnEvent, now: Timestamp) -> Option<RelayAnswer> {
        match event {
            Event::Message { peer, message: Message::Response { request_id, response }, .. } => {
                let asked = self.finish(request_id)?;
                Some(self.take(peer, response, asked, now))
            }
            Event::OutboundFailure { request_id, error, .. } => {
                self.finish(request_id)?;
                tracing::debug!(%error, "the relay did not tell its time");
                self.ask_at = Some(now.after(RETRY_AFTER));
                None
            }
            _ => None,
        }
    }

    /// When the request was made; `None` if it is not the one that is waited for.
    fn finish(&mut self, id: OutboundRequestId) -> Option<Timestamp> {
        self.running.take_if(|(running, _)| *running == id).map(|(_, asked)| asked)
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
