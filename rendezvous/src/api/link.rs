//! A mailbox for two devices that share a link code: four messages, kept in memory for some minutes.
//!
//! Whoever knows the code knows the mailbox; the messages are sealed under another key of that code, so the server reads nothing.

use serde::{Deserialize, Serialize};

use super::{Blob, Mailbox};

/// Largest message, in bytes: that with the account's key, names and device list takes the most, 7 KiB at worst.
pub const MAX_LINK_BYTES: usize = 8 * 1024;
/// Messages that two devices exchange.
pub const LINK_STEPS: u8 = 4;
/// How long a mailbox lives after its first message, in seconds (chosen: to fetch another device from the next room).
pub const LINK_TTL_S: u64 = 600;
/// How long the server waits for a message before it says that there is none yet, in seconds: less than any request may take.
pub const LINK_WAIT_S: u64 = 6;

/// A sealed message.
pub type LinkText = Blob<MAX_LINK_BYTES>;

/// The body of `PUT /api/link/{mailbox}/{step}`, and the answer to `GET`, which is 204 while there is none.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkMessage {
    /// The sealed message.
    pub message: LinkText,
}

/// Path of message number `step` (0 to 3) of `mailbox`.
pub fn link_path(mailbox: &Mailbox, step: u8) -> String {
    format!("/api/link/{mailbox}/{step}")
}
