//! `cargo xtask simulate`: whole rooms on virtual time, one for each seed, checked against what must hold in all of them.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::native;
use crate::paths::Paths;

/// What `cargo xtask simulate` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// How many rooms.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// How many devices each has: up to so many below 20, exactly so many above.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(2..=200))]
    devices: u64,
    /// The first seed. A seed that failed is repeated with `--seeds 1 --seed` and the same number of devices.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Lives through the rooms. The last line is one JSON object.
///
/// # Errors
/// When something does not hold, or does not build.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    native::build_room_program(&paths, native::SIMULATOR)?;
    let mut simulator = Command::new(paths.release_binary(native::SIMULATOR));
    simulator.args([options.seeds, options.devices, options.seed].map(|number| number.to_string()));
    command::run(&mut simulator)
}
