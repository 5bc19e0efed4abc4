//! What the browser reports to the call engine, and what the engine tells the app.

use milanio_identity::DeviceId;

use super::command::StepId;
use crate::wire::signal::Candidate;

/// What a peer connection reports. Events of one link arrive in the order in which they happened.
#[derive(Clone, PartialEq, Eq)]
pub enum PeerEvent {
    /// `MakeOffer` or `AcceptOffer` succeeded.
    LocalDescription {
        /// Of the command.
        step: StepId,
        /// The description that was set.
        sdp: String,
    },
    /// `AcceptAnswer` succeeded.
    AnswerApplied {
        /// Of the command.
        step: StepId,
    },
    /// The browser refused.
    StepFailed {
        /// Of the command.
        step: StepId,
    },
    /// A local candidate was found. The empty end-of-candidates one is not reported.
    LocalCandidate(Candidate),
    /// Media sections changed (nothing does that after set-up today): a new offer is due.
    NegotiationNeeded,
    /// `RTCPeerConnection.connectionState` changed.
    ConnectionChanged(ConnectionState),
    /// The selected candidate pair is known, or changed.
    PathFound(MediaPath),
    /// The certificate (DER) that the other end has shown in the DTLS handshake, where the browser tells.
    RemoteCertificate(Vec<u8>),
    /// Figures of the last 2 s.
    Stats(LinkStats),
}

impl std::fmt::Debug for PeerEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Descriptions and candidates hold addresses.
        match self {
            Self::LocalDescription { step, .. } => {
                f.debug_struct("LocalDescription").field("step", step).finish_non_exhaustive()
            }
            Self::AnswerApplied { step } => f.debug_struct("AnswerApplied").field("step", step).finish(),
            Self::StepFailed { step } => f.debug_struct("StepFailed").field("step", step).finish(),
            Self::LocalCandidate(_) => f.write_str("LocalCandidate"),
            Self::NegotiationNeeded => f.write_str("NegotiationNeeded"),
            Self::ConnectionChanged(state) => f.debug_tuple("ConnectionChanged").field(state).finish(),
            Self::PathFound(path) => f.debug_tuple("PathFound").field(path).finish(),
            Self::RemoteCertificate(_) => f.write_str("RemoteCertificate"),
            Self::Stats(figures) => f.debug_tuple("Stats").field(figures).finish(),
        }
    }
}

/// `RTCPeerConnectionState` (W3C WebRTC 4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing has been tried.
    New,
    /// ICE or DTLS is at work.
    Connecting,
    /// Media can flow.
    Connected,
    /// No packets for a while; may heal by itself.
    Disconnected,
    /// Given up by the browser.
    Failed,
    /// Closed.
    Closed,
}

/// How media travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaPath {
    /// Between the two browsers.
    Direct,
    /// Through a TURN node.
    Relayed,
}

/// Figures of one link over the last 2 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Round trip in milliseconds, if measured.
    pub round_trip_ms: Option<u32>,
    /// Packets that arrived.
    pub packets_received: u32,
    /// Packets that did not.
    pub packets_lost: u32,
}

/// How good a link is: icon and word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkQuality {
    /// Worse than fair.
    Poor,
    /// Round trip under 300 ms and loss under 5 %.
    Fair,
    /// Round trip under 150 ms and loss under 2 %.
    Good,
}

/// What the app is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// A first connection to this member is being made.
    Connecting(DeviceId),
    /// Media flows.
    Connected(DeviceId),
    /// How it flows.
    PathFound(DeviceId, MediaPath),
    /// How well it flows.
    QualityChanged(DeviceId, LinkQuality),
    /// Media stopped; we are working on it. Keep the last picture.
    Reconnecting(DeviceId),
    /// No connection came about yet in several attempts; we keep trying.
    Unreachable(DeviceId),
    /// There is no connection to this member any more, and none is being made.
    Disconnected(DeviceId, DisconnectReason),
    /// An offer names TURN nodes (PeerId bytes) we hold no credentials for: the answer waits a moment for them.
    TurnWanted(Vec<Vec<u8>>),
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// They ended it, left, or are gone.
    Left,
    /// We ended it.
    HungUp,
    /// They keep offering what cannot be accepted.
    PeerMisbehaved,
    /// More members than a mesh can carry; see `MAX_LINKS`.
    TooManyMembers,
}
