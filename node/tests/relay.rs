//! A real relay on loopback and what connects to it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "relay/command.rs"]
mod command;
#[path = "relay/leaf.rs"]
mod leaf;
#[path = "relay/leaves.rs"]
mod leaves;
#[path = "relay/life.rs"]
mod life;
#[path = "relay/limits.rs"]
mod limits;
#[path = "relay/relays.rs"]
mod relays;
#[path = "relay/webtransport.rs"]
mod webtransport;
