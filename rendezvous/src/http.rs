//! The HTTP side: routes, limits, headers and the app's files.
//!
//! [`router`] is the table of contents. Left out: sockets ([`serve`] has them) and the registry's rules.

mod address_cap;
pub mod assets;
mod body;
mod csp;
mod error;
mod extract;
mod forwarded;
mod html;
pub mod limits;
pub mod metrics;
mod middleware;
mod openapi;
mod pace;
pub mod router;
mod routes;
pub mod serve;
pub mod state;
mod websocket;
