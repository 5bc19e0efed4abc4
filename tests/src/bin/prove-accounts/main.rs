//! What must hold however often it is tried: `prove-accounts api|enumeration|forgery SERVER_PROGRAM TIMES`. Prints one JSON object and
//! fails if it does not hold.
//!
//! The server is the real program; for forgeries, its router in this process. `cargo xtask proof` runs these.

mod api;
mod enumeration;
mod forgery;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    // Errors only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().context("what to prove is the first argument")?;
    let program = PathBuf::from(arguments.next().context("the server's program is the second argument")?);
    let times = arguments.next().context("how often is the third argument")?.parse().context("a number")?;
    match name.as_str() {
        "api" => api::prove(&program, times),
        "enumeration" => enumeration::prove(&program, times),
        "forgery" => forgery::prove(times),
        _ => bail!("nothing called {name} can be proven"),
    }
}
