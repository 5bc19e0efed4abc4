//! The account screens: an app of their own beside the call pages, mounted as a dialog over them.
//!
//! `state` decides what is shown and knows nothing of the browser; `intent` is what the person wants; `bridge` carries it out. What is
//! slow (OPAQUE, Argon2id, judging passwords) runs in the account worker, which speaks `job`. Nothing secret leaves this browser
//! unsealed, and nothing of it is kept but the sealed wallet.

pub mod app;
pub mod bridge;
pub mod components;
pub mod desk;
pub mod intent;
pub mod job;
pub mod pages;
pub mod route;
pub mod secret;
pub mod state;
pub mod text;
