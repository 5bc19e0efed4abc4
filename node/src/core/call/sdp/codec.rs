//! Codecs, their feedback and header extensions: the lists of what is let through.
//!
//! Only names are judged here; which codec is used, the two browsers agree among themselves.

use super::grammar::{is_parameters, number};

/// One RTP payload type of a media section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// RTP payload type.
    pub(super) id: u8,
    /// As in [`CODECS`].
    codec: &'static str,
    clock_rate: u32,
    channels: Option<u8>,
    feedback: Vec<&'static str>,
    parameters: Option<String>,
}

impl Payload {
    /// From `id` and the rest of an `rtpmap`; `None` when it is none of ours.
    pub(super) fn new(id: u8, map: &str) -> Option<Self> {
        let mut parts = map.split('/');
        let name = parts.next()?;
        let codec = CODECS.into_iter().find(|codec| codec.eq_ignore_ascii_case(name))?;
        let clock_rate = number(parts.next()?)?;
        let channels = parts.next().map(|text| number(text).ok_or(())).transpose().ok()?;
        parts.next().is_none().then_some(Self {
            id,
            codec,
            clock_rate,
            channels,
            feedback: Vec::new(),
            parameters: None,
        })
    }

    /// Takes an `rtcp-fb` value, if it is one of ours.
    pub(super) fn add_feedback(&mut self, value: &str) {
        let known = FEEDBACK.into_iter().find(|feedback| *feedback == value);
        self.feedback.extend(known.filter(|feedback| !self.feedback.contains(feedback)));
    }

    /// Takes an `fmtp` value, if it is harmless.
    pub(super) fn set_parameters(&mut self, value: &str) {
        self.parameters = is_parameters(value).then(|| value.to_owned());
    }

    /// The payload type that this one retransmits (RFC 4588), `Some(None)` if it says none.
    pub(super) fn retransmits(&self) -> Option<Option<u8>> {
        let associated = || self.parameters.as_deref()?.strip_prefix("apt=").and_then(number);
        (self.codec == "rtx").then(associated)
    }

    /// Writes the attribute lines.
    pub(super) fn write(&self, out: &mut impl std::fmt::Write) -> std::fmt::Result {
        let Self { id, codec, clock_rate, .. } = self;
        write!(out, "a=rtpmap:{id} {codec}/{clock_rate}")?;
        if let Some(channels) = self.channels {
            write!(out, "/{channels}")?;
        }
        out.write_str("\r\n")?;
        for feedback in &self.feedback {
            write!(out, "a=rtcp-fb:{id} {feedback}\r\n")?;
        }
        self.parameters.iter().try_for_each(|parameters| write!(out, "a=fmtp:{id} {parameters}\r\n"))
    }
}

/// One RTP header extension (RFC 8285).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    id: u8,
    direction: Option<&'static str>,
    uri: &'static str,
}

impl Extension {
    /// From the value of an `extmap`; `None` when it is none of ours.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (key, uri) = value.split_once(' ')?;
        let uri = EXTENSIONS.into_iter().find(|known| *known == uri)?;
        let (id, direction) = match key.split_once('/') {
            Some((id, direction)) => (id, Some(DIRECTIONS.into_iter().find(|known| *known == direction)?)),
            None => (key, None),
        };
        number(id).filter(|id| *id != 0).map(|id| Self { id, direction, uri })
    }

    /// Writes the attribute line.
    pub(super) fn write(&self, out: &mut impl std::fmt::Write) -> std::fmt::Result {
        write!(out, "a=extmap:{}", self.id)?;
        self.direction.iter().try_for_each(|direction| write!(out, "/{direction}"))?;
        write!(out, " {}\r\n", self.uri)
    }
}

/// RFC 8866 directions.
pub(super) const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];

/// Codecs of RFC 7874 and RFC 7742, what browsers offer beside them, and their repair formats.
const CODECS: [&str; 15] = [
    "opus",
    "red",
    "G722",
    "PCMU",
    "PCMA",
    "CN",
    "telephone-event",
    "VP8",
    "VP9",
    "H264",
    "H265",
    "AV1",
    "rtx",
    "ulpfec",
    "flexfec-03",
];

/// RFC 4585, RFC 5104 and what congestion control in browsers uses.
const FEEDBACK: [&str; 7] = ["nack", "nack pli", "ccm fir", "ccm tmmbr", "goog-remb", "transport-cc", "nack sli"];

/// Levels (RFC 6464), identification (RFC 8843, 8852), and what congestion control and rendering in browsers use.
const EXTENSIONS: [&str; 14] = [
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:toffset",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
];
