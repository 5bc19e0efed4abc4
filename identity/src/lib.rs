//! Keys, strict signatures, device certificates, room codes and everything derived from them.
//!
//! Pure: no IO, no clock, no randomness of its own (generators are passed in). What it leaves out: the meaning of what is signed.

use serde::{Deserialize, Serialize};

/// A device's Ed25519 public key: who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceId([u8; 32]);

/// An X25519 public key that messages to one device are sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EphemeralPublic([u8; 32]);
