//! Writing: the one form in which a description reaches a browser.

use std::fmt::{self, Write};

use super::section::PROTOCOL;
use super::{Description, Fingerprint, Section};

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session_id, session_version, .. } = self;
        write!(f, "v=0\r\no=- {session_id} {session_version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n")?;
        f.write_str("a=group:BUNDLE")?;
        for section in self.sections.iter().filter(|section| !section.rejected) {
            write!(f, " {}", section.mid)?;
        }
        f.write_str("\r\n")?;
        if self.mixed_extensions {
            f.write_str("a=extmap-allow-mixed\r\n")?;
        }
        f.write_str("a=msid-semantic:WMS *\r\n")?;
        self.sections.iter().try_for_each(|section| section.write(f, self.fingerprint))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl Section {
    fn write(&self, out: &mut impl Write, fingerprint: Fingerprint) -> fmt::Result {
        // Port 9 stands for "candidates follow" (RFC 8840 section 4.3), port 0 for a rejected section.
        let port = if self.rejected { 0 } else { 9 };
        write!(out, "m={} {port} {PROTOCOL}", self.kind.name())?;
        if self.payloads.is_empty() {
            // The grammar wants a format, and a rejected section has none of its own.
            out.write_str(" 0")?;
        }
        for payload in &self.payloads {
            write!(out, " {}", payload.id)?;
        }
        out.write_str("\r\nc=IN IP4 0.0.0.0\r\n")?;
        if self.rejected {
            return write!(out, "a=mid:{}\r\na=inactive\r\n", self.mid);
        }
        self.write_transport(out, fingerprint)?;
        self.write_media(out)
    }

    fn write_transport(&self, out: &mut impl Write, fingerprint: Fingerprint) -> fmt::Result {
        out.write_str("a=rtcp:9 IN IP4 0.0.0.0\r\n")?;
        for candidate in &self.candidates {
            write!(out, "a={candidate}\r\n")?;
        }
        write!(out, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\n", self.ufrag, self.password)?;
        write!(out, "a=fingerprint:sha-256 {fingerprint}\r\na=setup:{}\r\na=mid:{}\r\n", self.setup.name(), self.mid)
    }

    fn write_media(&self, out: &mut impl Write) -> fmt::Result {
        self.extensions.iter().try_for_each(|extension| extension.write(out))?;
        write!(out, "a={}\r\n", self.direction)?;
        if let Some((stream, track)) = &self.stream {
            write!(out, "a=msid:{stream} {track}\r\n")?;
        }
        out.write_str("a=rtcp-mux\r\n")?;
        if self.reduced_size {
            out.write_str("a=rtcp-rsize\r\n")?;
        }
        self.payloads.iter().try_for_each(|payload| payload.write(out))?;
        for (semantics, members) in &self.source_groups {
            write!(out, "a=ssrc-group:{semantics}")?;
            members.iter().try_for_each(|id| write!(out, " {id}"))?;
            out.write_str("\r\n")?;
        }
        self.sources.iter().try_for_each(|(id, name)| write!(out, "a=ssrc:{id} cname:{name}\r\n"))
    }
}
