//! The link to a relay, as the person is told about it.

/// State of the link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not asked for yet.
    #[default]
    Idle,
    /// Dialling for the first time.
    Connecting {
        /// Tries so far.
        attempt: u32,
    },
    /// Dialling for the first time, and nothing came of it for a long while. It goes on.
    Unreachable,
    /// Up.
    Connected {
        /// How.
        transport: Transport,
        /// The relay's short name, for the details.
        relay: String,
        /// Round trip in milliseconds, once measured.
        rtt_ms: Option<u32>,
    },
    /// It was up and is being restored. Media between members goes on.
    Reconnecting {
        /// Tries since it broke.
        attempt: u32,
    },
    /// The browser says that there is no network.
    Offline,
}

/// How the relay is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// WebTransport over QUIC.
    WebTransport,
    /// WebSocket over TCP.
    WebSocket,
}

impl Connection {
    /// True while messages can be sent.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }

    /// A word for tests and style sheets.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting { .. } => "connecting",
            Self::Unreachable => "unreachable",
            Self::Connected { .. } => "connected",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Offline => "offline",
        }
    }
}
