//! What a room is made from.
//!
//! Slow derivations (Argon2id) have been done before: a [`RoomConfig`] carries their results.

use milanio_identity::{Attestation, DeviceCert, DeviceKey, IssuerId, RootSecret, SignedGenesis};

use super::{floors::KeptFloor, limits::RoomLimits};
use crate::wire::message::RunId;

/// What [`Room::new`](super::Room::new) needs to know.
pub struct RoomConfig {
    /// What the room code stretches to: every key of the room follows from it.
    pub root: RootSecret,
    /// Signs what this device says.
    pub device: DeviceKey,
    /// Binds the device to its account; must be the one of `device` and valid for as long as the room is used.
    pub cert: DeviceCert,
    /// What a server attests of the account, for others to verify; guests have none.
    pub attestation: Option<Attestation>,
    /// The servers whose attestations of others count, at most `limits::MAX_ISSUERS`; may come later.
    pub issuers: Vec<IssuerId>,
    /// The name to show; at most `wire::limits` allows, cut if longer.
    pub name: String,
    /// The room's signed genesis where it is known and already checked against the code: who creates a room has it.
    pub genesis: Option<SignedGenesis>,
    /// What [`RoomEvent::Operations`](super::RoomEvent::Operations) told in earlier runs; may be empty.
    pub operations: Vec<Vec<u8>>,
    /// What [`RoomEvent::Floor`](super::RoomEvent::Floor) told in earlier runs; may be empty.
    pub floors: Vec<KeptFloor>,
    /// This run of the app: 8 fresh random bytes.
    pub run: RunId,
    /// Where all randomness comes from: 32 fresh random bytes.
    pub seed: [u8; 32],
    /// How much each device may say. All members of a room must use the same.
    pub limits: RoomLimits,
}
