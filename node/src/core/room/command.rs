//! What a room wants its shell to do, and what the shell answers.

use milanio_identity::TopicName;

/// Returns in [`Room::handle_published`](super::Room::handle_published), so that a result finds what it is the result of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublishTicket(pub(super) u64);

/// One thing to do for a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomCommand {
    /// Follow this topic from now on.
    Subscribe(TopicName),
    /// Stop following this topic.
    Unsubscribe(TopicName),
    /// Publish a frame. Answer with `handle_published`: true when at least one peer took it.
    Publish {
        /// To answer with.
        ticket: PublishTicket,
        /// Where. It was subscribed to before.
        topic: TopicName,
        /// The whole frame.
        data: Vec<u8>,
    },
    /// Ask the registry for this room's genesis. Answer with `handle_registry`.
    AskRegistry,
    /// Tell the registry that the room is in use. No answer is needed.
    BeatRegistry,
    /// Find out whether this genesis is the one that the room code commits to (slow: in a worker). Answer with
    /// `handle_genesis_checked` and the same bytes.
    CheckGenesis(Vec<u8>),
}

/// What the registry said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryAnswer {
    /// The opened record: a signed genesis, not checked by anybody yet.
    Found(Vec<u8>),
    /// There is no such room (any more).
    NoSuchRoom,
    /// No answer: no network, no server, or a broken one.
    Unreachable,
}

/// What to tell gossipsub about a frame.
///
/// Only what every relay can see for itself is [`Reject`](Verdict::Reject)ed: a relay passes on whatever its stateless checks
/// accept, and must not lose its good name for a member's nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Fine: pass it on.
    Accept,
    /// Nothing for us, and nobody's fault.
    Ignore,
    /// Whoever passed this on should have known better.
    Reject,
}
