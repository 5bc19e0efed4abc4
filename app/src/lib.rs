//! The browser app: pages and components over pure state, and the bridge between them and the node.
//!
//! `state` decides what is shown and knows nothing of the browser; `intent` is what the person wants; everything that
//! touches the browser is in `platform` and `hooks`. The pages are also rendered natively, into the landing page's HTML.

pub mod account;
pub mod app;
pub mod bridge;
pub mod components;
pub mod hooks;
pub mod intent;
pub mod markup;
pub mod pages;
pub mod platform;
pub mod state;
pub mod stretch;
pub mod text;
pub mod ui;
pub mod wallet;
