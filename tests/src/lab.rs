//! The real server under load: starting and killing it, asking it over HTTP, and people who sign up and in.
//!
//! For benches and proofs that take minutes; everything blocks, one thread a person. Left out: what is measured or proven,
//! which the programs in `bin` say.

pub mod cpu;
pub mod http;
pub mod member;
pub mod post;
pub mod server;
pub mod statistics;
