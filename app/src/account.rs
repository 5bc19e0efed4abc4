//! The account screens: an app of their own beside the call pages, mounted as a dialog over them.
//!
//! `state` decides what is shown and knows nothing of the browser; `intent` is what the person wants.

pub mod intent;
pub mod route;
pub mod secret;
pub mod state;
pub mod text;
