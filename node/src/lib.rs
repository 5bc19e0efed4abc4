//! The room protocol, the call engine, the libp2p client and the community relay of Milanio.
//!
//! [`core`] decides and [`wire`] encodes: both are pure and run the same in a browser, in a relay, under a fuzzer and in a
//! simulator. [`net`] does: it owns the swarm, the clocks and the randomness. What is not here: pages, HTTP, and the browser's
//! media objects, which are driven through [`core::call`]'s commands by whoever owns them.

pub mod core;
pub mod net;
pub mod wire;
