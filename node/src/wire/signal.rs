//! Call signalling between two devices: what is inside a sealed signal.
//!
//! A signal is bound to its sender's run, its call, its sequence and its expiry, and an answer to its offer by hash: no relay or
//! member can swap fingerprints, splice calls or replay an old offer. SDP is text here; `core::call::sdp` parses and rebuilds it.

use milanio_identity::DeviceId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    body::ensure,
    codec::{self, Checked, DecodeError, LimitError},
    limits,
    message::RunId,
};
use crate::core::time::RoomTime;

/// Names one peer connection between two devices: 16 random bytes of whoever offered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub [u8; 16]);

/// One step of setting up, changing or ending a peer connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The sender's run: a signal of another run than the sender's newest is void.
    pub run: RunId,
    /// The connection it belongs to.
    pub call: CallId,
    /// Counts the connections these two runs have tried, from 1; of two offers the higher generation holds, and of two equal ones
    /// that of the lower device id.
    pub generation: u32,
    /// The sender's count towards this receiver's run, from 1. Relays may reorder, so a receiver keeps a window and refuses what it
    /// has seen or what is older than the window.
    pub seq: u32,
    /// After this it must be ignored.
    pub expires: RoomTime,
    /// What it says.
    pub kind: SignalKind,
}

impl Signal {
    /// The encoding: what is sealed.
    pub fn encode(&self) -> Result<Vec<u8>, LimitError> {
        codec::encode(self)
    }

    /// Decodes strictly.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::SIGNAL_BYTES {
            return Err(LimitError::Signal.into());
        }
        codec::decode(bytes)
    }

    /// SHA-256 over a domain label, both devices and the whole signal: what an answer binds itself to. Equal at both ends.
    pub fn hash(&self, from: DeviceId, to: DeviceId) -> [u8; 32] {
        // Writing to memory cannot fail; an error would only make an answer match nothing.
        let bytes = postcard::to_allocvec(&(HASH_LABEL, from, to, self)).unwrap_or_default();
        Sha256::digest(bytes).into()
    }
}

impl Checked for Signal {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.seq > 0 && self.generation > 0, LimitError::Sequence)?;
        match &self.kind {
            SignalKind::Offer(offer) => offer.check(),
            SignalKind::Answer(answer) => check_sdp(&answer.sdp),
            SignalKind::Candidates(candidates) => {
                ensure((1..=limits::CANDIDATES).contains(&candidates.len()), LimitError::Candidates)?;
                candidates.iter().try_for_each(Checked::check)
            }
            SignalKind::Bye => Ok(()),
        }
    }
}

// Descriptions and candidates hold addresses: what is shown of them is how much there is.

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offer").field("bytes", &self.sdp.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("bytes", &self.sdp.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("mid", &self.mid).finish_non_exhaustive()
    }
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The session description.
    pub sdp: String,
    /// The TURN nodes both sides use (PeerId bytes, at most 3): relayed ports are virtual, so both must be on the same ones.
    pub turn_nodes: Vec<Vec<u8>>,
}

impl Checked for Offer {
    fn check(&self) -> Result<(), LimitError> {
        check_sdp(&self.sdp)?;
        ensure(self.turn_nodes.len() <= limits::TURN_NODES, LimitError::TurnNodes)?;
        let possible = |node: &Vec<u8>| (1..=limits::TURN_NODE_BYTES).contains(&node.len());
        ensure(self.turn_nodes.iter().all(possible), LimitError::TurnNodes)
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The session description.
    pub sdp: String,
    /// [`Signal::hash`] of the signal that carried the offer: binds both fingerprints, both devices and the call.
    pub offer: [u8; 32],
}

/// An ICE candidate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// RFC 8839 `candidate-attribute`, beginning with `candidate:`, without `a=`.
    pub candidate: String,
    /// The media section it belongs to.
    pub mid: String,
    /// The ICE user name fragment it belongs to.
    pub ufrag: String,
}

impl Checked for Candidate {
    fn check(&self) -> Result<(), LimitError> {
        let fits = self.candidate.len() <= limits::CANDIDATE_BYTES
            && self.mid.len() <= limits::MID_BYTES
            && self.ufrag.len() <= limits::UFRAG_BYTES;
        ensure(fits, LimitError::Candidates)
    }
}

fn check_sdp(sdp: &str) -> Result<(), LimitError> {
    ensure((1..=limits::SDP_BYTES).contains(&sdp.len()), LimitError::Sdp)
}

/// Domain separation of [`Signal::hash`].
const HASH_LABEL: &str = "milanio/signal/1";

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use proptest::prelude::*;

    use super::*;

    fn signal(kind: SignalKind) -> Signal {
        let expires = RoomTime::from_millis(u64::MAX);
        Signal { run: RunId([1; 8]), call: CallId([2; 16]), generation: u32::MAX, seq: u32::MAX, expires, kind }
    }

    fn offer(sdp_bytes: usize, nodes: usize, node_bytes: usize) -> Signal {
        signal(SignalKind::Offer(Offer { sdp: "v".repeat(sdp_bytes), turn_nodes: vec![vec![1; node_bytes]; nodes] }))
    }

    fn candidates(count: usize, bytes: usize) -> Signal {
        let text = |bytes| "c".repeat(bytes);
        let candidate =
            Candidate { candidate: text(bytes), mid: text(limits::MID_BYTES), ufrag: text(limits::UFRAG_BYTES) };
        signal(SignalKind::Candidates(vec![candidate; count]))
    }

    #[test]
    fn the_largest_signals_are_allowed_and_fit() {
        for largest in [
            offer(limits::SDP_BYTES, limits::TURN_NODES, limits::TURN_NODE_BYTES),
            candidates(limits::CANDIDATES, limits::CANDIDATE_BYTES),
            signal(SignalKind::Answer(Answer { sdp: "v".repeat(limits::SDP_BYTES), offer: [3; 32] })),
            signal(SignalKind::Bye),
        ] {
            let bytes = largest.encode().unwrap();
            assert!(bytes.len() <= limits::SIGNAL_BYTES, "{}", bytes.len());
            assert_eq!(Signal::decode(&bytes), Ok(largest));
        }
    }

    #[test]
    fn what_is_larger_is_refused() {
        let (sdp, nodes, node) = (limits::SDP_BYTES, limits::TURN_NODES, limits::TURN_NODE_BYTES);
        for (signal, refused) in [
            (offer(sdp + 1, nodes, node), LimitError::Sdp),
            (offer(0, nodes, node), LimitError::Sdp),
            (offer(sdp, nodes + 1, node), LimitError::TurnNodes),
            (offer(sdp, nodes, node + 1), LimitError::TurnNodes),
            (offer(sdp, nodes, 0), LimitError::TurnNodes),
            (candidates(0, 1), LimitError::Candidates),
            (candidates(limits::CANDIDATES + 1, 1), LimitError::Candidates),
            (candidates(1, limits::CANDIDATE_BYTES + 1), LimitError::Candidates),
            (Signal { seq: 0, ..signal(SignalKind::Bye) }, LimitError::Sequence),
            (Signal { generation: 0, ..signal(SignalKind::Bye) }, LimitError::Sequence),
        ] {
            assert_eq!(signal.encode(), Err(refused));
            assert!(Signal::decode(&postcard::to_allocvec(&signal).unwrap()).is_err());
        }
        assert_eq!(Signal::decode(&vec![0; limits::SIGNAL_BYTES + 1]), Err(DecodeError::Limit(LimitError::Signal)));
    }

    #[test]
    fn the_hash_binds_both_devices_and_every_field() {
        let [one, two] = [1, 2].map(|seed| DeviceKey::from_seed([seed; 32]).id());
        let bye = signal(SignalKind::Bye);
        let hash = bye.hash(one, two);
        assert_ne!(hash, bye.hash(two, one));
        assert_ne!(hash, bye.hash(one, one));
        assert_ne!(hash, Signal { call: CallId([9; 16]), ..bye.clone() }.hash(one, two));
        assert_ne!(hash, Signal { run: RunId([9; 8]), ..bye.clone() }.hash(one, two));
        assert_ne!(hash, Signal { expires: RoomTime::from_millis(1), ..bye.clone() }.hash(one, two));
        assert_ne!(hash, Signal { seq: 1, ..bye }.hash(one, two));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(signal) = Signal::decode(&bytes) {
                prop_assert_eq!(signal.encode(), Ok(bytes));
            }
        }

        #[test]
        fn a_changed_signal_is_refused_or_another_one(at: prop::sample::Index, flip in 1_u8..) {
            let original = offer(100, 2, 38);
            let mut bytes = original.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_ne!(Signal::decode(&bytes), Ok(original));
        }
    }
}
