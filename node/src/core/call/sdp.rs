//! Session descriptions: a remote one is parsed against an allow-list and written anew, so that a peer's text never reaches the
//! browser's own, much larger parser.
//!
//! Reads what browsers write for calls (RFC 8866, 8829, 8839, 8842): bundled, multiplexed audio and video over DTLS-SRTP.
//! Unknown lines are dropped; what would weaken the call is refused as a whole. Data channels and simulcast are not known here.

mod candidate;
mod codec;
mod grammar;
mod reader;
mod section;
mod writer;

pub use self::candidate::{CandidateError, IceCandidate};
pub use self::section::{MediaKind, Section, Setup};

/// Longest description, in bytes. Chromium offers 5.4 KiB for one audio and one video section (measured).
pub use crate::wire::limits::SDP_BYTES as MAX_SDP_BYTES;
/// Most media sections of a kind, chosen: a camera's picture and a screen's, and the sound of each. With more, a peer would have
/// a picture encoded and sent to it as often as it asks for one.
pub const MAX_SECTIONS_OF_A_KIND: usize = 2;
/// Most media sections.
pub const MAX_SECTIONS: usize = 2 * MAX_SECTIONS_OF_A_KIND;
/// Most candidates in one description, and of one side between two descriptions.
pub use crate::wire::limits::CANDIDATES as MAX_CANDIDATES;
/// Most lines, chosen: Chromium writes 160 for one audio and one video section (measured).
const MAX_LINES: usize = 1_000;

/// Which half of an offer/answer exchange (RFC 3264) a description is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpKind {
    /// Proposes.
    Offer,
    /// Agrees.
    Answer,
}

/// The SHA-256 fingerprint of a DTLS certificate (RFC 8122).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// A description that may be given to the browser: checked, and written anew by `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    kind: SdpKind,
    session_id: u64,
    session_version: u64,
    mixed_extensions: bool,
    fingerprint: Fingerprint,
    sections: Vec<Section>,
}

/// Why a description is refused. Always the fault of whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Over [`MAX_SDP_BYTES`], [`MAX_SECTIONS_OF_A_KIND`], [`MAX_CANDIDATES`] or another bound.
    #[error("too large")]
    TooLarge,
    /// A line that must be understood is not well-formed.
    #[error("malformed")]
    Malformed,
    /// A line that must be there is not, or is there twice.
    #[error("incomplete or contradictory")]
    Inconsistent,
    /// A key in the clear (RFC 4568), a fingerprint of another hash than SHA-256, or none.
    #[error("insecure")]
    Insecure,
    /// Two media sections name different certificates.
    #[error("differing fingerprints")]
    DifferingFingerprints,
    /// Neither audio nor video over DTLS-SRTP, or not bundled and multiplexed.
    #[error("unsupported transport or media")]
    Unsupported,
}

impl Description {
    /// Parses and checks `text`.
    ///
    /// # Errors
    /// [`SdpError`] when it must not reach the browser.
    pub fn parse(kind: SdpKind, text: &str) -> Result<Self, SdpError> {
        reader::read(kind, text)
    }

    /// The certificate of whoever wrote it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The media sections, in order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Whether some media section uses this ICE user name fragment.
    pub fn has_ufrag(&self, ufrag: &str) -> bool {
        self.sections.iter().any(|section| section.ufrag() == ufrag)
    }

    /// Whether some media section has this name.
    pub fn has_mid(&self, mid: &str) -> bool {
        self.sections.iter().any(|section| section.mid() == mid)
    }

    /// Whether this answer has the media sections of `offer`, in the same order (RFC 3264 section 6).
    pub fn answers(&self, offer: &Self) -> bool {
        self.kind == SdpKind::Answer
            && offer.kind == SdpKind::Offer
            && self.sections.len() == offer.sections.len()
            && self.sections.iter().zip(&offer.sections).all(|(a, b)| a.kind() == b.kind() && a.mid() == b.mid())
    }
}

#[cfg(test)]
mod tests;
