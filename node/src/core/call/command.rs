//! What the call engine wants done: by the owner of the browser's peer connections, and by the room that carries signals.
//!
//! Commands of one link must be executed in order, each finished before the next begins. Nothing here is encoded for the network.

use milanio_identity::DeviceId;

use crate::wire::signal::{Candidate, Signal};

/// Names one peer connection object of this run. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Names one command whose result is awaited. It returns in the [`PeerEvent`](super::PeerEvent), so that a late answer to an
/// abandoned step is told apart. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u64);

/// A TURN node we hold credentials for.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnNode {
    /// The relay's PeerId, as bytes.
    pub id: Vec<u8>,
    /// `stun:`, `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// The ephemeral user name.
    pub username: String,
    /// The ephemeral password.
    pub credential: String,
}

/// An entry of `RTCConfiguration.iceServers`.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// The ephemeral user name.
    pub username: String,
    /// The ephemeral password.
    pub credential: String,
}

impl std::fmt::Debug for TurnNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnNode").field("urls", &self.urls.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls.len()).finish_non_exhaustive()
    }
}

/// Which side of the first description a link is on: decides who creates the media sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRole {
    /// Adds one audio and one video transceiver (sendrecv, in this order) when the link is opened.
    Offerer,
    /// Adds none: takes those that the remote offer creates, sets them to sendrecv and attaches its tracks before it answers.
    Answerer,
}

/// One thing to be done.
#[derive(Clone, PartialEq, Eq)]
pub enum CallCommand {
    /// Make a peer connection with a fresh certificate.
    Open {
        /// Its name from now on.
        link: LinkId,
        /// Who is at the other end.
        device: DeviceId,
        /// Who makes the media sections.
        role: LinkRole,
        /// STUN and TURN servers.
        ice_servers: Vec<IceServer>,
        /// Use relayed candidates alone, so that the other end does not learn our address.
        relay_only: bool,
    },
    /// Replace the servers; takes effect with the next gathering.
    Configure {
        /// Which connection.
        link: LinkId,
        /// STUN and TURN servers.
        ice_servers: Vec<IceServer>,
        /// Use relayed candidates alone.
        relay_only: bool,
    },
    /// Create an offer and make it the local description. Report `LocalDescription` or `StepFailed`.
    MakeOffer {
        /// Which connection.
        link: LinkId,
        /// Returns in the report.
        step: StepId,
        /// With fresh ICE credentials.
        ice_restart: bool,
    },
    /// Apply a remote offer, create the answer and make it the local description. Report `LocalDescription` or `StepFailed`.
    AcceptOffer {
        /// Which connection.
        link: LinkId,
        /// Returns in the report.
        step: StepId,
        /// The rebuilt remote offer.
        sdp: String,
        /// Our own offer gives way: roll it back first if it is the pending local description.
        rollback: bool,
    },
    /// Apply a remote answer. Report `AnswerApplied` or `StepFailed`.
    AcceptAnswer {
        /// Which connection.
        link: LinkId,
        /// Returns in the report.
        step: StepId,
        /// The rebuilt remote answer.
        sdp: String,
    },
    /// Add a remote candidate. Failure is not an error.
    AddCandidate {
        /// Which connection.
        link: LinkId,
        /// Checked and rebuilt.
        candidate: Candidate,
    },
    /// Close and forget the connection.
    Close {
        /// Which connection.
        link: LinkId,
    },
    /// Seal this signal to the device and publish it. A loss is made good by the engine's own timers.
    Send {
        /// To whom.
        to: DeviceId,
        /// What.
        signal: Signal,
    },
}

impl std::fmt::Debug for CallCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Only which it is and for whom: descriptions and candidates hold addresses.
        let (name, link) = match self {
            Self::Send { to, signal } => {
                return f.debug_struct("Send").field("to", to).field("signal", signal).finish();
            }
            Self::Open { link, .. } => ("Open", link),
            Self::Configure { link, .. } => ("Configure", link),
            Self::MakeOffer { link, .. } => ("MakeOffer", link),
            Self::AcceptOffer { link, .. } => ("AcceptOffer", link),
            Self::AcceptAnswer { link, .. } => ("AcceptAnswer", link),
            Self::AddCandidate { link, .. } => ("AddCandidate", link),
            Self::Close { link } => ("Close", link),
        };
        f.debug_struct(name).field("link", link).finish_non_exhaustive()
    }
}
