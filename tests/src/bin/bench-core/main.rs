//! What a room's core costs a member's machine: `bench-core seal|roster|kick`. Prints one JSON object.
//!
//! No network and no clock but the one that measures. `cargo xtask bench` runs these.

mod kick;
mod roster;
mod seal;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let name = std::env::args().nth(1).context("what to measure is the first argument")?;
    let figures = match name.as_str() {
        "seal" => seal::measure()?,
        "roster" => roster::measure()?,
        "kick" => kick::measure()?,
        _ => bail!("nothing called {name} can be measured"),
    };
    println!("{figures}");
    Ok(())
}

/// The median of `times` with the least and the most, in units of `unit`, each named with `suffix`.
fn spread(mut times: Vec<Duration>, unit: Duration, suffix: &str) -> Value {
    times.sort_unstable();
    let figure = |time: Option<&Duration>| time.map(|time| time.as_secs_f64() / unit.as_secs_f64());
    json!({
        format!("median_{suffix}"): figure(times.get(times.len() / 2)),
        format!("min_{suffix}"): figure(times.first()),
        format!("max_{suffix}"): figure(times.last()),
    })
}
