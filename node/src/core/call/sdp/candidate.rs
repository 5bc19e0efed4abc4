//! ICE candidates: parsed by RFC 8839 section 5.1 and RFC 6544, and written anew.
//!
//! Extensions (generation, network id and cost) are dropped: they tell about the sender's machine and nobody needs them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::grammar::{is_ice_text, number};
use crate::wire::limits::CANDIDATE_BYTES;

/// A checked candidate. `Display` writes the `candidate-attribute`, beginning with `candidate:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidate {
    foundation: String,
    transport: Transport,
    priority: u32,
    host: Host,
    port: u16,
    kind: Kind,
    /// The unspecified address in place of the related one: that is for diagnosis alone (RFC 8839 5.1), and of a relayed
    /// candidate it is the address that the relay is to hide.
    related: Option<IpAddr>,
}

/// Why a candidate is refused. Always the fault of whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CandidateError {
    /// Not the grammar of RFC 8839.
    #[error("malformed candidate")]
    Malformed,
    /// Another component than RTP: RTCP is multiplexed.
    #[error("not the RTP component")]
    Component,
    /// An address or port nothing can be sent to.
    #[error("unusable address")]
    Address,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp(TcpType),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TcpType {
    Active,
    Passive,
    SimultaneousOpen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// A name that hides a local address: 36 characters of a UUID; `.local` is added when written.
    Mdns(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Host,
    ServerReflexive,
    PeerReflexive,
    Relayed,
}

impl IceCandidate {
    /// Parses `candidate:...`, the text without `a=`.
    ///
    /// # Errors
    /// [`CandidateError`] when it must not reach the browser.
    pub fn parse(text: &str) -> Result<Self, CandidateError> {
        use CandidateError::Malformed;
        if text.len() > CANDIDATE_BYTES {
            return Err(Malformed);
        }
        let mut words = text.strip_prefix("candidate:").ok_or(Malformed)?.split(' ');
        let mut word = || words.next().ok_or(Malformed);
        let foundation = word()?;
        if !is_ice_text(foundation, 1..=32) {
            return Err(Malformed);
        }
        if number::<u16>(word()?).ok_or(Malformed)? != 1 {
            return Err(CandidateError::Component);
        }
        let protocol = word()?;
        let priority = number(word()?).ok_or(Malformed)?;
        let host = Host::parse(word()?)?;
        let port = number(word()?).ok_or(Malformed)?;
        if word()? != "typ" {
            return Err(Malformed);
        }
        let kind = Kind::parse(word()?).ok_or(Malformed)?;
        let extensions = Extensions::parse(words)?;
        if port == 0 {
            return Err(CandidateError::Address);
        }
        let transport = Transport::parse(protocol, extensions.tcp_type).ok_or(Malformed)?;
        Ok(Self {
            foundation: foundation.to_owned(),
            transport,
            priority,
            host,
            port,
            kind,
            related: extensions.related(),
        })
    }

    /// Whether it goes through a TURN node.
    pub fn is_relayed(&self) -> bool {
        self.kind == Kind::Relayed
    }
}

impl fmt::Display for IceCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = if self.transport == Transport::Udp { "udp" } else { "tcp" };
        write!(f, "candidate:{} 1 {protocol} {} ", self.foundation, self.priority)?;
        match &self.host {
            Host::Address(address) => write!(f, "{address}")?,
            Host::Mdns(name) => write!(f, "{name}.local")?,
        }
        write!(f, " {} typ {}", self.port, self.kind.name())?;
        if let Some(address) = self.related {
            write!(f, " raddr {address} rport 0")?;
        }
        if let Transport::Tcp(tcp_type) = self.transport {
            write!(f, " tcptype {}", tcp_type.name())?;
        }
        Ok(())
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, CandidateError> {
        if let Some(name) = text.strip_suffix(".local") {
            let is_uuid = name.len() == 36 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
            return if is_uuid { Ok(Self::Mdns(name.to_owned())) } else { Err(CandidateError::Malformed) };
        }
        let address: IpAddr = text.parse().map_err(|_| CandidateError::Malformed)?;
        let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        if address.is_unspecified() || address.is_multicast() || broadcast {
            return Err(CandidateError::Address);
        }
        Ok(Self::Address(address))
    }
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        [Self::Host, Self::ServerReflexive, Self::PeerReflexive, Self::Relayed]
            .into_iter()
            .find(|kind| kind.name() == text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relayed => "relay",
        }
    }
}

impl Transport {
    fn parse(protocol: &str, tcp_type: Option<TcpType>) -> Option<Self> {
        match (protocol.to_ascii_lowercase().as_str(), tcp_type) {
            ("udp", None) => Some(Self::Udp),
            ("tcp", Some(tcp_type)) => Some(Self::Tcp(tcp_type)),
            _ => None,
        }
    }
}

impl TcpType {
    fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Passive, Self::SimultaneousOpen].into_iter().find(|tcp_type| tcp_type.name() == text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::SimultaneousOpen => "so",
        }
    }
}

/// What follows the type: pairs of name and value.
#[derive(Default)]
struct Extensions {
    related_address: Option<IpAddr>,
    related_port: Option<u16>,
    tcp_type: Option<TcpType>,
}

impl Extensions {
    fn parse<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Self, CandidateError> {
        use CandidateError::Malformed;
        let mut found = Self::default();
        while let Some(name) = words.next() {
            // Chromium ends a candidate without extensions in a blank now and then.
            let Some(value) = words.next() else { return if name.is_empty() { Ok(found) } else { Err(Malformed) } };
            match name {
                "raddr" => found.related_address = value.parse().ok(),
                "rport" => found.related_port = Some(number(value).ok_or(Malformed)?),
                "tcptype" => found.tcp_type = Some(TcpType::parse(value).ok_or(Malformed)?),
                _ => {}
            }
        }
        Ok(found)
    }

    fn related(&self) -> Option<IpAddr> {
        self.related_port?;
        Some(match self.related_address? {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CandidateError, IceCandidate};

    fn rebuilt(text: &str) -> Result<String, CandidateError> {
        IceCandidate::parse(text).map(|candidate| candidate.to_string())
    }

    #[test]
    fn candidates_of_browsers_are_rebuilt_without_their_extensions() {
        for (given, kept) in [
            (
                "candidate:3056941424 1 udp 2122194687 192.0.2.2 40441 typ host generation 0 ufrag giNr network-id 1",
                "candidate:3056941424 1 udp 2122194687 192.0.2.2 40441 typ host",
            ),
            (
                "candidate:0 1 UDP 2122252543 2f04af9d-1c30-4f5c-9b9a-5a7d8ed4f4cd.local 51000 typ host",
                "candidate:0 1 udp 2122252543 2f04af9d-1c30-4f5c-9b9a-5a7d8ed4f4cd.local 51000 typ host",
            ),
            (
                "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0",
                "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0",
            ),
            (
                "candidate:1 1 tcp 1518280447 2001:db8::7 9 typ host tcptype active generation 0",
                "candidate:1 1 tcp 1518280447 2001:db8::7 9 typ host tcptype active",
            ),
            (
                "candidate:5 1 udp 41885695 127.0.0.1 50000 typ relay raddr 198.51.100.1 rport 50001",
                "candidate:5 1 udp 41885695 127.0.0.1 50000 typ relay raddr 0.0.0.0 rport 0",
            ),
        ] {
            assert_eq!(rebuilt(given).as_deref(), Ok(kept));
            assert_eq!(rebuilt(kept).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_candidate_is_refused() {
        use CandidateError::{Address, Component, Malformed};
        for (given, error) in [
            ("", Malformed),
            ("candidate:", Malformed),
            ("candidate:1 1 udp 1 192.0.2.2 4 typ", Malformed),
            ("candidate:1 2 udp 1 192.0.2.2 4 typ host", Component),
            ("candidate:1 1 sctp 1 192.0.2.2 4 typ host", Malformed),
            ("candidate:1 1 tcp 1 192.0.2.2 4 typ host", Malformed),
            ("candidate:1 1 udp 1 0.0.0.0 4 typ host", Address),
            ("candidate:1 1 udp 1 224.0.0.1 4 typ host", Address),
            ("candidate:1 1 udp 1 192.0.2.2 0 typ host", Address),
            ("candidate:1 1 udp 1 192.0.2.2 65536 typ host", Malformed),
            ("candidate:1 1 udp 4294967296 192.0.2.2 4 typ host", Malformed),
            ("candidate:1 1 udp 1 example.org 4 typ host", Malformed),
            ("candidate:1 1 udp 1 evil.local 4 typ host", Malformed),
            ("candidate:1 1 udp 1 192.0.2.2 4 typ host\r\na=crypto", Malformed),
            ("candidate:1\r\na=x 1 udp 1 192.0.2.2 4 typ host", Malformed),
        ] {
            assert_eq!(rebuilt(given), Err(error), "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_rebuilt_to_a_fixed_point(text in ".{0,300}") {
            if let Ok(once) = rebuilt(&text) {
                prop_assert_eq!(rebuilt(&once), Ok(once.clone()));
            }
        }

        #[test]
        fn near_candidates_are_refused_or_rebuilt_to_one_printable_line(
            foundation in "[a-z0-9+/]{1,33}", component in 0u8..3, protocol in "(udp|tcp|UDP|dtls)",
            priority in any::<u64>(), address in "(192\\.0\\.2\\.1|::1|fe80::1%1|a\\.local|0\\.0\\.0\\.0|[0-9a-f:.]{1,20})",
            port in any::<u32>(), rest in "( (typ|raddr|rport|tcptype|host|relay|active|[^ ]{0,8})){0,8}",
        ) {
            let text = format!("candidate:{foundation} {component} {protocol} {priority} {address} {port} typ host{rest}");
            if let Ok(once) = rebuilt(&text) {
                prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
                prop_assert_eq!(rebuilt(&once), Ok(once.clone()));
            }
        }
    }
}
