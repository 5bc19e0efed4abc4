//! Where the relays are: the first thing a client asks for.
//!
//! Left out: what the addresses mean. They are multiaddrs in text form, which the node crate parses.

use serde::{Deserialize, Serialize};

/// The path of a relay's WebSocket listener. A `/ws` or `/tls/ws` address cannot carry a path, so it is this one, always.
pub const WEBSOCKET_PATH: &str = "/p2p";

/// The answer to `GET /api/relays`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelaysAnswer {
    /// The server's time, in milliseconds since the Unix epoch: what room time is measured against.
    pub now_ms: u64,
    /// The relays to connect to, best first.
    pub relays: Vec<RelayEntry>,
    /// STUN and TURN addresses of these relays (RFC 7064, RFC 7065), without credentials.
    #[serde(default)]
    pub turn: Vec<String>,
}

/// One relay.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayEntry {
    /// Its libp2p peer id in base58.
    pub peer: String,
    /// Its multiaddrs, preferred first, each ending in `/p2p/<peer>`. WebTransport ones carry the current certificate hashes
    /// and are void after some days; a `/ws` or `/tls/ws` one is dialled at the path [`WEBSOCKET_PATH`].
    pub addrs: Vec<String>,
}

/// Short-lived credentials for one TURN server.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnGrant {
    /// The relay it belongs to, by its peer id in base58: how the people in a call name TURN servers to each other.
    pub peer: String,
    /// The server's `stun:` and `turn:` addresses.
    pub urls: Vec<String>,
    /// User name: expiry and random characters.
    pub username: String,
    /// Password, valid with that user name alone.
    pub credential: String,
    /// When new allocations stop being granted, in seconds since the Unix epoch. Running ones go on.
    pub expires_s: u64,
}

impl std::fmt::Debug for TurnGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnGrant")
            .field("urls", &self.urls)
            .field("expires_s", &self.expires_s)
            .finish_non_exhaustive()
    }
}

/// The answer to `GET /version`.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionAnswer {
    /// The server's name.
    pub name: String,
    /// The server's version.
    pub version: String,
}
