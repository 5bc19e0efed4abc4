//! Group messages between devices: what waits for operations or keys, who is asked, and what is delivered.
//!
//! It drives a [`GroupCrypto`] and holds no keys itself. What is to be said goes through the caller's limits; who says something must
//! have been verified (`wire::inner`). Left out: saying again what was lost, and what the messages say.

use std::collections::VecDeque;

use milanio_identity::DeviceId;
use rand_core::CryptoRng;
use thiserror::Error;

use super::{
    AnswerError, BundleError, BundleHeard, GroupCrypto, GroupRoster, Knows, OpenError, Opened, SealError,
    limits::MAX_TO_SAY,
    waiting::{Waiting, WaitingRoom},
    wants::Wants,
};
use crate::{
    core::time::Timestamp,
    wire::group::{GroupBody, GroupMessage, GroupWireError, KeysWanted, VerifiedBundle},
};

/// Why something that was heard came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HearError {
    /// It is nothing of this room. Whoever said it is at fault.
    #[error(transparent)]
    Malformed(#[from] GroupWireError),
    /// A bundle was not taken.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A message was not opened.
    #[error(transparent)]
    Message(#[from] OpenError),
    /// A request was not answered.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

/// What became of something that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was taken.
    Taken,
    /// It waits for keys.
    NeedsKeys,
    /// It waits for operations that its sender knew.
    NeedsOperations,
}

/// The messages of one group, as one device hears and says them.
///
/// Method groups: inputs (`hear`, `on_roster_change`, `handle_timeout`; the group's own through [`group_mut`](Self::group_mut)), `seal`,
/// outputs (`poll_*`). Drive order: one input, then `poll_say` and `poll_opened` until both return `None`, then sleep until
/// `poll_timeout`.
#[derive(Clone)]
pub struct Exchange<G> {
    room: milanio_identity::RoomId,
    group: G,
    waiting: WaitingRoom,
    wants: Wants,
    say: VecDeque<GroupBody>,
    opened: VecDeque<Opened>,
}

impl<G: GroupCrypto> Exchange<G> {
    /// Nothing was heard yet.
    pub fn new(room: milanio_identity::RoomId, group: G) -> Self {
        let (say, opened) = (VecDeque::new(), VecDeque::new());
        Self { room, group, waiting: WaitingRoom::default(), wants: Wants::default(), say, opened }
    }

    /// The group's keys.
    pub const fn group(&self) -> &G {
        &self.group
    }

    /// The group's keys, for the inputs that concern nothing else.
    pub const fn group_mut(&mut self) -> &mut G {
        &mut self.group
    }

    /// What is to be said, in this order, so that the group reads `plaintext`. The last is the message, which may be said
    /// again as it is.
    pub fn seal(
        &mut self,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<Vec<GroupBody>, SealError> {
        let sealed = self.group.seal(plaintext, rng, now)?;
        let bundles = sealed.bundles.iter().map(|bundle| GroupBody::Keys(bundle.as_bytes().to_vec()));
        Ok(bundles.chain([GroupBody::Message(sealed.message.to_bytes())]).collect())
    }

    /// The device `from` said `body`.
    pub fn hear(
        &mut self,
        from: DeviceId,
        body: &GroupBody,
        knows: Knows<'_>,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<Heard, HearError> {
        match body {
            GroupBody::Message(bytes) => self.hear_message(from, GroupMessage::from_bytes(bytes)?, now, knows, now),
            GroupBody::Keys(bytes) => {
                let bundle = VerifiedBundle::from_bytes(self.room, bytes)?;
                let heard = self.hear_bundle(from, bundle, now, knows, now)?;
                self.try_again(knows, now);
                Ok(heard)
            }
            GroupBody::KeysWanted(wanted) => {
                let bundle = self.group.answer(from, wanted, rng, now)?;
                self.say_soon(GroupBody::Keys(bundle.as_bytes().to_vec()));
                Ok(Heard::Taken)
            }
        }
    }

    fn hear_message(
        &mut self,
        from: DeviceId,
        message: GroupMessage,
        since: Timestamp,
        knows: Knows<'_>,
        now: Timestamp,
    ) -> Result<Heard, HearError> {
        let needs = match self.group.open(&message, knows, now) {
            Ok(opened) => {
                self.opened.push_back(opened);
                return Ok(Heard::Taken);
            }
            Err(OpenError::UnknownChain) => {
                // Whoever passes on another's message could have us ask for chains that never were.
                if from == message.chain().device {
                    self.wants.note(message.chain(), now);
                }
                Heard::NeedsKeys
            }
            Err(OpenError::UnknownHeads) => Heard::NeedsOperations,
            Err(error) => return Err(error.into()),
        };
        self.waiting.push(from, Waiting::Message(message), since);
        Ok(needs)
    }

    fn hear_bundle(
        &mut self,
        from: DeviceId,
        bundle: VerifiedBundle,
        since: Timestamp,
        knows: Knows<'_>,
        now: Timestamp,
    ) -> Result<Heard, HearError> {
        match self.group.hear_bundle(&bundle, knows, now) {
            Ok(BundleHeard::New | BundleHeard::Known) => {
                self.wants.settle(&bundle.bundle().chain);
                Ok(Heard::Taken)
            }
            Err(BundleError::UnknownHeads) => {
                self.waiting.push(from, Waiting::Bundle(bundle), since);
                Ok(Heard::NeedsOperations)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The roster is another one now, or operations came that change nothing in it.
    pub fn on_roster_change(&mut self, roster: GroupRoster, knows: Knows<'_>, now: Timestamp) {
        self.group.on_roster_change(roster, now);
        self.try_again(knows, now);
    }

    fn try_again(&mut self, knows: Knows<'_>, now: Timestamp) {
        for (from, waiting, since) in self.waiting.take_all(now) {
            // What is refused now was nobody's fault when it came, or its author's: it is dropped either way.
            let _ = match waiting {
                Waiting::Bundle(bundle) => self.hear_bundle(from, bundle, since, knows, now),
                Waiting::Message(message) => self.hear_message(from, message, since, knows, now),
            };
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, rng: &mut impl CryptoRng, now: Timestamp) {
        self.group.handle_timeout(rng, now);
        self.waiting.expire(now);
        for chain in self.wants.due(now) {
            self.say_soon(GroupBody::KeysWanted(KeysWanted { chain }));
        }
    }

    /// What is one too many is wanted again, by whoever wanted it.
    fn say_soon(&mut self, body: GroupBody) {
        if self.say.len() < MAX_TO_SAY {
            self.say.push_back(body);
        }
    }

    /// Whether there is something to be said.
    pub fn has_to_say(&self) -> bool {
        !self.say.is_empty()
    }

    /// The next to be said on the floor.
    pub fn poll_say(&mut self) -> Option<GroupBody> {
        self.say.pop_front()
    }

    /// The next message, of which each is delivered once.
    pub fn poll_opened(&mut self) -> Option<Opened> {
        self.opened.pop_front()
    }

    /// When `handle_timeout` is to be called at the latest.
    pub fn poll_timeout(&self) -> Timestamp {
        let group = self.group.poll_timeout();
        self.wants.next_due().map_or(group, |wants| group.min(wants))
    }
}
