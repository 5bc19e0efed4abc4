//! Everything that touches the browser, one module per concern. The pages call it only from effects and callbacks, so
//! that rendering stays possible natively.

pub mod account_api;
pub mod account_worker;
pub mod address;
pub mod api;
pub mod book;
pub mod boot;
pub mod claim;
pub mod clipboard;
pub mod clock;
mod database;
pub mod files;
pub mod fragment;
pub mod fullscreen;
pub mod history;
pub mod keyboard;
pub mod locks;
pub mod media;
mod module_worker;
pub mod motion;
pub mod network;
pub mod page;
pub mod peer_connection;
pub mod picture;
pub mod printer;
mod shelf;
pub mod speaker;
pub mod storage;
pub mod streams;
pub mod tab;
pub mod theme;
pub mod title;
pub mod vault;
pub mod viewport;
pub mod wake_lock;
pub mod wallet;
pub mod worker;
