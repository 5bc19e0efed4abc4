//! Call signalling between two devices: what is inside a sealed signal.
//!
//! A signal is bound to its call, its sequence and its expiry, and an answer to its offer by hash (security: a relay or member
//! cannot swap fingerprints, splice calls or replay an old offer). SDP is text here; `core::call::sdp` parses and rebuilds it.

use serde::{Deserialize, Serialize};

use crate::core::time::RoomTime;

/// Names one peer connection between two devices: 16 random bytes of whoever offered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub [u8; 16]);

/// One step of setting up, changing or ending a peer connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The connection it belongs to.
    pub call: CallId,
    /// The sender's count in this call, from 1; lower or equal ones are replays.
    pub seq: u32,
    /// After this it must be ignored.
    pub expires: RoomTime,
    /// What it says.
    pub kind: SignalKind,
}

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalKind {
    /// A session description to be answered.
    Offer(Offer),
    /// The answer to the offer whose hash it carries.
    Answer(Answer),
    /// Candidates gathered since the last signal.
    Candidates(Vec<Candidate>),
    /// The connection is over.
    Bye,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The session description.
    pub sdp: String,
    /// The TURN nodes both sides use (PeerId bytes, at most 3): relayed ports are virtual, so both must be on the same ones.
    pub turn_nodes: Vec<Vec<u8>>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The session description.
    pub sdp: String,
    /// SHA-256 of the encoded signal that carried the offer: binds both fingerprints, both devices and the call.
    pub offer: [u8; 32],
}

/// An ICE candidate (RFC 8839 `candidate-attribute`, without the `a=`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The attribute's text.
    pub candidate: String,
    /// The media section it belongs to.
    pub mid: String,
    /// The ICE user name fragment it belongs to.
    pub ufrag: String,
}
