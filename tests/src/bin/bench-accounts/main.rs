//! What accounts cost a server: `bench-accounts signup|login|http|recovery SERVER_PROGRAM [ACCOUNTS]`. Prints one JSON object.
//!
//! The server is the real program, a process of its own, so that its CPU time can be told from that of who asks. `cargo xtask
//! bench` runs these.

mod http;
mod login;
mod recovery;
mod signup;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    // Errors only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().context("what to measure is the first argument")?;
    let program = PathBuf::from(arguments.next().context("the server's program is the second argument")?);
    let accounts = || arguments.next().map_or(Ok(100_000), |number| number.parse()).context("a number of accounts");
    let figures = match name.as_str() {
        "signup" => signup::measure(&program)?,
        "login" => login::measure(&program)?,
        "http" => http::measure(&program)?,
        "recovery" => recovery::measure(&program, { accounts }()?)?,
        "fill" => return recovery::fill(&program, { accounts }()?),
        _ => bail!("nothing called {name} can be measured"),
    };
    println!("{figures}");
    Ok(())
}
