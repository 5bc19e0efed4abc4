//! One media section: what its attribute lines say, as far as they are known here.
//!
//! `Draft` collects lines; [`Section`] is what is complete.

use super::candidate::IceCandidate;
use super::codec::{DIRECTIONS, Extension, Payload};
use super::grammar::{is_ice_text, is_token, number};
use super::{Fingerprint, MAX_CANDIDATES, SdpError, SdpKind};

/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// `m=audio`
    Audio,
    /// `m=video`
    Video,
}

/// Who opens the DTLS connection (RFC 8842).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Either; offers say so.
    ActPass,
    /// The answerer.
    Active,
    /// The offerer.
    Passive,
}

/// A checked media section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub(super) kind: MediaKind,
    pub(super) rejected: bool,
    pub(super) mid: String,
    pub(super) payloads: Vec<Payload>,
    pub(super) ufrag: String,
    pub(super) password: String,
    pub(super) setup: Setup,
    pub(super) direction: &'static str,
    pub(super) stream: Option<(String, String)>,
    pub(super) reduced_size: bool,
    pub(super) extensions: Vec<Extension>,
    pub(super) sources: Vec<(u32, String)>,
    pub(super) source_groups: Vec<(&'static str, Vec<u32>)>,
    pub(super) candidates: Vec<IceCandidate>,
}

impl Section {
    /// Audio or video.
    pub fn kind(&self) -> MediaKind {
        self.kind
    }

    /// Its name.
    pub fn mid(&self) -> &str {
        &self.mid
    }

    /// A section without media: nothing but its place and name is kept, since nothing else is ever written.
    fn rejected(kind: MediaKind, mid: String) -> Self {
        Self {
            kind,
            rejected: true,
            mid,
            payloads: Vec::new(),
            ufrag: String::new(),
            password: String::new(),
            setup: Setup::ActPass,
            direction: "inactive",
            stream: None,
            reduced_size: false,
            extensions: Vec::new(),
            sources: Vec::new(),
            source_groups: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Its ICE user name fragment; empty if it is rejected.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }
}

impl MediaKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

impl Setup {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }

    fn parse(text: &str, kind: SdpKind) -> Result<Self, SdpError> {
        let allowed: &[Self] = match kind {
            SdpKind::Offer => &[Self::ActPass],
            SdpKind::Answer => &[Self::Active, Self::Passive],
        };
        allowed.iter().copied().find(|setup| setup.name() == text).ok_or(SdpError::Unsupported)
    }
}

/// Attributes that may stand in a media section or, for all of them, before the first. A section's own word holds, except that
/// all fingerprints must be one.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) ufrag: Option<String>,
    pub(super) password: Option<String>,
    pub(super) setup: Option<Setup>,
    pub(super) fingerprint: Option<Fingerprint>,
}

impl Shared {
    /// Takes the attribute if it is one of these.
    pub(super) fn take(&mut self, kind: SdpKind, name: &str, value: &str) -> Result<bool, SdpError> {
        match name {
            "ice-ufrag" if is_ice_text(value, UFRAG_LENGTH) => self.ufrag = Some(value.to_owned()),
            "ice-pwd" if is_ice_text(value, PASSWORD_LENGTH) => self.password = Some(value.to_owned()),
            "ice-ufrag" | "ice-pwd" => return Err(SdpError::Malformed),
            "setup" => self.setup = Some(Setup::parse(value, kind)?),
            "fingerprint" => {
                let fingerprint = parse_fingerprint(value)?;
                if self.fingerprint.is_some_and(|other| other != fingerprint) {
                    return Err(SdpError::DifferingFingerprints);
                }
                self.fingerprint = Some(fingerprint);
            }
            "crypto" => return Err(SdpError::Insecure),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// How a payload type takes a line about it.
type Detail = fn(&mut Payload, &str);

/// A media section while its lines are read.
pub(super) struct Draft {
    kind: MediaKind,
    port_is_zero: bool,
    formats: Vec<u8>,
    shared: Shared,
    mid: Option<String>,
    payloads: Vec<Payload>,
    /// Lines about payload types, which may stand before the line that names the codec. As many as there are lines.
    details: Vec<(Detail, String)>,
    direction: Option<&'static str>,
    stream: Option<(String, String)>,
    multiplexed: bool,
    bundle_only: bool,
    reduced_size: bool,
    extensions: Vec<Extension>,
    sources: Vec<(u32, String)>,
    source_groups: Vec<(&'static str, Vec<u32>)>,
    candidates: Vec<IceCandidate>,
}

impl Draft {
    /// From the value of the `m=` line, `shared` holding what the session says for all sections.
    pub(super) fn new(line: &str, shared: Shared) -> Result<Self, SdpError> {
        let mut words = line.split(' ');
        let kind = match words.next() {
            Some("audio") => MediaKind::Audio,
            Some("video") => MediaKind::Video,
            _ => return Err(SdpError::Unsupported),
        };
        let port: u16 = words.next().and_then(number).ok_or(SdpError::Malformed)?;
        if words.next() != Some(PROTOCOL) {
            return Err(SdpError::Unsupported);
        }
        let formats: Vec<u8> = words.map(number).collect::<Option<_>>().ok_or(SdpError::Malformed)?;
        if formats.len() > MAX_PAYLOADS {
            return Err(SdpError::TooLarge);
        }
        Ok(Self {
            kind,
            port_is_zero: port == 0,
            formats,
            shared,
            mid: None,
            payloads: Vec::new(),
            details: Vec::new(),
            direction: None,
            stream: None,
            multiplexed: false,
            bundle_only: false,
            reduced_size: false,
            extensions: Vec::new(),
            sources: Vec::new(),
            source_groups: Vec::new(),
            candidates: Vec::new(),
        })
    }

    /// Takes one attribute that is not of the [`Shared`] ones; what is unknown is dropped.
    pub(super) fn take(&mut self, name: &str, value: &str) -> Result<(), SdpError> {
        match name {
            "mid" if is_token(value, MAX_MID_BYTES) => self.mid = Some(value.to_owned()),
            "mid" => return Err(SdpError::Malformed),
            "msid" => self.take_stream(value),
            "rtcp-mux" => self.multiplexed = true,
            "rtcp-rsize" => self.reduced_size = true,
            "bundle-only" => self.bundle_only = true,
            "rtpmap" => self.take_codec(value),
            "rtcp-fb" => self.details.push((Payload::add_feedback, value.to_owned())),
            "fmtp" => self.details.push((Payload::set_parameters, value.to_owned())),
            "extmap" => push_bounded(&mut self.extensions, Extension::parse(value), MAX_EXTENSIONS)?,
            "ssrc" => self.take_source(value)?,
            "ssrc-group" => push_bounded(&mut self.source_groups, parse_group(value), MAX_SOURCES)?,
            "candidate" => {
                let candidate = IceCandidate::parse(&format!("candidate:{value}")).ok();
                push_bounded(&mut self.candidates, candidate, MAX_CANDIDATES)?;
            }
            _ => {
                let direction = DIRECTIONS.into_iter().find(|direction| *direction == name);
                self.direction = direction.or(self.direction);
            }
        }
        Ok(())
    }

    /// Where the attributes go that a session may state for all sections.
    pub(super) fn shared(&mut self) -> &mut Shared {
        &mut self.shared
    }

    /// The section and its fingerprint, if nothing is missing.
    pub(super) fn finish(mut self) -> Result<(Section, Option<Fingerprint>), SdpError> {
        let mid = self.mid.take().ok_or(SdpError::Inconsistent)?;
        if self.port_is_zero && !self.bundle_only {
            return Ok((Section::rejected(self.kind, mid), self.shared.fingerprint));
        }
        if !self.multiplexed {
            return Err(SdpError::Unsupported);
        }
        self.apply_details();
        self.drop_orphans();
        if self.payloads.is_empty() {
            return Err(SdpError::Unsupported);
        }
        let section = Section {
            kind: self.kind,
            rejected: false,
            mid,
            payloads: self.payloads,
            ufrag: self.shared.ufrag.ok_or(SdpError::Inconsistent)?,
            password: self.shared.password.ok_or(SdpError::Inconsistent)?,
            setup: self.shared.setup.ok_or(SdpError::Inconsistent)?,
            direction: self.direction.unwrap_or("sendrecv"),
            stream: self.stream,
            reduced_size: self.reduced_size,
            extensions: self.extensions,
            sources: self.sources,
            source_groups: self.source_groups,
            candidates: self.candidates,
        };
        Ok((section, self.shared.fingerprint))
    }

    fn take_stream(&mut self, value: &str) {
        let (stream, track) = value.split_once(' ').unwrap_or((value, "-"));
        let fits = is_token(stream, MAX_ID_BYTES) && is_token(track, MAX_ID_BYTES);
        if fits && self.stream.is_none() {
            self.stream = Some((stream.to_owned(), track.to_owned()));
        }
    }

    fn take_codec(&mut self, value: &str) {
        let payload = value.split_once(' ').and_then(|(id, map)| Payload::new(number(id)?, map));
        let listed = |payload: &Payload| self.formats.contains(&payload.id);
        let is_new = |payload: &Payload| self.payloads.iter().all(|other| other.id != payload.id);
        if let Some(payload) = payload.filter(listed).filter(is_new) {
            self.payloads.push(payload);
        }
    }

    fn apply_details(&mut self) {
        for (apply, value) in std::mem::take(&mut self.details) {
            let Some((id, rest)) = value.split_once(' ') else { continue };
            let id = number::<u8>(id);
            if let Some(payload) = self.payloads.iter_mut().find(|payload| Some(payload.id) == id) {
                apply(payload, rest);
            }
        }
    }

    fn take_source(&mut self, value: &str) -> Result<(), SdpError> {
        let source = value.split_once(' ').and_then(|(id, attribute)| {
            let name = attribute.strip_prefix("cname:").filter(|name| is_cname(name))?;
            Some((number::<u32>(id)?, name.to_owned()))
        });
        push_bounded(&mut self.sources, source, MAX_SOURCES)
    }

    /// Payload types are written in the order of the `m=` line; retransmissions of what was dropped go too.
    fn drop_orphans(&mut self) {
        let place = |id| self.formats.iter().position(|format| *format == id);
        self.payloads.sort_by_key(|payload| place(payload.id));
        let ids: Vec<u8> = self.payloads.iter().map(|payload| payload.id).collect();
        self.payloads.retain(|payload| match payload.retransmits() {
            Some(target) => target.is_some_and(|id| ids.contains(&id)),
            None => true,
        });
        let known: Vec<u32> = self.sources.iter().map(|(id, _)| *id).collect();
        self.source_groups.retain(|(_, members)| members.iter().all(|id| known.contains(id)));
    }
}

fn parse_fingerprint(value: &str) -> Result<Fingerprint, SdpError> {
    let (hash, text) = value.split_once(' ').ok_or(SdpError::Malformed)?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return Err(SdpError::Insecure);
    }
    let mut bytes = [0; 32];
    let mut pairs = text.split(':');
    for byte in &mut bytes {
        let pair = pairs.next().filter(|pair| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
        *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(SdpError::Malformed)?;
    }
    if pairs.next().is_some() { Err(SdpError::Malformed) } else { Ok(Fingerprint(bytes)) }
}

/// RFC 5576 `ssrc-group`: retransmission and repair groups.
fn parse_group(value: &str) -> Option<(&'static str, Vec<u32>)> {
    let mut words = value.split(' ');
    let semantics = words.next()?;
    let semantics = ["FID", "FEC-FR"].into_iter().find(|known| *known == semantics)?;
    let members: Vec<u32> = words.map(number).collect::<Option<_>>()?;
    (2..=4).contains(&members.len()).then_some((semantics, members))
}

/// Browsers write 16 characters of base64, or a UUID in braces.
fn is_cname(text: &str) -> bool {
    let mut bytes = text.bytes();
    (1..=MAX_ID_BYTES).contains(&text.len())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+/={}-_@.".contains(&byte))
}

fn push_bounded<T>(list: &mut Vec<T>, item: Option<T>, most: usize) -> Result<(), SdpError> {
    let Some(item) = item else { return Ok(()) };
    if list.len() >= most {
        return Err(SdpError::TooLarge);
    }
    list.push(item);
    Ok(())
}

/// DTLS-SRTP with feedback (RFC 5764, RFC 8829 section 5.1.2).
pub(super) const PROTOCOL: &str = "UDP/TLS/RTP/SAVPF";
/// RFC 8839 section 5.4.
const UFRAG_LENGTH: std::ops::RangeInclusive<usize> = 4..=256;
/// RFC 8839 section 5.4.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 22..=256;
/// RFC 8829 section 5.2.1 asks for short names; a one-byte RTP header extension holds 16.
pub(super) const MAX_MID_BYTES: usize = 16;
/// RFC 8830 section 2.
const MAX_ID_BYTES: usize = 64;
/// Chosen: Chromium offers 23 for video (measured).
const MAX_PAYLOADS: usize = 64;
/// Chosen: a one-byte header extension has 14 ids (RFC 8285).
const MAX_EXTENSIONS: usize = 16;
/// Chosen: Chromium writes two (measured), simulcast six.
const MAX_SOURCES: usize = 8;
