//! The shell around the cores: swarms, transports, clocks and randomness.
//!
//! What differs between a browser and a native process are whole sibling modules behind one facade ([`runtime`],
//! [`transport`]). Rules live in [`core`](crate::core): nothing here decides what a room or a call does.

pub mod bundle;
pub mod client;
pub mod files;
#[cfg(feature = "relay")]
pub mod gossip;
#[cfg(feature = "relay")]
pub mod private_file;
mod pulse;
#[cfg(feature = "relay")]
pub mod relay;
pub mod runtime;
pub mod transport;
#[cfg(feature = "relay")]
pub mod turn;
#[cfg(feature = "relay")]
pub mod turn_protocol;
