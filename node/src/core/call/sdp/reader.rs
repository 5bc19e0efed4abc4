//! Reading: lines to sections, and the checks that need the whole description.

use super::grammar::{is_token, number};
use super::section::{Draft, MAX_MID_BYTES, Shared};
use super::{
    Description, Fingerprint, MAX_CANDIDATES, MAX_LINES, MAX_SDP_BYTES, MAX_SECTIONS, MAX_SECTIONS_OF_A_KIND,
    MediaKind, SdpError, SdpKind, Section,
};

/// See [`Description::parse`].
pub(super) fn read(kind: SdpKind, text: &str) -> Result<Description, SdpError> {
    if text.len() > MAX_SDP_BYTES || text.lines().count() > MAX_LINES {
        return Err(SdpError::TooLarge);
    }
    let mut session = Session::default();
    let mut drafts: Vec<Draft> = Vec::new();
    for line in text.lines() {
        let (line_type, value) = line.split_once('=').ok_or(SdpError::Malformed)?;
        let is_full = drafts.len() == MAX_SECTIONS;
        match (line_type, drafts.last_mut()) {
            ("m", _) if is_full => return Err(SdpError::TooLarge),
            ("m", _) => drafts.push(Draft::new(value, session.shared.clone())?),
            ("a", Some(draft)) => {
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                if !draft.shared().take(kind, name, value)? {
                    draft.take(name, value)?;
                }
                session.mixed_extensions |= name == "extmap-allow-mixed";
            }
            ("a", None) => session.take_attribute(kind, value)?,
            ("v", None) if value != "0" => return Err(SdpError::Malformed),
            ("o", None) => session.take_origin(value)?,
            _ => {}
        }
    }
    session.finish(kind, drafts)
}

/// What stands before the first media section.
#[derive(Default)]
struct Session {
    origin: Option<(u64, u64)>,
    bundle: Vec<String>,
    mixed_extensions: bool,
    shared: Shared,
}

impl Session {
    fn take_origin(&mut self, value: &str) -> Result<(), SdpError> {
        let mut words = value.split(' ').skip(1).map(number::<u64>);
        match (words.next().flatten(), words.next().flatten()) {
            (Some(id), Some(version)) => self.origin = Some((id, version)),
            _ => return Err(SdpError::Malformed),
        }
        Ok(())
    }

    fn take_attribute(&mut self, kind: SdpKind, value: &str) -> Result<(), SdpError> {
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        if self.shared.take(kind, name, value)? {
            return Ok(());
        }
        match name {
            "extmap-allow-mixed" => self.mixed_extensions = true,
            "group" => {
                let mut words = value.split(' ');
                if words.next() == Some("BUNDLE") {
                    self.bundle = words.map(str::to_owned).collect();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self, kind: SdpKind, drafts: Vec<Draft>) -> Result<Description, SdpError> {
        let (session_id, session_version) = self.origin.ok_or(SdpError::Inconsistent)?;
        let mut sections = Vec::new();
        let mut fingerprint = None;
        for draft in drafts {
            let (section, of_section) = draft.finish()?;
            fingerprint = agree(fingerprint, of_section, &section)?;
            sections.push(section);
        }
        let fingerprint = fingerprint.ok_or(SdpError::Insecure)?;
        let description = Description {
            kind,
            session_id,
            session_version,
            mixed_extensions: self.mixed_extensions,
            fingerprint,
            sections,
        };
        check_names(&description.sections, &self.bundle)?;
        let of = |kind| description.sections.iter().filter(|section| section.kind == kind).count();
        if [MediaKind::Audio, MediaKind::Video].into_iter().any(|kind| of(kind) > MAX_SECTIONS_OF_A_KIND) {
            return Err(SdpError::TooLarge);
        }
        if description.sections.iter().map(|section| section.candidates.len()).sum::<usize>() > MAX_CANDIDATES {
            return Err(SdpError::TooLarge);
        }
        Ok(description)
    }
}

/// All sections that are used name one certificate.
fn agree(
    so_far: Option<Fingerprint>,
    next: Option<Fingerprint>,
    section: &Section,
) -> Result<Option<Fingerprint>, SdpError> {
    match (so_far, next) {
        (Some(a), Some(b)) if a != b => Err(SdpError::DifferingFingerprints),
        (_, None) if !section.rejected => Err(SdpError::Insecure),
        (so_far, next) => Ok(so_far.or(next)),
    }
}

/// Names are unique, and every section that is used is bundled, in the order of the sections.
fn check_names(sections: &[Section], bundle: &[String]) -> Result<(), SdpError> {
    if bundle.iter().any(|mid| !is_token(mid, MAX_MID_BYTES)) {
        return Err(SdpError::Malformed);
    }
    for (index, section) in sections.iter().enumerate() {
        if sections.iter().take(index).any(|other| other.mid == section.mid) {
            return Err(SdpError::Inconsistent);
        }
    }
    let used: Vec<&str> = sections.iter().filter(|section| !section.rejected).map(Section::mid).collect();
    if used.is_empty() || used.iter().any(|mid| !bundle.iter().any(|bundled| bundled == mid)) {
        return Err(SdpError::Unsupported);
    }
    Ok(())
}
