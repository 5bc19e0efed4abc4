//! Rooms in the registry: what is asked, what is answered, and which bytes are signed.
//!
//! The server learns neither the code nor the members: `rid` and both keys are derived for this room alone, and the record is
//! sealed. Its states are advice to people who are about to join; those who are in obey the owner's signed operations.

use serde::{Deserialize, Serialize};

use super::{KeyText, Rid, Sealed, SignatureText, TurnGrant};

/// Largest sealed record, in bytes (chosen: a signed genesis takes less than 600).
pub const MAX_SEALED_BYTES: usize = 1024;
/// Life of a room after its last heartbeat unless asked otherwise, in seconds: a day.
pub const DEFAULT_TTL_S: u32 = 86_400;
/// Shortest life that can be asked for, in seconds: a minute.
pub const MIN_TTL_S: u32 = 60;
/// Longest life that can be asked for, in seconds: 30 days.
pub const MAX_TTL_S: u32 = 30 * 86_400;
/// How far a signed time may be from the server's, in seconds (chosen: the window of room frames).
pub const STATEMENT_WINDOW_S: u64 = 120;

/// Where a room is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomState {
    /// Asked for, not yet written. Never stored.
    Created,
    /// Open, with nobody in.
    Waiting,
    /// Open, and somebody in it sent a heartbeat in the last 90 s.
    Active,
    /// Its time to live passed without a heartbeat.
    Expired,
    /// Its creator ended it.
    Destroyed,
}

/// Asks to open a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRoom {
    /// The room's name in the registry.
    pub rid: Rid,
    /// Whose signature destroys it: known to the creator alone.
    pub owner_key: KeyText,
    /// Whose signature is a heartbeat: known to everybody who has the code.
    pub beat_key: KeyText,
    /// Life after the last heartbeat, in seconds: [`MIN_TTL_S`] to [`MAX_TTL_S`].
    pub ttl_s: u32,
    /// The genesis, sealed so that only those with the code can open it.
    pub sealed: Sealed,
    /// When this was signed, in seconds since the Unix epoch, by room time.
    pub at_s: u64,
    /// Signature by `owner_key` over [`create_bytes`].
    pub signature: SignatureText,
}

/// Asks for a room's record, and for first TURN credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRoom {
    /// The room's name in the registry.
    pub rid: Rid,
}

/// Says a heartbeat (signed by the beat key) or destroys a room (signed by the owner key).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// When this was signed, in seconds since the Unix epoch, by room time.
    pub at_s: u64,
    /// Signature over [`statement_bytes`].
    pub signature: SignatureText,
}

/// What the registry says of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAnswer {
    /// Where it is in its life.
    pub state: RoomState,
    /// When it expires if no heartbeat comes, in seconds since the Unix epoch.
    pub expires_s: u64,
    /// The server's time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// The answer to a join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinAnswer {
    /// The room.
    pub room: RoomAnswer,
    /// Its sealed genesis.
    pub sealed: Sealed,
    /// First TURN credentials; none if this server has no TURN. Later ones come from the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnGrant>,
}

/// The bytes that the creator signs: fixed-length fields first, so that two requests never share them.
pub fn create_bytes(
    rid: &Rid,
    owner_key: &KeyText,
    beat_key: &KeyText,
    ttl_s: u32,
    at_s: u64,
    sealed: &Sealed,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(92 + sealed.as_bytes().len());
    bytes.extend_from_slice(rid.as_bytes());
    bytes.extend_from_slice(owner_key.as_bytes());
    bytes.extend_from_slice(beat_key.as_bytes());
    bytes.extend_from_slice(&ttl_s.to_be_bytes());
    bytes.extend_from_slice(&at_s.to_be_bytes());
    bytes.extend_from_slice(sealed.as_bytes());
    bytes
}

/// The bytes that a heartbeat or a destruction signs; which of the two it is, the signature's label says.
pub fn statement_bytes(rid: &Rid, at_s: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24);
    bytes.extend_from_slice(rid.as_bytes());
    bytes.extend_from_slice(&at_s.to_be_bytes());
    bytes
}
