//! The rendezvous: a sealed room registry, the app's files, and an embedded relay behind one small HTTP API.
//!
//! Without features this crate is [`api`] alone: the types of that API, which the app shares and which compile to wasm. The
//! feature `server` adds everything else and the binary `milanio-rendezvous`. What is not here: anything a community relay must
//! do as well, which is the node crate's.

#[cfg(feature = "server")]
pub mod accounts;
#[cfg(feature = "server")]
pub mod admin;
pub mod api;
#[cfg(feature = "server")]
pub mod backup;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod core;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod key_backup;
#[cfg(feature = "server")]
pub mod keys;
#[cfg(feature = "server")]
pub mod links;
#[cfg(feature = "server")]
pub mod logging;
#[cfg(feature = "server")]
pub mod mail;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(feature = "server")]
pub mod registry;
#[cfg(feature = "server")]
pub mod relay;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod store;
